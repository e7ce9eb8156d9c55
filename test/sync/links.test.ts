// Goal: every kind of link keeps the same promises. Method: the one suite, on links in memory and on links relayed by
// a real server on loopback, with a clock that runs 20 times as fast so that the 3 s before a relay are 150 ms.
// Node has no WebRTC, so each direct attempt fails at once and the relay is what is left.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { createServer, type Server } from "../../signalling/server.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import type { Clock } from "../../src/sync/adapters/clock.ts";
import { memoryLinks } from "../../src/sync/adapters/memory-link.ts";
import { openNetwork } from "../../src/sync/adapters/network.ts";
import { RelayLink } from "../../src/sync/adapters/relay.ts";
import type { SocketConstructor } from "../../src/sync/adapters/signal.ts";
import { constructedConnections, dial, fingerprintOf } from "../../src/sync/adapters/webrtc.ts";
import { RELAY_PIECE_BYTES_MAX, type RelayFrame } from "../../src/sync/envelope.ts";
import {
  BUFFERED_BYTES_HIGH,
  BUFFERED_BYTES_LOW,
  BUFFERED_BYTES_MAX,
  FRAME_BYTES_MAX,
  UNHEARD_FRAMES_MAX,
} from "../../src/sync/limits.ts";
import type { Bytes, Network, PeerLink } from "../../src/sync/ports.ts";
import { linkCases } from "./link-suite.ts";

const SPEED = 20;
const fastClock: Clock = {
  now: () => performance.now() * SPEED,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs / SPEED);
    return () => clearTimeout(timer);
  },
};

let server: Server;
let url: string;
const networks: Network[] = [];

beforeAll(async () => {
  server = createServer({ folder: "none", port: 0 });
  const { port } = await server.listen();
  url = `ws://127.0.0.1:${port}/signal`;
});
afterEach(() => {
  for (const network of networks.splice(0)) network.close();
});
afterAll(() => server.close());

class Person {
  readonly links: PeerLink[] = [];
  readonly reachable: boolean[] = [];
  readonly network: ReturnType<typeof openNetwork>;

  constructor(roomSecret: Bytes) {
    const options = {
      roomSecret,
      url,
      iceServers: [],
      ciphers,
      WebSocket: WebSocket as unknown as SocketConstructor,
      clock: fastClock,
    };
    this.network = openNetwork(options, {
      link: link => this.links.push(link),
      changed: () => {
        const { reachable } = this.network;
        if (reachable !== (this.reachable.at(-1) ?? false)) this.reachable.push(reachable);
      },
    });
    networks.push(this.network);
  }
}

async function relayLinks(): Promise<readonly [PeerLink, PeerLink]> {
  const secret = ciphers.random(32);
  const [alice, bob] = [new Person(secret), new Person(secret)];
  await vi.waitFor(() => expect([alice.links.length, bob.links.length]).toEqual([1, 1]), 5_000);
  return [alice.links[0]!, bob.links[0]!];
}

describe("a link in memory", () => {
  for (const { name, run } of linkCases) it(name, () => run(async () => memoryLinks()));

  it("carries the fingerprints it was given, each end its own first", () => {
    const [a, b] = memoryLinks([new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]);
    expect(a.fingerprints?.local[0]).toBe(1);
    expect(b.fingerprints?.local[0]).toBe(2);
    expect(b.fingerprints?.remote[0]).toBe(1);
  });

  it("closes when nobody listens for one frame too long", async () => {
    for (const extra of [0, 1]) {
      const [a, b] = memoryLinks();
      const closed = vi.fn();
      a.listen({ frame: () => undefined, drained: () => undefined, closed });
      for (let i = 0; i < UNHEARD_FRAMES_MAX + extra; i++) a.send(new Uint8Array(1));
      await new Promise(resolve => setTimeout(resolve));
      expect(closed).toHaveBeenCalledTimes(extra);
      b.close();
    }
  });
});

describe("a link relayed by the server", () => {
  for (const { name, run } of linkCases) it(name, () => run(relayLinks), 20_000);

  it("stands alone in a room whose other members have another secret", async () => {
    const [alice, mallory] = [new Person(ciphers.random(32)), new Person(ciphers.random(32))];
    await vi.waitFor(() => expect(alice.reachable.concat(mallory.reachable)).toEqual([true, true]));
    await new Promise(resolve => setTimeout(resolve, 6_000 / SPEED));
    expect(alice.links.concat(mallory.links)).toEqual([]);
  });

  it("is made again when it closes and both are still there", async () => {
    const secret = ciphers.random(32);
    const [alice, bob] = [new Person(secret), new Person(secret)];
    await vi.waitFor(() => expect(bob.links.length).toBe(1), 5_000);
    bob.links[0]!.close();
    await vi.waitFor(() => expect([alice.links.length, bob.links.length]).toEqual([2, 2]), 5_000);
  });

  it("closes with the network, and the other end with it", async () => {
    const secret = ciphers.random(32);
    const [alice, bob] = [new Person(secret), new Person(secret)];
    await vi.waitFor(() => expect([alice.links.length, bob.links.length]).toEqual([1, 1]), 5_000);
    const closed = vi.fn();
    bob.links[0]!.listen({ frame: () => undefined, drained: () => undefined, closed });
    alice.network.close();
    await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1));
    expect(alice.network.reachable).toBe(false);
  });
});

describe("a server that is restarted", () => {
  it("is found again, and links are made anew", async () => {
    const own = createServer({ folder: "none", port: 0 });
    const { port } = await own.listen();
    const before = url;
    url = `ws://127.0.0.1:${port}/signal`;
    const secret = ciphers.random(32);
    const [alice, bob] = [new Person(secret), new Person(secret)];
    url = before;
    await vi.waitFor(() => expect([alice.links.length, bob.links.length]).toEqual([1, 1]), 5_000);
    await own.close();
    await vi.waitFor(
      () => expect([alice.network.reachable, bob.network.reachable]).toEqual([false, false]),
      5_000,
    );
    const again = createServer({ folder: "none", port });
    await again.listen();
    await vi.waitFor(() => expect([alice.links.length, bob.links.length]).toEqual([2, 2]), 8_000);
    expect(alice.reachable).toEqual([true, false, true]);
    await again.close();
  }, 20_000);
});

describe("the pieces of a relayed link", () => {
  async function relay() {
    const sent: RelayFrame[] = [];
    const heard: Bytes[] = [];
    const [closed, drained] = [vi.fn(), vi.fn()];
    const carrier = { bufferedBytes: 0, send: (_: string, piece: RelayFrame) => sent.push(piece), closed };
    const link = new RelayLink("00".repeat(8), "00".repeat(16), true, carrier);
    link.listen({ frame: bytes => heard.push(bytes), drained, closed: () => undefined });
    await Promise.resolve();
    return { link, carrier, sent, heard, closed, drained };
  }

  it("are one up to the envelope's room and two beyond", async () => {
    const { link, sent } = await relay();
    link.send(new Uint8Array(RELAY_PIECE_BYTES_MAX));
    link.send(new Uint8Array(RELAY_PIECE_BYTES_MAX + 1));
    expect(sent.map(piece => [piece.number, piece.last, piece.bytes.length])).toEqual([
      [0, true, RELAY_PIECE_BYTES_MAX],
      [1, false, RELAY_PIECE_BYTES_MAX],
      [2, true, 1],
    ]);
  });

  it("say once that they have drained, below the low mark and after the high one", async () => {
    const { link, carrier, drained } = await relay();
    for (const [bytes, count] of [
      [BUFFERED_BYTES_HIGH, 0],
      [BUFFERED_BYTES_LOW - 1, 0],
      [BUFFERED_BYTES_HIGH + 1, 0],
      [BUFFERED_BYTES_LOW, 0],
      [BUFFERED_BYTES_LOW - 1, 1],
      [0, 1],
    ] as const) {
      carrier.bufferedBytes = bytes;
      if (bytes >= BUFFERED_BYTES_HIGH) link.send(new Uint8Array(1));
      link.carried();
      expect(drained).toHaveBeenCalledTimes(count);
    }
  });

  it("close the link of a sender that does not listen to the high mark at all", async () => {
    const { link, carrier, closed } = await relay();
    carrier.bufferedBytes = BUFFERED_BYTES_MAX;
    link.send(new Uint8Array(1));
    expect(closed).not.toHaveBeenCalled();
    carrier.bufferedBytes = BUFFERED_BYTES_MAX + 1;
    link.send(new Uint8Array(1));
    expect(closed).toHaveBeenCalledTimes(1);
  });

  const piece = (number: number, last: boolean, length: number): RelayFrame => ({
    type: "relay-frame",
    connection: "00".repeat(16),
    number,
    last,
    bytes: new Uint8Array(length),
  });

  it.each([
    ["a gap", [piece(0, true, 1), piece(2, true, 1)]],
    ["a repeat", [piece(0, true, 1), piece(0, true, 1)]],
    ["a frame that does not begin at its beginning", [piece(1, true, 1)]],
    ["a frame in three pieces", [piece(0, false, 1), piece(1, false, 1)]],
    ["a frame above 16 KiB", [piece(0, false, RELAY_PIECE_BYTES_MAX), piece(1, true, FRAME_BYTES_MAX)]],
  ])("close the link for %s", async (_, pieces) => {
    const { link, closed } = await relay();
    for (const one of pieces) link.receive(one);
    expect(closed).toHaveBeenCalledTimes(1);
  });
});

describe("a direct attempt", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("fails, once and quietly, where the browser constructs no more connections", async () => {
    const Refusing = class {
      constructor() {
        throw new DOMException("Cannot create so many PeerConnections", "UnknownError");
      }
    };
    for (const name of ["RTCPeerConnection", "RTCSessionDescription", "RTCIceCandidate"]) {
      vi.stubGlobal(name, Refusing);
    }
    const before = constructedConnections();
    const [signal, opened, closed] = [vi.fn(), vi.fn(), vi.fn()];
    const attempt = dial(true, [], { signal, opened, closed });
    await vi.waitFor(() => expect(closed).toHaveBeenCalled());
    attempt.signal({ type: "answer", sdp: "v=0" });
    attempt.close();
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(closed).toHaveBeenCalledTimes(1);
    expect(constructedConnections()).toBe(before + 1);
  });

  it("constructs nothing when it is closed before simple-peer is there", async () => {
    const before = constructedConnections();
    const closed = vi.fn();
    dial(true, [], { signal: vi.fn(), opened: vi.fn(), closed }).close();
    expect(closed).not.toHaveBeenCalled();
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(closed).toHaveBeenCalledTimes(1);
    expect(constructedConnections()).toBe(before);
  });
});

describe("the fingerprint of a session description", () => {
  const hex = Array.from({ length: 32 }, (_, i) => (i + 160).toString(16).toUpperCase()).join(":");
  const line = `a=fingerprint:sha-256 ${hex}`;

  it("is read, also when it is said twice", () => {
    const expected = Uint8Array.from({ length: 32 }, (_, i) => i + 160);
    expect(fingerprintOf(`v=0\r\n${line}\r\na=setup:actpass\r\n`)).toEqual(expected);
    expect(fingerprintOf(`v=0\r\n${line}\r\nm=x\r\n${line.toLowerCase()}\r\n`)).toEqual(expected);
  });

  it.each([
    ["none", "v=0\r\n"],
    ["another hash", `v=0\r\n${line.replace("256", "1")}\r\n`],
    ["two different", `v=0\r\n${line}\r\n${line.replace("A0", "FF")}\r\n`],
    ["one too short", `v=0\r\n${line.slice(0, -3)}\r\n`],
    ["one too long", `v=0\r\n${line}:00\r\n`],
    ["one beside an odd one", `v=0\r\n${line}\r\n A=Fingerprint:sha-256 ${hex}\r\n`],
    ["one behind a bare line feed", `v=0\n${line}\r\n`],
    ["one before a bare carriage return", `v=0\r\n${line}\rx\r\n`],
  ])("is refused where there is %s", (_, sdp) => {
    expect(fingerprintOf(sdp)).toBeNull();
  });
});
