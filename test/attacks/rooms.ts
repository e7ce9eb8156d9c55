// A simulated room for the attacks on links and disks: Alice, Bob and Carol are linked to each other and hold one text;
// Mallory has the link as well, and speaks by hand.

import type { Replica } from "../../src/crdt/index.ts";
import { runOf, type SignedChange } from "../../src/sync/protocol.ts";
import { begin, Key, type Letter, newcomer, type Person, verify } from "../crdt/people.ts";
import { meet, type Puppet, type PuppetOptions } from "../sync/puppet.ts";
import { type WireOptions, wires } from "../sync/wires.ts";
import { type Tab, World } from "../sync/world.ts";

export interface Room {
  readonly world: World;
  readonly alice: Tab;
  readonly bob: Tab;
  readonly carol: Tab;
  readonly honest: readonly [Tab, Tab, Tab];
}

/** All of them hold "Hello" and a quiet second has passed. */
export function room(seed = 1): Room {
  const world = new World(seed);
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const bob = world.join("Bob", alice);
  const carol = world.join("Carol", alice);
  world.connect(alice, bob);
  world.connect(alice, carol);
  world.connect(bob, carol);
  world.run(2_000);
  return { world, alice, bob, carol, honest: [alice, bob, carol] };
}

/** Mallory at the other end of a new link to a tab. */
export function mallory(
  { world }: Room,
  tab: Tab,
  options: Partial<PuppetOptions> = {},
  wire: WireOptions = {},
): Puppet {
  const { doc } = tab.replica;
  const key = options.key ?? new Key("Mallory");
  const whole = { doc, inviteSeed: world.link.seed, ...options, key };
  return meet(world, tab, wires(world.after, wire), whole);
}

export function lettersOf(replica: Replica): Letter[] {
  return [...replica.changes()].map(({ change, bytes, signature }) => ({
    id: change.id,
    bytes,
    signature: signature!,
  }));
}

/** Somebody with the link and all that a tab holds, to make changes with. */
export function editor(name: string, tab: Tab): Person {
  const owner = begin("nobody in particular");
  const person = newcomer(name, { ...owner, replica: tab.replica } as Person, tab.world.link);
  for (const { id } of tab.replica.changes()) {
    if (person.replica.has(id)) continue;
    // What came in a run has no signature of its own.
    const { changes, signature } = tab.replica.proofOf(id)!;
    const inspected = person.replica.inspectRun(changes, signature);
    if (inspected.ok) person.replica.admitRun(inspected, inspected.questions.map(verify), "a tab");
  }
  return person;
}

/** Each by itself, as a run of one. */
export const changes = (letters: readonly SignedChange[]) =>
  ({ type: "changes", runs: letters.map(runOf) }) as const;

export const texts = (tabs: readonly Tab[]): string[] => tabs.map(({ text }) => text);
