/** A job that has no document yet, as a row of the shelf: its progress, or what went wrong and what to do. */
import { useState, type ReactNode } from "react";
import type { Job } from "../../../engine/protocol/dto.ts";
import { useClient } from "../../engine/engine-context.tsx";
import { report } from "../../state/notices.ts";
import { sayError } from "../../strings/errors.ts";
import { timeLeft } from "../../strings/numbers.ts";
import { words } from "../../strings/words.ts";
import { copyDetails } from "../../ui/notice.tsx";
import { phaseWords } from "../library/document-state.ts";
import { useImporting, useUploads } from "../library/import-documents.ts";
import { markSeen } from "./seen-jobs.ts";

/** The document's title, or until it is known the name of the file that was handed over. */
export function useJobTitle(job: Job): string {
  const given = useUploads((state) => state.grants.get(job.id)?.name);
  return job.title === "" ? (given ?? words.aFile) : job.title;
}

export function JobRow({ job }: { readonly job: Job }): ReactNode {
  const client = useClient();
  const title = useJobTitle(job);
  const left = job.progress.leftMs;
  return (
    <li className={job.state === "failed" ? "failed" : undefined}>
      <div>
        <h2>
          <bdi>{title}</bdi>
        </h2>
      </div>
      {job.state === "failed" ? <JobFailure job={job} /> : <JobProgress job={job} />}
      <div className="st num">
        {job.state === "failed" ? (
          <button type="button" className="link" onClick={() => markSeen(client, job.id)}>
            {words.dismiss}
          </button>
        ) : (
          <>
            <b>{phaseWords(job)}</b>
            {left === null ? null : ` · ${timeLeft(left)} ${words.left}`}
            <br />
            <button
              type="button"
              className="link"
              onClick={() => void client?.call("job.cancel", { jobId: job.id }).catch(report)}
            >
              {words.stop}
            </button>
          </>
        )}
      </div>
    </li>
  );
}

export function JobProgress({ job }: { readonly job: Job }): ReactNode {
  const { done, total } = job.progress;
  return (
    <progress
      aria-label={job.title}
      max={Math.max(1, total)}
      {...(total > 0 ? { value: Math.min(done, total) } : {})}
    />
  );
}

/** What failed, and the one thing to do about it; a password is asked for here. */
export function JobFailure({ job }: { readonly job: Job }): ReactNode {
  const client = useClient();
  const { withPassword } = useImporting();
  const canRetry = useUploads((state) => state.grants.has(job.id));
  const [password, setPassword] = useState("");
  const error = job.error;
  if (error === null) return <div />;
  const said = sayError(error);
  const needsPassword = error.code === "PasswordRequired";
  return (
    <div className="failure" role="alert">
      <b className="alert">{said.title}</b> {said.rest}{" "}
      {needsPassword && canRetry ? (
        <form
          className="inline-form"
          onSubmit={(event) => {
            event.preventDefault();
            withPassword(job.id, password);
            markSeen(client, job.id);
          }}
        >
          <input
            type="password"
            aria-label={words.enterPassword}
            autoComplete="off"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <button type="submit" className="btn" disabled={password === ""}>
            {words.passwordGo}
          </button>
        </form>
      ) : (
        <button type="button" className="link" onClick={() => void copyDetails(error)}>
          {words.copyDetails}
        </button>
      )}
    </div>
  );
}
