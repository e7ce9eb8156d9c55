// The fold against its naive twin: every set of a few ops about people that is drawn, on every graph that is drawn. The twin
// asks by definition, without an order of its own; both must agree on what took effect and on what everybody may in every
// change.

import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import type { Act } from "../../../src/crdt/authority/acts.ts";
import { RANK } from "../../../src/crdt/authority/acts.ts";
import { Standing } from "../../../src/crdt/authority/fold.ts";
import type { AuthorityOp, DeviceId, Role } from "../../../src/crdt/graph/change.ts";
import type { Slot } from "../../../src/crdt/types/dot.ts";
import { type NaiveAct, NaiveFold } from "../../model/naive-fold.ts";
import { SEED } from "../people.ts";

const RUNS = Number(process.env.RUNS ?? 1_000);
const counts = { sets: 0, done: 0, inert: 0, removed: 0, demoted: 0 };
afterAll(() => console.log(`fold: SEED=${SEED}`, JSON.stringify(counts)));

const PEOPLE = ["alice", "bob", "carol", "dave", "erin"] as DeviceId[];
const LINKS = ["link one", "link two"] as DeviceId[];
const ROLES: readonly Role[] = ["admin", "editor", "reader"];

/** A graph of a handful of changes: each knows some of those before it, and all that these know. */
class SmallGraph {
  readonly pasts: ReadonlySet<Slot>[] = [];
  readonly depths: number[] = [];
  readonly #names: readonly string[];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  add(parents: readonly Slot[]): Slot {
    const past = new Set<Slot>(parents);
    let depth = 1;
    for (const parent of parents) {
      for (const below of this.pasts[parent]!) past.add(below);
      depth = Math.max(depth, this.depths[parent]! + 1);
    }
    this.depths.push(depth);
    return this.pasts.push(past) - 1;
  }

  nameOf(slot: Slot): string {
    return this.#names[slot]!;
  }

  reaches(from: Slot, to: Slot): boolean {
    return from === to || this.pasts[from]!.has(to);
  }

  compareDepths(a: Slot, b: Slot): number {
    if (this.depths[a] !== this.depths[b]) return this.depths[a]! - this.depths[b]!;
    return this.nameOf(a) < this.nameOf(b) ? -1 : this.nameOf(a) > this.nameOf(b) ? 1 : 0;
  }
}

const drawn = fc.record({
  names: fc.shuffledSubarray([..."abcdefghijklmnopqrstuvwx"], { minLength: 24 }),
  changes: fc.array(
    fc.record({
      author: fc.nat(PEOPLE.length - 1),
      knows: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
      what: fc.constantFrom("invite", "join", "join", "role", "role", "dismiss", "dismiss", "revoke"),
      whom: fc.nat(PEOPLE.length - 1),
      link: fc.nat(LINKS.length - 1),
      role: fc.constantFrom(...ROLES),
    }),
    { minLength: 3, maxLength: 10 },
  ),
});

it("a set of ops about people adds up to what the definition says, on any graph", () => {
  fc.assert(
    fc.property(drawn, ({ names, changes }) => {
      const graph = new SmallGraph(names);
      const acts: Act[] = [];
      const chains = new Map<DeviceId, Slot>();
      const say = (author: DeviceId, op: AuthorityOp, parents: readonly Slot[]): void => {
        const last = chains.get(author);
        const slot = graph.add(last === undefined ? parents : [...parents, last]);
        chains.set(author, slot);
        acts.push({ op, author, slot, place: 0 });
      };
      say(PEOPLE[0]!, { type: "genesis", nonce: new Uint8Array(16), policy: {} }, []);
      for (const [i, role] of (["admin", "editor"] as const).entries())
        say(PEOPLE[0]!, { type: "invite", key: LINKS[i]!, role, label: "", expires: 0, uses: 0 }, [0]);
      // Two came as admins, and of the others some as editors.
      for (const [i, who] of PEOPLE.slice(1, 2 + ((names.length + changes.length) % 4)).entries())
        say(who, { type: "join", invite: LINKS[i < 2 ? 0 : 1]!, signature: new Uint8Array(64) }, [2]);
      for (const { author, knows, what, whom, link, role } of changes) {
        const who = PEOPLE[author]!;
        const parents = knows.map(pick => pick % graph.pasts.length);
        const person = PEOPLE[whom]!;
        const key = LINKS[link]!;
        if (what === "invite")
          say(who, { type: "invite", key, role, label: "", expires: 0, uses: 0 }, parents);
        else if (what === "join") {
          // The first change of whoever joins.
          if (!chains.has(who))
            say(who, { type: "join", invite: key, signature: new Uint8Array(64) }, parents);
        } else if (what === "role") say(who, { type: "role", person, role }, parents);
        else if (what === "dismiss") say(who, { type: "dismiss", person }, parents);
        else say(who, { type: "revoke", invite: key }, parents);
      }
      const standing = new Standing(acts, graph);
      const naive = acts.map(({ op, author, slot, place }): NaiveAct => {
        return { op, author, at: String(slot), depth: graph.depths[slot]!, place };
      });
      const byName = new Map(naive.map((act, i) => [act, acts[i]!]));
      const renamed = naive.map(act => ({ ...act, at: graph.nameOf(Number(act.at)) }));
      const slots = new Map(acts.map(({ slot }) => [graph.nameOf(slot), slot]));
      const twin = new NaiveFold(renamed, (a, b) => a !== b && graph.reaches(slots.get(b)!, slots.get(a)!));
      for (const [i, act] of renamed.entries()) {
        const isDone = standing.isDone(byName.get(naive[i]!)!);
        expect(isDone, JSON.stringify(act.op)).toBe(twin.isDone(act));
        if (isDone) counts.done++;
        else counts.inert++;
      }
      for (const person of PEOPLE)
        for (const [name, slot] of slots) {
          const role = standing.roleIn(person, slot);
          expect(role === null ? -1 : RANK[role]).toBe(twin.rankIn(person, name));
        }
      for (const person of standing.people) {
        if (standing.roleOfPerson(person) === null) counts.removed++;
        if (standing.grantsOf(person).some(({ ends }) => ends.some(({ keeps }) => keeps >= 0)))
          counts.demoted++;
      }
      counts.sets++;
    }),
    { seed: SEED, numRuns: RUNS },
  );
  expect(counts.removed).toBeGreaterThan(RUNS / 20);
  expect(counts.demoted).toBeGreaterThan(RUNS / 20);
  expect(counts.inert).toBeGreaterThan(RUNS / 2);
}, 600_000);
