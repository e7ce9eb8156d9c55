// What of the document may go to whom. A member's device and a holder of a live link get all of it. Who was removed is told
// so: the change that ended it with everything below, which they were let read when it was written, and nothing after. So
// their copy sets aside what the others set aside. Who was let in by somebody who had been removed is told what that one is
// told. Everybody else gets nothing.
//
//     a ── b ── dismisses Bob ── c        Bob gets a, b and the dismissal; not c
//
// A replica that has not heard of a removal cannot act on it. Ends and uses of links are asked for here and nowhere else:
// a courtesy of those who are asked, and no rule (design: "People, devices, links").

import { type ChangeId, type DeviceId, fellBy, type Replica, type Slot } from "../crdt/index.ts";
import type { PeerLink } from "./ports.ts";
import type { Claim } from "./reconcile.ts";

/** Who asks; past the handshake. */
export interface Reader {
  readonly device: DeviceId | null;
  /** The link that they proved to hold. */
  readonly invite: DeviceId | null;
  /** They were let read on this connection. */
  readonly isGreeted: boolean;
}

/** Everything, nothing, or what ended their right to it with what lies below. */
export type Reach = "all" | "nothing" | { readonly ends: readonly ChangeId[] };

/** `now`: milliseconds since 1970. */
export function reachOf(replica: Replica, { device, invite, isGreeted }: Reader, now: number): Reach {
  if (device === null) return "nothing";
  if (replica.roleOf(device) !== null) return "all";
  const { people } = replica;
  if (people.endsOf(device).length > 0) return told(people.endsOf(device));
  if (invite !== null) {
    if (isOpen(replica, invite, isGreeted, now)) return "all";
    // Who comes by a dead link for the first time hears nothing by it.
    const ofLink = isGreeted ? people.endsOf(invite) : [];
    if (ofLink.length > 0) return told(ofLink);
  }
  return people.hasFallen(device) ? told(fellBy(replica.ground, device)) : "nothing";
}

function told(ends: readonly ChangeId[]): Reach {
  return ends.length > 0 ? { ends } : "nothing";
}

function isOpen(replica: Replica, invite: DeviceId, isGreeted: boolean, now: number): boolean {
  const terms = replica.people.termsOf(invite);
  if (terms === null || (terms.expires !== 0 && now >= terms.expires * 1000)) return false;
  return terms.uses === 0 || isGreeted || terms.joins < terms.uses;
}

/** What they wrote themselves is no secret to them. */
export function mayHear(replica: Replica, { device }: Reader, reach: Reach, slot: Slot): boolean {
  if (typeof reach === "string") return reach === "all";
  return replica.people.isBelow(slot, reach.ends) || replica.ground.graph.authorAt(slot) === device;
}

/** The newest that they may hear of, on the way from a change down its chain; -1 is none. */
type NewestHeard = (slot: Slot) => Slot;

/** What lies below ends is of each lane all up to some number: it is looked up there. To go down to it one by one took 100 ms
 * where 20,000 changes had been written since. */
function newestHeard({ ground: { graph } }: Replica, { device }: Reader, reach: Reach): NewestHeard {
  if (typeof reach === "string") return slot => (reach === "all" ? slot : -1);
  const past = graph.past(reach.ends.map(end => graph.slotOf(end)!));
  return slot => {
    if (graph.authorAt(slot) === device) return slot;
    for (let at = slot; at >= 0; at = graph.beforeLane(graph.laneAt(at))) {
      const upTo = past.upTo(graph.laneAt(at));
      if (upTo > 0) return graph.onChain(at, Math.min(upTo, graph.seqAt(at)));
    }
    return -1;
  };
}

/** A remote end (peer.ts). */
export interface Asker extends Reader {
  readonly isOpen: boolean;
  readonly link: Pick<PeerLink, "judged">;
  toldEnds: string;
  claimOf(replica: Replica, without: ReadonlySet<Slot>, newest: NewestHeard): Claim[];
}

/** The same of the peers of one session. */
export class Readers {
  readonly #replica: Replica;
  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(replica: Replica, now: () => number) {
    this.#replica = replica;
    this.#now = now;
  }

  /** Another tab of this profile. */
  isTwin(peer: Asker): boolean {
    return peer.device === this.#replica.device;
  }

  reach(peer: Asker): Reach {
    return peer.isOpen && !this.isTwin(peer) ? reachOf(this.#replica, peer, this.#now()) : "nothing";
  }

  /** Whether content may go to them: a member's device, or a holder of a link that is alive as far as we know. */
  mayRead(peer: Asker): boolean {
    return this.reach(peer) === "all";
  }

  mayHear(peer: Asker, reach: Reach, slot: Slot): boolean {
    return mayHear(this.#replica, peer, reach, slot);
  }

  /** They hold what ended their right to read. */
  told(peer: Asker, ends: readonly ChangeId[]): void {
    peer.toldEnds = ends.join();
    peer.link.judged?.("removed");
  }

  /** They were removed, and know it. */
  isToldOff(peer: Asker): boolean {
    const reach = this.reach(peer);
    return typeof reach !== "string" && peer.toldEnds === reach.ends.join();
  }

  /** What is said to them of what is held here; of `held` nobody is told yet. */
  claimFor(peer: Asker, held: ReadonlySet<Slot>): Claim[] {
    const reach = this.reach(peer);
    if (reach === "nothing") return [];
    return peer.claimOf(this.#replica, held, newestHeard(this.#replica, peer, reach));
  }

  /** The slots of all that may be sent to them of what may be sent at all; null if they may not read. */
  heldFor(peer: Asker, maySend: (slot: Slot) => boolean): readonly Slot[] | null {
    const reach = this.reach(peer);
    if (reach === "nothing") return null;
    const { order } = this.#replica.ground.graph;
    return [...order].filter(slot => maySend(slot) && mayHear(this.#replica, peer, reach, slot));
  }
}
