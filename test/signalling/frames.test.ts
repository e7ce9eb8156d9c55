// Goal: what one end writes the other reads, and nothing else is read. Round trips by example tables and by
// random frames; garbage, cut and lengthened frames are refused with a value, never with an exception.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CLOSE_CODES,
  type ClientFrame,
  closeReason,
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  FRAME_BYTES_MAX,
  joinMessage,
  type PeerId,
  peerIdFromBytes,
  peerIdToBytes,
  type ServerFrame,
  TRAFFIC_LIMITS,
} from "../../signalling/frames.ts";

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(copy);
const payload = fc.uint8Array({ maxLength: 64 }).map(copy);
const peer = bytesOf(8).map(bytes => peerIdFromBytes(bytes));
const welcome = fc
  .tuple(peer, fc.uniqueArray(peer, { maxLength: 20 }))
  .map(([self, peers]) => ({ type: "welcome" as const, self, peers: peers.filter(p => p !== self).sort() }));

const serverFrame: fc.Arbitrary<ServerFrame> = fc.oneof(
  fc.record({ type: fc.constant("challenge" as const), nonce: bytesOf(32) }),
  welcome,
  fc.record({ type: fc.constantFrom("arrived" as const, "left" as const, "unreachable" as const), peer }),
  fc.record({ type: fc.constant("from" as const), peer, payload }),
  fc.constant({ type: "pong" as const }),
);

const clientFrame: fc.Arbitrary<ClientFrame> = fc.oneof(
  fc.record({ type: fc.constant("join" as const), room: bytesOf(32), signature: bytesOf(64) }),
  fc.record({ type: fc.constant("send" as const), to: peer, payload }),
  fc.constant({ type: "ping" as const }),
);

describe("frames", () => {
  it("decode(encode(frame)) = frame, from the server", () => {
    fc.assert(
      fc.property(serverFrame, frame => {
        expect(decodeServerFrame(encodeServerFrame(frame))).toEqual({ ok: true, frame });
      }),
    );
  });

  it("decode(encode(frame)) = frame, from the client", () => {
    fc.assert(
      fc.property(clientFrame, frame => {
        expect(decodeClientFrame(encodeClientFrame(frame))).toEqual({ ok: true, frame });
      }),
    );
  });

  it("encode(decode(bytes)) = bytes, for any bytes that decode", () => {
    const nearFrame = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 120 }));
    fc.assert(
      fc.property(nearFrame, ([type, rest]) => {
        const bytes = Uint8Array.of(type, ...rest);
        const server = decodeServerFrame(bytes);
        const client = decodeClientFrame(bytes);
        if (server.ok) expect(encodeServerFrame(server.frame)).toEqual(bytes);
        if (client.ok) expect(encodeClientFrame(client.frame)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["nothing", [], "Empty"],
    ["type 0", [0], "UnknownType"],
    ["type 255", [255], "UnknownType"],
    ["a ping with a tail", [3, 0], "WrongLength"],
    ["a join one byte short", new Array(96).fill(1), "WrongLength"],
    ["a join one byte long", new Array(98).fill(1), "WrongLength"],
    ["a send without a whole peer", [2, 1, 2, 3, 4, 5, 6, 7], "WrongLength"],
  ])("refuses %s from a client", (_, bytes, code) => {
    expect(decodeClientFrame(Uint8Array.from(bytes as number[]))).toEqual({ ok: false, code });
  });

  it.each([
    ["nothing", [], "Empty"],
    ["type 8", [8], "UnknownType"],
    ["a short challenge", [1, 2, 3], "WrongLength"],
    ["a welcome that promises more peers", [2, ...eight(1), 0, 2, ...eight(2)], "WrongLength"],
    ["a welcome with a tail", [2, ...eight(1), 0, 1, ...eight(2), 0], "WrongLength"],
    ["a welcome with a peer twice", [2, ...eight(1), 0, 2, ...eight(2), ...eight(2)], "PeersOutOfOrder"],
    ["a welcome out of order", [2, ...eight(1), 0, 2, ...eight(3), ...eight(2)], "PeersOutOfOrder"],
    ["a welcome that lists ourselves", [2, ...eight(1), 0, 1, ...eight(1)], "PeersOutOfOrder"],
    ["an arrival of seven bytes", [3, 1, 2, 3, 4, 5, 6, 7], "WrongLength"],
  ])("refuses %s from a server", (_, bytes, code) => {
    expect(decodeServerFrame(Uint8Array.from(bytes as number[]))).toEqual({ ok: false, code });
  });

  it("carries 16 KiB of payload and refuses one byte more, on both sides", () => {
    const to = peerIdFromBytes(new Uint8Array(8));
    const full = new Uint8Array(TRAFFIC_LIMITS.payloadBytes);
    const bytes = encodeClientFrame({ type: "send", to, payload: full });
    expect(bytes.length).toBe(FRAME_BYTES_MAX);
    expect(decodeClientFrame(bytes).ok).toBe(true);
    expect(decodeClientFrame(Uint8Array.of(...bytes, 0))).toEqual({ ok: false, code: "PayloadTooLong" });
    const over = new Uint8Array(full.length + 1);
    expect(() => encodeClientFrame({ type: "send", to, payload: over })).toThrow(RangeError);
    expect(() => encodeServerFrame({ type: "from", peer: to, payload: over })).toThrow(RangeError);
  });

  it("hands out payloads that do not share memory with what arrived", () => {
    const arrived = Buffer.from([2, ...eight(1), 42]);
    const result = decodeClientFrame(arrived);
    arrived.fill(0);
    expect(result).toMatchObject({ ok: true, frame: { payload: Uint8Array.of(42) } });
  });

  it("spells peers as 16 hex digits in byte order, and refuses other spellings", () => {
    expect(peerIdFromBytes(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 255))).toBe("00010203040506ff");
    for (const wrong of ["", "00", "00010203040506FF", "g".repeat(16)]) {
      expect(() => peerIdToBytes(wrong as PeerId)).toThrow(TypeError);
    }
  });

  it("signs label, nonce and room, in this order", () => {
    const message = joinMessage(new Uint8Array(32).fill(1), new Uint8Array(32).fill(2));
    const label = "chirograph signalling join 1\0";
    expect(Buffer.from(message.subarray(0, label.length)).toString()).toBe(label);
    expect([...message.subarray(label.length)]).toEqual([...Array(32).fill(1), ...Array(32).fill(2)]);
  });

  it("has one code in 4000-4999 and one sentence for each way of being closed", () => {
    const rows = Object.entries(CLOSE_CODES);
    expect(new Set(rows.map(([, row]) => row.code)).size).toBe(rows.length);
    for (const [name, { code, sentence }] of rows) {
      expect(code).toBeGreaterThanOrEqual(4000);
      expect(code).toBeLessThan(5000);
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(closeReason(code)).toBe(name);
    }
    expect(closeReason(1001)).toBeUndefined();
  });
});

function eight(byte: number): number[] {
  return new Array(8).fill(byte);
}

function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
