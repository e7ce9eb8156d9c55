// Goal: the mesh makes the links it should and nothing else, whatever the server and the peers do. Method: the pure
// machine alone, with time as a number; what two of them do together is in mesh-pairs.test.ts.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConnectionId, PeerId } from "../../src/sync/envelope.ts";
import * as limits from "../../src/sync/limits.ts";
import { Mesh, type MeshEffect, type MeshEvent } from "../../src/sync/mesh.ts";
import type { MeshEnvelope } from "../../src/sync/pair.ts";
import type { Bytes } from "../../src/sync/ports.ts";
import { TokenBucket } from "../../src/sync/token-bucket.ts";

const LOW = "01".repeat(8);
const SELF = "80".repeat(8);
const HIGH = "ff".repeat(8);

/** Different bytes at every call, the same in every run. */
function counter(): (length: number) => Bytes {
  let count = 0;
  return length => {
    count++;
    return Uint8Array.from({ length }, (_, i) => (count >> (8 * (i % 3))) & 255);
  };
}

/** One machine, stepped by hand. */
class Solo {
  readonly mesh = new Mesh(counter(), 0);
  readonly all: MeshEffect[] = [];
  now = 0;

  constructor(peers: readonly PeerId[] = []) {
    this.do({ type: "start" });
    this.do({ type: "welcome", self: SELF, peers });
  }

  do(event: MeshEvent): readonly MeshEffect[] {
    const effects = this.mesh.handle(event, this.now);
    this.all.push(...effects);
    return effects;
  }

  hear(from: PeerId, envelope: MeshEnvelope): readonly MeshEffect[] {
    return this.do({ type: "envelope", from, envelope });
  }

  /** Ticks whenever something is due, up to `ms` from now. */
  pass(ms: number): readonly MeshEffect[] {
    const end = this.now + ms;
    const effects: MeshEffect[] = [];
    while (this.mesh.nextAt <= end) {
      // What is due may lie in the past: a relay that waited for a meeting.
      this.now = Math.max(this.now, this.mesh.nextAt);
      effects.push(...this.do({ type: "tick" }));
      expect(this.mesh.nextAt, "a tick leaves nothing due, or the timer would spin").toBeGreaterThan(
        this.now,
      );
    }
    this.now = end;
    return effects;
  }

  /** The half in the last hello to `peer`. */
  half(peer: PeerId): string {
    const hello = this.all.findLast(
      effect => effect.type === "send" && effect.to === peer && effect.envelope.type === "hello",
    );
    if (hello?.type !== "send" || hello.envelope.type !== "hello") throw new Error(`no hello to ${peer}`);
    return hello.envelope.half;
  }

  /** As initiator: `peer` answers the last hello. */
  answer(peer: PeerId): ConnectionId {
    const connection = this.half(peer) + "ab".repeat(8);
    this.hear(peer, { type: "hello-back", connection });
    return connection;
  }

  /** As answerer: `peer` says hello. */
  hello(peer: PeerId): ConnectionId {
    const back = this.hear(peer, { type: "hello", half: "cd".repeat(8) })[0];
    if (back?.type !== "send" || back.envelope.type !== "hello-back") throw new Error("no hello-back");
    return back.envelope.connection;
  }

  /** As answerer: `peer` says hello and offers. */
  offer(peer: PeerId): ConnectionId {
    const connection = this.hello(peer);
    this.hear(peer, { type: "offer", connection, sdp: "v=0" });
    return connection;
  }

  sent(type: MeshEnvelope["type"]): number {
    return this.all.filter(effect => effect.type === "send" && effect.envelope.type === type).length;
  }

  count(type: MeshEffect["type"]): number {
    return this.all.filter(effect => effect.type === type).length;
  }
}

const low = (n: number): PeerId => `00${n.toString(16).padStart(14, "0")}`;
const id = (n: number): PeerId => `ff${n.toString(16).padStart(14, "0")}`;

describe("the search for somebody", () => {
  it("is under way until the server answers, and then while a peer may be linked any moment", () => {
    const solo = new Solo();
    const fresh = new Mesh(counter(), 0);
    fresh.handle({ type: "start" }, 0);
    expect(fresh.search).toBe("connecting");
    expect(solo.mesh.search).toBe("nobody");
    solo.do({ type: "arrived", peer: HIGH });
    solo.answer(HIGH);
    expect(solo.mesh.search).toBe("connecting");
    // The relay stands: whether they hold the document is asked over the link.
    solo.pass(limits.RELAY_AFTER_MS);
    expect(solo.mesh.search).toBe("nobody");
  });

  it("is over, for this peer, when it never answers or has left, and wakes us up to say so", () => {
    const solo = new Solo([LOW, HIGH]);
    solo.pass(limits.MEETING_MS - 1);
    expect(solo.mesh.search).toBe("connecting");
    expect(solo.mesh.nextAt).toBeLessThanOrEqual(limits.MEETING_MS);
    solo.pass(1);
    expect(solo.mesh.search).toBe("nobody");
    solo.do({ type: "arrived", peer: id(7) });
    expect(solo.mesh.search).toBe("connecting");
    solo.do({ type: "left", peer: id(7) });
    expect(solo.mesh.search).toBe("nobody");
  });

  it("goes on when a link is lost", () => {
    const solo = new Solo([HIGH]);
    const connection = solo.answer(HIGH);
    solo.do({ type: "opened", connection });
    solo.pass(60_000);
    expect(solo.mesh.search).toBe("nobody");
    solo.do({ type: "closed", connection });
    expect(solo.mesh.search).toBe("connecting");
  });

  it("has no server while attempts to reach it fail, and is new after a nudge", () => {
    const mesh = new Mesh(counter(), 0);
    mesh.handle({ type: "start" }, 0);
    mesh.handle({ type: "server-closed" }, 0);
    expect(mesh.search).toBe("unreachable");
    mesh.handle({ type: "tick" }, mesh.nextAt);
    expect(mesh.search).toBe("unreachable");
    mesh.handle({ type: "server-closed" }, 1_000);
    mesh.handle({ type: "nudge" }, 1_100);
    expect(mesh.search).toBe("connecting");
  });
});

describe("roles", () => {
  it("says hello to higher ids only, and constructs nothing for an announcement", () => {
    const solo = new Solo([LOW, HIGH]);
    solo.do({ type: "arrived", peer: id(7) });
    expect(solo.all.filter(effect => effect.type === "send").map(effect => effect.to)).toEqual([HIGH, id(7)]);
    expect(solo.count("dial")).toBe(0);
  });

  it("dials as initiator when its hello is answered, once", () => {
    const solo = new Solo([HIGH]);
    const connection = solo.answer(HIGH);
    expect(solo.all.at(-1)).toEqual({ type: "dial", connection, initiator: true });
    solo.hear(HIGH, { type: "hello-back", connection });
    expect(solo.count("dial")).toBe(1);
  });

  it("dials as answerer when the offer names the meeting it agreed to, once", () => {
    const solo = new Solo([LOW]);
    const connection = solo.offer(LOW);
    expect(solo.all.slice(-2)).toEqual([
      { type: "dial", connection, initiator: false },
      { type: "signal", connection, signal: { type: "offer", sdp: "v=0" } },
    ]);
    solo.hear(LOW, { type: "offer", connection, sdp: "v=0" });
    expect(solo.count("dial")).toBe(1);
  });

  it("does nothing for a hello from a higher id, or a hello-back or an answer from a lower one", () => {
    const solo = new Solo([LOW, HIGH]);
    expect(solo.hear(HIGH, { type: "hello", half: "00".repeat(8) })).toEqual([]);
    expect(solo.hear(LOW, { type: "hello-back", connection: "00".repeat(16) })).toEqual([]);
    const connection = solo.offer(LOW);
    expect(solo.hear(LOW, { type: "answer", connection, sdp: "v=0" })).toEqual([]);
  });
});

describe("what the server can forge or repeat", () => {
  it("never makes us construct: a thousand announcements, for an hour", () => {
    const solo = new Solo();
    for (let i = 0; i < 1_000; i++) solo.do({ type: "arrived", peer: id(i) });
    solo.pass(3600 * 1000);
    expect(solo.count("dial") + solo.count("open-relay")).toBe(0);
  });

  it("is worthless as a recorded hello-back, offer or relay-open: each side's half is new", () => {
    const solo = new Solo([LOW, HIGH]);
    const [ours, theirs] = [solo.answer(HIGH), solo.offer(LOW)];
    for (const peer of [LOW, HIGH]) {
      solo.do({ type: "left", peer });
      solo.do({ type: "closed", connection: peer === LOW ? theirs : ours });
      solo.do({ type: "arrived", peer });
    }
    const before = solo.count("dial");
    solo.hear(HIGH, { type: "hello-back", connection: ours });
    solo.hear(LOW, { type: "hello", half: "cd".repeat(8) });
    solo.hear(LOW, { type: "offer", connection: theirs, sdp: "v=0" });
    solo.hear(LOW, { type: "relay-open", connection: theirs });
    expect(solo.count("dial")).toBe(before);
    expect(solo.count("open-relay")).toBe(0);
  });

  it("is ignored from someone whom nobody announced, but for a hello", () => {
    const solo = new Solo();
    expect(solo.hear(LOW, { type: "offer", connection: "00".repeat(16), sdp: "v=0" })).toEqual([]);
    expect(solo.hear(LOW, { type: "hello", half: "00".repeat(8) })[0]?.type).toBe("send");
  });
});

describe("the relay", () => {
  it("opens 3 s after hello where no direct link stands, and not a millisecond before", () => {
    const solo = new Solo([HIGH]);
    solo.now = 100;
    const connection = solo.answer(HIGH);
    solo.now = 0;
    solo.pass(limits.RELAY_AFTER_MS - 1);
    expect(solo.count("open-relay")).toBe(0);
    expect(solo.pass(1)).toEqual([
      { type: "send", to: HIGH, envelope: { type: "relay-open", connection } },
      { type: "open-relay", peer: HIGH, connection, initiator: true },
    ]);
  });

  it("opens at the answerer by word of the initiator, once per meeting", () => {
    const solo = new Solo([LOW]);
    const connection = solo.offer(LOW);
    expect(solo.hear(LOW, { type: "relay-open", connection })).toEqual([
      { type: "open-relay", peer: LOW, connection, initiator: false },
    ]);
    expect(solo.hear(LOW, { type: "relay-open", connection })).toEqual([]);
  });

  it("opens with one peer within that peer's budget, and what it opens beyond is answered by relay-close", () => {
    const solo = new Solo([LOW]);
    const open = (): ConnectionId => {
      const connection = solo.hello(LOW);
      solo.hear(LOW, { type: "relay-open", connection });
      return connection;
    };
    for (let i = 0; i < limits.PEER_RELAYS_BURST; i++) open();
    expect([solo.count("open-relay"), solo.sent("relay-close")]).toEqual([limits.PEER_RELAYS_BURST, 0]);
    const last = solo.all.at(-1);
    const beyond = open();
    // It has left the one before.
    expect(solo.all.slice(-2)).toEqual([
      { type: "close-relay", connection: last?.type === "open-relay" && last.connection },
      { type: "send", to: LOW, envelope: { type: "relay-close", connection: beyond } },
    ]);
    solo.now += 1_000 / limits.PEER_RELAYS_PER_SECOND;
    open();
    expect(solo.count("open-relay")).toBe(limits.PEER_RELAYS_BURST + 1);
  });

  it("does not open where a direct link is open, at either end", () => {
    const initiator = new Solo([HIGH]);
    initiator.do({ type: "opened", connection: initiator.answer(HIGH) });
    initiator.pass(60_000);
    expect(initiator.count("open-relay")).toBe(0);
    const answerer = new Solo([LOW]);
    const connection = answerer.offer(LOW);
    answerer.do({ type: "opened", connection });
    expect(answerer.hear(LOW, { type: "relay-open", connection })).toEqual([
      { type: "send", to: LOW, envelope: { type: "relay-close", connection } },
    ]);
  });

  it("gives way to a direct link that comes later, when the session closes it, and does not come back", () => {
    const solo = new Solo([HIGH]);
    const first = solo.answer(HIGH);
    solo.pass(limits.RELAY_AFTER_MS);
    solo.do({ type: "closed", connection: first });
    while (solo.half(HIGH) === first.slice(0, 16)) solo.pass(100);
    const second = solo.answer(HIGH);
    expect(solo.do({ type: "opened", connection: second })).toEqual([{ type: "link", connection: second }]);
    expect(solo.do({ type: "relay-closed", connection: first })).toEqual([
      { type: "send", to: HIGH, envelope: { type: "relay-close", connection: first } },
    ]);
    solo.pass(600_000);
    expect(solo.count("open-relay")).toBe(1);
    expect(solo.count("close")).toBe(0);
  });

  it("closes when a frame was lost, and comes back by a new meeting", () => {
    const solo = new Solo([HIGH]);
    const first = solo.answer(HIGH);
    solo.pass(limits.RELAY_AFTER_MS);
    expect(solo.do({ type: "unreachable", peer: HIGH })[0]).toEqual({
      type: "close-relay",
      connection: first,
    });
    while (solo.half(HIGH) === first.slice(0, 16)) solo.pass(100);
    const second = solo.answer(HIGH);
    solo.pass(10_000);
    expect(solo.all.findLast(effect => effect.type === "open-relay")).toMatchObject({ connection: second });
  });
});

describe("a frame of a relayed link that we do not hold", () => {
  it("is answered by relay-close; one of the link that we do hold is not", () => {
    const solo = new Solo([LOW]);
    const connection = solo.offer(LOW);
    expect(solo.do({ type: "stray", from: LOW, connection })).toEqual([
      { type: "send", to: LOW, envelope: { type: "relay-close", connection } },
    ]);
    solo.hear(LOW, { type: "relay-open", connection });
    expect(solo.do({ type: "stray", from: LOW, connection })).toEqual([]);
    expect(solo.do({ type: "stray", from: HIGH, connection })).toEqual([]);
  });
});

describe("attempts at a direct link", () => {
  it("end after 20 s, also for the other side", () => {
    const solo = new Solo([LOW]);
    const connection = solo.offer(LOW);
    expect(solo.pass(limits.ATTEMPT_MS - 1)).toEqual([]);
    expect(solo.pass(1)).toEqual([
      { type: "close", connection },
      { type: "send", to: LOW, envelope: { type: "close", connection } },
    ]);
  });

  it("come ever more rarely while they fail, at most every 2 minutes, and at once after a nudge", () => {
    const solo = new Solo([HIGH]);
    const failedAt: number[] = [];
    for (let i = 0; i < 12; i++) {
      const connection = solo.answer(HIGH);
      solo.do({ type: "closed", connection });
      failedAt.push(solo.now);
      const half = solo.half(HIGH);
      while (solo.half(HIGH) === half) solo.pass(100);
    }
    const waits = failedAt.slice(1).map((at, i) => at - failedAt[i]!);
    expect(waits[0]).toBeLessThanOrEqual(2_100);
    expect(Math.max(...waits)).toBeLessThanOrEqual(limits.RETRY_MS_MAX + 100);
    expect(Math.min(...waits.slice(-3))).toBeGreaterThanOrEqual(limits.RETRY_MS_MAX / 2 - 100);
    solo.answer(HIGH);
    solo.do({ type: "closed", connection: `${solo.half(HIGH)}${"ab".repeat(8)}` });
    expect(solo.do({ type: "nudge" })).toEqual([]);
    expect(solo.pass(0)).toMatchObject([{ type: "send", to: HIGH, envelope: { type: "hello" } }]);
  });

  it("come soon after a link that had stood, and late after one that was closed at once", () => {
    const waitAfter = (stoodMs: number): number => {
      const solo = new Solo([HIGH]);
      for (let i = 0; i < 3; i++) {
        const connection = solo.answer(HIGH);
        solo.do({ type: "opened", connection });
        solo.now += stoodMs;
        solo.do({ type: "closed", connection });
        if (i === 2) return solo.mesh.nextAt - solo.now;
        solo.pass(limits.RETRY_MS_MAX);
      }
      throw new Error("unreachable");
    };
    expect(waitAfter(limits.STABLE_MS)).toBeLessThanOrEqual(limits.RETRY_MS);
    expect(waitAfter(limits.STABLE_MS - 1)).toBeGreaterThan(limits.RETRY_MS);
  });

  it("are one with each of seven, and four with many, of whom none was chosen for answering first", () => {
    const seven = Array.from({ length: limits.MESH_OTHERS_MAX }, (_, i) => id(i));
    const small = new Solo(seven);
    for (const peer of seven) small.answer(peer);
    expect(small.count("dial")).toBe(seven.length);
    const many = Array.from({ length: 100 }, (_, i) => id(i));
    const solo = new Solo(many);
    for (const peer of many) solo.answer(peer);
    expect(solo.count("dial")).toBe(0);
    solo.pass(limits.OVERLAY_SETTLE_MS);
    expect(solo.count("dial")).toBe(limits.OVERLAY_OWN_MAX);
  });

  it("are declined where there is no place: of a hundred who offer at once, two are taken beside our own", () => {
    const many = Array.from({ length: 100 }, (_, i) => low(i));
    const solo = new Solo(many);
    for (const peer of many) solo.offer(peer);
    expect(solo.count("dial")).toBe(limits.OVERLAY_TAKEN_FIRST_MAX);
    expect(solo.sent("decline")).toBe(100 - limits.OVERLAY_TAKEN_FIRST_MAX);
    expect(solo.sent("call")).toBe(0);
    solo.pass(limits.OVERLAY_SETTLE_MS);
    expect(solo.sent("call")).toBe(limits.OVERLAY_OWN_MAX);
  });

  it("are called for by the answerer, and made by the initiator of that meeting, or declined", () => {
    const [alice, bob] = [new Solo(Array.from({ length: 20 }, (_, i) => id(i))), new Solo([LOW])];
    const connection = alice.answer(id(0));
    expect(alice.hear(id(0), { type: "call", connection: "00".repeat(16) })).toEqual([]);
    expect(alice.hear(id(0), { type: "call", connection })).toEqual([
      { type: "dial", connection, initiator: true },
    ]);
    for (let i = 1; i < 19; i++) alice.hear(id(i), { type: "call", connection: alice.answer(id(i)) });
    expect(alice.count("dial")).toBe(limits.OVERLAY_TAKEN_FIRST_MAX);
    expect(alice.sent("decline")).toBe(19 - limits.OVERLAY_TAKEN_FIRST_MAX);
    // In a full mesh nobody has to call: both want the link.
    bob.offer(LOW);
    expect([bob.count("dial"), bob.sent("call")]).toEqual([1, 0]);
  });

  it("end at both ends when one was told that there is no place, and others are called", () => {
    const many = Array.from({ length: 30 }, (_, i) => id(i));
    const solo = new Solo(many);
    for (const peer of many) solo.answer(peer);
    solo.pass(limits.OVERLAY_SETTLE_MS);
    const dialled = solo.all.flatMap(effect => (effect.type === "dial" ? [effect.connection] : []));
    const first = many.find(peer => dialled[0]!.startsWith(solo.half(peer)))!;
    const effects = solo.hear(first, { type: "decline", connection: dialled[0]! });
    expect(effects[0]).toEqual({ type: "close", connection: dialled[0] });
    expect(effects.filter(({ type }) => type === "dial")).toHaveLength(1);
  });

  it("with one peer stay within that peer's budget, and the offer beyond is answered by close", () => {
    const solo = new Solo([LOW]);
    for (let i = 0; i < limits.PEER_DIALS_BURST; i++) solo.offer(LOW);
    expect(solo.count("dial")).toBe(limits.PEER_DIALS_BURST);
    const connection = solo.offer(LOW);
    expect(solo.count("dial")).toBe(limits.PEER_DIALS_BURST);
    expect(solo.all.at(-1)).toEqual({ type: "send", to: LOW, envelope: { type: "close", connection } });
    solo.now += 60_000 / 4;
    solo.offer(LOW);
    expect(solo.count("dial")).toBe(limits.PEER_DIALS_BURST + 1);
  });

  it("pass on one description and at most 64 candidates, also those that overtook the offer", () => {
    const solo = new Solo([LOW]);
    const connection = solo.hello(LOW);
    const candidate = (n: number): MeshEnvelope => ({
      type: "candidate",
      connection,
      candidate: String(n),
      sdpMid: "0",
      sdpMLineIndex: 0,
    });
    for (let i = 0; i < limits.CANDIDATES_MAX + 1; i++) solo.hear(LOW, candidate(i));
    expect(solo.count("signal")).toBe(0);
    solo.hear(LOW, { type: "offer", connection, sdp: "v=0" });
    expect(solo.count("signal")).toBe(1 + limits.CANDIDATES_MAX);
    solo.hear(LOW, candidate(99));
    expect(solo.count("signal")).toBe(1 + limits.CANDIDATES_MAX);
  });
});

describe("the table of peers", () => {
  it("holds 256, and takes the next one's hello when there is room", () => {
    const solo = new Solo(Array.from({ length: limits.PEERS_MAX }, (_, i) => low(i)));
    const hello: MeshEnvelope = { type: "hello", half: "00".repeat(8) };
    expect(solo.hear(low(limits.PEERS_MAX - 1), hello)).toHaveLength(1);
    solo.do({ type: "arrived", peer: low(limits.PEERS_MAX) });
    expect(solo.hear(low(limits.PEERS_MAX), hello)).toEqual([]);
    solo.do({ type: "left", peer: low(0) });
    expect(solo.hear(low(limits.PEERS_MAX), hello)).toHaveLength(1);
  });
});

describe("the server", () => {
  it("when lost takes the relayed links with it and leaves the direct ones", () => {
    const solo = new Solo([HIGH, id(1)]);
    const direct = solo.answer(HIGH);
    solo.do({ type: "opened", connection: direct });
    const relayed = solo.answer(id(1));
    solo.pass(limits.RELAY_AFTER_MS);
    expect(solo.do({ type: "server-closed" })).toEqual([{ type: "close-relay", connection: relayed }]);
    // Without the server nobody can be told; the table forgets the peer.
    expect(solo.do({ type: "closed", connection: direct })).toEqual([]);
  });

  it("is tried again with a growing, jittered backoff of at most 30 s, and at once after a nudge", () => {
    const solo = new Solo();
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      solo.do({ type: "server-closed" });
      waits.push(solo.mesh.nextAt - solo.now);
      expect(solo.pass(waits.at(-1)!)).toEqual([{ type: "connect" }]);
    }
    expect(waits[0]).toBeLessThanOrEqual(limits.SERVER_RETRY_MS);
    expect(Math.max(...waits)).toBeLessThanOrEqual(limits.SERVER_RETRY_MS_MAX);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(limits.SERVER_RETRY_MS_MAX / 2);
    solo.do({ type: "server-closed" });
    expect(solo.do({ type: "nudge" })).toEqual([{ type: "connect" }]);
    expect(solo.do({ type: "nudge" })).toEqual([]);
  });

  it("that accepts and closes at once is not hurried", () => {
    const solo = new Solo();
    for (let i = 0; i < 10; i++) {
      solo.do({ type: "server-closed" });
      solo.pass(solo.mesh.nextAt - solo.now);
      solo.do({ type: "welcome", self: SELF, peers: [] });
    }
    solo.do({ type: "server-closed" });
    expect(solo.mesh.nextAt - solo.now).toBeGreaterThanOrEqual(limits.SERVER_RETRY_MS_MAX / 2);
  });
});

describe("whatever happens", () => {
  it("dials in any t seconds <= burst + t · rate; at most 32 alive; every dial's end is told or asked for", () => {
    const peers = [LOW, HIGH, id(1), id(2)];
    const step = fc.record({
      kind: fc.constantFrom(
        "arrived",
        "left",
        "answer",
        "offer",
        "opened",
        "closed",
        "server",
        "nudge",
        "close",
      ),
      peer: fc.constantFrom(...peers),
      ms: fc.constantFrom(0, 10, 1_000, 5_000, 40_000),
    });
    let dialled = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), steps => {
        const solo = new Solo(peers);
        const alive = new Set<ConnectionId>();
        let seen = 0;
        for (const { kind, peer, ms } of steps) {
          if (kind === "arrived" || kind === "left") solo.do({ type: kind, peer });
          else if (kind === "nudge") solo.do({ type: "nudge" });
          else if (kind === "server") {
            solo.do({ type: "server-closed" });
            solo.do({ type: "welcome", self: SELF, peers });
          } else if (kind === "answer" && peer !== LOW) solo.answer(peer);
          else if (kind === "offer") {
            const back = solo.hear(peer, { type: "hello", half: "cd".repeat(8) })[0];
            if (back?.type === "send" && back.envelope.type === "hello-back") {
              solo.hear(peer, { type: "offer", connection: back.envelope.connection, sdp: "v" });
            }
          } else {
            const connection = [...alive].at(-1);
            if (connection === undefined) continue;
            if (kind === "close") solo.hear(peer, { type: "close", connection });
            else if (kind === "opened") solo.do({ type: "opened", connection });
            else if (kind === "closed") {
              solo.do({ type: "closed", connection });
              alive.delete(connection);
            }
          }
          solo.pass(ms);
          for (; seen < solo.all.length; seen++) {
            const effect = solo.all[seen]!;
            if (effect.type === "dial") {
              expect(alive.has(effect.connection)).toBe(false);
              alive.add(effect.connection);
              dialled++;
            } else if (effect.type === "close") {
              expect(alive.has(effect.connection)).toBe(true);
              alive.delete(effect.connection);
            } else if (effect.type === "link") expect(alive.has(effect.connection)).toBe(true);
          }
          expect(alive.size).toBeLessThanOrEqual(limits.DIRECT_MAX);
          const seconds = solo.now / 1000;
          expect(solo.count("dial")).toBeLessThanOrEqual(
            limits.DIALS_BURST + seconds * limits.DIALS_PER_SECOND + 1e-6,
          );
        }
      }),
    );
    expect(dialled).toBeGreaterThan(100);
  });
});

describe("a token bucket", () => {
  it("grants over any t seconds at most capacity + t · rate, and stands still when the clock goes back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 1, max: 3 }))),
        takes => {
          const bucket = new TokenBucket(5, 2, 0);
          let [now, taken] = [0, 0];
          for (const [ms, count] of takes) {
            now += ms;
            if (bucket.take(count, now)) taken += count;
            expect(taken).toBeLessThanOrEqual(5 + (2 * now) / 1000 + 1e-9);
          }
        },
      ),
    );
    const bucket = new TokenBucket(1, 1, 1_000);
    expect([bucket.take(1, 1_000), bucket.take(1, 0), bucket.take(1, 999), bucket.take(1, 1_000)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});
