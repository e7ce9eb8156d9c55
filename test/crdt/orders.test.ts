// A thousand histories, each told in twenty orders. People write into nodes of every kind, hear of each other by halves,
// and some have two faces: two changes of one device with one number, at one place of a text, in one register, in one
// list item. Each order goes to a fresh replica; all of them show one document, sound at every level, and it is the one
// that the naive oracle makes of the set of changes, in which order means nothing.

import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import { checkDocument } from "../model/check-document.ts";
import { NaiveDocument } from "../model/naive-document.ts";
import { Crowd } from "./crowd.ts";
import { clock, type Letter, type Person, SEED } from "./people.ts";
import { type Draw, EDITS, editBy } from "./random-edits.ts";

const RUNS = Number(process.env.RUNS ?? 1_000);
const ORDERS = 20;
vi.setConfig({ testTimeout: 60_000 + RUNS * 200 });

const counts = { histories: 0, changes: 0, forks: 0, orders: 0, deliveries: 0, waited: 0, sequences: 0 };
afterAll(() => console.log(`orders: SEED=${SEED}`, JSON.stringify(counts)));

type Act = Draw & { readonly who: number; readonly act: number };

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.nat(EDITS - 1),
  at: fc.nat(200),
  size: fc.nat(8),
  key: fc.nat(3),
  who: fc.nat(11),
  act: fc.nat(9),
});

/** Where two faces meet: typing, cutting, a key, the register, a list, inside an item, a counter, a set, moves. */
const MEETING_PLACES = [0, 4, 6, 9, 10, 12, 15, 17, 21, 23] as const;

const crowd = new Crowd(["Alice", "Bob", "Carol"], root => {
  root.text("body").insert(0, "at first 🙂");
  root.list("list").push(1, { done: false }, [2]);
  root.register("register").set("begun");
  root.counter("counter").increment(1);
});

/** Everything that is written, parents first. */
function live(history: readonly Act[]): Letter[] {
  const people = crowd.gather();
  const written: Letter[] = [];
  const write = (person: Person, draw: Draw) => written.push(...person.write(root => editBy(draw, root)));
  const tell = (from: Person, to: Person, share = 1) => {
    const lacking = crowd.letters(from).filter(({ id }) => !to.replica.has(id));
    for (const letter of lacking.slice(0, Math.ceil(share * lacking.length))) crowd.hand(letter, to);
  };
  for (const { who, act, ...draw } of history) {
    const person = people[who % people.length]!;
    const other = people[(who + 1 + (draw.at % (people.length - 1))) % people.length]!;
    if (act < 2) tell(other, person, (1 + (draw.size % 3)) / 3);
    else if (act < 4 && people.length < 6) {
      // A second face that knows what the first knows, and both speak at once about one thing.
      const face = crowd.copy(person);
      tell(person, face);
      people.push(face);
      const kind = MEETING_PLACES[draw.kind % MEETING_PLACES.length]!;
      const before = written.length;
      write(person, { ...draw, kind });
      const [next] = written.slice(before);
      write(face, { ...draw, kind, size: (draw.size + 1) % 9 });
      if (next !== undefined && written.length > before + 1) counts.forks++;
    } else write(person, draw);
  }
  return [...new Map(written.map(letter => [letter.id, letter])).values()];
}

type Order = readonly Letter[];

/** By device and number, as if each device were heard out before the next one. */
function laneByLane(letters: Order, devices: readonly string[]): Letter[] {
  const place = new Map(letters.map((letter, i) => [letter, i]));
  return [...letters].sort(
    (a, b) => devices.indexOf(authorOf(a)) - devices.indexOf(authorOf(b)) || place.get(a)! - place.get(b)!,
  );
}

const authors = new WeakMap<Letter, string>();
function authorOf(letter: Letter): string {
  return authors.get(letter)!;
}

/** Drawn without respect for anything, some letters twice. */
function shuffled(letters: Order, next: () => number): Letter[] {
  const left = [...letters];
  const out: Letter[] = [];
  while (left.length > 0) {
    out.push(...left.splice(next() % left.length, 1));
    if (next() % 8 === 0) out.push(out[next() % out.length]!);
  }
  return out;
}

/** A fresh replica that is told the letters one by one; what lacks its parents waits. */
function told(order: Order, reader: Person): Person {
  for (const [i, letter] of order.entries()) {
    const { refused, missing } = crowd.hand(letter, reader, `peer ${i % 3}`);
    if (refused.length > 0) expect(refused).toEqual([]);
    if (missing !== null) counts.waited++;
  }
  counts.deliveries += order.length;
  return reader;
}

describe("the changes of three people and their second faces", () => {
  it(`make one document in ${ORDERS} orders, and it is the naive oracle's`, () => {
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 6, maxLength: 24, size: "max" }),
        fc.infiniteStream(fc.nat(1_000_000)),
        (history, luck) => {
          const letters = live(history);
          counts.histories++;
          counts.changes += letters.length;
          const [somebody] = crowd.gather(1) as [Person];
          const expected = told(letters, somebody);
          for (const letter of letters) authors.set(letter, somebody.replica.get(letter.id)!.change.author);
          const { json, heads } = expected;
          const next = () => luck.next().value!;
          const devices = expected.replica.members.map(({ device }) => device as string);
          const orders: Order[] = [
            letters.toReversed(),
            laneByLane(letters, devices),
            laneByLane(letters, devices.toReversed()),
            laneByLane(letters, devices).toReversed(),
            [...letters, ...letters],
          ];
          while (orders.length < ORDERS - 2) orders.push(shuffled(letters, next));
          const readers = orders.map(order => told(order, crowd.copy(expected)));
          // As a page that opens its own store: all at once.
          const restored = crowd.copy(expected);
          expect(restored.replica.restore(letters, clock.now).damaged).toBe(0);
          for (const reader of [...readers, restored]) {
            counts.orders++;
            if (reader.json !== json) expect(reader.json).toBe(json);
            expect(reader.heads).toEqual(heads);
            counts.sequences += checkDocument(reader.replica);
          }
          counts.orders++;
          counts.sequences += checkDocument(expected.replica);
          const changes = [...expected.replica.changes()].map(({ change }) => change);
          expect(new NaiveDocument(changes).json()).toBe(json);
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.orders).toBe(ORDERS * counts.histories);
    expect(counts.forks).toBeGreaterThan(RUNS / 2);
    expect(counts.waited).toBeGreaterThan(10 * RUNS);
  });
});
