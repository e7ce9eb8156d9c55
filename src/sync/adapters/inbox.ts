// The receiving half that all links share: frames wait, bounded, until somebody listens; nothing is ever delivered
// from inside a call into the link; `closed` is told once and last. Where frames come from is the link's business.
import { UNHEARD_BYTES_MAX, UNHEARD_FRAMES_MAX } from "../limits.ts";
import type { Bytes, LinkListener } from "../ports.ts";

export class Inbox {
  #listener: LinkListener | null = null;
  #unheard: Bytes[] = [];
  #unheardBytes = 0;
  /** Set one microtask after `listen`: until then frames wait, so that they stay in order. */
  #isFlowing = false;
  #isEnded = false;
  #isClosedTold = false;

  /** Answers false when nobody listened for too long: the link should close. */
  push(frame: Bytes): boolean {
    if (this.#isEnded) return true;
    if (this.#isFlowing) {
      this.#listener?.frame(frame);
      return true;
    }
    this.#unheard.push(frame);
    this.#unheardBytes += frame.length;
    return this.#unheard.length <= UNHEARD_FRAMES_MAX && this.#unheardBytes <= UNHEARD_BYTES_MAX;
  }

  drained(): void {
    if (this.#isFlowing && !this.#isEnded) this.#listener?.drained();
  }

  /** No frame comes after this. Those that nobody heard yet are delivered, unless this side closed the link. */
  end(closedBy: "here" | "there"): void {
    if (closedBy === "here") this.#unheard = [];
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#listener !== null) queueMicrotask(() => this.#flow());
  }

  listen(listener: LinkListener): void {
    if (this.#listener !== null) throw new TypeError("expected a link without a listener: it is set once");
    this.#listener = listener;
    queueMicrotask(() => this.#flow());
  }

  #flow(): void {
    // One by one from the front: a listener may close the link, which empties the rest.
    for (let frame = this.#unheard.shift(); frame !== undefined; frame = this.#unheard.shift()) {
      this.#listener?.frame(frame);
    }
    this.#unheardBytes = 0;
    this.#isFlowing = true;
    if (!this.#isEnded || this.#isClosedTold) return;
    this.#isClosedTold = true;
    this.#listener?.closed();
  }
}
