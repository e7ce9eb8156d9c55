// Links of a simulated world: reliable and in order, or closed, as `PeerLink` says. What a link carries can be
// listened to, held up, cut, or tampered with by whoever owns the sending end.

import { BUFFERED_BYTES_HIGH, BUFFERED_BYTES_LOW, FRAME_BYTES_MAX } from "../../src/sync/limits.ts";
import type { Bytes, LinkListener, PeerLink, Standing } from "../../src/sync/ports.ts";
import type { After } from "./disk.ts";

/** Two fingerprints: of the initiator, of the other. */
export type Fingerprints = readonly [Bytes, Bytes];

export class Wire implements PeerLink {
  readonly kind: PeerLink["kind"];
  readonly initiator: boolean;
  readonly fingerprints: PeerLink["fingerprints"];
  /** Somebody sits in the middle. */
  isIntercepted = false;
  readonly #after: After;
  other: Wire | null = null;
  delayMs: number;
  /** Sees every frame that leaves, and answers what leaves in its place. */
  tamper: (frame: Bytes) => readonly Bytes[] = frame => [frame];
  /** Hears every frame that leaves this end. */
  heard: (frame: Bytes) => void = () => undefined;
  /** Runs what happens to whoever holds this end, at once or when their page no longer stands still. */
  whenAwake: (run: () => void) => void = run => run();
  /** Told when this end is over, beside its listener. */
  ended: () => void = () => undefined;
  /** Who holds this end. */
  owner = "somebody";
  /** Bytes of the frames that arrived at this end. */
  receivedBytes = 0;
  /** Bytes of each frame that left; the first two are the handshake's. */
  readonly sizes: number[] = [];
  #listener: LinkListener | null = null;
  #held: Bytes[] | null = null;
  #buffered = 0;
  #isAboveHigh = false;
  /** Nothing goes out of this end, nor comes in, and nobody was told. */
  #isLost = false;
  #isOver = false;
  judged: (standing: Standing) => void = () => undefined;

  constructor(
    after: After,
    kind: PeerLink["kind"],
    initiator: boolean,
    prints: Fingerprints | null,
    delayMs: number,
  ) {
    this.#after = after;
    this.kind = kind;
    this.initiator = initiator;
    this.delayMs = delayMs;
    const [first, second] = prints ?? [null, null];
    this.fingerprints =
      first === null ? null : initiator ? { local: first, remote: second } : { local: second, remote: first };
  }

  /** Of no use any more, whether its holder knows or not. */
  get isClosed(): boolean {
    return this.#isOver || this.#isLost;
  }

  get sentBytes(): number {
    return this.sizes.reduce((sum, size) => sum + size, 0);
  }

  get bufferedBytes(): number {
    return this.#buffered;
  }

  send(frame: Bytes): void {
    if (this.isClosed) return;
    if (frame.length > FRAME_BYTES_MAX) {
      this.close();
      return;
    }
    this.heard(frame);
    for (const sent of this.tamper(new Uint8Array(frame))) this.#carry(sent);
  }

  /** Past all checks: what a liar does. */
  inject(frame: Bytes): void {
    if (!this.isClosed) this.#carry(frame);
  }

  #carry(frame: Bytes): void {
    this.sizes.push(frame.length);
    this.#buffered += frame.length;
    if (this.#buffered > BUFFERED_BYTES_HIGH) this.#isAboveHigh = true;
    if (this.#held === null) this.#after(this.delayMs, () => this.#arrive(frame));
    else this.#held.push(frame);
  }

  #arrive(frame: Bytes): void {
    this.#buffered -= frame.length;
    const other = this.other!;
    other.whenAwake(() => {
      if (other.isClosed) return;
      other.receivedBytes += frame.length;
      other.#listener?.frame(frame);
    });
    if (this.isClosed || !this.#isAboveHigh || this.#buffered >= BUFFERED_BYTES_LOW) return;
    this.#isAboveHigh = false;
    this.whenAwake(() => this.#listener?.drained());
  }

  /** The other end takes nothing until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const frame of held) this.#after(this.delayMs, () => this.#arrive(frame));
  }

  /** Whoever holds this end gives it up. The other end hears of it, unless the way there is lost. */
  close(): void {
    if (this.#isOver) return;
    this.#end();
    const other = this.other!;
    if (!this.#isLost) this.#after(this.delayMs, () => other.whenAwake(() => other.#hearEnd()));
  }

  /** The network is gone: nothing under way arrives, both ends hear that it is over. */
  cut(): void {
    this.#hearEnd();
    this.other!.#hearEnd();
  }

  /** The way is lost at this end without a word, as with a crash: neither end hears anything ever again, and each has to
   * find out by itself. */
  vanish(): void {
    this.#isLost = true;
  }

  #hearEnd(): void {
    if (!this.#isLost) this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#after(0, () =>
      this.whenAwake(() => {
        this.#listener?.closed();
        this.ended();
      }),
    );
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
  }
}

export interface WireOptions {
  readonly kind?: PeerLink["kind"];
  readonly delayMs?: number;
  /** As the initiator sees them, then as the other sees them; null for a link that is not encrypted by itself. */
  readonly fingerprints?: readonly [Fingerprints, Fingerprints] | null;
}

const PRINTS: Fingerprints = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

/** The initiator's end, then the other. */
export function wires(after: After, options: WireOptions = {}): readonly [Wire, Wire] {
  const { kind = "webrtc", delayMs = 5 } = options;
  const prints = options.fingerprints === undefined ? ([PRINTS, PRINTS] as const) : options.fingerprints;
  const ends = [
    new Wire(after, kind, true, prints?.[0] ?? null, delayMs),
    new Wire(after, kind, false, prints?.[1] ?? null, delayMs),
  ] as const;
  ends[0].other = ends[1];
  ends[1].other = ends[0];
  return ends;
}
