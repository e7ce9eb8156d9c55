// How commands speak: what was asked for, what is wrong, and how words, numbers and times are written.

import { parseArgs } from "node:util";

export interface Output {
  say(words: string): void;
  complain(words: string): void;
}

/** Why a command could not be carried out, in one sentence. */
export class Complaint extends Error {}

interface Words {
  readonly file: string;
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
}

/** One file, and flags of these names; those that end in "=" take a value. */
export function readWords(words: readonly string[], names: readonly string[], usage: string): Words {
  const options = Object.fromEntries(
    names.map(name => {
      const type: "string" | "boolean" = name.endsWith("=") ? "string" : "boolean";
      return [name.replace("=", ""), { type }];
    }),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new Complaint(`Say which file: ${usage}`);
    return { file, flags: values as Words["flags"] };
  } catch (error) {
    if (error instanceof Complaint) throw error;
    throw new Complaint(`That was not understood: ${usage}`);
  }
}

export function plural(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
}

/** "2026-11-28 19:00 UTC"; a time that nobody stated is a dash. */
export function when(seconds: number | null): string {
  // What a change states is anything up to 2⁵³, and a date holds less.
  const date = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? "-" : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** What somebody else chose to be called: without anything that a terminal takes for an order. */
export function harmless(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}
