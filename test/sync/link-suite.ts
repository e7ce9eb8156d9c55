// What every link must do, whatever it runs on: memory, the relay, WebRTC. Plain functions that throw, so that a page
// can run them as well as vitest; links.test.ts runs them here, the browser tests run them on WebRTC.
import { BUFFERED_BYTES_HIGH, FRAME_BYTES_MAX } from "../../src/sync/limits.ts";
import type { Bytes, PeerLink } from "../../src/sync/ports.ts";

export type OpenLinks = () => Promise<readonly [PeerLink, PeerLink]>;

export interface LinkCase {
  readonly name: string;
  run(open: OpenLinks): Promise<void>;
}

export const linkCases: readonly LinkCase[] = [
  {
    name: "has exactly one initiator, and fingerprints that are equal crosswise or missing at both ends",
    async run(open) {
      const [a, b] = await open();
      equal("initiators", [a.initiator, b.initiator].filter(Boolean).length, 1);
      equal("kinds", a.kind, b.kind);
      equal("local of A", a.fingerprints?.local.join(), b.fingerprints?.remote.join());
      equal("remote of A", a.fingerprints?.remote.join(), b.fingerprints?.local.join());
      if (a.kind === "webrtc") equal("length", a.fingerprints?.local.length, 32);
    },
  },
  {
    name: "delivers frames of every size whole, in order, both ways at once",
    async run(open) {
      const [a, b] = await open();
      const [earA, earB] = [new Ear(a), new Ear(b)];
      const sizes = [1, 0, 255, 1200, FRAME_BYTES_MAX - 1, FRAME_BYTES_MAX, 2];
      sizes.forEach((size, i) => {
        a.send(patterned(size, i));
        b.send(patterned(size, i + 100));
      });
      await until(
        "all frames",
        () => earA.frames.length === sizes.length && earB.frames.length === sizes.length,
      );
      sizes.forEach((size, i) => {
        equal(`frame ${i} at B`, earB.frames[i]!.join(), patterned(size, i).join());
        equal(`frame ${i} at A`, earA.frames[i]!.join(), patterned(size, i + 100).join());
      });
    },
  },
  {
    name: "sends what a frame held at the time of sending",
    async run(open) {
      const [a, b] = await open();
      const ear = new Ear(b);
      const frame = Uint8Array.of(1, 2, 3);
      a.send(frame);
      frame.fill(9);
      await until("the frame", () => ear.frames.length === 1);
      equal("frame", ear.frames[0]!.join(), "1,2,3");
    },
  },
  {
    name: "keeps what comes before anyone listens, and calls nobody from inside listen",
    async run(open) {
      const [a, b] = await open();
      a.send(Uint8Array.of(1));
      a.send(Uint8Array.of(2));
      await pause(150);
      const ear = new Ear(b);
      equal("frames inside listen", ear.frames.length, 0);
      a.send(Uint8Array.of(3));
      await until("three frames", () => ear.frames.length === 3);
      equal("order", ear.frames.map(frame => frame[0]).join(), "1,2,3");
    },
  },
  {
    name: "says once at each end that it closed, whoever closed and however often",
    async run(open) {
      const [a, b] = await open();
      const [earA, earB] = [new Ear(a), new Ear(b)];
      a.send(Uint8Array.of(1));
      await until("a frame", () => earB.frames.length === 1);
      a.close();
      a.close();
      equal("closed inside close", earA.closedCount, 0);
      await until("both closed", () => earA.closedCount === 1 && earB.closedCount === 1);
      b.close();
      a.send(Uint8Array.of(2));
      b.send(Uint8Array.of(3));
      await pause(100);
      equal("closed", [earA.closedCount, earB.closedCount].join(), "1,1");
      equal("frames after the end", earA.frames.length + earB.frames.length, 1);
    },
  },
  {
    name: "tells a listener that comes too late that it closed",
    async run(open) {
      const [a, b] = await open();
      a.close();
      await pause(150);
      const [earA, earB] = [new Ear(a), new Ear(b)];
      await until("both closed", () => earA.closedCount === 1 && earB.closedCount === 1);
    },
  },
  {
    name: "takes a frame of 16 KiB and closes for one byte more",
    async run(open) {
      const [a, b] = await open();
      const [earA, earB] = [new Ear(a), new Ear(b)];
      a.send(new Uint8Array(FRAME_BYTES_MAX));
      await until("the frame", () => earB.frames.length === 1);
      equal("closed at the limit", earA.closedCount, 0);
      a.send(new Uint8Array(FRAME_BYTES_MAX + 1));
      await until("both closed", () => earA.closedCount === 1 && earB.closedCount === 1);
      equal("frames", earB.frames.length, 1);
    },
  },
  {
    name: "counts what the network has not taken, and says when it has drained",
    async run(open) {
      const [a, b] = await open();
      const [earA, earB] = [new Ear(a), new Ear(b)];
      const count = Math.ceil((2 * BUFFERED_BYTES_HIGH) / FRAME_BYTES_MAX);
      // A socket on loopback may take it all at once; then there is nothing to say.
      let wasAboveHigh = false;
      for (let i = 0; i < count; i++) {
        a.send(patterned(FRAME_BYTES_MAX, i));
        wasAboveHigh ||= a.bufferedBytes > BUFFERED_BYTES_HIGH;
      }
      await until("all frames", () => earB.frames.length === count);
      equal("order", earB.frames.map(frame => frame[0]).join(), frames(count));
      await until("empty", () => a.bufferedBytes === 0);
      await until("drained", () => earA.drainedCount === (wasAboveHigh ? 1 : 0));
      if (a.kind === "memory") equal("above the high mark", wasAboveHigh, true);
      equal("drained at the other end", earB.drainedCount, 0);
    },
  },
];

class Ear {
  readonly frames: Bytes[] = [];
  drainedCount = 0;
  closedCount = 0;

  constructor(link: PeerLink) {
    link.listen({
      frame: bytes => this.frames.push(bytes),
      drained: () => this.drainedCount++,
      closed: () => this.closedCount++,
    });
  }
}

function patterned(size: number, seed: number): Bytes {
  return Uint8Array.from({ length: size }, (_, i) => (seed + i) & 255);
}

function frames(count: number): string {
  return Array.from({ length: count }, (_, i) => i & 255).join();
}

function equal(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: expected ${shorten(expected)}, got ${shorten(actual)}`);
}

function shorten(value: unknown): string {
  const text = String(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}… (${text.length})`;
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + 8_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(5);
  }
}
