/** `longleaf serve`: the window in a browser on this computer, until Ctrl+C. */
import { spawn } from "node:child_process";
import { seedSamples } from "../../engine/host/samples.ts";
import { EngineError } from "../../engine/protocol/index.ts";
import { printError, printJson, printLine } from "../output.ts";
import { ProgressLine } from "../progress-line.ts";
import { openSession, type GlobalOptions } from "../session.ts";
import { startWindowServer } from "../serve/window-server.ts";

export async function serve(
  global: GlobalOptions,
  options: { readonly port: string; readonly open: boolean },
): Promise<void> {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new EngineError("InvalidRequest", `--port ${options.port} is not a port`);
  await using session = await openSession(global);
  const line = new ProgressLine({ quiet: global.json === true });
  try {
    await seedSamples(session.host, session.client, (job) => line.show(job));
  } catch (error) {
    printError(error, false); // without the samples the window works all the same
  } finally {
    line.end();
  }
  await using server = await startWindowServer(session.host, { port });
  if (global.json) printJson({ address: server.address, port: server.port, pid: process.pid });
  else
    printLine(`Longleaf is open at ${server.address}\nThe address works once, on this computer only. Ctrl+C ends it.`);
  if (options.open) openBrowser(server.address);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  process.exitCode = 0;
}

function openBrowser(address: string): void {
  const isHeadless = process.platform === "linux" && !process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"];
  if (isHeadless || process.env["CI"]) return;
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", address]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", address]
        : ["xdg-open", address];
  spawn(command, args, { stdio: "ignore", detached: true })
    .on("error", () => {}) // the address is printed; a person can open it
    .unref();
}
