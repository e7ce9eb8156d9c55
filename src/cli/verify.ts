// `chirograph verify FILE`: whether everything in a file holds, and whose it is. For an archivist years later, offline: by
// the keys in the file alone. Names are what people called themselves; the key beside a name is what is proven.

import { describe, type Refusal } from "../crdt/index.ts";
import { type CheckedFile, check } from "./reading.ts";
import { harmless, type Output, plural, readWords, when } from "./speech.ts";

interface Share {
  readonly device: string;
  readonly name: string | null;
  readonly role: string | null;
  changes: number;
  ops: number;
}

export async function verify(words: readonly string[], { say, complain }: Output): Promise<number> {
  const { file, flags } = readWords(words, ["json"], "chirograph verify FILE [--json]");
  const checked = await check(file);
  if (flags.json) say(JSON.stringify("ok" in checked ? refused(checked) : reportOf(checked), null, 2));
  else if ("ok" in checked) complain(`${file} does not hold: ${describe(checked)}.`);
  else if (checked.refusal === null) say(pageOf(file, checked));
  else {
    say(pageOf(file, checked));
    complain(`${file} does not hold: ${describe(checked.refusal)}; ${lossOf(checked)}.`);
  }
  return "ok" in checked || checked.refusal !== null ? 1 : 0;
}

function lossOf({ taken, total }: CheckedFile): string {
  const after = plural(taken, "change");
  return taken === 0 ? "nothing in it is proven" : `it holds up to ${after} of ${total.toLocaleString("en")}`;
}

function refused({ code, detail }: Refusal): object {
  return { holds: false, refusal: { code, detail } };
}

function reportOf(checked: CheckedFile): object {
  const { replica, taken, total, refusal } = checked;
  return {
    holds: refusal === null,
    refusal: refusal === null ? null : { code: refusal.code, detail: refusal.detail },
    document: replica.doc,
    changes: taken,
    changesInFile: total,
    heads: replica.heads,
    authors: sharesOf(checked),
  };
}

function pageOf(file: string, checked: CheckedFile): string {
  const { replica, taken, refusal } = checked;
  const shares = sharesOf(checked);
  const ops = shares.reduce((sum, share) => sum + share.ops, 0);
  const verdict =
    refusal === null ? "everything holds: written by these keys, nothing altered" : "up to the damage";
  const widest = Math.max(4, ...shares.map(({ name }) => harmless(name ?? "-").length));
  return [
    `${file}: ${verdict}`,
    `document  ${replica.doc}`,
    `changes   ${taken.toLocaleString("en")}, by ${plural(shares.length, "device")}${span(checked)}`,
    ...replica.heads.map((head, i) => `${i === 0 ? "heads   " : "        "}  ${head}`),
    "",
    `${"name".padEnd(widest)}  role       share  changes  key`,
    ...shares.map(({ name, role, device, changes, ops: own }) =>
      [
        harmless(name ?? "-").padEnd(widest),
        (role ?? "-").padEnd(9),
        `${ops === 0 ? 0 : Math.round((own / ops) * 100)} %`.padStart(6),
        changes.toLocaleString("en").padStart(7),
        device,
      ].join("  "),
    ),
  ].join("\n");
}

/** From when to when, so far as times are stated. */
function span({ replica }: CheckedFile): string {
  let first: number | null = null;
  let last: number | null = null;
  for (const { change } of replica.changes()) {
    if (change.time === null) continue;
    if (first === null || change.time < first) first = change.time;
    if (last === null || change.time > last) last = change.time;
  }
  return first === null ? "" : `; by their own clocks from ${when(first)} to ${when(last)}`;
}

/** Of each device that wrote something, how much; the one that wrote most first. */
function sharesOf({ replica }: CheckedFile): Share[] {
  const shares = new Map<string, Share>();
  const members = new Map(replica.members.map(member => [member.device as string, member]));
  for (const { change } of replica.changes()) {
    const { author } = change;
    const share = shares.get(author) ?? {
      device: author,
      name: members.get(author)?.name ?? null,
      role: members.get(author)?.role ?? null,
      changes: 0,
      ops: 0,
    };
    share.changes++;
    share.ops += change.ops.length;
    shares.set(author, share);
  }
  return [...shares.values()].sort((a, b) => b.ops - a.ops || (a.device < b.device ? -1 : 1));
}
