/** The end of every head: jobs, the offline seal, settings. */
import { Settings, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Heading, Popover } from "react-aria-components";
import { go, useView } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { JobTray } from "../jobs/job-tray.tsx";

export function HeadEnd(): ReactNode {
  const { screen } = useView();
  return (
    <>
      <JobTray />
      <OfflineSeal />
      <a
        className="icon"
        href="#/settings"
        aria-label={words.settings}
        aria-current={screen === "settings" ? "page" : undefined}
        onClick={(event) => {
          event.preventDefault();
          go({ screen: "settings", documentId: null, place: null, query: "" });
        }}
      >
        <Settings className="i" aria-hidden="true" />
      </a>
    </>
  );
}

function OfflineSeal(): ReactNode {
  return (
    <DialogTrigger>
      <Button className="seal">
        <Unplug className="i" aria-hidden="true" />
        {words.offline}
      </Button>
      <Popover className="pop" placement="bottom end" offset={8}>
        <Dialog className="card">
          <Heading slot="title">{words.offlineTitle}</Heading>
          <p>{words.offlineText}</p>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
