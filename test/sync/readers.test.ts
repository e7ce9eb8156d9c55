// Goal: who was removed is told of each lane the newest change that they may hear of. Method: people of the core's tests, and a
// walk down each chain, one change at a time.
import { expect, test } from "vitest";
import type { Slot } from "../../src/crdt/index.ts";
import { type Asker, Readers } from "../../src/sync/readers.ts";
import { claim } from "../../src/sync/reconcile.ts";
import { copyOf, deliver, gather, type Person } from "../crdt/people.ts";

const KEY = new Uint8Array(32).fill(5);

function write(person: Person, count: number): void {
  for (let i = 0; i < count; i++) person.write(root => root.text("body").insert(0, person.name[0]!));
}

test("what is said to somebody who was removed by two, beside a two-faced device, is what a walk down each chain finds", () => {
  const [alice, bob, carol, mallory] = gather("Alice", "Bob", "Carol", "Mallory");
  alice.replica.people.setRole(carol.device, "admin");
  alice.close();
  write(mallory, 3);
  const twin = copyOf(mallory);
  write(mallory, 2);
  write(twin, 2);
  const third = copyOf(twin);
  write(twin, 2);
  for (const face of [mallory, twin]) deliver(face, alice);
  alice.takeIn();
  deliver(alice, carol);
  // Two go on from what is taken in, one parts from a face below where that is, one above.
  write(mallory, 3);
  write(twin, 3);
  write(third, 5);
  const fourth = copyOf(twin);
  write(twin, 1);
  write(fourth, 2);
  write(bob, 2);
  write(carol, 2);
  for (const one of [alice, carol]) {
    one.replica.people.dismiss(bob.device);
    one.close();
    write(one, 4);
  }
  for (const one of [bob, carol, mallory, twin, third, fourth]) deliver(one, alice);
  const { replica } = alice;
  const { graph } = replica.ground;
  expect(graph.lanesOf(mallory.device)).toHaveLength(4);

  const readers = new Readers(replica, () => 0);
  const asker: Asker = {
    device: bob.device,
    invite: null,
    isGreeted: false,
    isOpen: true,
    link: {},
    toldEnds: "",
    claimOf: (of, without, newest) => claim(of, KEY, without, newest),
  };
  const reach = readers.reach(asker);
  expect(reach).toHaveProperty("ends.length", 2);
  const walked = (held: ReadonlySet<Slot>) =>
    replica.laneTips.flatMap(({ slot }) => {
      let at = slot;
      while (at >= 0 && (held.has(at) || !readers.mayHear(asker, reach, at))) at = graph.prevOf(at);
      return at < 0 ? [] : [graph.idAt(at)];
    });
  const order = [...graph.order];
  for (const held of [[], order.slice(-9), order.filter(slot => slot % 3 === 0), order])
    expect(readers.claimFor(asker, new Set(held)).map(({ id }) => id)).toEqual(walked(new Set(held)));
});
