// `chirograph export FILE`: what a file says, in a form that needs nobody's program. It is checked first: what does not
// hold is not shown, and the exit code says that something is missing.

import { describe } from "../crdt/index.ts";
import { type CheckedFile, check } from "./reading.ts";
import { Complaint, harmless, type Output, readWords, when } from "./speech.ts";

const FORMS = ["text", "json", "log"] as const;
const USAGE = "chirograph export FILE --text, --json or --log";

export async function exportFile(words: readonly string[], { say, complain }: Output): Promise<number> {
  const { file, flags } = readWords(words, [...FORMS, "page="], USAGE);
  const asked = FORMS.filter(form => flags[form] === true);
  const [form] = asked;
  if (form === undefined || asked.length > 1) throw new Complaint(`Say in which form: ${USAGE}`);
  const checked = await check(file);
  if ("ok" in checked) {
    complain(`${file} does not hold: ${describe(checked)}.`);
    return 1;
  }
  if (form === "text") {
    const text = textOf(checked, typeof flags.page === "string" ? flags.page : "body");
    if (text !== null) say(text);
  } else if (form === "json") say(JSON.stringify(checked.replica.toJson(), null, 2));
  else for (const line of logOf(checked)) say(line);
  if (checked.refusal === null) return 0;
  complain(`${file} does not hold up to its end: ${describe(checked.refusal)}.`);
  return 1;
}

/** Null where the text may be in what does not hold. */
function textOf({ replica, refusal }: CheckedFile, page: string): string | null {
  const document = JSON.parse(replica.canonicalJson()) as Record<string, unknown>;
  const text = Object.hasOwn(document, page) ? document[page] : undefined;
  if (typeof text === "string") return text;
  if (refusal !== null) return null;
  const texts = Object.keys(document).filter(key => typeof document[key] === "string");
  throw new Complaint(
    `There is no text at "${harmless(page)}"; ${texts.length === 0 ? "there is none at all" : `there is ${texts.map(harmless).join(", ")}`}.`,
  );
}

/** Parents first. A change without a time was made soon after the one before it by the same author. */
function* logOf({ replica }: CheckedFile): Generator<string> {
  const names = new Map(replica.members.map(({ device, name }) => [device as string, name]));
  for (const { id, change } of replica.changes()) {
    const counts = new Map<string, number>();
    for (const { type } of change.ops) counts.set(type, (counts.get(type) ?? 0) + 1);
    const what = [...counts].map(([type, count]) => (count === 1 ? type : `${count} × ${type}`)).join(", ");
    const who = harmless(names.get(change.author) ?? change.author.slice(0, 16));
    yield `${id.slice(0, 16)}  ${when(change.time).padEnd(20)}  ${who} ${change.seq}: ${what || "joins what was apart"}`;
  }
}
