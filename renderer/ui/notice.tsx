/** A bar that says what happened, what is safe and what to do. The code stands only in the copied details. */
import { RefreshCw, ScanText, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { sayError } from "../strings/errors.ts";
import { words } from "../strings/words.ts";

interface NoticeProps {
  readonly kind: "news" | "bad" | "picture";
  readonly title: string;
  readonly children?: ReactNode;
}

const ICONS = { news: RefreshCw, bad: TriangleAlert, picture: ScanText } as const;

export function Notice({ kind, title, children }: NoticeProps): ReactNode {
  const Icon = ICONS[kind];
  return (
    <div className={kind === "bad" ? "bar bad" : "bar"} role={kind === "bad" ? "alert" : "status"}>
      <Icon className="i" aria-hidden="true" />
      <div>
        <b>{title}</b> {children}
      </div>
    </div>
  );
}

/** What an error says of itself, of whichever class it is. */
export interface ErrorDetails {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

interface ErrorNoticeProps {
  readonly error: ErrorDetails;
  readonly onAgain?: (() => void) | undefined;
  readonly onClose?: (() => void) | undefined;
}

export function ErrorNotice({ error, onAgain, onClose }: ErrorNoticeProps): ReactNode {
  const said = sayError(error);
  return (
    <Notice kind="bad" title={said.title}>
      {said.rest}
      <span className="bar-acts">
        {onAgain === undefined ? null : (
          <button type="button" className="link" onClick={onAgain}>
            {words.tryAgain}
          </button>
        )}
        <button type="button" className="link" onClick={() => void copyDetails(error)}>
          {words.copyDetails}
        </button>
        {onClose === undefined ? null : (
          <button type="button" className="link" onClick={onClose}>
            {words.close}
          </button>
        )}
      </span>
    </Notice>
  );
}

/** Puts the developer's words on the clipboard; without leave to write there, nothing happens. */
export async function copyDetails(error: ErrorDetails): Promise<void> {
  const text = [`code: ${error.code}`, `message: ${error.message}`, `hint: ${error.hint}`].join("\n");
  await copyText(text);
}

/** Returns whether the clipboard took it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
