// Goal: a link carries content only between two ends that proved who they are to each other, over this link and no
// other. Method: two handshakes face to face, each attack one line: what the man in the middle changes, and what
// both ends make of it.
import { describe, expect, test } from "vitest";
import type { Bytes, DeviceId, DocId } from "../../src/crdt/index.ts";
import { Handshake, type HandshakeOptions, type HandshakeStep } from "../../src/sync/handshake.ts";
import { PROTOCOL_VERSION_MAX } from "../../src/sync/protocol.ts";
import { Key, verify } from "../crdt/people.ts";
import { World } from "./world.ts";

const { ciphers, luck } = new World(7);
const alice = new Key("Alice");
const bob = new Key("Bob");
const mallory = new Key("Mallory");
const link = new Key("the link of the world");
const DOC = "d0".repeat(32) as DocId;
const PRINTS = { local: new Uint8Array(32).fill(1), remote: new Uint8Array(32).fill(2) };
const SWAPPED = { local: PRINTS.remote, remote: PRINTS.local };

interface End extends Partial<HandshakeOptions> {
  readonly key: Key;
  /** Signs with this one instead. */
  readonly signer?: Key;
  /** Replaces what arrives at this end: 0 is the hello, 1 the proof. */
  readonly hears?: (frame: Bytes, which: number, said: readonly Bytes[]) => Bytes;
}

class Side {
  readonly handshake: Handshake;
  readonly end: End;
  readonly said: Bytes[] = [];
  outcome: Extract<HandshakeStep, { type: "done" | "failed" }> | null = null;
  #heard = 0;

  constructor(end: End, isInitiator: boolean) {
    this.end = end;
    this.handshake = new Handshake({
      doc: DOC,
      device: end.key.id,
      instance: luck.bytes(16),
      inviteSeed: null,
      isInitiator,
      fingerprints: isInitiator ? PRINTS : SWAPPED,
      ciphers,
      ...end,
    });
  }

  hear(frame: Bytes): void {
    const bytes = this.end.hears?.(frame, this.#heard, this.said) ?? frame;
    this.#heard++;
    this.take(this.handshake.frame(bytes));
  }

  take(steps: readonly HandshakeStep[]): void {
    for (const step of steps) {
      if (step.type === "send") this.said.push(step.frame);
      if (step.type === "sign")
        this.take(this.handshake.signed((this.end.signer ?? this.end.key).sign(step.message)));
      if (step.type === "verify") this.take(this.handshake.verified(step.questions.map(verify)));
      if (step.type === "done" || step.type === "failed") this.outcome = step;
    }
  }

  get verdict(): string {
    if (this.outcome === null) return "waits";
    return this.outcome.type === "done" ? "done" : this.outcome.code;
  }
}

function shake(first: End, second: End): readonly [Side, Side] {
  const sides = [new Side(first, true), new Side(second, false)] as const;
  for (const side of sides) side.take(side.handshake.start());
  for (let which = 0; which < 2; which++) {
    for (const [i, side] of sides.entries()) {
      const frame = sides[1 - i]!.said[which];
      if (frame !== undefined && side.outcome === null) side.hear(frame);
    }
  }
  return sides;
}

const flip = (at: number) => (frame: Bytes) => frame.with(at, frame[at]! ^ 1) as Bytes;
const inHello = (change: (frame: Bytes) => Bytes) => (frame: Bytes, which: number) =>
  which === 0 ? change(frame) : frame;
const inProof = (change: (frame: Bytes) => Bytes) => (frame: Bytes, which: number) =>
  which === 1 ? change(frame) : frame;

describe("two honest ends", () => {
  test("know each other's device, tab and link, and share keys", () => {
    const [a, b] = shake({ key: alice }, { key: bob, inviteSeed: link.seed });
    if (a.outcome?.type !== "done" || b.outcome?.type !== "done") throw new Error("Expected both to be done");
    expect(a.outcome.proven).toMatchObject({ device: bob.id, invite: link.id });
    expect(b.outcome.proven).toMatchObject({ device: alice.id, invite: null });
    expect(a.outcome.keys.send).toEqual(b.outcome.keys.receive);
    expect(a.outcome.keys.receive).toEqual(b.outcome.keys.send);
    expect(a.outcome.keys.tags).toEqual(b.outcome.keys.tags);
    expect(a.outcome.keys.send).not.toEqual(a.outcome.keys.receive);
  });

  test("of versions N and N - 1 agree on N - 1, and further apart each says which of them is the older", () => {
    const N = PROTOCOL_VERSION_MAX;
    const meet = (first: readonly [number, number] | null, second: readonly [number, number]) =>
      shake(
        { key: alice, ...(first === null ? {} : { versions: first }) },
        { key: bob, versions: second },
      ).map(({ outcome, verdict }) => (outcome?.type === "done" ? outcome.version : verdict));
    expect(meet(null, [N, N])).toEqual([N, N]);
    expect(meet(null, [N, N + 1])).toEqual([N, N]);
    expect(meet([N, N + 1], [N + 1, N + 2])).toEqual([N + 1, N + 1]);
    expect(meet(null, [N + 1, N + 2])).toEqual(["newer", "older"]);
    expect(meet([N + 1, N + 2], [N, N])).toEqual(["older", "newer"]);
  });

  test("agree without fingerprints, as over the relay", () => {
    const [a, b] = shake({ key: alice, fingerprints: null }, { key: bob, fingerprints: null });
    expect([a.verdict, b.verdict]).toEqual(["done", "done"]);
  });

  test("say nothing that outsiders can link to a device", () => {
    const [a] = shake({ key: alice, inviteSeed: link.seed }, { key: bob });
    const said = Buffer.concat(a.said).toString("hex");
    for (const secret of [alice.id, link.id, DOC]) expect(said).not.toContain(secret);
  });
});

// What changes on the way, and what the two ends make of it.
const hello = { version: 1, nonce: 3, key: 35, document: 67, instance: 99 };
const TABLE: readonly (readonly [string, End, End, readonly [string, string]])[] = [
  ["another document", { key: alice }, { key: bob, doc: "d1".repeat(32) as DocId }, ["document", "document"]],
  [
    "a version from the future",
    { key: alice, hears: inHello(f => f.with(1, 5).with(2, 9) as Bytes) },
    { key: bob },
    ["newer", "waits"],
  ],
  [
    "a version that is spoken no more",
    { key: alice, hears: inHello(f => f.with(1, 0).with(2, 0) as Bytes) },
    { key: bob },
    ["older", "waits"],
  ],
  [
    "a longer range of versions",
    { key: alice, hears: inHello(f => f.with(2, 9) as Bytes) },
    { key: bob },
    ["intercepted", "intercepted"],
  ],
  ["another nonce", { key: alice, hears: inHello(flip(hello.nonce)) }, { key: bob }, ["document", "waits"]],
  [
    "another agreement key",
    { key: alice, hears: inHello(flip(hello.key)) },
    { key: bob },
    ["intercepted", "intercepted"],
  ],
  [
    "an agreement key of small order",
    { key: alice, hears: inHello(f => new Uint8Array(f).fill(0, hello.key, hello.key + 32)) },
    { key: bob },
    ["intercepted", "waits"],
  ],
  [
    "another tab",
    { key: alice, hears: inHello(flip(hello.instance)) },
    { key: bob },
    ["intercepted", "intercepted"],
  ],
  [
    "another certificate",
    { key: alice, fingerprints: { ...PRINTS, remote: new Uint8Array(32).fill(3) } },
    { key: bob },
    ["intercepted", "intercepted"],
  ],
  [
    "no certificate where one should be",
    { key: alice, fingerprints: null },
    { key: bob },
    ["intercepted", "intercepted"],
  ],
  [
    "both certificates swapped",
    { key: alice, fingerprints: SWAPPED },
    { key: bob },
    ["intercepted", "intercepted"],
  ],
  [
    "a device that is not the signer's",
    { key: alice },
    { key: bob, signer: mallory },
    ["intercepted", "done"],
  ],
  [
    "a claim to be somebody else",
    { key: alice },
    { key: mallory, device: bob.id as DeviceId },
    ["intercepted", "done"],
  ],
  [
    "one's own frames played back",
    { key: alice, hears: (_, which, said) => said[which]! },
    { key: bob },
    ["intercepted", "intercepted"],
  ],
  [
    "one's own hello played back",
    { key: alice, hears: (f, which, said) => (which === 0 ? said[0]! : f) },
    { key: bob },
    ["intercepted", "intercepted"],
  ],
  ["an altered proof", { key: alice, hears: inProof(flip(20)) }, { key: bob }, ["intercepted", "done"]],
  [
    "a proof cut short",
    { key: alice, hears: inProof(f => f.slice(0, 40)) },
    { key: bob },
    ["intercepted", "done"],
  ],
  [
    "a hello cut short",
    { key: alice, hears: inHello(f => f.slice(0, 40)) },
    { key: bob },
    ["malformed", "waits"],
  ],
  [
    "a hello with more behind it",
    { key: alice, hears: inHello(f => Uint8Array.of(...f, 0)) },
    { key: bob },
    ["malformed", "waits"],
  ],
  [
    "an empty frame",
    { key: alice, hears: inHello(() => new Uint8Array(0)) },
    { key: bob },
    ["malformed", "waits"],
  ],
];

describe("a handshake ends with", () => {
  test.each(TABLE)("%s", (_, first, second, expected) => {
    const [a, b] = shake(first, second);
    expect([a.verdict, b.verdict]).toEqual(expected);
    // The same with the roles the other way round.
    const [c, d] = shake(mirrored(second), mirrored(first));
    expect([d.verdict, c.verdict]).toEqual(expected);
  });
});

function mirrored(end: End): End {
  if (!end.fingerprints) return end;
  return end.fingerprints === SWAPPED ? { ...end, fingerprints: PRINTS } : end;
}

test("a man in the middle who shakes hands with both ends can be neither of them", () => {
  // He relays the proofs unchanged between two handshakes of his own: they are sealed for other transcripts.
  const ends = { local: new Uint8Array(32).fill(9), remote: new Uint8Array(32).fill(1) };
  const toAlice = shake({ key: alice }, { key: mallory, device: bob.id as DeviceId, fingerprints: ends });
  expect(toAlice[0].verdict).toBe("intercepted");
});

test("nothing that comes after the end changes it", () => {
  const [a] = shake({ key: alice }, { key: bob });
  expect(a.handshake.frame(luck.bytes(100))).toEqual([]);
  expect(a.handshake.verified([false])).toEqual([]);
  expect(a.handshake.signed(luck.bytes(64))).toEqual([]);
  expect(a.handshake.wantsFrame).toBe(false);
});

test("random frames never throw and never end well", () => {
  for (let i = 0; i < 2_000; i++) {
    const side = new Side({ key: alice }, luck.chance(0.5));
    side.take(side.handshake.start());
    const length = luck.chance(0.5) ? 115 : luck.below(300);
    const noise = luck.bytes(length);
    if (length > 2) noise.set([16, 0, 0]);
    side.hear(noise);
    if (side.outcome === null) side.hear(luck.bytes(210));
    expect(side.outcome?.type).toBe("failed");
  }
}, 30_000);
