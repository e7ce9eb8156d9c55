// Goal: what changes know about people is found at a cost that grows with how much is merged, not with how often. Method: many
// who joined apart from each other, merged a few at a time, and a count of what is asked about the graph.
import { expect, test } from "vitest";
import type { Act, Causality } from "../../../src/crdt/authority/acts.ts";
import { Versions } from "../../../src/crdt/authority/versions.ts";
import type { DeviceId } from "../../../src/crdt/graph/change.ts";
import type { Slot } from "../../../src/crdt/types/dot.ts";

/** Parents of one change. */
const STEP = 15;

test("very many who joined apart are merged a few at a time with some looks at each of them for each", () => {
  const people = 300;
  const pasts: ReadonlySet<Slot>[] = [];
  let looks = 0;
  const causality: Causality = {
    reaches: (from, to) => {
      looks++;
      return pasts[from]!.has(to);
    },
    compareDepths: (a, b) => a - b,
  };
  const acts: Act[] = [];
  const versions = new Versions(acts, causality);
  const enter = (parents: readonly Slot[], act: Act["op"] | null): Slot => {
    const slot = pasts.length;
    pasts.push(new Set([slot, ...parents.flatMap(parent => [...pasts[parent]!])]));
    if (act !== null) acts.push({ op: act, author: `device ${slot}` as DeviceId, slot, place: 0 });
    versions.enter(slot, parents, act !== null);
    return slot;
  };
  const genesis = enter([], { type: "genesis", nonce: new Uint8Array(16), policy: {} as never });
  const joined = Array.from({ length: people }, () => enter([genesis], { type: "name", name: "Mallory" }));
  let merged = genesis;
  for (let i = 0; i < people; i += STEP) {
    const parents = [merged, ...joined.slice(i, i + STEP)];
    versions.standingAbove(parents);
    merged = enter(parents, null);
  }
  expect(looks).toBeLessThan(4 * people ** 2);
});
