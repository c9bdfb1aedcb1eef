/** The tray of what is being read, opened from the head or with Ctrl+J: progress, range of time left, one action each. */
import { Pause, Play, Square } from "lucide-react";
import type { ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Heading, Popover } from "react-aria-components";
import type { Job } from "../../../engine/protocol/dto.ts";
import { useClient } from "../../engine/engine-context.tsx";
import { useLibrary } from "../../engine/library-store.ts";
import { isActive } from "../../engine/use-library.ts";
import { report } from "../../state/notices.ts";
import { usePanels } from "../../state/panels.ts";
import { count, timeLeft } from "../../strings/numbers.ts";
import { words } from "../../strings/words.ts";
import { phaseWords } from "../library/document-state.ts";
import { JobFailure, JobProgress, useJobTitle } from "./job-row.tsx";
import { markSeen, useSeenJobs } from "./seen-jobs.ts";

export function JobTray(): ReactNode {
  const jobs = useLibrary((state) => state.jobs);
  const seen = useSeenJobs((state) => state.seen);
  const isOpen = usePanels((state) => state.isJobTrayOpen);
  const running = [...jobs.values()].filter(isActive);
  const failed = [...jobs.values()].filter((job) => job.state === "failed" && !seen.has(job.id));
  const label = [
    running.length > 0 ? words.jobsRunning(running.length) : "",
    failed.length > 0 ? words.jobsFailed(failed.length) : "",
  ].filter((part) => part !== "");
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={(open) => usePanels.setState({ isJobTrayOpen: open })}>
      <Button className={failed.length > 0 ? "plain num alert" : "plain num"}>
        {label.length > 0 ? label.join(", ") : words.jobs}
      </Button>
      <Popover className="pop" placement="bottom end" offset={8}>
        <Dialog className="card jobs">
          <Heading slot="title">{words.jobs}</Heading>
          {running.length + failed.length === 0 ? <p>{words.noJobs}</p> : null}
          <ul>
            {[...running, ...failed].map((job) => (
              <TrayJob key={job.id} job={job} />
            ))}
          </ul>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function TrayJob({ job }: { readonly job: Job }): ReactNode {
  const client = useClient();
  const { leftMs, perSecond, unit } = job.progress;
  const title = useJobTitle(job);
  return (
    <li>
      <div className="tray-line num">
        <b>
          <bdi>{title}</bdi>
        </b>
        <span>{leftMs === null ? phaseWords(job) : `${timeLeft(leftMs)} ${words.left}`}</span>
      </div>
      {job.state === "failed" ? <JobFailure job={job} /> : <JobProgress job={job} />}
      <div className="tray-line num quiet">
        <span>
          {job.state === "paused" ? words.statePaused : phaseWords(job)}
          {perSecond > 0 && job.state === "running" ? ` · ${count(perSecond)} ${words.perSecond[unit]}` : ""}
        </span>
        <span className="acts">
          {job.state === "failed" ? (
            <button type="button" className="link" onClick={() => markSeen(client, job.id)}>
              {words.dismiss}
            </button>
          ) : (
            <JobActions job={job} />
          )}
        </span>
      </div>
    </li>
  );
}

/** Pause or go on, and stop: the same three words wherever a job is shown. */
export function JobActions({ job, className = "link" }: { readonly job: Job; readonly className?: string }): ReactNode {
  const client = useClient();
  const send = (method: "job.pause" | "job.resume" | "job.cancel") => (): void => {
    if (client !== null) void client.call(method, { jobId: job.id }).catch(report);
  };
  return (
    <>
      {job.state === "paused" ? (
        <button type="button" className={className} onClick={send("job.resume")}>
          <Play className="i" aria-hidden="true" />
          {words.goOn}
        </button>
      ) : (
        <button type="button" className={className} onClick={send("job.pause")}>
          <Pause className="i" aria-hidden="true" />
          {words.pause}
        </button>
      )}
      <button
        type="button"
        className={className === "link" ? "link" : `${className} bare`}
        onClick={send("job.cancel")}
      >
        <Square className="i" aria-hidden="true" />
        {words.stop}
      </button>
    </>
  );
}
