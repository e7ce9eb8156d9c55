// The comparisons by ranges (ranges.ts) on one link. To list what is held takes a look at every change, and a message that asks
// for it a few bytes: so a list is kept for a while, and what is compared is what was held when it was made. After an answer the
// link rests as after a comparison of lanes (claims.ts); what is not answered then is found the next time.

import type { Bytes, Slot } from "../crdt/index.ts";
import { COMPARED_REST_MS, RANGES_ANSWERED_MAX, RESEND_MS } from "./limits.ts";
import type { PeerHostOf } from "./peer-host.ts";
import type { Message, Range } from "./protocol.ts";
import { Ranges } from "./ranges.ts";

/** A remote end (peer.ts). */
interface End {
  readonly tagKey: Bytes;
  send(message: Extract<Message, { type: "ranges" }>): void;
  offer(slots: readonly Slot[], since: number): void;
  demerit(): void;
}

export class Ranging<Peer extends End> {
  readonly #peer: Peer;
  readonly #host: Pick<PeerHostOf<Peer>, "now" | "replica" | "heldFor" | "reachOf">;
  #ranges: Ranges | null = null;
  /** What they might hear when it was made. */
  #reach = "";
  #keptUntil = 0;
  #restsUntil = 0;
  /** When messages were answered, of late. */
  #answeredAt: number[] = [];

  constructor(peer: Peer, host: Pick<PeerHostOf<Peer>, "now" | "replica" | "heldFor" | "reachOf">) {
    this.#peer = peer;
    this.#host = host;
  }

  /** Says the first thing, to those who may read. */
  begin(): void {
    const whole = this.#held?.whole;
    if (whole !== undefined) this.#peer.send({ type: "ranges", ranges: [whole] });
  }

  heard(theirs: readonly Range[]): void {
    const { now } = this.#host;
    this.#answeredAt = [...this.#answeredAt.filter(at => now - at < RESEND_MS), now];
    if (this.#answeredAt.length > RANGES_ANSWERED_MAX) {
      this.#peer.demerit();
      return;
    }
    const held = now < this.#restsUntil ? null : this.#held;
    if (held === null) return;
    const { ranges, missing } = held.answer(theirs);
    this.#restsUntil = now + missing.length * COMPARED_REST_MS;
    if (ranges !== null) this.#peer.send({ type: "ranges", ranges });
    this.#peer.offer(missing, now - RESEND_MS);
  }

  get #held(): Ranges | null {
    const { now, replica } = this.#host;
    const reach = this.#host.reachOf(this.#peer);
    if (now < this.#keptUntil && reach === this.#reach) return this.#ranges;
    const held = this.#host.heldFor(this.#peer);
    this.#ranges = held && new Ranges(this.#peer.tagKey, replica.ground.graph, held);
    this.#reach = reach;
    this.#keptUntil = now + Math.max(RESEND_MS, (held?.length ?? 0) * COMPARED_REST_MS);
    return this.#ranges;
  }

  /** Lets go of a list that is not looked at any more. */
  tick(now: number): void {
    if (now >= this.#keptUntil) this.#ranges = null;
  }
}
