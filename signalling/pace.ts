// How much one connection may send, and how much may wait for one that does not read. Pure arithmetic: time is an
// argument. The token bucket is the textbook one; it is filled lazily, so an idle connection costs no timer.
import type { ServerLimits } from "./limits.ts";

/** Holds at most `burst` tokens and gains `perSecond` of them; starts full. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes `amount` tokens, or none and says false. */
  take(amount: number, nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs / 1000) * this.#perSecond);
    if (amount > this.#tokens) return false;
    this.#tokens -= amount;
    return true;
  }
}

/** The allowance of one connection: frames and bytes, each with its own bucket. */
export class Allowance {
  readonly #frames: TokenBucket;
  readonly #bytes: TokenBucket;

  constructor(limits: ServerLimits, nowMs: number) {
    this.#frames = new TokenBucket(limits.framesPerSecond, limits.framesBurst, nowMs);
    this.#bytes = new TokenBucket(limits.bytesPerSecond, limits.bytesBurst, nowMs);
  }

  takeFrame(sizeBytes: number, nowMs: number): boolean {
    return this.#frames.take(1, nowMs) && this.#bytes.take(sizeBytes, nowMs);
  }
}

/** What a frame costs while it waits: its bytes, and all that keeps them in a queue. */
export function waitingBytes(limits: ServerLimits, sizeBytes: number): number {
  return sizeBytes + limits.waitingFrameBytes;
}

/** Whether `sizeBytes` more may wait for a receiver that has `waiting` bytes, while all have `waitingInAll`. */
export function mayWait(
  limits: ServerLimits,
  waiting: number,
  waitingInAll: number,
  sizeBytes: number,
): boolean {
  const isFull = waitingInAll + sizeBytes > limits.bufferedBytes;
  const max = isFull ? limits.bufferedBytesPerReceiverWhenFull : limits.bufferedBytesPerReceiver;
  return waiting + sizeBytes <= max;
}
