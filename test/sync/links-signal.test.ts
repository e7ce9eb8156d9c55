// Goal: the connection to the server joins, paces itself, and notices when it is dead. Method: a socket and a clock
// in the test's hands; what a real server says to it is tested in links.test.ts.
import { beforeEach, describe, expect, it } from "vitest";
import {
  decodeClientFrame,
  encodeServerFrame,
  FRAME_BYTES_MAX,
  joinMessage,
  type PeerId,
  type ServerFrame,
  TRAFFIC_LIMITS,
} from "../../signalling/frames.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import type { Clock } from "../../src/sync/adapters/clock.ts";
import { openSignal, type Signal, type Socket } from "../../src/sync/adapters/signal.ts";
import * as limits from "../../src/sync/limits.ts";
import type { Bytes } from "../../src/sync/ports.ts";

const [SELF, BOB] = ["01".repeat(8), "02".repeat(8)] as [PeerId, PeerId];

class HandClock implements Clock {
  #now = 0;
  #timers = new Set<{ at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = end;
  }
}

class HandSocket implements Socket {
  binaryType = "";
  readyState = 1;
  bufferedAmount = 0;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  isClosed = false;
  readonly sent: Bytes[] = [];

  send(data: Bytes): void {
    expect(this.readyState, "a browser complains of what is sent behind the end").toBe(1);
    this.sent.push(data);
  }

  close(): void {
    this.isClosed = true;
  }

  say(frame: ServerFrame): void {
    this.onmessage?.({ data: encodeServerFrame(frame).buffer });
  }

  get types(): string[] {
    return this.sent.map(bytes => {
      const decoded = decodeClientFrame(bytes);
      return decoded.ok ? decoded.frame.type : decoded.code;
    });
  }
}

let clock: HandClock;
let socket: HandSocket;
let signal: Signal;
let heard: string[];

function open(): void {
  clock = new HandClock();
  socket = new HandSocket();
  heard = [];
  const seed = new Uint8Array(32).fill(3);
  const SocketOnce = class {
    constructor() {
      // biome-ignore lint/correctness/noConstructorReturn: the one socket this test holds
      return socket;
    }
  } as unknown as new () => Socket;
  signal = openSignal(
    {
      url: "ws://server.test/signal",
      room: ciphers.seedPublicKey(seed),
      sign: message => ciphers.seedSign(seed, message),
      WebSocket: SocketOnce,
      clock,
    },
    {
      frame: frame => heard.push(frame.type),
      carried: () => undefined,
      closed: reason => heard.push(`closed ${reason}`),
    },
  );
}

beforeEach(open);

function join(): void {
  socket.say({ type: "challenge", nonce: new Uint8Array(32) });
  socket.say({ type: "welcome", self: SELF, peers: [BOB] });
}

describe("the connection to the server", () => {
  it("signs the challenge with the room's key and says welcome", () => {
    join();
    const joined = decodeClientFrame(socket.sent[0]!);
    const seed = new Uint8Array(32).fill(3);
    const room = ciphers.seedPublicKey(seed);
    const signature = ciphers.seedSign(seed, joinMessage(new Uint8Array(32), room));
    expect(joined).toEqual({ ok: true, frame: { type: "join", room, signature } });
    expect(heard).toEqual(["welcome"]);
  });

  it("signs once, and ends with a second challenge, before the welcome and after it", () => {
    socket.say({ type: "challenge", nonce: new Uint8Array(32) });
    socket.say({ type: "challenge", nonce: new Uint8Array(32).fill(1) });
    expect([socket.types, heard, socket.isClosed]).toEqual([["join"], ["closed null"], true]);
    open();
    join();
    socket.say({ type: "challenge", nonce: new Uint8Array(32).fill(1) });
    expect([socket.types, heard, socket.isClosed]).toEqual([["join"], ["welcome", "closed null"], true]);
  });

  it("sends and hears nothing before the welcome", () => {
    signal.send(BOB, new Uint8Array(1));
    socket.say({ type: "arrived", peer: BOB });
    expect([socket.sent.length, heard.length, signal.bufferedBytes]).toEqual([0, 0, 0]);
  });

  it("gives up where no welcome comes within 10 s", () => {
    clock.pass(limits.JOIN_MS - 1);
    expect(heard).toEqual([]);
    clock.pass(1);
    expect([heard, socket.isClosed]).toEqual([["closed null"], true]);
  });

  it("pings every 20 s and is closed by two that nobody answered", () => {
    join();
    clock.pass(limits.PING_MS);
    socket.say({ type: "pong" });
    clock.pass(2 * limits.PING_MS);
    expect(socket.types).toEqual(["join", "ping", "ping", "ping"]);
    expect(heard).toEqual(["welcome"]);
    clock.pass(limits.PING_MS);
    expect(heard).toEqual(["welcome", "closed null"]);
  });

  it("finds out within 5 s of a probe that the server is gone, however often it is probed", () => {
    join();
    signal.probe();
    socket.say({ type: "pong" });
    clock.pass(limits.PROBE_MS);
    expect(heard).toEqual(["welcome"]);
    for (let i = 0; i < 100; i++) signal.probe();
    expect(socket.types).toEqual(["join", "ping", "ping"]);
    clock.pass(limits.PROBE_MS);
    expect(heard).toEqual(["welcome", "closed null"]);
  });

  it("ends with what is no frame, once, and names the reason the server gave", () => {
    join();
    socket.onmessage?.({ data: "text" });
    socket.onclose?.({ code: 4008 });
    expect(heard).toEqual(["welcome", "closed null"]);
  });

  it("names the reason the server gave", () => {
    socket.onclose?.({ code: 4008 });
    expect(heard).toEqual(["closed RoomFull"]);
  });

  it("stays below what the server cuts off for, and delivers everything in order in the end", () => {
    join();
    const count = 4_000;
    for (let i = 0; i < count; i++) signal.send(BOB, Uint8Array.of(i >> 8, i & 255));
    const sends = (): number => socket.sent.length - 1;
    expect(sends()).toBeLessThan(TRAFFIC_LIMITS.framesBurst);
    let seconds = 0;
    while (signal.bufferedBytes > 0 && seconds < 60) {
      clock.pass(1_000);
      socket.say({ type: "pong" });
      seconds++;
      expect(socket.sent.length).toBeLessThan(
        TRAFFIC_LIMITS.framesBurst + seconds * TRAFFIC_LIMITS.framesPerSecond,
      );
    }
    const numbers = socket.sent.flatMap(bytes => {
      const decoded = decodeClientFrame(bytes);
      return decoded.ok && decoded.frame.type === "send"
        ? [decoded.frame.payload[0]! * 256 + decoded.frame.payload[1]!]
        : [];
    });
    expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it("sends nothing into a socket that closes already, and waits to hear that it has", () => {
    join();
    socket.readyState = 2;
    signal.send(BOB, Uint8Array.of(1));
    signal.probe();
    clock.pass(limits.POLL_MS);
    expect(socket.types).toEqual(["join"]);
    expect(heard).toEqual(["welcome"]);
    socket.onclose!({ code: 1001 });
    expect(heard.at(-1)).toMatch(/^closed/);
  });

  it("keeps the socket shallow and counts what waits", () => {
    join();
    socket.bufferedAmount = limits.BUFFERED_BYTES_LOW;
    signal.send(BOB, new Uint8Array(FRAME_BYTES_MAX - 9));
    expect(socket.types).toEqual(["join"]);
    expect(signal.bufferedBytes).toBe(limits.BUFFERED_BYTES_LOW + FRAME_BYTES_MAX);
    socket.bufferedAmount = 0;
    clock.pass(limits.POLL_MS);
    expect(socket.types).toEqual(["join", "send"]);
    expect(signal.bufferedBytes).toBe(0);
  });
});
