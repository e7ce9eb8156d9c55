// Who holds what I wrote, as far as they said so themselves. Other devices of mine are nobody else. A change is with nobody at first, and every keystroke makes
// one; a status that counted only who holds the very newest would fall and rise with each key and not be read. So who is
// linked counts as holding all of mine while nothing that they lack is older than `ON_ITS_WAY_MS`:
//
//     1 2 3 4 5 6 7   my changes         7 is my newest, 5 the newest that should have arrived
//             |due|
//     a . . . . . .   holds 7            holds all of mine, linked or gone
//     b . . . . .     holds 6            holds all of mine while linked
//     c . . .         holds 4            does not

import type { DeviceId, Replica } from "../crdt/index.ts";
import { HOLDERS_OTHER_MAX, ON_ITS_WAY_MS } from "./limits.ts";

export class Delivery {
  /** Per foreign device: the highest of my sequence numbers it is known to hold. Who was heard last stands last. */
  readonly #heldUpTo: Map<DeviceId, number>;
  readonly #otherPerson: (device: DeviceId) => string | null;
  readonly #isMember: (device: DeviceId) => boolean;
  #newest = 0;
  /** The newest of my changes that is older than `ON_ITS_WAY_MS`. */
  #due = 0;
  /** What is younger, oldest first; at most a second of flushes. */
  #young: { readonly seq: number; readonly at: number }[] = [];

  /** `otherPerson`: whose device it is; null for one that does not count. */
  constructor(
    heldUpTo: Readonly<Record<string, number>>,
    otherPerson: (device: DeviceId) => string | null = device => device,
    isMember: (device: DeviceId) => boolean = () => false,
  ) {
    this.#otherPerson = otherPerson;
    this.#isMember = isMember;
    this.#heldUpTo = new Map(Object.entries(heldUpTo) as [DeviceId, number][]);
  }

  /** What was written before this page was opened is on no way. */
  opened(seq: number): void {
    this.#newest = seq;
    this.#due = seq;
    this.#forget();
  }

  /** My newest change is `seq` now; asked again and again, so that what is young grows old. */
  wrote(seq: number, now: number): void {
    if (seq > this.#newest) this.#young.push({ seq, at: now });
    this.#newest = Math.max(this.#newest, seq);
    while (this.#young.length > 0 && now - this.#young[0]!.at >= ON_ITS_WAY_MS)
      this.#due = this.#young.shift()!.seq;
  }

  /** They said so; true if it was news. */
  heard(device: DeviceId, seq: number): boolean {
    const known = this.#heldUpTo.get(device) ?? -1;
    this.#heldUpTo.delete(device);
    this.#heldUpTo.set(device, Math.max(known, seq));
    if (known < 0) this.#forget();
    return known < seq;
  }

  /** A key costs whoever has a link nothing: of those who are no members the last are remembered. */
  #forget(): void {
    const others = [...this.#heldUpTo.keys()].filter(device => !this.#isMember(device));
    for (const device of others.slice(0, -HOLDERS_OTHER_MAX)) this.#heldUpTo.delete(device);
  }

  /** Changes of mine that nobody else is known to hold. */
  get waiting(): number {
    const held = [...this.#heldUpTo].filter(([device]) => this.#otherPerson(device) !== null);
    return Math.max(0, this.#newest - Math.max(0, ...held.map(([, seq]) => seq)));
  }

  /** People who are known to hold anything. */
  get known(): number {
    return this.#personsOf([...this.#heldUpTo.keys()]);
  }

  /** People who hold all of mine, what is on its way to those who are linked not counted. */
  holders(linked: ReadonlySet<DeviceId>): number {
    const holders = [...this.#heldUpTo].filter(
      ([device, seq]) => seq >= this.#newest || (linked.has(device) && seq >= this.#due),
    );
    return this.#personsOf(holders.map(([device]) => device));
  }

  #personsOf(devices: readonly DeviceId[]): number {
    return new Set(devices.map(this.#otherPerson).filter(person => person !== null)).size;
  }

  /** Changes of mine that a device is not known to hold, what is on its way to it not counted; null for one that never said. */
  lackedBy(device: DeviceId, isLinked: boolean): number | null {
    const seq = this.#heldUpTo.get(device);
    return seq === undefined ? null : Math.max(0, (isLinked ? this.#due : this.#newest) - seq);
  }

  get heldUpTo(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#heldUpTo);
  }
}

/** Among those whom a replica knows. */
export function deliveryOf(replica: Replica, heldUpTo: Readonly<Record<string, number>>): Delivery {
  return new Delivery(
    heldUpTo,
    device => otherPerson(replica, device),
    device => replica.roleOf(device) !== null,
  );
}

/** Whose a device is; null if it belongs to the person of this replica, or was removed: nothing waits for it any more. */
function otherPerson({ people, device: own }: Replica, device: DeviceId): string | null {
  if (people.endsOf(device).length > 0) return null;
  const person = people.personOf(device);
  return person === people.personOf(own) ? null : person;
}
