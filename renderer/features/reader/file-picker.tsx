/** The path of the file in the reader, as a button that opens the list of all files with a filter. */
import { ChevronDown } from "lucide-react";
import { useState, type ReactNode } from "react";
import {
  Button,
  Dialog,
  DialogTrigger,
  ListBox,
  ListBoxItem,
  ListLayout,
  Popover,
  Virtualizer,
} from "react-aria-components";
import type { FileEntry } from "../../../engine/protocol/dto.ts";
import { go } from "../../state/view.ts";
import { words } from "../../strings/words.ts";

interface FilePickerProps {
  readonly documentId: string;
  readonly file: FileEntry;
  readonly files: readonly FileEntry[];
}

export function FilePicker({ documentId, file, files }: FilePickerProps): ReactNode {
  const cut = file.path.lastIndexOf("/") + 1;
  return (
    <DialogTrigger>
      <Button className="plain code path" aria-label={`${words.chooseFileOf}: ${file.path}`}>
        <bdi>
          {file.path.slice(0, cut)}
          <b>{file.path.slice(cut)}</b>
        </bdi>
        <ChevronDown className="i" aria-hidden="true" />
      </Button>
      <Popover className="pop" offset={4}>
        <Dialog className="card files" aria-label={words.chooseFileOf}>
          {({ close }) => <FileList documentId={documentId} files={files} current={file.path} onChosen={close} />}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

interface FileListProps {
  readonly documentId: string;
  readonly files: readonly FileEntry[];
  readonly current: string;
  readonly onChosen: () => void;
}

function FileList({ documentId, files, current, onChosen }: FileListProps): ReactNode {
  const [filter, setFilter] = useState("");
  const wanted = filter.trim().toLowerCase();
  const shown = wanted === "" ? files : files.filter((file) => file.path.toLowerCase().includes(wanted));
  const open = (path: string): void => {
    const file = files.find((one) => one.path === path);
    if (file === undefined) return;
    go({
      place: { documentId, start: file.start, end: file.start, page: null, file: file.path, line: null, endLine: null },
    });
    onChosen();
  };
  return (
    <>
      <input
        className="filter"
        type="search"
        aria-label={words.filterFiles}
        placeholder={words.filterFiles}
        value={filter}
        onChange={(event) => setFilter(event.target.value)}
        autoFocus
      />
      <Virtualizer layout={ListLayout} layoutOptions={{ rowHeight: 28 }}>
        <ListBox
          className="file-list"
          aria-label={words.chooseFileOf}
          selectionMode="single"
          selectedKeys={[current]}
          onAction={(key) => open(String(key))}
          items={shown.map((file) => ({ id: file.path, path: file.path }))}
          renderEmptyState={() => <p className="small quiet">{words.noFiles}</p>}
        >
          {(item) => (
            <ListBoxItem id={item.id} textValue={item.path} className="file code">
              <bdi>{item.path}</bdi>
            </ListBoxItem>
          )}
        </ListBox>
      </Virtualizer>
    </>
  );
}
