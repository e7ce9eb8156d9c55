// Goal: one claim each way tells the difference exactly; a lying one costs bytes. Method: people of the core's tests,
// and what each lacks of the other by brute force.
import { describe, expect, test } from "vitest";
import type { ChangeId, Slot } from "../../src/crdt/index.ts";
import { LANES_MAX } from "../../src/sync/limits.ts";
import { claim, compare, laneTag, laneTagger, rungsBelow, unseenIn } from "../../src/sync/reconcile.ts";
import { copyOf, deliver, forge, gather, letterOf, type Person } from "../crdt/people.ts";

const KEY = new Uint8Array(32).fill(5);
const NOTHING: ReadonlySet<Slot> = new Set();
const say = (person: Person, without = NOTHING) => claim(person.replica, KEY, without);
const write = (person: Person, text = "x") => person.write(root => root.text("body").insert(0, text));

const graphOf = ({ replica }: Person) => replica.ground.graph;

/** What `from` would send to `to`. */
function sends(from: Person, to: Person): ChangeId[] {
  return compare(from.replica, KEY, say(to)).missing!.map(slot => graphOf(from).idAt(slot));
}

const lacks = (to: Person, from: Person) =>
  [...from.replica.changes()].map(({ change }) => change.id).filter(id => !to.replica.has(id));

describe("a comparison", () => {
  test("of equals finds nothing", () => {
    const [alice, bob] = gather("Alice", "Bob");
    expect(sends(alice, bob)).toEqual([]);
    expect(compare(alice.replica, KEY, say(bob))).toMatchObject({ areAhead: false, ownSeq: 2 });
  });

  test("finds exactly what each lacks, parents first", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    for (let i = 0; i < 5; i++) write(alice);
    for (let i = 0; i < 3; i++) write(bob);
    deliver(bob, carol);
    write(carol);
    for (const from of [alice, bob, carol])
      for (const to of [alice, bob, carol]) expect(sends(from, to)).toEqual(lacks(to, from));
    expect(compare(bob.replica, KEY, say(carol)).areAhead).toBe(true);
  });

  test("gives a newcomer everything", () => {
    const [alice] = gather("Alice", "Bob");
    expect(compare(alice.replica, KEY, []).missing).toHaveLength([...alice.replica.changes()].length);
  });

  test("shortens the hashes of very many as it does that of one", () => {
    const [alice] = gather("Alice", "Bob");
    write(alice);
    const graph = graphOf(alice);
    const tagOf = laneTagger(KEY, graph);
    for (const slot of graph.order)
      expect(tagOf(slot)).toBe(new DataView(laneTag(KEY, graph.idAt(slot)).buffer).getBigUint64(0));
  });

  test("leaves out what is not stored, and what follows it on its lane", () => {
    const [alice] = gather("Alice", "Bob");
    const before = say(alice);
    const letters = [...write(alice), ...write(alice)];
    const slots = letters.map(({ id }) => graphOf(alice).slotOf(id)!);
    expect(say(alice, new Set(slots))).toEqual(before);
    expect(say(alice, new Set(graphOf(alice).order))).toEqual([]);
  });

  test("knows nothing under another key", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const other = claim(bob.replica, new Uint8Array(32), NOTHING);
    expect(compare(alice.replica, KEY, other)).toMatchObject({ areAhead: true, ownSeq: 0 });
  });

  test("says how many changes of some devices a claim has beyond those that are here", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    for (let i = 0; i < 4; i++) write(bob);
    write(carol);
    const devices = new Set([bob.device, alice.device]);
    expect(unseenIn(alice.replica, KEY, [...say(bob), ...say(carol)], devices)).toBe(4);
    expect(unseenIn(bob.replica, KEY, say(alice), devices)).toBe(0);
  });

  test("of more branches than a message holds leaves out loose ones, and no honest change", () => {
    const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
    const branches = Array.from({ length: LANES_MAX + 3 }, (_, i) =>
      forge(mallory, { ops: () => [{ type: "name", name: `face ${i}` }] }),
    );
    alice.receiveAll(branches);
    write(alice);
    expect(say(alice)).toHaveLength(LANES_MAX);
    const sent = sends(alice, bob);
    expect(sent).toHaveLength(LANES_MAX - 1);
    expect(sent).toContain(alice.replica.ownHead!.id);
    for (const id of sent) bob.receive(letterOf(alice.replica.get(id)!));
    expect([sends(alice, bob), sends(bob, alice)]).toEqual([[], []]);
    expect(bob.text()).toBe(alice.text());
    // Whoever counts and stands on one that was left out brings it along.
    const left = alice.replica.laneTips.find(({ id }) => !bob.replica.has(id))!;
    const above = forge(bob, { header: { parents: [left.id] } }, alice);
    expect(alice.receive(above).refused).toEqual([]);
    expect(sends(alice, bob)).toEqual([left.id, above.id]);
  }, 20_000);

  test("of somebody else's face on a deep lane finds by rungs at most a quarter more than what they lack", () => {
    const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
    for (let i = 0; i < 400; i++) write(mallory);
    const twin = copyOf(mallory);
    for (let i = 0; i < 60; i++) write(mallory, "left");
    for (let i = 0; i < 90; i++) write(twin, "right");
    deliver(mallory, alice);
    deliver(twin, bob);
    const told = compare(alice.replica, KEY, say(bob));
    expect(told.areAhead).toBe(true);
    // Bob's number is the higher one: that there is a fork cannot be seen here, and is seen there.
    expect(told.forked).toEqual([]);
    expect(compare(bob.replica, KEY, say(alice)).forked).toEqual([mallory.device]);
    const rungs = say(bob).flatMap(lane => rungsBelow(bob.replica, KEY, lane));
    const { missing, forked } = compare(alice.replica, KEY, [...say(bob), ...rungs]);
    expect(forked).toEqual([mallory.device]);
    const lacking = lacks(bob, alice);
    expect(lacking).toHaveLength(60);
    expect(missing!.map(slot => graphOf(alice).idAt(slot))).toEqual(expect.arrayContaining(lacking));
    expect(missing!.length - lacking.length).toBeLessThanOrEqual(90 / 4);
  });

  test("names rungs that are each at most 1.25 times as far down as the one before, to the first of the lane", () => {
    const [alice] = gather("Alice", "Bob");
    for (let i = 0; i < 500; i++) write(alice);
    const lane = say(alice).find(({ author }) => author === alice.device)!;
    const distances = rungsBelow(alice.replica, KEY, lane).map(({ seq }) => lane.seq - seq);
    expect(distances.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
    for (const [i, far] of distances.entries())
      if (i > 4) expect(far).toBeLessThanOrEqual(1.25 * distances[i - 1]!);
    expect(1.25 * distances.at(-1)!).toBeGreaterThan(lane.seq - 1);
    expect(distances.length).toBeLessThan(30);
  });

  test("brings both branches of a fork to both within a few rounds", () => {
    for (const [left, right] of [
      [1, 1],
      [1, 4],
      [4, 1],
      [3, 3],
    ] as const) {
      const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
      const twin = copyOf(mallory);
      for (let i = 0; i < left; i++) write(mallory, "left");
      for (let i = 0; i < right; i++) write(twin, "right");
      deliver(mallory, alice);
      deliver(twin, bob);
      let rounds = 0;
      for (; lacks(alice, bob).length + lacks(bob, alice).length > 0 && rounds < 9; rounds++) {
        const forth = new Set(sends(alice, bob));
        const back = new Set(sends(bob, alice));
        bob.receiveAll(alice.letters().filter(({ id }) => forth.has(id)));
        alice.receiveAll(bob.letters().filter(({ id }) => back.has(id)));
      }
      expect(rounds, `${left} and ${right}`).toBeLessThanOrEqual(2);
      expect(alice.json).toBe(bob.json);
    }
  });
});
