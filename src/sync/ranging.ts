// The comparisons by ranges (ranges.ts) on one link. To list what is held takes a look at every change, and a message that asks
// for it a few bytes: so a list is kept for a while, what is compared is what was held when it was made, and links take turns in
// making one. After an answer the link rests as after a comparison of lanes (claims.ts); what is not answered then is found the
// next time.

import type { Slot } from "../crdt/index.ts";
import { COMPARED_REST_MS, LISTED_REST_MS, RANGES_ANSWERED_MAX, RESEND_MS } from "./limits.ts";
import type { PeerHostOf } from "./peer-host.ts";
import type { Bytes } from "./ports.ts";
import type { Message, Range } from "./protocol.ts";
import { Ranges } from "./ranges.ts";

/** A remote end (peer.ts). */
interface End {
  readonly tagKey: Bytes;
  send(message: Extract<Message, { type: "ranges" }>): void;
  offer(slots: readonly Slot[], since: number): void;
  demerit(): void;
}

type Host<Peer> = Pick<PeerHostOf<Peer>, "now" | "replica" | "heldFor" | "reachOf" | "lists">;

export class Ranging<Peer extends End> {
  readonly #peer: Peer;
  readonly #host: Host<Peer>;
  #ranges: Ranges | null = null;
  /** What they might hear when it was made. */
  #reach = "";
  #keptUntil = 0;
  #restsUntil = 0;
  /** When messages were answered, of late. */
  #answeredAt: number[] = [];
  /** What is to be answered when it is this link's turn to make a list; or the first thing is to be said then. */
  #owed: readonly Range[] | "first" | null = null;

  constructor(peer: Peer, host: Host<Peer>) {
    this.#peer = peer;
    this.#host = host;
  }

  /** Says the first thing, to those who may read. */
  begin(): void {
    this.#owed = "first";
    this.#pay();
  }

  heard(theirs: readonly Range[]): void {
    const { now } = this.#host;
    this.#answeredAt = [...this.#answeredAt.filter(at => now - at < RESEND_MS), now];
    if (this.#answeredAt.length > RANGES_ANSWERED_MAX) {
      this.#peer.demerit();
      return;
    }
    if (now < this.#restsUntil) return;
    this.#owed = theirs;
    this.#pay();
  }

  #pay(): void {
    const owed = this.#owed;
    if (owed === null || !this.#list()) return;
    this.#owed = null;
    if (this.#ranges === null) return;
    if (owed === "first") this.#peer.send({ type: "ranges", ranges: [this.#ranges.whole] });
    else this.#answer(this.#ranges, owed);
  }

  #answer(held: Ranges, theirs: readonly Range[]): void {
    const { now } = this.#host;
    const { ranges, missing } = held.answer(theirs);
    this.#restsUntil = now + missing.length * COMPARED_REST_MS;
    if (ranges !== null) this.#peer.send({ type: "ranges", ranges });
    this.#peer.offer(missing, now - RESEND_MS);
  }

  /** Makes the list of what they may hear, where there is none to go by; false while it is not this link's turn. */
  #list(): boolean {
    const { now, replica, lists } = this.#host;
    const reach = this.#host.reachOf(this.#peer);
    if (now < this.#keptUntil && reach === this.#reach) return true;
    if (!lists.take(this, now)) return false;
    const held = this.#host.heldFor(this.#peer);
    this.#ranges = held && new Ranges(this.#peer.tagKey, replica.ground.graph, held);
    this.#reach = reach;
    const count = held?.length ?? 0;
    this.#keptUntil = now + Math.max(RESEND_MS, count * COMPARED_REST_MS);
    lists.rest(now + count * LISTED_REST_MS);
    return true;
  }

  /** Lets go of a list that is not looked at any more. */
  tick(now: number): void {
    if (now >= this.#keptUntil) this.#ranges = null;
    this.#pay();
  }

  /** The link is closed. */
  end(): void {
    this.#owed = null;
    this.#host.lists.leave(this);
  }
}
