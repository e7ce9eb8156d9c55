// What the screen is told about people on every change of a document: who is here, why one cannot write, how much is set
// aside. What more is to be said of them comes when somebody looks (opened-people.ts, opened-devices.ts).

import type { DeviceId, Replica } from "../../crdt/index.ts";
import type { DocumentRecord } from "../ports.ts";
import type { Session } from "../session.ts";
import type { AsideCount, Hindrance, Person, Verification } from "../view.ts";
import type { Verified } from "./verified.ts";

/** Me first, then those who are here, then members who are not; stable order. `name`: my own. */
export function listed(
  replica: Replica,
  session: Session,
  name: string | null,
  verified: Verified,
): Person[] {
  const people: Person[] = [{ key: replica.device, name, me: true, path: null }];
  const add = (key: DeviceId, path: Person["path"]): void => {
    if (people.some(person => person.key === key)) return;
    const person: Person = { key, name: nameOf(replica, session, key), me: false, path };
    const verification = verificationOf(replica, verified, person);
    people.push(verification === null ? person : { ...person, verification });
  };
  const present = session.openPeers().toSorted((a, b) => (a.device! < b.device! ? -1 : 1));
  for (const peer of present) add(peer.device!, peer.link.kind === "relay" ? "relay" : "direct");
  for (const { device } of session.distant?.presences() ?? []) add(device, "others");
  for (const { device, role, isRecovery } of replica.members)
    if (role !== null && !isRecovery) add(device, null);
  return people;
}

function verificationOf(replica: Replica, verified: Verified, { key, name }: Person): Verification | null {
  // Mostly nobody was verified, and this is asked at every keystroke.
  if (verified.isEmpty) return null;
  const { people, device } = replica;
  if (people.personOf(key as DeviceId) === people.personOf(device)) return null;
  return verified.of(key, devicesOf(replica, key as DeviceId), name);
}

/** Of the person whose a device is, disowned ones and recovery keys included: all of them were theirs. */
export function devicesOf({ people, members }: Replica, device: DeviceId): readonly DeviceId[] {
  const person = people.personOf(device);
  const devices = members.filter(member => member.person === person).map(member => member.device);
  return devices.length === 0 ? [device] : devices;
}

/** What a device calls itself; where it never did, what another one of its person does. */
export function nameOf({ people, members }: Replica, session: Session, device: DeviceId): string | null {
  const own = session.claimedName(device);
  if (own !== null) return own;
  const person = people.personOf(device);
  return members.find(other => other.person === person && other.name !== null)?.name ?? null;
}

export function hindranceOf(replica: Replica): Hindrance | null {
  const { hasGenesis, mayWrite, role, people, device, cameBy } = replica;
  if (!hasGenesis || mayWrite) return null;
  if (people.isDisowned(device)) return "disowned";
  // Whoever was raised has a role all the same.
  if (people.hasFallen(device)) return "fell";
  if (role !== null) return "role";
  if (people.endsOf(device).length > 0) return "removed";
  return cameBy === null ? "role" : people.endsOf(cameBy).length > 0 ? "revoked" : "unknown-link";
}

/** Whether what is written here is taken, or kept until it is. */
export function mayType({ mayWrite, people, device }: Replica): boolean {
  return mayWrite || people.hasFallen(device);
}

/** Edits of mine that a device is not known to hold; null for one that never said. */
export function lackedBy(session: Session, device: DeviceId): number | null {
  const isLinked = session.openPeers().some(peer => peer.device === device);
  return session.delivery.lackedBy(device, isLinked);
}

/** The most that anybody who is linked says to hold of some devices and that is not here, in changes. */
export function unseenOf(replica: Replica, session: Session, devices: ReadonlySet<DeviceId>): number {
  return Math.max(0, ...session.openPeers().map(peer => peer.unseenOf(replica, devices)));
}

/** Whether this device waits for another one to introduce it. Whoever was introduced once is done, disowned or not. */
export function isAsking(replica: Replica, { asking }: Pick<DocumentRecord, "asking">): boolean {
  const { device, people } = replica;
  return asking !== undefined && people.personOf(device) === device && replica.roleOf(device) === null;
}

/** What a device that asks another one shows is the key of the device link, by which it is known there. */
export function provingOf({ asking, inviteSeed }: DocumentRecord) {
  return asking === undefined
    ? { inviteSeed }
    : { inviteSeed: asking.seed, introducer: asking.introducer as DeviceId };
}

/** All that is set aside is looked at when there is more or less of it, and not at each keystroke. */
export class AsideCounter {
  #counted: AsideCount = { count: 0, mine: 0, newestBy: null };

  of({ people, device }: Replica, session: Session): AsideCount {
    if (people.asideCount === this.#counted.count) return this.#counted;
    const authors = people.aside.map(({ author }) => author);
    const key = authors.at(-1);
    this.#counted = {
      count: authors.length,
      mine: authors.filter(author => author === device).length,
      newestBy: key === undefined ? null : { key, name: session.claimedName(key) },
    };
    return this.#counted;
  }
}
