// The law of images: a replica that went through one is the replica that never did. Both live in lockstep through random
// histories (edits of every kind, undo, retracts, masks, forks, changes that come late), one of them put away and taken up
// again and again; whatever they show, close and say must be equal, to the byte of the image itself. And an image that was
// altered, cut short, or made for another document is none.

import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Bytes } from "../../src/crdt/graph/bytes.ts";
import type { Holding } from "../../src/crdt/holding.ts";
import { type Imaged, loadImage, takeImage } from "../../src/crdt/imaging.ts";
import { Replica, type Stored, toHex } from "../../src/crdt/index.ts";
import { IMAGE_BYTES_MAX, IMAGE_COLUMN_MAX } from "../../src/crdt/limits.ts";
import { ImageIn, ImageOut, Unsound } from "../../src/crdt/types/image.ts";
import { checkDocument } from "../model/check-document.ts";
import { Crowd } from "./crowd.ts";
import { begin, clock, type Letter, newcomer, type Person, SEED } from "./people.ts";
import { type Draw, draws, EDITS, editBy } from "./random-edits.ts";

const RUNS = Number(process.env.RUNS ?? 40);
vi.setConfig({ testTimeout: Math.max(60_000, RUNS * 1_500) });

const crowd = new Crowd(["Alice", "Bob", "Carol"], root => root.list("list").push({ title: "first" }, 1));
const counts = { histories: 0, changes: 0, images: 0, undone: 0, masked: 0, forked: 0, foreign: 0, owed: 0 };

afterAll(() => console.log(`image: SEED=${SEED}`, JSON.stringify(counts)));

const histories = fc.record({
  draws: draws({ minLength: 6, maxLength: 40 }),
  picks: fc.array(fc.nat(10_000), { minLength: 8, maxLength: 24 }),
});

function recordsOf({ replica }: Person): Stored[] {
  return [...replica.changes()].map(({ change, bytes, signature }) => ({ id: change.id, bytes, signature }));
}

/** The person's replica is put away and taken up; without the bytes of its changes. */
function throughImage(person: Person): Stored[] {
  const { replica } = person;
  const records = recordsOf(person);
  const image = replica.image;
  expect(image).not.toBeNull();
  const loaded = Replica.ofImage(replica.device, replica.doc, image!);
  expect(loaded).not.toBeNull();
  person.replica = loaded!;
  counts.images++;
  return records;
}

function expectEqual(imaged: Person, plain: Person): void {
  expect(imaged.json).toBe(plain.json);
  expect(imaged.heads).toEqual(plain.heads);
  expect(imaged.replica.laneTips).toEqual(plain.replica.laneTips);
  expect(imaged.replica.members).toEqual(plain.replica.members);
  expect(imaged.replica.ownHead).toEqual(plain.replica.ownHead);
}

/** The same edit by both, which become the same changes. */
function both(people: readonly Person[], edit: (person: Person) => unknown): Letter[] {
  for (const person of people) edit(person);
  clock.now += clock.step;
  const [one, other] = people.map(person => person.sign(person.replica.closeDraft(clock.now)));
  expect(one).toEqual(other);
  counts.changes += one!.length;
  return one!;
}

function editInVain(person: Person, draw: Draw): void {
  expect(() =>
    person.replica.edit(root => {
      editBy(draw, root);
      editBy({ ...draw, kind: (draw.kind + 5) % EDITS }, root);
      throw new Error("changed my mind");
    }),
  ).toThrow("changed my mind");
}

/** Changes of Bob, and of Carol, who has two faces; some of them undo. */
function foreign(history: readonly Draw[], picks: readonly number[]): Letter[] {
  const [, bob, carol] = crowd.gather() as [Person, Person, Person];
  const face = crowd.copy(carol);
  const letters: Letter[] = [];
  for (const [i, draw] of history.entries()) {
    const pick = picks[i % picks.length]! + i;
    const person = [bob, carol, face][pick % 3]!;
    if (pick % 5 === 0) person.replica.undo();
    else person.replica.edit(root => editBy(draw, root));
    const made = person.close();
    if (person === face) counts.forked += made.length;
    letters.push(...made);
    if (pick % 4 === 0) for (const letter of made) if (person !== bob) crowd.hand(letter, bob);
  }
  return letters;
}

describe("a replica that went through an image", () => {
  it("is the one that never did, whatever happened and happens", () => {
    fc.assert(
      fc.property(histories, ({ draws: history, picks }) => {
        counts.histories++;
        const [alice] = crowd.gather(1) as [Person];
        const people = [crowd.copy(alice), crowd.copy(alice)] as const;
        const [imaged, plain] = people;
        const letters = foreign(history, picks);
        counts.foreign += letters.length;
        let missing: Stored[] = [];
        // What waits for the bytes of changes is done later than by the other one, and cuts in another order.
        let isLate = false;
        for (const [i, draw] of history.entries()) {
          const pick = picks[i % picks.length]! + i * 7;
          const { replica } = imaged;
          // Somebody took back what this one cannot read yet, so it shows still.
          if (!replica.isWhole && replica.image === null) {
            expect(replica.fill(missing)).toEqual([]);
            counts.owed++;
            isLate = true;
          }
          const act = pick % 8;
          if (act === 0 && replica.isWhole) missing = throughImage(imaged);
          else if (act === 1 && !replica.isWhole) expect(replica.fill(missing)).toEqual([]);
          else if (act === 2 && replica.isWhole) {
            both(people, person => (pick % 3 === 0 ? person.replica.redo() : person.replica.undo()));
            counts.undone++;
          } else if (act === 3) {
            const { id } = [...plain.replica.changes()].at(-1 - (pick % 3))!;
            for (const person of people) person.replica.mask([id], pick % 2 === 0);
            counts.masked++;
            isLate ||= !replica.isWhole;
          } else if (act === 4) for (const person of people) editInVain(person, draw);
          else if (act === 5) {
            const some = letters.splice(0, 2);
            for (const person of people) person.receiveAll(some);
          } else both(people, person => person.replica.edit(root => editBy(draw, root)));
          if (imaged.replica.isWhole) expectEqual(imaged, plain);
        }
        if (!imaged.replica.isWhole) imaged.replica.fill(missing);
        for (const person of people) person.receiveAll(letters);
        expectEqual(imaged, plain);
        expect(checkDocument(imaged.replica)).toBe(checkDocument(plain.replica));
        if (!isLate) expect(toHex(imaged.replica.image!) === toHex(plain.replica.image!)).toBe(true);
        expect(recordsOf(imaged)).toEqual(recordsOf(plain));
        throughImage(imaged);
        expectEqual(imaged, plain);
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.images).toBeGreaterThan(RUNS);
    expect(Math.min(counts.undone, counts.masked, counts.forked)).toBeGreaterThan(RUNS / 2);
    expect(counts.owed).toBeGreaterThan(0);
  });
});

/** Alice and Bob have written something of every kind, and Alice took some back. */
function written(): Person {
  const [alice, bob] = crowd.gather() as [Person, Person];
  for (let kind = 0; kind < EDITS; kind++) {
    for (const letter of bob.write(root =>
      editBy({ kind, at: kind * 3, size: kind % 5, key: kind % 4 }, root),
    ))
      crowd.hand(letter, alice);
    alice.write(root => editBy({ kind, at: kind * 7, size: kind % 7, key: kind % 3 }, root));
  }
  alice.replica.undo();
  alice.close();
  return alice;
}

describe("an image", () => {
  it("is none when any byte of it was altered, or it was cut short, or something stands behind it", () => {
    const { replica } = written();
    const { device, doc } = replica;
    const image = replica.image!;
    expect(Replica.ofImage(device, doc, image)).not.toBeNull();
    for (let i = 0; i < image.length; i++) {
      const altered = image.slice();
      altered[i]! ^= 1 << (i % 8);
      expect(Replica.ofImage(device, doc, altered)).toBeNull();
    }
    for (let length = 0; length < image.length; length += 1 + (length >> 5))
      expect(Replica.ofImage(device, doc, image.slice(0, length))).toBeNull();
    for (const more of [1, 8, 16]) {
      const longer = new Uint8Array(image.length + more);
      longer.set(image);
      expect(Replica.ofImage(device, doc, longer)).toBeNull();
    }
  });

  it("loads from wherever in a buffer it begins", () => {
    const { replica } = written();
    const image = replica.image!;
    const buffer = new Uint8Array(image.length + 8);
    buffer.set(image, 3);
    const loaded = Replica.ofImage(replica.device, replica.doc, buffer.subarray(3, 3 + image.length));
    expect(loaded!.canonicalJson()).toBe(replica.canonicalJson());
  });

  it("is none for another document or another device", () => {
    const { replica } = written();
    const other = begin("Bob").replica;
    const image = replica.image!;
    expect(Replica.ofImage(other.device, replica.doc, image)).toBeNull();
    expect(Replica.ofImage(replica.device, other.doc, image)).toBeNull();
  });

  it("is taken at rest only: of no open draft, and of no document that has not begun", () => {
    const alice = written();
    const image = alice.replica.image!;
    alice.replica.edit(root => root.text("body").insert(0, "x"));
    expect(alice.replica.image).toBeNull();
    alice.close();
    expect(alice.replica.image).not.toEqual(image);
    expect(newcomer("Carol", alice, null).replica.image).toBeNull();
  });

  it("leaves no trace in what it was taken of", () => {
    const alice = written();
    const first = alice.replica.image;
    expect(alice.replica.image).toEqual(first);
    alice.write(root => root.text("body").insert(0, "more"));
    expect(first).not.toEqual(alice.replica.image);
  });
});

describe("before the bytes of the changes are there", () => {
  it("a replica is edited, closed and signed, and takes in what others say", () => {
    const alice = written();
    const [, bob] = crowd.gather() as [Person, Person];
    bob.receiveAll(alice.letters());
    throughImage(alice);
    expect(alice.replica.isWhole).toBe(false);
    expect(bob.receiveAll(alice.write(root => root.text("body").insert(0, "early")))[0]!.refused).toEqual([]);
    expect(alice.receiveAll(bob.write(root => root.text("body").insert(0, "too")))[0]!.refused).toEqual([]);
    expect(alice.json).toBe(bob.json);
  });

  it("it neither undoes nor proves, and says so; with them it does", () => {
    const alice = written();
    const { id } = alice.letters().at(-1)!;
    const records = throughImage(alice);
    expect(alice.replica.canUndo).toBe(false);
    expect(alice.replica.undo()).toBe(false);
    expect(alice.replica.proofOf(id)).toBeNull();
    expect(alice.replica.fill(records)).toEqual([]);
    expect(alice.replica.isWhole).toBe(true);
    expect(alice.replica.proofOf(id)?.changes.length).toBe(1);
    expect(alice.replica.undo()).toBe(true);
  });

  it("what somebody took back shows until then", () => {
    const [alice, bob] = crowd.gather() as [Person, Person];
    const before = alice.json;
    const typed = bob.write(root => root.text("body").insert(0, "gone"));
    alice.receiveAll(typed);
    const records = throughImage(alice);
    bob.replica.undo();
    alice.receiveAll(bob.close());
    expect(alice.text()).toBe("gone");
    expect(alice.replica.image).toBeNull();
    const told: string[] = [];
    alice.replica.subscribe((_, origin) => told.push(origin));
    alice.replica.fill(records);
    expect(alice.json).toBe(bob.json);
    expect(alice.json).toBe(before);
    expect(told).toEqual(["remote"]);
  });

  it("bytes that are not those of the change are handed back, and so is what is not here", () => {
    const alice = written();
    const [, bob] = crowd.gather() as [Person, Person];
    const [foreign] = bob.write(root => root.text("body").insert(0, "x"));
    const records = throughImage(alice);
    const altered = records.map((record, i) =>
      i === 5 ? { ...record, bytes: turned(record.bytes) } : record,
    );
    expect(alice.replica.fill([...altered, foreign!])).toEqual([altered[5], foreign]);
    expect(alice.replica.isWhole).toBe(false);
    expect(alice.replica.fill([records[5]!])).toEqual([]);
    expect(alice.replica.isWhole).toBe(true);
  });
});

function turned(bytes: Bytes): Bytes {
  const copy = bytes.slice();
  copy[copy.length >> 1]! ^= 1;
  return copy;
}

describe("the limits of an image", () => {
  const { doc: ofDoc, device: ofDevice } = written().replica;
  const about: Imaged = { doc: ofDoc, device: ofDevice, lastTime: 0 };

  /** As a holding that has just so many bytes. */
  const holdingOf = (...columns: number[]) =>
    ({
      dump: (out: ImageOut) => {
        for (const length of columns) out.bytes(new Uint8Array(length));
      },
      load: (from: ImageIn) => {
        for (const length of columns) expect(from.bytes().length).toBe(length);
      },
    }) as unknown as Holding;

  it("an image has at most so many bytes", () => {
    const { doc, device } = about;
    const half = 1024;
    const rest = takeImage(holdingOf(half, 0), about)!.length - half;
    const room = IMAGE_BYTES_MAX - rest - 8;
    const first = 8 * Math.floor(room / 16);
    const columns = [first, room - first, 0];
    const image = takeImage(holdingOf(...columns), about)!;
    expect(image.length).toBe(IMAGE_BYTES_MAX);
    expect(loadImage(image, holdingOf(...columns), doc, device)).toEqual(about);
    expect(takeImage(holdingOf(...columns, 0), about)).toBeNull();
    expect(loadImage(new Uint8Array(IMAGE_BYTES_MAX + 8), holdingOf(), doc, device)).toBeNull();
  });

  it("a column has at most so many numbers", () => {
    const out = new ImageOut();
    out.bytes(new Uint8Array(IMAGE_COLUMN_MAX));
    expect(out.isTooLong).toBe(false);
    out.bytes(new Uint8Array(IMAGE_COLUMN_MAX + 1));
    expect(out.isTooLong).toBe(true);
    const claiming = (count: number) => new ImageIn(new Uint8Array(Int32Array.of(1, count).buffer), 0);
    expect(() => claiming(IMAGE_COLUMN_MAX).bytes()).toThrow("beyond the end");
    expect(() => claiming(IMAGE_COLUMN_MAX + 1).bytes()).toThrow("a column of");
  });
});

describe("a column of numbers", () => {
  const numbers = fc.oneof(
    fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    fc.array(fc.integer({ min: 0, max: 3 })),
    fc.array(fc.integer({ min: -(2 ** 52), max: 2 ** 52 })),
    fc
      .array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -2, max: 2 }), fc.nat(20)))
      .map(steps =>
        steps.flatMap(([first, by, times]) => Array.from({ length: times }, (_, i) => first + by * i)),
      ),
    // Long enough to be written as steps.
    fc
      .array(fc.tuple(fc.constantFrom(-3, 0, 1, 0.5, 100), fc.integer({ min: 0, max: 2 })), { maxLength: 3 })
      .map(steps => steps.flatMap(([first, by]) => Array.from({ length: 300 }, (_, i) => first + by * i))),
  );

  it("comes back, whatever form it was given", () => {
    fc.assert(
      fc.property(fc.array(numbers), lists => {
        const out = new ImageOut();
        for (const list of lists) out.numbers(list);
        out.lists(lists);
        out.json(lists);
        const buffer = new Uint8Array(out.length);
        out.write(buffer, 0);
        const from = new ImageIn(buffer, 0);
        for (const list of lists) expect([...from.doubles()]).toEqual(list);
        expect(from.lists()).toEqual(lists);
        expect(from.json()).toEqual(lists);
        from.end();
      }),
      { seed: SEED },
    );
  });

  it("is lent to who writes nothing into it, and what grew of a lent row is its own", () => {
    fc.assert(
      fc.property(fc.array(numbers.filter(list => list.every(number => (number | 0) === number))), lists => {
        const counting = [
          Array.from({ length: 300 }, (_, i) => i),
          Array.from({ length: 200 }, (_, i) => i + 1),
        ];
        const out = new ImageOut();
        for (const list of [...lists, ...counting, ...counting]) out.numbers(list);
        const buffer = new Uint8Array(out.length);
        out.write(buffer, 0);
        const from = new ImageIn(buffer, 0);
        for (const list of lists) expect([...from.lent()]).toEqual(list);
        const [row, other] = [from.row(), from.row()];
        row.push(7);
        row.pop();
        other.pop();
        other.push(7);
        expect([...row]).toEqual(counting[0]);
        expect([...other]).toEqual([...counting[1]!.slice(0, -1), 7]);
        for (const list of counting) expect([...from.lent()]).toEqual(list);
        from.end();
      }),
      { seed: SEED },
    );
  });

  it("of a text comes back, in bytes or in units", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom("a", "ÿ", "Ā", "\ud83d", "\ude00") })),
        texts => {
          const out = new ImageOut();
          for (const text of texts) out.text(text);
          const buffer = new Uint8Array(out.length);
          out.write(buffer, 0);
          const from = new ImageIn(buffer, 0);
          for (const text of texts) expect(from.text()).toBe(text);
          from.end();
        },
      ),
      { seed: SEED },
    );
  });

  it("of the numbers in a row is short", () => {
    const out = new ImageOut();
    out.numbers(Array.from({ length: 100_000 }, (_, i) => (i < 50_000 ? i : 7)));
    expect(out.length).toBeLessThan(100);
  });

  it("is refused where its steps say more or less than its count", () => {
    const made = (count: number, ...steps: number[]) => {
      const doubles = Float64Array.of(0, ...steps);
      new Int32Array(doubles.buffer).set([5, count]);
      return new ImageIn(new Uint8Array(doubles.buffer), 0);
    };
    expect([...made(3, 1, 1, 3).ints()]).toEqual([1, 2, 3]);
    for (const times of [0, -1, Number.NaN, 4, Number.POSITIVE_INFINITY])
      expect(() => made(3, 1, 1, times).ints()).toThrow(Unsound);
    expect(() => made(3, 1, 1, 2).ints()).toThrow(Unsound);
    expect(() => made(3).ints()).toThrow(Unsound);
  });
});
