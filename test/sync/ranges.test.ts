// Goal: whatever two hold, ranges find exactly what each lacks, in few messages, and what a liar says of ranges costs bytes and
// no more. Method: random histories with forks against the naive difference; everything that may be said at random.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChangeId } from "../../src/crdt/index.ts";
import { RANGE_LIST_MAX, RANGES_MAX } from "../../src/sync/limits.ts";
import { encodeMessage, type Range } from "../../src/sync/protocol.ts";
import { Ranges } from "../../src/sync/ranges.ts";
import { copyOf, deliver, gather, type Person } from "../crdt/people.ts";
import { lackedBy } from "../model/naive-difference.ts";

const KEY = new Uint8Array(32).fill(5);
const rangesOf = ({ replica }: Person) =>
  new Ranges(KEY, replica.ground.graph, [...replica.ground.graph.order]);
const write = (person: Person, times: number) => {
  for (let i = 0; i < times; i++) person.write(root => root.text("body").insert(0, "x"));
};

/** Until nobody has anything to say: what each would send the other, in how many messages and bytes. */
function talk(a: Person, b: Person) {
  const ends = [rangesOf(a), rangesOf(b)] as const;
  const sent: [Set<ChangeId>, Set<ChangeId>] = [new Set(), new Set()];
  let said: readonly Range[] | null = [ends[0].whole];
  let messages = 0;
  let bytes = 0;
  for (let turn = 1; said !== null; turn = 1 - turn) {
    messages++;
    bytes += encodeMessage({ type: "ranges", ranges: said }).length;
    const answer: ReturnType<Ranges["answer"]> = ends[turn as 0 | 1].answer(said);
    for (const slot of answer.missing) sent[turn as 0 | 1].add([a, b][turn]!.replica.ground.graph.idAt(slot));
    said = answer.ranges;
  }
  return { byA: [...sent[0]], byB: [...sent[1]], messages, bytes };
}

describe("ranges", () => {
  test("of equals end with one message of at most 30 bytes", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const { byA, byB, messages, bytes } = talk(alice, bob);
    expect({ byA, byB, messages }).toEqual({ byA: [], byB: [], messages: 1 });
    expect(bytes).toBeLessThanOrEqual(30);
  });

  test("find what the naive difference finds, with forks, in both directions", () => {
    const few = fc.nat(40);
    fc.assert(
      fc.property(few, few, few, few, (shared, left, right, own) => {
        const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
        write(mallory, shared);
        const twin = copyOf(mallory);
        write(mallory, left);
        write(twin, right);
        deliver(mallory, alice);
        deliver(twin, bob);
        write(alice, own);
        const { byA, byB } = talk(alice, bob);
        expect(byA.sort()).toEqual(lackedBy(bob.replica, alice.replica).sort());
        expect(byB.sort()).toEqual(lackedBy(alice.replica, bob.replica).sort());
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  test("find three changes among 5,000 in six messages and 3,000 bytes", () => {
    const [alice, bob] = gather("Alice", "Bob");
    write(alice, 5_000);
    deliver(alice, bob);
    write(alice, 1);
    write(bob, 2);
    const { byA, byB, messages, bytes } = talk(alice, bob);
    console.log(`${messages} messages, ${bytes} bytes`);
    expect([byA.length, byB.length]).toEqual([1, 2]);
    expect(messages).toBeLessThanOrEqual(6);
    expect(bytes).toBeLessThanOrEqual(3_000);
  }, 60_000);

  test("that make no sense are answered with no more than a message holds, and with changes that are held", () => {
    const [alice] = gather("Alice", "Bob");
    write(alice, 200);
    const held = new Set(alice.replica.ground.graph.order);
    const ranges = rangesOf(alice);
    const tag = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(array => new Uint8Array(array));
    const says: fc.Arbitrary<Range["says"]> = fc.oneof(
      fc.record({ type: fc.constant("nothing" as const) }),
      fc.record({ type: fc.constant("sum" as const), sum: tag }),
      fc.record({
        type: fc.constantFrom("holds" as const, "lacks" as const),
        tags: fc.array(tag, { maxLength: RANGE_LIST_MAX }),
      }),
    );
    const range = fc.record({ depth: fc.oneof(fc.nat(300), fc.maxSafeNat()), tag, says });
    fc.assert(
      fc.property(fc.array(range, { maxLength: 60 }), said => {
        const answer = ranges.answer(said);
        expect(answer.ranges?.length ?? 0).toBeLessThanOrEqual(RANGES_MAX);
        expect(answer.missing.every(slot => held.has(slot))).toBe(true);
        expect(answer.missing.length).toBeLessThanOrEqual(held.size);
      }),
    );
    const sums = Array.from({ length: RANGES_MAX }, (_, i): Range => {
      return { depth: i + 1, tag: new Uint8Array(8), says: { type: "sum", sum: new Uint8Array(8) } };
    });
    expect(ranges.answer(sums).ranges!.length).toBeLessThanOrEqual(RANGES_MAX);
  });
});
