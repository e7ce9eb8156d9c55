// Goal: every message has one form that comes back as it was, through frames as well, and everything else is refused
// without an exception or a change of state. Method: random messages, random bytes, random frames in any order.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Bytes,
  type ChangeId,
  type DeviceId,
  equalBytes,
  RUN_CHANGES_MAX,
  toHex,
} from "../../src/crdt/index.ts";
import { FORK_BYTES_MAX } from "../../src/crdt/limits.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { Channel } from "../../src/sync/channel.ts";
import {
  BATCH_RUNS_MAX,
  FORKS_MAX,
  FRAME_BYTES_MAX,
  LANES_MAX,
  MESSAGE_BYTES_MAX,
  RANGE_LIST_MAX,
  RANGES_MAX,
  WORD_HEADS_MAX,
} from "../../src/sync/limits.ts";
import {
  decodeMessage,
  encodeMessage,
  type HowHeld,
  type Message,
  type Range,
  type RunStart,
  runOf,
  type SentRun,
} from "../../src/sync/protocol.ts";

const bytes = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength }).map(array => new Uint8Array(array));
const hex = bytes(32).map(array => Buffer.from(array).toString("hex"));
const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const anchor = fc.option(fc.record({ id: hex as fc.Arbitrary<ChangeId>, index: count }));
const start: fc.Arbitrary<RunStart> = fc.oneof(
  fc.record({ type: fc.constant("whole" as const), bytes: bytes(0, 99) }),
  fc.record({ type: fc.constant("after" as const), tag: bytes(8) }),
);
const run: fc.Arbitrary<SentRun> = fc
  .record({ start, count: fc.nat(9), rows: bytes(9, 40), signature: bytes(64) })
  .map(({ count, rows, ...rest }) => {
    const least = rest.start.type === "after" ? Math.max(1, count) : count;
    return { ...rest, count: least, rows: least === 0 ? new Uint8Array(0) : rows };
  });
const says: fc.Arbitrary<Range["says"]> = fc.oneof(
  fc.record({ type: fc.constant("nothing" as const) }),
  fc.record({ type: fc.constant("sum" as const), sum: bytes(8) }),
  fc.record({
    type: fc.constantFrom("holds" as const, "lacks" as const),
    tags: fc.array(bytes(8), { maxLength: RANGE_LIST_MAX }),
  }),
);
const presence = fc.record({
  name: fc.string({ unit: "binary", maxLength: 30 }),
  caret: fc.option(fc.record({ anchor, head: anchor })),
});
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant("have" as const),
    how: fc.constantFrom<HowHeld[]>("all", "lost", "more", "rungs"),
    lanes: fc.array(fc.record({ device: bytes(4).map(toHex), seq: count, tag: bytes(8) }), { maxLength: 9 }),
  }),
  fc.record({
    type: fc.constant("changes" as const),
    runs: fc.array(run, { maxLength: 9 }),
  }),
  fc.record({
    type: fc.constant("forks" as const),
    forks: fc.array(fc.record({ device: hex as fc.Arbitrary<DeviceId>, seq: count, tag: bytes(8) }), {
      maxLength: 9,
    }),
  }),
  fc.record({ type: fc.constant("fork" as const), proof: bytes(0, 99) }),
  fc.record({ type: fc.constant("took" as const), bytes: count }),
  fc.record({
    type: fc.constant("presence" as const),
    presence,
  }),
  fc.record({
    type: fc.constant("word" as const),
    word: fc.record({
      device: hex as fc.Arbitrary<DeviceId>,
      instance: hex.map(name => name.slice(0, 32)),
      number: count,
      presence,
      heads: fc.array(hex as fc.Arbitrary<ChangeId>, { maxLength: WORD_HEADS_MAX }),
      signature: bytes(64),
    }),
  }),
  fc.record({ type: fc.constant("introduction" as const), signature: bytes(64) }),
  fc.record({ type: fc.constantFrom("ping" as const, "pong" as const) }),
  fc.record({ type: fc.constant("frontier" as const), digest: bytes(8) }),
  fc.record({
    type: fc.constant("ranges" as const),
    ranges: fc.array(fc.record({ depth: count, tag: bytes(8), says }), { maxLength: 9 }),
  }),
);
/** Looks like a message more often than not. */
const noise = fc
  .tuple(fc.option(fc.nat(13)), bytes(0, 120))
  .map(([type, rest]) => (type === null ? rest : Uint8Array.of(type, ...rest)));

describe("messages", () => {
  test("come back as they were", () => {
    fc.assert(
      fc.property(message, said => {
        expect(decodeMessage(encodeMessage(said))).toEqual(said);
      }),
    );
  });

  test("have one form: what is read is written as the same bytes, and all else is refused (20,000 cases)", () => {
    const garbage = fc.oneof(
      noise,
      fc
        .tuple(message, fc.nat(), fc.nat(255), fc.constantFrom("alter", "cut", "add"))
        .map(([said, at, byte, how]): Bytes => {
          const written = encodeMessage(said);
          if (how === "cut") return written.slice(0, at % written.length);
          return how === "add"
            ? Uint8Array.of(...written, byte)
            : (written.with(at % written.length, byte) as Bytes);
        }),
    );
    let refused = 0;
    fc.assert(
      fc.property(garbage, written => {
        const read = decodeMessage(written);
        if (read === null) refused++;
        else if (!equalBytes(encodeMessage(read), written)) throw new Error("A second form was read");
      }),
      { numRuns: 20_000 },
    );
    expect(refused).toBeGreaterThan(5_000);
  }, 60_000);

  test("beyond a limit are refused, at it they are not", () => {
    const lane = { device: "00".repeat(4), seq: 1, tag: new Uint8Array(8) };
    const have = (lanes: number) =>
      encodeMessage({ type: "have", how: "all", lanes: Array(lanes).fill(lane) });
    expect(decodeMessage(have(LANES_MAX))).not.toBe(null);
    expect(decodeMessage(have(LANES_MAX + 1))).toBe(null);
    const zeros = "00".repeat(32);
    const word = (heads: number) =>
      encodeMessage({
        type: "word",
        word: {
          device: zeros as DeviceId,
          instance: "00".repeat(16),
          number: 1,
          presence: { name: "", caret: null },
          heads: Array(heads).fill(zeros),
          signature: new Uint8Array(64),
        },
      });
    expect(decodeMessage(word(WORD_HEADS_MAX))).not.toBe(null);
    expect(decodeMessage(word(WORD_HEADS_MAX + 1))).toBe(null);
    expect(have(LANES_MAX).length).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
    const fork = { device: "00".repeat(32) as DeviceId, seq: 1, tag: lane.tag };
    const range = (tags: number): Range => ({
      depth: 1,
      tag: lane.tag,
      says: { type: "holds", tags: Array(tags).fill(lane.tag) },
    });
    const ranges = (count: number, tags = 0) =>
      encodeMessage({ type: "ranges", ranges: Array(count).fill(range(tags)) });
    expect(decodeMessage(ranges(RANGES_MAX))).not.toBe(null);
    expect(decodeMessage(ranges(RANGES_MAX + 1))).toBe(null);
    expect(decodeMessage(ranges(1, RANGE_LIST_MAX))).not.toBe(null);
    expect(decodeMessage(ranges(1, RANGE_LIST_MAX + 1))).toBe(null);
    const forks = (count: number) => encodeMessage({ type: "forks", forks: Array(count).fill(fork) });
    expect(decodeMessage(forks(FORKS_MAX))).not.toBe(null);
    expect(decodeMessage(forks(FORKS_MAX + 1))).toBe(null);
    expect(FORK_BYTES_MAX + 1).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
    const one = runOf({ bytes: new Uint8Array(3), signature: new Uint8Array(64) });
    const batch = (runs: readonly SentRun[]) => encodeMessage({ type: "changes", runs });
    expect(decodeMessage(batch(Array(BATCH_RUNS_MAX).fill(one)))).not.toBe(null);
    expect(decodeMessage(batch(Array(BATCH_RUNS_MAX + 1).fill(one)))).toBe(null);
    // Together they have as many changes as one signature may cover.
    const long = { ...one, count: RUN_CHANGES_MAX - 2, rows: new Uint8Array(9) };
    expect(decodeMessage(batch([long, one]))).not.toBe(null);
    expect(decodeMessage(batch([long, one, one]))).toBe(null);
  });
});

// ------------------------------------------------------------------------------------------------------- frames

const FORTH = new Uint8Array(32).fill(1);
const BACK = new Uint8Array(32).fill(2);
const TAGS = new Uint8Array(32);

function pair(isSealed: boolean): readonly [Channel, Channel] {
  return [
    new Channel(ciphers, { send: FORTH, receive: BACK, tags: TAGS }, isSealed),
    new Channel(ciphers, { send: BACK, receive: FORTH, tags: TAGS }, isSealed),
  ];
}

describe.each([false, true])("frames (sealed: %s)", isSealed => {
  test.each([0, 1, 16_352, 16_353, 100_000, MESSAGE_BYTES_MAX])(
    "a message of %i bytes comes through whole",
    length => {
      const [a, b] = pair(isSealed);
      const long = new Uint8Array(length).map((_, i) => i & 255);
      const pieces = a.split(long);
      for (const [i, piece] of pieces.entries()) {
        // Short ones overtake a long one between its pieces.
        expect(b.receive(a.seal(a.split(Uint8Array.of(i))[0]!))).toEqual(Uint8Array.of(i));
        const frame = a.seal(piece);
        expect(frame.length).toBeLessThanOrEqual(FRAME_BYTES_MAX);
        const received = b.receive(frame);
        if (i < pieces.length - 1) expect(received).toBe(null);
        else expect(received !== null && received !== "broken" && equalBytes(received, long)).toBe(true);
      }
    },
  );

  test("a message longer than allowed breaks the channel", () => {
    const [a, b] = pair(isSealed);
    expect(b.receive(a.seal(a.split(new Uint8Array(MESSAGE_BYTES_MAX + 1))[0]!))).toBe("broken");
  });

  test("a frame longer than allowed breaks the channel", () => {
    const [, b] = pair(isSealed);
    expect(b.receive(new Uint8Array(FRAME_BYTES_MAX + 1))).toBe("broken");
  });

  test("pieces out of order break the channel", () => {
    const [first, middle, last] = pair(false)[0].split(new Uint8Array(40_000)) as [Bytes, Bytes, Bytes];
    for (const order of [[middle], [last], [first, first], [first, last], [first, middle, middle, last]]) {
      const [a, b] = pair(isSealed);
      expect(order.map(piece => b.receive(a.seal(piece))).at(-1)).toBe("broken");
    }
  });
});

test("a sealed frame altered, repeated, left out or out of order does not open", () => {
  const frames = (channel: Channel) => [1, 2, 3].map(n => channel.seal(channel.split(Uint8Array.of(n))[0]!));
  const CASES: readonly ((f: Bytes[]) => Bytes[])[] = [
    ([one]) => [one!.with(3, one![3]! ^ 1) as Bytes],
    ([one]) => [one!, one!],
    ([one, , three]) => [one!, three!],
    ([one, two]) => [two!, one!],
    ([one]) => [one!.slice(0, -1)],
  ];
  for (const change of CASES) {
    const [a, b] = pair(true);
    expect(change(frames(a)).map(frame => b.receive(frame))).toContain("broken");
  }
});

test("any frames in any order never throw, and never give a message that is too long (20,000 cases)", () => {
  const piece = fc
    .tuple(fc.nat(4), fc.option(fc.nat(40)), bytes(0, 24))
    .map(([kind, total, rest]) => Uint8Array.of(kind, ...(total === null ? [] : [total]), ...rest));
  let whole = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), frames => {
      const [, b] = pair(false);
      for (const frame of frames) {
        const received = b.receive(frame);
        if (received === "broken") return;
        if (received !== null) whole++;
        if (received !== null) expect(received.length).toBeLessThanOrEqual(40 + 24);
      }
    }),
    { numRuns: 20_000 },
  );
  expect(whole).toBeGreaterThan(1_000);
}, 60_000);
