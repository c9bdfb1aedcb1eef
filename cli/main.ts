/** The command line: names, options, help. Each command lives in its own file; this one only joins them. */
import { Command, Option } from "commander";
import { APP_VERSION } from "../engine/protocol/index.ts";
import { ask } from "./commands/ask.ts";
import { doctor } from "./commands/doctor.ts";
import { exportDocument } from "./commands/export.ts";
import { list, remove } from "./commands/list.ts";
import { read } from "./commands/read.ts";
import { search } from "./commands/search.ts";
import { serve } from "./commands/serve.ts";
import { show } from "./commands/show.ts";
import { summarize } from "./commands/summarize.ts";
import { printError } from "./output.ts";
import type { GlobalOptions } from "./session.ts";

const program = new Command("longleaf")
  .description(
    "Reads very long documents once, remembers them, and answers with citations. Nothing leaves this computer.",
  )
  .version(APP_VERSION)
  .option("--library <folder>", "library to use (default: this user's; or LONGLEAF_LIBRARY)")
  .option("--json", "print one JSON value instead of text")
  .option("--model <folder>", "model package to use (default: the starter model)")
  .addOption(new Option("--provider <name>", "where the model runs").choices(["cpu", "webgpu"]))
  .showHelpAfterError("`longleaf --help` lists the commands.")
  .addHelpText(
    "after",
    `
Examples:
  longleaf read moby-dick.pdf              read a book
  longleaf read ~/code/ferry               read a folder or git repository
  longleaf ask "Moby-Dick" "Who is Queequeg?"
  longleaf search harpoon --document moby  full-text search
  longleaf summarize moby                  a cited summary of every chapter
  longleaf serve                           open the window in a browser
  longleaf --json list                     for programs`,
  );

/** Runs a command with the global options; every failure becomes one printed error and an exit code. */
function run<A extends unknown[]>(action: (global: GlobalOptions, ...rest: A) => Promise<void>) {
  return async (...args: unknown[]): Promise<void> => {
    const global = program.opts<GlobalOptions>();
    try {
      await action(global, ...(args.slice(0, -1) as A)); // commander's last argument is the command itself
    } catch (error) {
      printError(error, global.json === true);
    }
  };
}

program
  .command("read")
  .description("read files or folders into the library; goes on where it stopped")
  .argument("<path...>", "PDF, EPUB, DOCX, HTML, Markdown, text, or a folder")
  .option("--password <word>", "of a PDF; it is not stored")
  .option("--search-only", "make it searchable, without reading it into memory")
  .addHelpText("after", "\nExample:\n  longleaf read moby-dick.pdf ~/code/ferry")
  .action(run(read));
program
  .command("ask")
  .description("ask one document, or several")
  .argument("<document>", "id, beginning of it, or title; several joined by commas; `all` for the whole library")
  .argument("<question>")
  .addOption(new Option("--route <route>", "how to look").choices(["whole", "find", "count", "quote"]))
  .addOption(new Option("--composer <name>", "who answers").choices(["extractive", "generative"]))
  .addOption(new Option("--memory <mode>", "memory of the text").choices(["on", "off", "wrong"]).default("on"))
  .option("--why", "say of each passage why it was chosen")
  .addHelpText("after", '\nExample:\n  longleaf ask "The Lost World" "Who is Professor Challenger?" --why')
  .action(run(ask));
program
  .command("search")
  .description("full-text search")
  .argument("<query>")
  .option("--document <name...>", "only in these documents")
  .option("--limit <n>", "at most this many hits", "10")
  .addHelpText("after", '\nExample:\n  longleaf search "white whale" --limit 5')
  .action(run(search));
program
  .command("summarize")
  .description("a cited summary of every chapter or folder, then the whole")
  .argument("<document>")
  .action(run(summarize));
program.command("list").description("what is in the library").action(run(list));
program
  .command("remove")
  .description("take a document out of the library; its file stays")
  .argument("<document>")
  .action(run(remove));
program
  .command("show")
  .description("one document: contents, memory, what was left out; or its text as extracted")
  .argument("<document>")
  .option("--text", "print the text")
  .option("--page <n>", "with --text: only this page, counted from 1")
  .option("--file <path>", "with --text: only this file of a repository")
  .action(run(show));
program
  .command("export")
  .description("write summary and conversations as Markdown")
  .argument("<document>")
  .option("--out <file>", "write here instead of to the terminal")
  .option("--text", "add the whole text")
  .action(run(exportDocument));
program
  .command("serve")
  .description("open the window in a browser, on this computer only")
  .option("--port <n>", "default: any free one", "0")
  .option("--no-open", "print the address only")
  .action(run(serve));
program
  .command("doctor")
  .description("check that everything that Longleaf needs is here and works")
  .action(run(doctor));

// A reader that has seen enough (`longleaf show x | head`) is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

await program.parseAsync();
