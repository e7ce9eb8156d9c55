// The law that everything else serves: any order, any batching, any duplication of a valid set of changes gives the
// same document. Histories are drawn at random over texts, lists, maps and registers, nested, with deletes and with
// edits that throw half-way; every delivery goes through inspect and admit.

import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import { type ChangeId, type Dot, type Path, Replica } from "../../src/crdt/index.ts";
import { clock, deliver, forge, gather, type Letter, newcomer, Person, SEED, sync } from "./people.ts";
import { type Draw, draws, EDITS, editBy, SETS } from "./random-edits.ts";

/** Cases per property; `RUNS=1000` for an afternoon's search. */
const RUNS = Number(process.env.RUNS ?? 30);
vi.setConfig({ testTimeout: Math.max(20_000, RUNS * 500) });

const counts = { changes: 0, deliveries: 0, waited: 0, thrown: 0, forged: 0, forgedRefused: 0, tabs: 0 };

afterAll(() => console.log(`convergence: SEED=${SEED}`, JSON.stringify(counts)));

type Act = Draw & { readonly who: number; readonly act: number };

const acts = (maxLength: number) =>
  fc.array(
    fc.record({
      kind: fc.nat(EDITS - 1),
      at: fc.nat(200),
      size: fc.nat(8),
      key: fc.nat(3),
      who: fc.nat(5),
      act: fc.nat(5),
    }),
    { minLength: 5, maxLength },
  );

function editInVain(person: Person, draw: Draw): void {
  counts.thrown++;
  const before = person.json;
  expect(() =>
    person.replica.edit(root => {
      editBy(draw, root);
      editBy({ ...draw, kind: (draw.kind + 5) % EDITS }, root);
      throw new Error("changed my mind");
    }),
  ).toThrow("changed my mind");
  expect(person.json).toBe(before);
}

/** What people do: edit, edit in vain, or hear from each other. */
function live(people: readonly Person[], history: readonly Act[]): void {
  for (const draw of history) {
    const person = people[draw.who % people.length]!;
    const other = people[(draw.who + 1 + (draw.at % (people.length - 1))) % people.length]!;
    if (draw.act === 0) deliver(other, person);
    else if (draw.act === 1) editInVain(person, draw);
    else counts.changes += person.write(root => editBy(draw, root)).length;
  }
}

/** A sequence drawn by `picks`, some letters twice. */
function dealt(letters: readonly Letter[], picks: readonly number[]): Letter[] {
  const left = [...letters];
  const out: Letter[] = [];
  for (let i = 0; left.length > 0; i++) {
    const pick = picks[i % picks.length]!;
    out.push(...left.splice(pick % left.length, 1));
    if (pick % 4 === 0) out.push(out[pick % out.length]!);
  }
  return out;
}

const deal = fc.array(fc.nat(10_000), { minLength: 5, maxLength: 20 });

describe("a valid set of changes", () => {
  it("gives one document in any order, any batching, with any duplicates, wherever parents come late", () => {
    fc.assert(
      fc.property(acts(30), deal, (history, picks) => {
        const people = gather("Alice", "Bob", "Carol");
        const [alice] = people;
        live(people, history);
        sync(people);
        for (const person of people) {
          expect(person.json).toBe(alice.json);
          expect(person.heads).toEqual(alice.heads);
        }
        const letters = alice.letters();
        for (const order of [
          dealt(letters, picks),
          dealt(letters, picks.toReversed()),
          letters.toReversed(),
        ]) {
          const reader = newcomer("Reader", alice, null);
          for (const [i, letter] of order.entries()) {
            const { refused, missing } = reader.receive(letter, `peer ${i % 3}`);
            counts.deliveries++;
            if (missing !== null) counts.waited++;
            expect(refused).toEqual([]);
          }
          expect(reader.json).toBe(alice.json);
          expect(reader.heads).toEqual(alice.heads);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.waited).toBeGreaterThan(10 * RUNS);
    expect(counts.thrown).toBeGreaterThan(RUNS);
  });

  it("is told to listeners as steps that rebuild the text", () => {
    fc.assert(
      fc.property(acts(25), history => {
        const people = gather("Alice", "Bob", "Carol");
        const mirrors = people.map(person => {
          const mirror = { text: person.text() };
          person.replica.subscribe(patches => {
            for (const patch of patches) {
              if (patch.type !== "text" || patch.path.length !== 1 || patch.path[0]!.at !== "body") continue;
              const { index, removed, inserted } = patch;
              mirror.text = mirror.text.slice(0, index) + inserted + mirror.text.slice(index + removed);
            }
          });
          return mirror;
        });
        // The body stays a text: kind 13 and the last could put something else there.
        live(
          people,
          history.filter(({ kind }) => kind !== 13 && kind !== EDITS - 1),
        );
        sync(people);
        for (const [i, mirror] of mirrors.entries()) expect(mirror.text).toBe(people[i]!.text());
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it("keeps out the same changes everywhere when some are forged, whatever the order", () => {
    fc.assert(
      fc.property(
        acts(12),
        fc.array(fc.array(fc.nat(1_000), { minLength: 8, maxLength: 8 })),
        deal,
        (history, lies, picks) => {
          const people = gather("Alice", "Bob", "Mallory");
          const [alice, , mallory] = people;
          live(people, history);
          sync(people);
          const letters = [...alice.letters()];
          for (const lie of lies.slice(0, 8)) {
            const known = letters.map(letter => letter.id);
            const letter = forge(mallory, { ops: ref => lieBy(lie, known, ref) });
            letters.push(letter);
            counts.forged++;
            // She believes herself where she can, so that lies build on lies.
            if (mallory.receive(letter).refused.length > 0) counts.forgedRefused++;
          }
          const verdicts = [letters, dealt(letters, picks), letters.toReversed()].map(order => {
            const reader = newcomer("Reader", alice, null);
            const refused = new Map<ChangeId, string>();
            for (const letter of order) {
              const outcome = reader.replica.inspect(letter.bytes, letter.signature);
              if (!outcome.ok) throw new Error(`Expected well-formed lies, got ${outcome.code}`);
              const reception = reader.replica.admit(
                outcome,
                outcome.questions.map(() => true),
                "peer",
              );
              for (const { id, refusal } of reception.refused) refused.set(id!, refusal.code);
            }
            return { json: reader.json, heads: reader.heads, refused: [...refused].sort() };
          });
          expect(verdicts[1]).toEqual(verdicts[0]);
          expect(verdicts[2]).toEqual(verdicts[0]);
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.forgedRefused).toBeGreaterThan(RUNS / 3);
    expect(counts.forged - counts.forgedRefused).toBeGreaterThan(RUNS / 3);
  });
});

/** One op with arbitrary names in it, some of them possible. */
function lieBy(lie: readonly number[], known: readonly ChangeId[], ref: (id: ChangeId) => number): Op[] {
  const [a, b, c, d, e, f, g, h] = lie as [number, number, number, number, number, number, number, number];
  const dot = (n: number) => ({ change: n % 7 === 0 ? 0 : ref(known[n % known.length]!), index: n % 3 });
  const maybe = (n: number) => (n % 5 === 0 ? null : dot(n));
  if (h % 3 === 0) return lieAboutValues(lie, dot);
  const kind = (["text", "list", "register"] as const)[a % 3]!;
  const path = [{ at: ["body", "list", "register", "map"][b % 8 === 0 ? 3 : a % 3]!, kind }];
  if (kind === "register" || c % 6 === 0) {
    return [
      { type: "set", path: [], key: "body", value: d, replaces: [] },
      { type: "set", path: [], key: "body", value: { make: "text" }, replaces: e % 2 ? [] : [dot(f)] },
    ];
  }
  if (c % 6 === 1)
    return [{ type: "delete", path, spans: [{ change: dot(d).change, start: d % 3, length: 1 + (e % 3) }] }];
  const side = f % 3 === 0 ? ("left" as const) : ("right" as const);
  const place = { path, parent: maybe(d), side, rightOrigin: side === "left" ? null : maybe(e) };
  if (place.side === "left" && place.parent === null) return [];
  const first: Op =
    kind === "text"
      ? { type: "insertText", ...place, text: "liar🙂" }
      : { type: "insertList", ...place, values: [g, { make: "map" }] };
  if (h % 2 === 0) return [first];
  const own = { change: 0, index: g % 3 };
  const second = { path, parent: own, side: "right" as const, rightOrigin: maybe(d) };
  return kind === "text"
    ? [first, { type: "insertText", ...second, text: "!" }]
    : [first, { type: "insertList", ...second, values: [h] }];
}

function lieAboutValues(lie: readonly number[], dot: (n: number) => Dot): Op[] {
  const [a, b, c, d, e] = lie as [number, number, number, number, number];
  const kind = (["counter", "lww", ...SETS] as const)[a % 7]!;
  const path: Path =
    kind === "counter"
      ? [{ at: "counter", kind }]
      : [
          { at: "values", kind: "map" },
          { at: kind === "lww" ? "latest" : kind, kind },
        ];
  // Drawn where it is used: a reference that no op uses is malformed.
  const replaces = () => [dot(d)];
  const value = [1, "1", null][b % 3]!;
  if (c % 5 === 0) return [{ type: "unset", path, key: null, replaces: replaces() }];
  if (kind === "counter") return [{ type: "increment", path, by: b + 1 }];
  if (kind === "lww")
    return [{ type: "set", path, key: null, value, replaces: c % 2 === 0 ? [] : replaces() }];
  const own: Op = { type: "remove", path, value, replaces: [{ change: 0, index: e % 2 }] };
  return c % 2 === 0
    ? [{ type: "remove", path, value, replaces: replaces() }]
    : [{ type: "add", path, value }, own];
}

describe("an edit that throws", () => {
  it("leaves no trace, neither in the document nor in the bytes of the draft it fell into", () => {
    fc.assert(
      fc.property(
        draws({ minLength: 1, maxLength: 12 }),
        draws({ minLength: 1, maxLength: 6 }),
        (good, bad) => {
          const [alice] = gather("Alice", "Bob");
          alice.write(root => root.set("list", [{ done: true, a: "text" }, ["nested"], 3]));
          const twin = new Person("Alice", alice.key, Replica.open(alice.device, alice.replica.doc));
          twin.replica.restore(alice.letters(), clock.now);
          for (const [i, draw] of good.entries()) {
            alice.replica.edit(root => editBy(draw, root));
            twin.replica.edit(root => editBy(draw, root));
            editInVain(alice, bad[i % bad.length]!);
            expect(alice.json).toBe(twin.json);
          }
          const now = clock.now + 1_000;
          const mine = alice.replica.closeDraft(now).map(closed => closed.id);
          expect(mine).toEqual(twin.replica.closeDraft(now).map(closed => closed.id));
          expect(alice.json).toBe(twin.json);
        },
      ),
      { seed: SEED, numRuns: 2 * RUNS },
    );
  });
});

describe("two tabs of one profile", () => {
  it("have one chain without a fork and converge with everybody, whoever closes a draft first", () => {
    fc.assert(
      fc.property(acts(30), history => {
        const [alice, bob] = gather("Alice", "Bob");
        const log: Letter[] = [];
        const tabs = [bob, new Person("Bob", bob.key, Replica.open(bob.device, bob.replica.doc))];
        log.push(...bob.letters());
        const positions = [log.length, 0];
        /** As Store.append: what the other tab stored comes first, the draft is closed on top of it, all at once. */
        const append = (tab: number, more: readonly Letter[] = []) => {
          const { replica } = tabs[tab]!;
          clock.now += 60;
          const { damaged, closed } = replica.restore(log.slice(positions[tab]!), clock.now);
          expect(damaged).toBe(0);
          const known = new Set(log.map(letter => letter.id));
          log.push(...more.filter(letter => !known.has(letter.id)), ...tabs[tab]!.sign([...closed]));
          positions[tab] = log.length;
          return closed;
        };
        append(1);
        for (const draw of history) {
          const tab = draw.who % 2;
          const person = tabs[tab]!;
          if (draw.act === 0) {
            append(tab);
            alice.receiveAll(log);
          } else if (draw.act === 1) {
            const said = alice.write(root => editBy(draw, root));
            append(tab);
            person.receiveAll(said);
            append(
              tab,
              said.filter(letter => person.replica.has(letter.id)),
            );
          } else {
            person.replica.edit(root => editBy(draw, root));
            if (draw.act > 3) append(tab);
          }
          counts.tabs++;
        }
        for (const tab of [0, 1, 0]) append(tab);
        for (const tab of [0, 1]) tabs[tab]!.receiveAll(alice.letters());
        alice.receiveAll(log);
        for (const person of tabs) {
          expect(person.heads).toEqual(alice.heads);
          expect(person.json).toBe(alice.json);
          const own = person.replica.laneTips.filter(({ author }) => author === bob.device);
          expect(own).toHaveLength(1);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
