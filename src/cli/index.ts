#!/usr/bin/env node
// The command: words in, an exit code out. 0 is "all of it holds", 1 is "something does not", 2 is "that could not be done".
// What can go wrong is said in one sentence on stderr; what was asked for goes to stdout, so that it can be piped.

import { exportFile } from "./export.ts";
import { serve } from "./serve.ts";
import { Complaint, type Output } from "./speech.ts";
import { verify } from "./verify.ts";

const HELP = `chirograph: looks after documents whose history is signed.

  chirograph verify FILE [--json]     checks a .chirograph file completely, offline: who wrote what share, at which heads
                                      it stands, and what does not hold
  chirograph export FILE --text       the text            (of the page "body"; another one with --page NAME)
  chirograph export FILE --json       the whole document
  chirograph export FILE --log        one line for each change: when, who, what
  chirograph serve [--port N] [--host ADDRESS]
                                      serves the app and introduces browsers to each other
  chirograph peer LINK --data DIR [--server URL] [--name NAME] [--json]
                                      keeps a document in a folder and passes it on, for people who are never there together.
                                      A link that can only read is enough. Links are kept in the folder: give one once, several
                                      to keep several, - to read them from standard input. SIGTERM ends it

Exit codes: 0 everything holds; 1 something in the file does not; 2 the command or the file could not be read, or
the answer not be written; 141 nobody read the answer to its end.
`;

/** What shells report of a program that SIGPIPE ended, as it ends most; Node leaves that signal out. */
const SIGPIPE_CODE = 141;

const output: Output = {
  say: words => void process.stdout.write(`${words}\n`),
  complain: words => void process.stderr.write(`${words}\n`),
};

async function run([command, ...words]: readonly string[]): Promise<number> {
  switch (command) {
    case "verify":
      return verify(words, output);
    case "export":
      return exportFile(words, output);
    case "serve":
      return serve(words);
    case "peer": {
      // It brings all that a shared document needs along, which the others do without.
      const { peer } = await import("./peer.ts");
      return peer(words, output);
    }
    case "help":
    case "--help":
    case "-h":
      output.say(HELP.trimEnd());
      return 0;
    default:
      throw new Complaint(
        command === undefined
          ? "Say what to do: verify, export, serve or peer; chirograph --help tells more."
          : `There is no command "${command}"; there are verify, export, serve and peer.`,
      );
  }
}

process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
  // At once: whatever else there is to say would fail the same way.
  if (code === "EPIPE") process.exit(SIGPIPE_CODE);
  output.complain(`The answer could not be written: ${code === "ENOSPC" ? "the disk is full" : code}.`);
  process.exit(2);
});
// What cannot be complained about there is still told by the exit code.
process.stderr.on("error", () => undefined);

try {
  // Set, not called: what was written is still on its way, and a server goes on.
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Complaint)) throw error;
  output.complain(error.message);
  process.exitCode = 2;
}
