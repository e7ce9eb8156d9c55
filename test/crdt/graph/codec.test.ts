// The bytes of a change: there is one form for each, what is read is what was written, and nothing that a stranger
// can send makes the reader throw or allocate beyond its input.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Change, Op } from "../../../src/crdt/graph/change.ts";
import { decodeChange, encodeChange, idOf, WIRE_VERSION } from "../../../src/crdt/graph/codec.ts";
import type { Bytes } from "../../../src/crdt/index.ts";
import { CHANGE_BYTES_MAX } from "../../../src/crdt/limits.ts";
import { begin, forge, gather, Key, SEED, sync } from "../people.ts";
import { draws, editBy } from "../random-edits.ts";

vi.setConfig({ testTimeout: 20_000 });

/** Changes of every kind of op, by honest people and by forging. */
function corpus(): Bytes[] {
  const [alice, bob] = gather("Alice", "Bob");
  alice.replica.invite(new Key("another link").id, "reader", "for readers");
  alice.close();
  for (const [i, draw] of fc
    .sample(draws({ minLength: 60, maxLength: 60 }), { seed: SEED, numRuns: 1 })[0]!
    .entries()) {
    (i % 2 === 0 ? alice : bob).write(root => editBy(draw, root));
    if (i % 5 === 0) sync([alice, bob]);
  }
  sync([alice, bob]);
  const unknown: Op = { type: "unknown", kind: 40, elements: 3, payload: new Uint8Array([1, 2, 3]) };
  const keys = ["a", "body"];
  const policed = begin("Carol", { editor: { keys, opsMax: 1_000, bytesMax: 2 ** 40 } });
  return [...alice.letters(), ...policed.letters(), forge(alice, { ops: () => [unknown] })].map(
    ({ bytes }) => bytes,
  );
}

const honest = corpus();

function encodeAgain(change: Change): Bytes {
  return encodeChange(change, change.refs, change.ops);
}

describe("the bytes of a change", () => {
  it("are read as what was written", () => {
    expect(honest.length).toBeGreaterThan(50);
    for (const bytes of honest) {
      const change = decodeChange(bytes);
      if ("ok" in change) throw new Error(`Expected a change, got ${change.code} ${change.detail}`);
      expect(encodeAgain(change)).toEqual(bytes);
    }
  });

  it("are refused where they are cut short anywhere, or longer", () => {
    for (const bytes of honest) {
      for (let length = 0; length < bytes.length; length++)
        expect("ok" in decodeChange(bytes.slice(0, length))).toBe(true);
      expect("ok" in decodeChange(Uint8Array.of(...bytes, 0))).toBe(true);
    }
  });

  it("are refused, or are the one form of another change, whatever 20,000 mutations make of them", () => {
    const mutation = fc.record({
      which: fc.nat(honest.length - 1),
      at: fc.nat(10_000),
      kind: fc.nat(4),
      byte: fc.nat(255),
      other: fc.nat(honest.length - 1),
    });
    let accepted = 0;
    fc.assert(
      fc.property(mutation, mutation, fc.boolean(), (first, second, isTwice) => {
        let bytes = mutate(honest[first.which]!, first);
        if (isTwice) bytes = mutate(bytes, second);
        const change = decodeChange(bytes);
        if ("ok" in change) return;
        accepted++;
        const again = encodeAgain(change);
        if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i]))
          throw new Error("two forms");
      }),
      { seed: SEED, numRuns: 20_000 },
    );
    // Otherwise the mutations were too coarse to reach anything.
    expect(accepted).toBeGreaterThan(500);
    expect(accepted).toBeLessThan(15_000);
  });

  it("are refused where they are garbage, with a plausible beginning or without", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(honest.length - 1),
        fc.nat(120),
        (garbage, which, keep) => {
          const bytes = Uint8Array.of(...honest[which]!.slice(0, keep), ...garbage);
          const change = decodeChange(bytes);
          if (!("ok" in change)) expect(encodeAgain(change)).toEqual(bytes);
        },
      ),
      { seed: SEED, numRuns: 3_000 },
    );
  });

  it("have an id whatever they are, be they none", () => {
    const ids = [0, 1, 64, 65].map(length => idOf(new Uint8Array(length)));
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toBe(ids[1]);
  });

  it("that promise more than they hold cost nothing", () => {
    const [alice] = gather("Alice");
    const { bytes } = forge(alice, {});
    // The body of an empty change is three zeros: references, paths, ops. Each becomes the largest count there is.
    for (const at of [3, 2, 1]) {
      const huge = Uint8Array.of(
        ...bytes.slice(0, -at),
        0xff,
        0xff,
        0xff,
        0x7f,
        ...bytes.slice(bytes.length - at + 1),
      );
      expect(decodeChange(huge)).toMatchObject({ code: "BytesMalformed" });
    }
    expect(decodeChange(new Uint8Array(CHANGE_BYTES_MAX + 1))).toMatchObject({ code: "BytesTooLarge" });
    expect(decodeChange(Uint8Array.of(WIRE_VERSION + 1, 2, 3))).toMatchObject({ code: "VersionUnknown" });
    expect(decodeChange(new Uint8Array(0))).toMatchObject({ code: "BytesMalformed" });
  });
});

interface Mutation {
  readonly at: number;
  readonly kind: number;
  readonly byte: number;
  readonly other: number;
}

function mutate(bytes: Bytes, { at, kind, byte, other }: Mutation): Bytes {
  const i = at % (bytes.length + 1);
  switch (kind) {
    case 0: {
      const flipped = bytes.slice();
      if (i < flipped.length) flipped[i]! ^= 1 << (byte % 8);
      return flipped;
    }
    case 1:
      return Uint8Array.of(...bytes.slice(0, i), byte, ...bytes.slice(i + 1));
    case 2:
      return Uint8Array.of(...bytes.slice(0, i), byte, ...bytes.slice(i));
    case 3:
      return Uint8Array.of(...bytes.slice(0, i), ...bytes.slice(i + 1 + (byte % 9)));
    default: {
      const donor = honest[other]!;
      return Uint8Array.of(...bytes.slice(0, i), ...donor.slice(Math.min(i, donor.length)));
    }
  }
}
