// Two ends of a link in one memory, for tests and the simulator. Frames are copied and take a microtask, so that
// what runs on these links meets the same surprises as on a network, only sooner.
import { BUFFERED_BYTES_HIGH, BUFFERED_BYTES_LOW, FRAME_BYTES_MAX } from "../limits.ts";
import type { Bytes, LinkListener, PeerLink } from "../ports.ts";
import { Inbox } from "./inbox.ts";

/** The initiator's fingerprint, then the other end's; 32 bytes each. */
export type MemoryFingerprints = readonly [Bytes, Bytes];

/** The initiator's end, then the other. */
export function memoryLinks(fingerprints: MemoryFingerprints | null = null): readonly [PeerLink, PeerLink] {
  const [first, second] = fingerprints ?? [null, null];
  const ends = [
    new MemoryLink(true, first && second ? { local: first, remote: second } : null),
    new MemoryLink(false, first && second ? { local: second, remote: first } : null),
  ] as const;
  ends[0].other = ends[1];
  ends[1].other = ends[0];
  return ends;
}

class MemoryLink implements PeerLink {
  readonly kind = "memory";
  readonly initiator: boolean;
  readonly fingerprints: PeerLink["fingerprints"];
  other: MemoryLink | null = null;
  readonly #inbox = new Inbox();
  #bufferedBytes = 0;
  #isAboveHigh = false;
  #isClosed = false;

  constructor(initiator: boolean, fingerprints: PeerLink["fingerprints"]) {
    this.initiator = initiator;
    this.fingerprints = fingerprints;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  send(frame: Bytes): void {
    if (this.#isClosed || this.other === null) return;
    if (frame.length > FRAME_BYTES_MAX) {
      this.close();
      return;
    }
    const copy = new Uint8Array(frame);
    const other = this.other;
    this.#bufferedBytes += copy.length;
    if (this.#bufferedBytes > BUFFERED_BYTES_HIGH) this.#isAboveHigh = true;
    queueMicrotask(() => {
      this.#bufferedBytes -= copy.length;
      if (!other.#isClosed && !other.#inbox.push(copy)) other.close();
      if (!this.#isAboveHigh || this.#bufferedBytes >= BUFFERED_BYTES_LOW) return;
      this.#isAboveHigh = false;
      this.#inbox.drained();
    });
  }

  close(): void {
    this.#end("here");
  }

  listen(listener: LinkListener): void {
    this.#inbox.listen(listener);
  }

  #end(closedBy: "here" | "there"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inbox.end(closedBy);
    // Behind the frames that are under way.
    const other = this.other;
    if (closedBy === "here" && other !== null) queueMicrotask(() => other.#end("there"));
  }
}
