// Rows give back the very bytes of the changes that they were made of, and a run has one spelling. Method: chains of
// people who write, delete, merge and take back anything, cut into runs at random; then rows altered in thousands of
// ways: what is read all the same must be what would be written.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Graph } from "../../../src/crdt/graph/graph.ts";
import { type Base, type PackedRun, packRun, unpackRun } from "../../../src/crdt/graph/rows.ts";
import type { WrittenChange } from "../../../src/crdt/graph/written.ts";
import { type Bytes, type ChangeId, equalBytes, toHex } from "../../../src/crdt/index.ts";
import { RUN_BODY_BYTES_MAX } from "../../../src/crdt/limits.ts";
import { clock, forge, gather, type Person, SEED, sync } from "../people.ts";
import { draws, editBy } from "../random-edits.ts";

vi.setConfig({ testTimeout: 60_000 });

const SIGNATURE = new Uint8Array(64);
const graphOf = ({ replica }: Person) => (replica.ground as unknown as { graph: Graph }).graph;

function baseOf(person: Person, id: ChangeId): Base {
  return { slot: graphOf(person).slotOf(id)!, change: person.replica.get(id)!.change };
}

/** The chain of each of three people, who have seen each other's. */
function chains(): { readonly reader: Person; readonly chains: readonly WrittenChange[][] } {
  const people = gather("Alice", "Bob", "Carol");
  const drawn = fc.sample(draws({ minLength: 240, maxLength: 240 }), { seed: SEED, numRuns: 1 })[0]!;
  for (const [i, draw] of drawn.entries()) {
    const person = people[i % 3]!;
    person.write(root => editBy(draw, root));
    // Somebody types on, here and there.
    if (i % 5 === 0) {
      // Behind what is whole.
      const at = [...person.text()].slice(0, i % 9).join("").length;
      for (const [j, letter] of [..."ta🙂"].entries())
        person.write(root => root.text("body").insert(at + j, letter));
    }
    if (i % 11 === 0) person.replica.undo();
    if (i % 11 === 0) person.close();
    if (i % 7 === 0) sync(people);
  }
  sync(people);
  const [alice, reader] = people;
  const mine = people.map(({ device }) =>
    [...alice.replica.changes()].map(({ change }) => change).filter(({ author }) => author === device),
  );
  return { reader, chains: mine };
}

const { reader, chains: honest } = chains();

/** Consecutive changes from one on, on top of the one before them or not. */
function packed(chain: readonly WrittenChange[], from: number, count: number, isOnBase: boolean) {
  const changes = chain.slice(from, from + count);
  const { prev } = changes[0]!;
  const base = isOnBase && prev !== null ? baseOf(reader, prev) : null;
  return { changes, base, run: packRun(changes, SIGNATURE, graphOf(reader), base) };
}

const cuts = fc.record({
  chain: fc.nat(2),
  from: fc.nat(300),
  count: fc.integer({ min: 1, max: 12 }),
  isOnBase: fc.boolean(),
});

interface Cut {
  readonly chain: number;
  readonly from: number;
  readonly count: number;
  readonly isOnBase: boolean;
}

function cut({ chain, from, count, isOnBase }: Cut) {
  const changes = honest[chain]!;
  return packed(changes, from % changes.length, count, isOnBase);
}

describe("rows", () => {
  it("give back the bytes they were made of", () => {
    let whole = 0;
    fc.assert(
      fc.property(cuts, drawn => {
        const { changes, base, run } = cut(drawn);
        const read = unpackRun(run, graphOf(reader), base);
        if ("ok" in read) throw new Error(`${read.code} ${read.detail}`);
        expect(read.map(({ bytes }) => toHex(bytes))).toEqual(changes.map(({ bytes }) => toHex(bytes)));
        expect(read.map(({ id }) => id)).toEqual(changes.map(({ id }) => id));
        whole += changes.reduce((sum, { start, end }) => sum + end - start, 0) - run.rows.length;
      }),
      { numRuns: 1_000, seed: SEED },
    );
    expect(whole).toBeGreaterThan(0);
  });

  it("have one spelling: what is read is written as the same bytes, and all else is refused", () => {
    let refused = 0;
    let taken = 0;
    const how = fc.constantFrom("flip", "set", "cut", "add", "count");
    fc.assert(
      fc.property(cuts, fc.nat(), fc.nat(255), how, (drawn, at, byte, how) => {
        const { base, run } = cut(drawn);
        const altered = alter(run, at, byte, how);
        const read = unpackRun(altered, graphOf(reader), base);
        if ("ok" in read) {
          refused++;
          return;
        }
        taken++;
        const again = packRun(read, SIGNATURE, graphOf(reader), base);
        if (!equalBytes(again.rows, altered.rows)) throw new Error("a second spelling was read");
      }),
      { numRuns: 10_000, seed: SEED },
    );
    expect(refused).toBeGreaterThan(2_000);
    expect(taken).toBeGreaterThan(1_000);
  });

  it("of who types on are three bytes each", () => {
    const [alice] = gather("Alice", "Bob");
    const { step } = clock;
    clock.step = 0;
    alice.write(root => root.text("body").insert(0, "Hello world"));
    const ids = [..."dear "].flatMap((letter, i) =>
      alice.write(root => root.text("body").insert(6 + i, letter)).map(({ id }) => id),
    );
    clock.step = step;
    const changes = ids.map(id => alice.replica.get(id)!.change);
    const run = packRun(changes.slice(1), SIGNATURE, graphOf(alice), baseOf(alice, ids[0]!));
    expect(run).toMatchObject({ first: null, count: 4 });
    expect(run.rows).toHaveLength(12);
    expect(toHex(run.rows)).toBe("010165010161010172010120");
  });

  it("of a change whose numbers are wrong hold it whole, and no other may be told so", () => {
    const [alice] = gather("Alice", "Bob");
    const [first] = alice.write(root => root.set("a", 1));
    const base = baseOf(alice, first!.id);
    for (const header of [{ opTotal: 99 }, { byteTotal: 9_999 }, { depth: 77 }]) {
      const bad = forge(alice, { header });
      const whole = Uint8Array.of(16, ...varint(bad.bytes.length), ...bad.bytes);
      const run: PackedRun = { first: null, count: 1, rows: whole, signature: SIGNATURE };
      const read = unpackRun(run, graphOf(alice), base);
      if ("ok" in read) throw new Error(read.detail);
      expect(packRun(read, SIGNATURE, graphOf(alice), base).rows).toEqual(whole);
    }
    const good = forge(alice, {});
    const rows = Uint8Array.of(16, ...varint(good.bytes.length), ...good.bytes);
    expect(
      unpackRun({ first: null, count: 1, rows, signature: SIGNATURE }, graphOf(alice), base),
    ).toMatchObject({ code: "BytesMalformed" });
  });

  it("that stand for more than a signature may cover are given up on the way", () => {
    const [alice] = gather("Alice", "Bob");
    const key = "k".repeat(80);
    const deep = (root: Parameters<Parameters<Person["write"]>[0]>[0]) => {
      let map = root.map(key);
      for (let i = 0; i < 60; i++) map = map.map(key);
      return map.text("t");
    };
    // The first makes all the maps.
    alice.write(root => deep(root).insert(0, "x"));
    const [first] = alice.write(root => deep(root).insert(0, "x"));
    const rows = new Uint8Array(3 * 1_000).map((_, i) => [1, 1, 120][i % 3]!);
    const run: PackedRun = { first: null, count: 1_000, rows, signature: SIGNATURE };
    const base = baseOf(alice, first!.id);
    const one = unpackRun({ ...run, count: 1, rows: rows.slice(0, 3) }, graphOf(alice), base);
    const fit = Math.ceil(RUN_BODY_BYTES_MAX / ("ok" in one ? 1 : one[0]!.runBytes));
    expect(unpackRun(run, graphOf(alice), base)).toMatchObject({ code: "RunTooLong" });
    const rowsOf = (count: number) => ({ ...run, count, rows: rows.slice(0, 3 * count) });
    expect(unpackRun(rowsOf(fit), graphOf(alice), base)).toHaveLength(fit);
    expect(unpackRun(rowsOf(fit + 1), graphOf(alice), base)).toMatchObject({ code: "RunTooLong" });
  });
});

function alter(run: PackedRun, at: number, byte: number, how: string): PackedRun {
  const { rows, count } = run;
  if (how === "count") return { ...run, count: Math.max(0, count + (byte % 3) - 1) };
  if (how === "add") return { ...run, rows: Uint8Array.of(...rows, byte) };
  if (rows.length === 0) return run;
  if (how === "cut") return { ...run, rows: rows.slice(0, at % rows.length) };
  const place = at % rows.length;
  const value = how === "set" ? byte : rows[place]! ^ (1 << (byte % 8));
  return { ...run, rows: rows.with(place, value) as Bytes };
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
