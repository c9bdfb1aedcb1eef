/** `longleaf read`: grants the named paths, imports them, follows the jobs to their end. */
import {
  EngineError,
  reviveError,
  type ErrorEnvelope,
  type ImportResult,
  type JobId,
} from "../../engine/protocol/index.ts";
import { plain, printError, printJson, printLine, sizeText } from "../output.ts";
import { ProgressLine } from "../progress-line.ts";
import { openSession, type GlobalOptions, type Session } from "../session.ts";

interface ReadOptions {
  readonly password?: string;
  readonly searchOnly?: boolean;
}

export async function read(global: GlobalOptions, paths: readonly string[], options: ReadOptions): Promise<void> {
  await using session = await openSession(global);
  let stopped = false;
  const onInterrupt = () => {
    stopped = true;
    session.client.close(); // the job stays in the journal and goes on at the next start
  };
  process.once("SIGINT", onInterrupt);
  for (const path of paths) {
    try {
      const result = await readOne(session, path, options, global.json === true);
      if (global.json) printJson(result);
      else printResult(path, result);
    } catch (error) {
      if (stopped)
        throw new EngineError(
          "Cancelled",
          "Stopped. What was read is kept; reading goes on when the library is opened again.",
          { cause: error },
        );
      printError(error, global.json === true);
    }
  }
  process.off("SIGINT", onInterrupt);
}

async function readOne(session: Session, path: string, options: ReadOptions, quiet: boolean): Promise<ImportResult> {
  const { grant, name } = await session.host.grant(path);
  const started = await session.client.call("document.import", {
    grant,
    name,
    read: options.searchOnly !== true,
    ...(options.password === undefined ? {} : { password: options.password }),
  });
  return await follow(session, started.id, quiet);
}

/** The engine may die this often in one job before we give up on it. */
const MAX_CRASHES = 3;

/** Shows a job's progress until it ends; when the engine dies it is started again and goes on. Errors: the job's own; `Cancelled`. */
export async function follow(session: Session, jobId: JobId, quiet: boolean): Promise<ImportResult> {
  const line = new ProgressLine({ quiet });
  try {
    for (let crashes = 0; ; crashes++) {
      try {
        return await watchToEnd(session, jobId, line);
      } catch (error) {
        const isCrash = error instanceof EngineError && error.code === "EngineCrashed";
        if (!isCrash || crashes === MAX_CRASHES) throw error;
        line.end();
        process.stderr.write("The reading engine stopped and is started again. Nothing is lost; it goes on.\n");
        await session.reconnect();
      }
    }
  } finally {
    line.end();
  }
}

async function watchToEnd(session: Session, jobId: JobId, line: ProgressLine): Promise<ImportResult> {
  for await (const job of session.client.stream("job.watch", { jobId })) {
    line.show(job);
    if (job.state === "failed" && job.error) throw reviveError(job.error as ErrorEnvelope);
    if (job.state === "cancelled" || job.state === "paused")
      throw new EngineError("Cancelled", `reading was ${job.state}`, { hint: "Read it again to go on." });
    if (job.state === "done" && job.result) return job.result;
  }
  throw new EngineError("Internal", `job ${jobId} ended without a result`);
}

function printResult(path: string, result: ImportResult): void {
  const size =
    result.files > 0 ? `${result.files.toLocaleString("en")} files` : `${result.pages.toLocaleString("en")} pages`;
  printLine(
    `${plain(path)} is read: ${size}, ${result.tokens.toLocaleString("en")} tokens, memory ${sizeText(result.memoryBytes)}, ${(result.totalMs / 1_000).toFixed(1)} s.`,
  );
  printLine(`  id ${result.documentId}`);
  if (result.reused > 0) printLine(`  ${result.reused} of ${result.segments} segments were read before.`);
  if (result.skipped > 0)
    printLine(`  ${result.skipped} files were left out; \`longleaf show\` lists them with the reasons.`);
  for (const warning of result.warnings) printLine(`  ${warning}`);
}
