// Goal: what one peer seals the other opens, byte for byte one form each, and nobody else opens or changes it. Method:
// random envelopes, random bytes, and envelopes with one byte changed, cut or added.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TRAFFIC_LIMITS } from "../../signalling/frames.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import {
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  openEnvelope,
  RELAY_NUMBER_MAX,
  RELAY_PIECE_BYTES_MAX,
  roomKeys,
  sealEnvelope,
} from "../../src/sync/envelope.ts";
import {
  CANDIDATE_LENGTH_MAX,
  MEDIA_LINES_MAX,
  MID_LENGTH_MAX,
  SDP_LENGTH_MAX,
} from "../../src/sync/limits.ts";

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map(array => Array.from(array, byte => byte.toString(16).padStart(2, "0")).join(""));
const text = (lengths: { minLength?: number; maxLength: number }) =>
  fc.string({ ...lengths, unit: fc.constantFrom(..." ~azAZ09:=\r\n") });
const connection = hex(16);
const envelope: fc.Arbitrary<Envelope> = fc.oneof(
  fc.record({ type: fc.constant("hello" as const), half: hex(8) }),
  fc.record({
    type: fc.constantFrom(
      "hello-back" as const,
      "close" as const,
      "relay-open" as const,
      "relay-close" as const,
    ),
    connection,
  }),
  fc.record({
    type: fc.constantFrom("offer" as const, "answer" as const),
    connection,
    sdp: text({ minLength: 1, maxLength: 200 }),
  }),
  fc
    .record({
      type: fc.constant("candidate" as const),
      connection,
      candidate: text({ maxLength: 100 }),
      sdpMid: fc.option(text({ maxLength: MID_LENGTH_MAX })),
      sdpMLineIndex: fc.option(fc.integer({ min: 0, max: MEDIA_LINES_MAX - 1 })),
    })
    .filter(candidate => candidate.sdpMid !== null || candidate.sdpMLineIndex !== null),
  fc.record({
    type: fc.constant("relay-frame" as const),
    connection,
    number: fc.integer({ min: 0, max: RELAY_NUMBER_MAX }),
    last: fc.boolean(),
    bytes: fc.uint8Array({ maxLength: 100 }).map(array => new Uint8Array(array)),
  }),
);

const [ALICE, BOB, CAROL] = ["0a".repeat(8), "0b".repeat(8), "0c".repeat(8)] as const;
const ID = "1f".repeat(16);
const keys = roomKeys(ciphers, new Uint8Array(32).fill(7));

describe("an envelope as bytes", () => {
  it("decode(encode(e)) = e", () => {
    fc.assert(
      fc.property(envelope, e => {
        expect(decodeEnvelope(encodeEnvelope(e))).toEqual({ ok: true, envelope: e });
      }),
    );
  });

  it("encode(decode(b)) = b for all bytes that decode, and nothing throws", () => {
    const near = fc
      .tuple(envelope, fc.nat(), fc.nat(255), fc.constantFrom("change", "cut", "add"))
      .map(([e, at, byte, how]) => {
        const bytes = encodeEnvelope(e);
        if (how === "cut") return bytes.slice(0, at % bytes.length);
        if (how === "add") return Uint8Array.from([...bytes, byte]);
        bytes[at % bytes.length] = byte;
        return bytes;
      });
    let decodedCount = 0;
    fc.assert(
      fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 80 })), bytes => {
        const decoded = decodeEnvelope(bytes);
        if (!decoded.ok) return;
        decodedCount++;
        expect(encodeEnvelope(decoded.envelope)).toEqual(new Uint8Array(bytes));
      }),
      { numRuns: 2_000 },
    );
    expect(decodedCount).toBeGreaterThan(50);
  });

  const sdp = (length: number): Envelope => ({ type: "offer", connection: ID, sdp: "v".repeat(length) });
  const candidate = (fields: Partial<Extract<Envelope, { type: "candidate" }>>): Envelope => ({
    type: "candidate",
    connection: ID,
    candidate: "",
    sdpMid: "0",
    sdpMLineIndex: 0,
    ...fields,
  });
  const piece = (number: number, length: number): Envelope => ({
    type: "relay-frame",
    connection: ID,
    number,
    last: true,
    bytes: new Uint8Array(length),
  });

  it.each<[string, Envelope, Envelope]>([
    ["a description's length", sdp(SDP_LENGTH_MAX), sdp(SDP_LENGTH_MAX + 1)],
    ["a description's least length", sdp(1), sdp(0)],
    [
      "a candidate's length",
      candidate({ candidate: "c".repeat(CANDIDATE_LENGTH_MAX) }),
      candidate({ candidate: "c".repeat(CANDIDATE_LENGTH_MAX + 1) }),
    ],
    [
      "a media id's length",
      candidate({ sdpMid: "m".repeat(MID_LENGTH_MAX) }),
      candidate({ sdpMid: "m".repeat(MID_LENGTH_MAX + 1) }),
    ],
    [
      "a media line",
      candidate({ sdpMLineIndex: MEDIA_LINES_MAX - 1 }),
      candidate({ sdpMLineIndex: MEDIA_LINES_MAX }),
    ],
    ["a candidate's place", candidate({ sdpMid: null }), candidate({ sdpMid: null, sdpMLineIndex: null })],
    ["a piece's length", piece(0, RELAY_PIECE_BYTES_MAX), piece(0, RELAY_PIECE_BYTES_MAX + 1)],
    [
      "a description's characters",
      { ...sdp(1) } as Envelope,
      { type: "offer", connection: ID, sdp: "v=0\u0141" },
    ],
  ])("keeps the limit of %s", (_, at, beyond) => {
    expect(decodeEnvelope(encodeEnvelope(at))).toEqual({ ok: true, envelope: at });
    expect(() => encodeEnvelope(beyond)).toThrow(RangeError);
  });

  it("is refused by name", () => {
    expect(decodeEnvelope(new Uint8Array(0))).toEqual({ ok: false, code: "TypeUnknown" });
    expect(decodeEnvelope(Uint8Array.of(12))).toEqual({ ok: false, code: "TypeUnknown" });
    expect(decodeEnvelope(Uint8Array.of(1, 2))).toEqual({ ok: false, code: "Malformed" });
  });
});

describe("a sealed envelope", () => {
  it("opens for its receiver, and fits the server's frame at its largest", () => {
    fc.assert(
      fc.property(envelope, e => {
        const payload = sealEnvelope(ciphers, keys.signalKey, ALICE, BOB, e);
        expect(openEnvelope(ciphers, keys.signalKey, ALICE, BOB, payload)).toEqual({ ok: true, envelope: e });
      }),
      { numRuns: 50 },
    );
    const largest: Envelope = {
      type: "relay-frame",
      connection: ID,
      number: RELAY_NUMBER_MAX,
      last: false,
      bytes: new Uint8Array(RELAY_PIECE_BYTES_MAX),
    };
    const payload = sealEnvelope(ciphers, keys.signalKey, ALICE, BOB, largest);
    expect(payload.length).toBe(TRAFFIC_LIMITS.payloadBytes);
  });

  it("does not open for another room, another receiver, another sender, or its own sender", () => {
    const payload = sealEnvelope(ciphers, keys.signalKey, ALICE, BOB, { type: "close", connection: ID });
    const other = roomKeys(ciphers, new Uint8Array(32).fill(8));
    const notOpened = { ok: false, code: "NotOpened" };
    expect(openEnvelope(ciphers, other.signalKey, ALICE, BOB, payload)).toEqual(notOpened);
    expect(openEnvelope(ciphers, keys.signalKey, ALICE, CAROL, payload)).toEqual(notOpened);
    expect(openEnvelope(ciphers, keys.signalKey, CAROL, BOB, payload)).toEqual(notOpened);
    expect(openEnvelope(ciphers, keys.signalKey, BOB, ALICE, payload)).toEqual(notOpened);
  });

  it("is refused, not thrown at, whatever the server makes of it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        expect(openEnvelope(ciphers, keys.signalKey, ALICE, BOB, new Uint8Array(bytes)).ok).toBe(false);
      }),
    );
  });
});

describe("the keys of a room", () => {
  it("follow from the secret and differ from it and from each other", () => {
    expect(roomKeys(ciphers, new Uint8Array(32).fill(7))).toEqual(keys);
    const all = [keys.seed, keys.room, keys.signalKey, new Uint8Array(32).fill(7)].map(String);
    expect(new Set(all).size).toBe(4);
    expect(ciphers.seedPublicKey(keys.seed)).toEqual(keys.room);
  });

  it("need a secret of 32 bytes", () => {
    expect(() => roomKeys(ciphers, new Uint8Array(31))).toThrow(RangeError);
  });
});
