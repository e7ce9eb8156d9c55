// Goal: what two who meet say beyond what they lack of each other is bounded, for equals, for lanes that moved, for two that
// parted 10,000 changes ago, and for forks deep in a lane. Method: real sessions over a link that counts, against the naive
// difference, packed by somebody who knows beforehand what is missing. Bytes are asserted, time is not.
import { describe, expect, test } from "vitest";
import type { ChangeId, Replica } from "../../src/crdt/index.ts";
import { Outbox } from "../../src/sync/outbox.ts";
import { encodeMessage } from "../../src/sync/protocol.ts";
import { copyOf, deliver, gather, type Person } from "../crdt/people.ts";
import { lackedBy } from "../model/naive-difference.ts";
import { Profile, type Tab, World } from "./world.ts";

/** Bytes for each lane in a claim. */
const LANE_BYTES = 16;
/** Bytes that nobody counts: a presence, counts of what was taken, heads of messages. */
const CONSTANT_BYTES = 150;
/** Of a claim with all lanes, each end says it at most once. */
const claimBytes = (lanes: number) => LANE_BYTES * lanes;
const SHARE = 1.3;

const write = (person: Person, times = 1) => {
  for (let i = 0; i < times; i++)
    person.write(root => root.text("body").insert(root.text("body").length, "words "));
};

/** A page of somebody, on a disk that holds what they hold. */
function pageOf(world: World, { name, replica }: Person): Tab {
  const profile = new Profile(world, name);
  profile.doc = replica.doc;
  const rows = [...replica.changes()].map(({ id, bytes, signature }) => ({ id, bytes, signature }));
  const { seq, id } = replica.ownHead!;
  profile.disk.journal = { head: { seq, id }, rows };
  return profile.open();
}

interface Met {
  /** Bytes by either end after the handshake, what two of them say of themselves included. */
  readonly said: readonly [number, number];
  /** Changes that either end sent, and those that the other lacked. */
  readonly sent: readonly [number, number];
  readonly lacked: readonly [number, number];
  /** Bytes of what the other lacked, in the messages of somebody who knew it beforehand. */
  readonly packed: readonly [number, number];
  /** Bytes of the longer proof that a device is two-faced, if one was sent: its length is that of the runs it stands on. */
  readonly proofBytes: number;
}

/** They meet until they hold the same. */
function meet(a: Person, b: Person): Met {
  const world = new World(1, false);
  const lacked = [lackedBy(b.replica, a.replica), lackedBy(a.replica, b.replica)] as const;
  const packed = [packedBytes(a.replica, lacked[0]), packedBytes(b.replica, lacked[1])] as const;
  const tabs = [pageOf(world, a), pageOf(world, b)] as const;
  const ends = world.connect(...tabs);
  const isOne = () => tabs[0].replica.heads.join() === tabs[1].replica.heads.join();
  expect(world.runUntil(() => isOne() && tabs.every(tab => tab.isStill), 60_000)).toBe(true);
  world.run(1_000);
  expect(world.toldTooEarly).toEqual([]);
  const sent = tabs.map(({ name }) =>
    world.log.lines
      .filter(({ who, what }) => who === name && /^changes /.test(what))
      .reduce((sum, { what }) => sum + Number(what.slice(8)), 0),
  );
  const said = ends.map(({ sizes }) => sizes.slice(2).reduce((sum, size) => sum + size, 0));
  return {
    said: said as [number, number],
    sent: sent as [number, number],
    lacked: [lacked[0].length, lacked[1].length],
    packed,
    proofBytes: Math.max(
      0,
      ...tabs.flatMap(({ replica, said }) =>
        said.fork === 0
          ? []
          : replica.forks.all.map(({ device }) => replica.forks.proofOf(device)?.length ?? 0),
      ),
    ),
  };
}

function packedBytes(replica: Replica, ids: readonly ChangeId[]): number {
  const outbox = new Outbox(new Uint8Array(32), (queue, from, isNamed, room) =>
    replica.runs.next(queue, from, () => true, isNamed, room),
  );
  const missing = new Set(ids);
  const before = ids.flatMap(id => replica.get(id)!.change.prev ?? []).filter(id => !missing.has(id));
  outbox.name(before);
  outbox.offer(
    ids.map(id => replica.ground.graph.slotOf(id)!),
    Number.NEGATIVE_INFINITY,
  );
  let bytes = 0;
  while (!outbox.isEmpty) bytes += encodeMessage({ type: "changes", runs: outbox.next() }).length;
  return bytes;
}

/** Alice and Bob, and so many others whose lanes both hold. */
function crowd(lanes: number): [Person, Person, ...Person[]] {
  const names = ["Alice", "Bob", ...Array.from({ length: lanes - 2 }, (_, i) => `Carol ${i}`)];
  const people = gather(...names) as [Person, Person, ...Person[]];
  // Of more heads than a change names the next one would be many.
  for (let i = 0; i < lanes; i += 10) {
    write(people[0]);
    for (const other of people.slice(1)) deliver(people[0], other);
  }
  return people;
}

function expectBounds({ said, packed }: Met, moreBytes: number): void {
  for (const i of [0, 1] as const)
    expect(said[i]).toBeLessThanOrEqual(SHARE * packed[i] + moreBytes + CONSTANT_BYTES);
}

describe("two who meet", () => {
  test.each([2, 9, 10, 30])(
    "and hold the same %i lanes say at most 150 bytes each",
    lanes => {
      const [alice, bob] = crowd(lanes);
      const { said, sent } = meet(alice, bob);
      console.log(`${lanes} lanes: ${said.join(" and ")} bytes`);
      expect(sent).toEqual([0, 0]);
      expect(Math.max(...said)).toBeLessThanOrEqual(150);
    },
    60_000,
  );

  test.each([
    [9, 1],
    [9, 7],
    [30, 1],
    [30, 15],
  ])(
    "of %i lanes with %i that moved say what is missing and 16 bytes for each lane",
    (lanes, moved) => {
      const [alice, bob, ...others] = crowd(lanes);
      for (const other of others.slice(0, moved)) {
        write(other);
        deliver(other, alice);
      }
      const met = meet(alice, bob);
      console.log(
        `${lanes} lanes, ${moved} moved: ${met.said.join(" and ")}, missing ${met.packed.join(" and ")}`,
      );
      expect(met.sent).toEqual(met.lacked);
      expect(met.lacked).toEqual([moved, 0]);
      // Who lacked them names the lanes that moved since once more, when they are stored.
      expectBounds(met, claimBytes(lanes) + claimBytes(moved));
    },
    60_000,
  );

  test("and parted 10,000 changes ago say little beside them", () => {
    const [alice, bob] = crowd(5);
    write(alice, 10_000);
    write(bob, 10_000);
    const met = meet(alice, bob);
    console.log(`10,000 each: ${met.said.join(" and ")}, missing ${met.packed.join(" and ")}`);
    expect(met.lacked).toEqual([10_000, 10_000]);
    expect(met.sent).toEqual(met.lacked);
    expectBounds(met, claimBytes(5) * 2);
  }, 240_000);

  test.each([
    [1, 1],
    [100, 1],
    [100, 100],
    [1_000, 40],
  ])(
    "with a fork %i and %i changes from the ends of a lane of thousands find it",
    (left, right) => {
      const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
      write(mallory, 3_000);
      const twin = copyOf(mallory);
      write(mallory, left);
      write(twin, right);
      deliver(mallory, alice);
      deliver(twin, bob);
      const met = meet(alice, bob);
      console.log(
        `${left} and ${right}: ${met.said.join(" and ")} bytes, missing ${met.packed.join(" and ")}; ` +
          `changes ${met.sent.join(" and ")}`,
      );
      for (const i of [0, 1] as const) expect(met.sent[i]).toBeLessThanOrEqual(SHARE * met.lacked[i] + 1);
      // Rungs of both faces, and a proof of them.
      const rungs = Math.ceil(Math.log(3_000) / Math.log(1.25)) + 10;
      expectBounds(met, LANE_BYTES * 2 * rungs + met.proofBytes);
    },
    120_000,
  );
});
