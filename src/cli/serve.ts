// `chirograph serve`: the server of `npm start` under another name. Flags say what the environment says otherwise.

import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { Complaint } from "./speech.ts";

export async function serve(words: readonly string[]): Promise<number> {
  let flags: { readonly port?: string | undefined; readonly host?: string | undefined };
  try {
    const options = { port: { type: "string" }, host: { type: "string" } } as const;
    flags = parseArgs({ args: [...words], options }).values;
  } catch {
    // parseArgs says in its own words what it did not understand; ours are shorter.
    throw new Complaint("That was not understood: chirograph serve [--port N] [--host ADDRESS]");
  }
  // The package brings the command without the app; a checkout, or what `npm start` built, has both.
  if (!existsSync(new URL("../app/index.html", import.meta.url)))
    throw new Complaint(
      "There is no app here to be served: serve from a checkout, where npm start builds it.",
    );
  if (flags.port !== undefined) process.env.PORT = flags.port;
  if (flags.host !== undefined) process.env.HOST = flags.host;
  // It says for itself where it listens, and why it cannot.
  await import("../../signalling/main.ts");
  return 0;
}
