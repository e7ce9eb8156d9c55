// Real input: what two people typed into one text, keystroke by keystroke, with the concurrency it had (josephg's
// editing traces, "friendsforever"). Two replicas, one per person, hear of each other exactly as far as the recording
// says they had, by signed changes through inspect and admit. The recording is not part of this tree.

import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { clock, gather, type Letter, type Person } from "./people.ts";

interface Transaction {
  readonly parents: readonly number[];
  readonly agent: number;
  /** Position, deleted, inserted; positions are code points, and this recording is ASCII, so they are units too. */
  readonly patches: readonly (readonly [number, number, string])[];
}

interface Trace {
  readonly endContent: string;
  readonly txns: readonly Transaction[];
}

const FILE = new URL("../../../shared/traces/concurrent/friendsforever.json.gz", import.meta.url);

function read(): Trace | null {
  if (!existsSync(FILE)) return null;
  return JSON.parse(gunzipSync(readFileSync(FILE)).toString()) as Trace;
}

const trace = read();
if (trace === null) console.log("trace: skipped, no ../shared/traces/concurrent/friendsforever.json.gz here");

/** How many of the other's transactions each one's author had seen: a prefix, since each of the two is a chain. */
function seenOfOther({ txns }: Trace): number[] {
  const seen: [number, number][] = [];
  const numberOf: number[] = [];
  const made: [number, number] = [0, 0];
  for (const [i, { parents, agent }] of txns.entries()) {
    const own: [number, number] = [0, 0];
    for (const parent of parents)
      for (const who of [0, 1] as const)
        own[who] = Math.max(
          own[who],
          seen[parent]![who],
          txns[parent]!.agent === who ? numberOf[parent]! : 0,
        );
    // What the author had typed before, it had seen.
    if (own[agent as 0 | 1] !== made[agent as 0 | 1]) throw new Error(`Expected a chain per person, at ${i}`);
    seen.push(own);
    numberOf.push(++made[agent as 0 | 1]);
  }
  return txns.map(({ agent }, i) => seen[i]![agent === 0 ? 1 : 0]);
}

interface Replay {
  readonly people: readonly [Person, Person];
  readonly edits: number;
  readonly changes: number;
  readonly seconds: number;
}

/** Types everything, exchanging no more and no less than the recording did. */
function replay(trace: Trace): Replay {
  const people = gather("Alice", "Bob");
  people[0].write(root => root.text("body"));
  people[1].receiveAll(people[0].letters(people[1].heads));
  const seen = seenOfOther(trace);
  // A change ends where the other goes on from in the middle of what would have been one.
  const cuts = [new Set<number>(), new Set<number>()];
  for (const [i, { agent }] of trace.txns.entries()) cuts[1 - agent]!.add(seen[i]!);
  /** Per person: the changes, each with the number of its last transaction. */
  const sent: { readonly upTo: number; readonly letters: Letter[] }[][] = [[], []];
  const read = [0, 0];
  const typed = [0, 0];
  const start = performance.now();
  let edits = 0;
  const close = (who: number) => {
    const letters = people[who]!.close();
    if (letters.length > 0) sent[who]!.push({ upTo: typed[who]!, letters });
  };
  for (const [i, { agent, patches }] of trace.txns.entries()) {
    const person = people[agent]!;
    const others = sent[1 - agent]!;
    while (read[agent]! < others.length && others[read[agent]!]!.upTo <= seen[i]!) {
      if (person.replica.hasDraft) close(agent);
      person.receiveAll(others[read[agent]!]!.letters);
      read[agent]!++;
    }
    person.replica.edit(root => {
      const text = root.text("body");
      for (const [position, deleted, inserted] of patches) {
        if (deleted > 0) text.delete(position, deleted);
        if (inserted !== "") text.insert(position, inserted);
        edits++;
      }
    });
    typed[agent]!++;
    if (cuts[agent]!.has(typed[agent]!)) close(agent);
  }
  for (const who of [0, 1]) if (people[who]!.replica.hasDraft) close(who);
  for (const who of [0, 1])
    for (const { letters } of sent[1 - who]!.slice(read[who]!)) people[who]!.receiveAll(letters);
  const changes = sent.flat().reduce((sum, { letters }) => sum + letters.length, 0);
  return { people, edits, changes, seconds: (performance.now() - start) / 1000 };
}

describe.skipIf(trace === null)("the recorded typing of two people", () => {
  it("ends in the recorded text on both replicas", { timeout: 120_000 }, () => {
    clock.step = 1;
    const { people, edits, changes, seconds } = replay(trace!);
    console.log(`trace: ${edits} edits, ${changes} changes, ${seconds.toFixed(1)} s`);
    expect(people[0].text()).toBe(trace!.endContent);
    expect(people[1].json).toBe(people[0].json);
    expect(people[1].heads).toEqual(people[0].heads);
  });
});
