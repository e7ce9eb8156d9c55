// There is one byte string for each change. The reader does not encode again to find that out, so here it is done for
// it: whatever it takes must be what the writer writes. Valid changes of every kind of op are altered in hundreds of
// thousands of ways, most of them by someone who knows the format; and each rule has a case made by hand.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Change, Op } from "../../../src/crdt/graph/change.ts";
import { decodeChange, encodeBody, encodeChange, WIRE_VERSION } from "../../../src/crdt/graph/codec.ts";
import { type Bytes, type ChangeId, toHex, Writer } from "../../../src/crdt/index.ts";
import { begin, forge, gather, Key, SEED, sync } from "../people.ts";
import { draws, editBy } from "../random-edits.ts";

vi.setConfig({ testTimeout: 60_000 });

const CASES = 250_000;

/** Changes with every kind of op and value, of several people, with tables and merges; by honest people and forged. */
function corpus(): Bytes[] {
  const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
  const people = [alice, bob, carol] as const;
  alice.replica.invite(new Key("another link").id, "reader", "for readers");
  alice.close();
  const drawn = fc.sample(draws({ minLength: 120, maxLength: 120 }), { seed: SEED, numRuns: 1 })[0]!;
  for (const [i, draw] of drawn.entries()) {
    people[i % 3]!.write(root => editBy(draw, root));
    if (i % 7 === 0) sync(people);
  }
  sync(people);
  const unknown: Op = { type: "unknown", kind: 40, elements: 3, payload: new Uint8Array([1, 2, 3]) };
  const numbers = [0.5, -7, 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 53, 1e300, 0];
  const values = forge(alice, {
    ops: () => numbers.map(value => ({ type: "set", path: [], key: `k${value}`, replaces: [], value })),
  });
  const roles = { opsMax: 1_000, bytesMax: 2 ** 40 };
  const policed = begin("Dora", {
    admin: { keys: null, ...roles },
    editor: { keys: ["a", "body", "c"], ...roles },
    commenter: { keys: ["comments"], ...roles },
  });
  const retracts = forge(alice, {
    ops: () => [2, 5, 300].map(first => ({ type: "retract", first, count: 2 })),
  });
  const forged = [forge(alice, { ops: () => [unknown] }), values, retracts];
  const letters = [...alice.letters(), ...policed.letters(), ...forged];
  return letters.map(({ bytes }) => bytes);
}

const honest = corpus();

/** True if it was taken. Throws if what was taken is not what would be written. */
function isTaken(bytes: Bytes): boolean {
  const change = decodeChange(bytes);
  if ("ok" in change) return false;
  if (toHex(encodeAgain(change)) !== toHex(bytes))
    throw new Error(`two forms of one change: ${toHex(bytes)}`);
  return true;
}

function encodeAgain(change: Change): Bytes {
  return encodeChange(change, change.refs, change.ops);
}

/** mulberry32: fast, and the same in every run of a seed. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % below;
  };
}

function splice(bytes: Bytes, at: number, removed: number, ...inserted: readonly number[]): Bytes {
  return Uint8Array.of(...bytes.subarray(0, at), ...inserted, ...bytes.subarray(at + removed));
}

const INTERESTING = [0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xff];

/** One alteration behind the 65 bytes that are the same in all. */
function alter(bytes: Bytes, pick: (below: number) => number): Bytes {
  const at = 65 + pick(Math.max(1, bytes.length - 65));
  const length = 1 + pick(9);
  const byte = pick(2) === 0 ? INTERESTING[pick(INTERESTING.length)]! : pick(256);
  switch (pick(9)) {
    case 0:
      return splice(bytes, at, 1, bytes[at]! ^ (1 << pick(8)));
    case 1:
      return splice(bytes, at, 1, byte);
    case 2:
      return splice(bytes, at, 0, byte);
    case 3:
      return splice(bytes, at, length);
    case 4: // a varint longer than it must be
      return splice(bytes, at, 1, bytes[at]! | 0x80, 0);
    case 5: // a stretch again
      return splice(bytes, at, 0, ...bytes.subarray(at, at + (pick(4) === 0 ? 32 : length)));
    case 6: {
      // two neighbouring stretches change places: entries of tables, dots, spans, roles
      const size = pick(3) === 0 ? 32 : length;
      const one = bytes.subarray(at, at + size);
      return splice(bytes, at, size * 2, ...bytes.subarray(at + size, at + size * 2), ...one);
    }
    case 7: {
      const donor = honest[pick(honest.length)]!;
      const from = 65 + pick(Math.max(1, donor.length - 65));
      return splice(bytes, at, length, ...donor.subarray(from, from + length));
    }
    default: // a count and what it counts
      return splice(splice(bytes, at, 1, bytes[at]! + 1), at + 1, 0, byte);
  }
}

describe("a change", () => {
  it(`has one form, whatever ${CASES} alterations make of it`, () => {
    const pick = random(SEED);
    let taken = 0;
    for (let i = 0; i < CASES; i++) {
      let bytes = honest[pick(honest.length)]!;
      // Long ones are mostly text, in which nearly everything is allowed.
      while (bytes.length > 400) bytes = honest[pick(honest.length)]!;
      for (let times = 1 + pick(3); times > 0; times--) bytes = alter(bytes, pick);
      if (isTaken(bytes)) taken++;
    }
    console.log(`one form: ${taken} of ${CASES} altered changes were taken, all in their one form`);
    // Otherwise the alterations were too coarse to reach anything.
    expect(taken).toBeGreaterThan(CASES / 50);
    expect(taken).toBeLessThan(CASES / 2);
  });

  it("is taken where nothing was altered", () => {
    expect(honest.every(isTaken)).toBe(true);
  });
});

// ------------------------------------------------------------------------------------------------- by hand

const ID = (digit: string): ChangeId => digit.repeat(64) as ChangeId;

interface Shape {
  readonly seq?: number;
  readonly parents?: readonly ChangeId[];
  readonly doc?: string;
  readonly body?: (out: Writer) => void;
  readonly clock?: (out: Writer) => void;
  readonly depth?: (out: Writer) => void;
}

/** A change written field by field: by default an empty one after `ID("1")`. */
function write({ seq = 2, parents = [], doc = ID("d"), body, clock, depth }: Shape): Bytes {
  const out = new Writer();
  out.byte(WIRE_VERSION);
  out.hex(doc);
  out.hex(ID("a"));
  out.varint(seq);
  if (seq > 1) out.hex(ID("1"));
  out.varint(parents.length);
  for (const parent of parents) out.hex(parent);
  if (depth) depth(out);
  else out.varint(2);
  out.varint(1);
  out.varint(3);
  out.varint(0);
  if (clock) clock(out);
  else out.varint(0);
  if (body) body(out);
  else out.bytes(new Uint8Array(3));
  return out.finish();
}

/** The body of ops with nothing in the table of references but what is given. */
const bodyOf =
  (...ops: readonly Op[]) =>
  (out: Writer): void =>
    out.bytes(encodeBody(["", ID("1")] as ChangeId[], { prev: ID("1"), parents: [ID("1")] }, ops));

/** A body by its bytes. */
const raw =
  (...bytes: readonly (number | string)[]) =>
  (out: Writer): void => {
    for (const one of bytes) {
      if (typeof one === "number") out.byte(one);
      else if (one.length === 64) out.hex(one);
      else out.string(one);
    }
  };

const set = (value: unknown): Op => ({ type: "set", path: [], key: "k", replaces: [], value }) as Op;
/** No references; the path of the root; one op: `set`, path 0, key "k", replaces nothing; then a value. */
const SET = [0, 1, 0, 1, 1, 0, "k", 0];
const double = (value: number): number[] => [...new Uint8Array(new Float64Array([value]).buffer)];
/** The path of the text "body", which is one step. */
const BODY_PATH = [1, 2 * 2, "body"];
const ROLE = (role: number): number[] => [role, 0, 1, 1];
const GENESIS = [0, 0, 1, 16, ...new Array<number>(16).fill(7)];

/** What must be taken, so that the refusals beside it are not for another reason. */
const ALLOWED: Readonly<Record<string, Bytes>> = {
  "an empty change": write({}),
  "two parents, sorted": write({ parents: [ID("1"), ID("2")] }),
  "one parent that is not the previous change": write({ parents: [ID("2")] }),
  "a first change after others": write({ seq: 1, parents: [ID("2")] }),
  "a genesis": write({ seq: 1, doc: ID("0"), body: raw(...GENESIS, 0) }),
  "a genesis with two roles": write({
    seq: 1,
    doc: ID("0"),
    body: raw(...GENESIS, 2, ...ROLE(1), ...ROLE(2)),
  }),
  "an integer": write({ body: bodyOf(set(5)) }),
  "the least integer": write({ body: bodyOf(set(-(2 ** 53) + 1)) }),
  "a double": write({ body: raw(...SET, 3, ...double(0.5)) }),
  "a reference that is used": write({ body: raw(1, ID("2"), 1, ...BODY_PATH, 1, 6, 0, 1, 2, 0, 1) }),
  "two paths in the order of use": write({
    body: raw(0, 2, 0, ...BODY_PATH, 2, 1, 0, "k", 0, 0, 6, 1, 1, 1, 0, 1),
  }),
  "two spans": write({ body: raw(0, 1, ...BODY_PATH, 1, 6, 0, 2, 1, 0, 2, 1, 3, 1) }),
};

const REFUSED: Readonly<Record<string, Bytes>> = {
  "number 0": write({ seq: 0 }),
  "the previous change as the only parent, written out": write({ parents: [ID("1")] }),
  "parents not sorted": write({ parents: [ID("2"), ID("1")] }),
  "a parent twice": write({ parents: [ID("2"), ID("2")] }),
  "a genesis that names a document": write({ seq: 1, doc: ID("d"), body: raw(...GENESIS, 0) }),
  "a number longer than it must be": write({ depth: raw(0x82, 0) }),
  "a number of nine bytes": write({ depth: raw(0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1) }),
  "a number beyond the safe integers": write({ depth: raw(...new Array<number>(7).fill(0xff), 0x7f) }),
  "an epoch": splice(write({}), write({}).length - 5, 1, 1),
  "something behind the end": Uint8Array.of(...write({}), 0),
  "a reference that is not used": write({ body: raw(1, ID("2"), 0, 0) }),
  "a reference that has a number": write({ body: raw(1, ID("1"), 1, ...BODY_PATH, 1, 6, 0, 1, 2, 0, 1) }),
  "references not sorted": write({
    body: raw(2, ID("3"), ID("2"), 1, ...BODY_PATH, 1, 6, 0, 2, 2, 0, 1, 3, 0, 1),
  }),
  "a reference twice": write({
    body: raw(2, ID("2"), ID("2"), 1, ...BODY_PATH, 1, 6, 0, 2, 2, 0, 1, 3, 0, 1),
  }),
  "a reference beyond the table": write({ body: raw(0, 1, ...BODY_PATH, 1, 6, 0, 1, 2, 0, 1) }),
  "the previous change where there is none": write({
    seq: 1,
    parents: [ID("2")],
    body: raw(0, 1, ...BODY_PATH, 1, 6, 0, 1, 1, 0, 1),
  }),
  "a path that is not used": write({ body: raw(0, 1, 0, 0) }),
  "a path twice": write({ body: raw(0, 2, 0, 0, 2, 1, 0, "k", 0, 0, 1, 1, "l", 0, 0) }),
  "paths not in the order of use": write({
    body: raw(0, 2, ...BODY_PATH, 0, 2, 1, 1, "k", 0, 0, 6, 0, 1, 1, 0, 1),
  }),
  "a path beyond the table": write({ body: raw(0, 1, 0, 1, 1, 1, "k", 0, 0) }),
  "an integer as a double": write({ body: raw(...SET, 3, ...double(5)) }),
  "-0": write({ body: raw(...SET, 3, ...double(-0)) }),
  "0 as a double": write({ body: raw(...SET, 3, ...double(0)) }),
  "a number that is none": write({ body: raw(...SET, 3, ...double(Number.NaN)) }),
  infinity: write({ body: raw(...SET, 3, ...double(Number.POSITIVE_INFINITY)) }),
  "-2⁵³ as an integer": write({ body: raw(...SET, 4, ...new Array<number>(7).fill(0xff), 0x1f) }),
  "dots not sorted": write({ body: raw(0, 1, 0, 1, 1, 0, "k", 2, 1, 1, 1, 0, 0) }),
  "a dot twice": write({ body: raw(0, 1, 0, 1, 1, 0, "k", 2, 1, 1, 1, 1, 0) }),
  "spans not sorted": write({ body: raw(0, 1, ...BODY_PATH, 1, 6, 0, 2, 1, 3, 1, 1, 0, 2) }),
  "spans that touch": write({ body: raw(0, 1, ...BODY_PATH, 1, 6, 0, 2, 1, 0, 2, 1, 2, 1) }),
  "spans that overlap": write({ body: raw(0, 1, ...BODY_PATH, 1, 6, 0, 2, 1, 0, 2, 1, 1, 3) }),
  "an empty span": write({ body: raw(0, 1, ...BODY_PATH, 1, 6, 0, 1, 1, 0, 0) }),
  "a left child of the root": write({ body: raw(0, 1, ...BODY_PATH, 1, 4, 0, 2, "x") }),
  "a left child before the end": write({ body: raw(0, 1, ...BODY_PATH, 1, 4, 0, 4, 1, 0, "x") }),
  "flags that do not exist": write({ body: raw(0, 1, ...BODY_PATH, 1, 4, 0, 15, "x") }),
  "an overlong letter": write({ body: raw(0, 1, ...BODY_PATH, 1, 4, 0, 7, 2, 0xc1, 0xa1) }),
  "half of a surrogate pair": write({ body: raw(0, 1, ...BODY_PATH, 1, 4, 0, 7, 3, 0xed, 0xa0, 0x80) }),
  "roles not sorted": write({ seq: 1, doc: ID("0"), body: raw(...GENESIS, 2, ...ROLE(2), ...ROLE(1)) }),
  "a role twice": write({ seq: 1, doc: ID("0"), body: raw(...GENESIS, 2, ...ROLE(2), ...ROLE(2)) }),
  "keys not sorted": write({ seq: 1, doc: ID("0"), body: raw(...GENESIS, 1, 2, 3, "b", "a", 1, 1) }),
  "an op of a closed kind that is none": write({ body: raw(0, 0, 1, 31) }),
};

describe("by hand", () => {
  it.each(Object.entries(ALLOWED))("%s is taken", (_, bytes) => {
    expect(isTaken(bytes)).toBe(true);
  });

  it.each(Object.entries(REFUSED))("%s is refused", (_, bytes) => {
    expect(decodeChange(bytes)).toMatchObject({ code: "BytesMalformed" });
  });
});
