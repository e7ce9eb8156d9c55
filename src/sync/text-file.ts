// A file that is no document but may become one: Markdown, plain text, or the JSON that a document is exported as. What
// is not what its name says is refused with a reason; nothing is guessed.

import { FILE_TITLE_LENGTH_MAX, TEXT_FILE_BYTES_MAX } from "./limits.ts";
import { VERSIONS_KEY } from "./text.ts";
import type { Imported } from "./view.ts";

type Answer = Extract<Imported, { readonly kind: "text" | "refused" }>;

const TEXT_NAME = /\.(md|markdown|txt|text)$/i;
const JSON_NAME = /\.json$/i;

/** Why a file with this name is not even read; null if it may be. */
export function refusalOfName(name: string, sizeBytes: number): string | null {
  if (!TEXT_NAME.test(name) && !JSON_NAME.test(name))
    return "only files that end in .chirograph, .md, .txt or .json can be opened here";
  return sizeBytes > TEXT_FILE_BYTES_MAX
    ? `a text of more than ${TEXT_FILE_BYTES_MAX / 1024 / 1024} MB is more than one page takes`
    : null;
}

export function readTextFile(name: string, bytes: Uint8Array): Answer {
  const reason = refusalOfName(name, bytes.length);
  if (reason !== null) return { kind: "refused", reason };
  const content = decoded(bytes);
  if (content === null) return { kind: "refused", reason: "it is not text in UTF-8" };
  if (content.includes("\0"))
    return { kind: "refused", reason: "it has zero bytes in it, which no text has" };
  if (JSON_NAME.test(name)) return readJson(name, content);
  return { kind: "text", title: titleOfName(name), text: asWritten(content) };
}

/** Null where it is no UTF-8. A byte order mark is not part of it. */
function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // The decoder throws for bytes that are no UTF-8.
    return null;
  }
}

function readJson(name: string, content: string): Answer {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    return { kind: "refused", reason: "it is not JSON" };
  }
  const fields = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  const { title, body = isBare(fields) ? "" : null } = fields;
  if (typeof body !== "string")
    return { kind: "refused", reason: "it is JSON, but not of a document: there is no text under “body”" };
  const named = typeof title === "string" ? oneLine(title) : titleOfName(name);
  return { kind: "text", title: named, text: asWritten(body) };
}

/** Of a document in which nothing was written but its title. What else has one may have its text elsewhere. */
function isBare({ title, ...others }: Readonly<Record<string, unknown>>): boolean {
  return typeof title === "string" && Object.keys(others).every(key => key === VERSIONS_KEY);
}

/** "\n" ends a line, and lone surrogates and NUL are none: what the editor sees to with every key. */
function asWritten(text: string): string {
  return text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd").toWellFormed();
}

function titleOfName(name: string): string {
  return oneLine(name.replace(/\.[^.]*$/, ""));
}

function oneLine(title: string): string {
  const line = title.replace(/\p{Cc}/gu, " ").slice(0, FILE_TITLE_LENGTH_MAX);
  // A character of two units may have been cut.
  return line.replace(/[\ud800-\udbff]$/u, "").toWellFormed();
}
