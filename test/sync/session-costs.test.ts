// Goal: what a few bytes ask for is bounded: whoever says much, and little at a time, costs no more than they would with less, and
// what they ask is answered in the end. Method: the simulated world with one end of a link spoken by hand (puppet.ts); looks at
// what is held are counted.
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ChangeId } from "../../src/crdt/index.ts";
import {
  COMPARED_REST_MS,
  DEMERITS_MAX,
  IDLE_TICK_MS,
  LANE_REST_MS,
  MESSAGES_A_TURN,
  PONGS_A_TICK,
  PRESENCE_MS,
  RANGES_ANSWERED_MAX,
  RESEND_MS,
} from "../../src/sync/limits.ts";
import { Peer } from "../../src/sync/peer.ts";
import { deviceTag } from "../../src/sync/reconcile.ts";
import { Key } from "../crdt/people.ts";
import { meet, type Puppet } from "./puppet.ts";
import { wires } from "./wires.ts";
import { type Tab, World } from "./world.ts";

let world: World;
let alice: Tab;

beforeEach(() => {
  world = new World();
  alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
});

function puppet(): Puppet {
  return meet(world, alice, wires(world.after), {
    key: new Key("Mallory"),
    doc: alice.replica.doc,
    inviteSeed: world.link.seed,
  });
}

const idsOf = (tab: Tab): ChangeId[] => [...tab.replica.changes()].map(({ id }) => id);

/** Of everything, and not what anybody has. */
const WRONG_SUM = {
  depth: 2 ** 50,
  tag: new Uint8Array(8),
  says: { type: "sum", sum: new Uint8Array(8) },
} as const;
describe("whoever says much", () => {
  test("who lacks very much is offered it by number: nothing is made of each change", () => {
    for (let i = 0; i < 100; i++) {
      alice.write("x");
      world.run(60);
    }
    const offered = vi.spyOn(Peer.prototype, "offer");
    const mallory = puppet();
    const names = vi.spyOn(alice.replica.ground.graph, "idAt");
    // Nothing is packed.
    offered.mockImplementation(() => undefined);
    mallory.say({ type: "have", how: "all", lanes: [] });
    world.run(50);
    const most = Math.max(...offered.mock.calls.map(([changes]) => [...changes].length));
    offered.mockRestore();
    expect(most).toBeGreaterThanOrEqual(100);
    expect(names.mock.calls.length).toBeLessThan(30);
  });

  test("ranges that are asked for without end are passed over beyond a few, and cost demerits", () => {
    const mallory = puppet();
    mallory.say({ type: "have", how: "all", lanes: [] });
    for (let i = 0; i < RANGES_ANSWERED_MAX + DEMERITS_MAX; i++)
      mallory.say({ type: "ranges", ranges: [WRONG_SUM] });
    world.run(1_000);
    expect(mallory.heardOf("ranges")).toHaveLength(RANGES_ANSWERED_MAX);
    expect(mallory.isClosed).toBe(true);
  });

  test("who asks again and again for all of it costs a look at all of it once, and then no more than a rest allows", () => {
    for (let i = 0; i < 600; i++) {
      alice.write("x");
      world.run(60);
    }
    const { replica } = alice;
    const { size } = replica;
    let looked = 0;
    const slotsSince = replica.slotsSince.bind(replica);
    vi.spyOn(replica, "slotsSince").mockImplementation(function* (known) {
      for (const slot of slotsSince(known)) {
        looked++;
        yield slot;
      }
    });
    const held = vi.spyOn(alice.session, "heldFor");
    const mallory = puppet();
    world.run(100);
    for (let i = 0; i < RANGES_ANSWERED_MAX; i++) {
      for (const how of ["all", "lost", "more"] as const) mallory.say({ type: "have", how, lanes: [] });
      mallory.say({ type: "frontier", digest: world.luck.bytes(8) }, { type: "ranges", ranges: [WRONG_SUM] });
    }
    world.run(1_000);
    expect(mallory.isClosed).toBe(false);
    expect(mallory.heardOf("ranges")).toHaveLength(RANGES_ANSWERED_MAX);
    expect(mallory.changes).toBeGreaterThanOrEqual(size);
    expect(held).toHaveBeenCalledTimes(1);
    // Once at first, and again after each rest: 0.1 ms for each change that they seem to lack.
    expect(looked).toBeLessThanOrEqual(size * (1 + 1_000 / (size * COMPARED_REST_MS)));
    // Who names nothing of all that is held is offered it once in a while, too.
    const offered = vi.spyOn(Peer.prototype, "offer");
    const nothing = { ...WRONG_SUM, says: { type: "holds", tags: [] } } as const;
    world.run(RESEND_MS);
    offered.mockClear();
    for (let i = 0; i < RANGES_ANSWERED_MAX; i++) mallory.say({ type: "ranges", ranges: [nothing] });
    world.run(20);
    const counted = offered.mock.calls.reduce((sum, [slots]) => sum + slots.length, 0);
    expect(counted).toBeGreaterThanOrEqual(size);
    expect(counted).toBeLessThan(1.5 * size);
    offered.mockRestore();
  });

  test("a flood of messages of a few bytes has lanes looked at now and then, and what was asked is answered after it", () => {
    const mallory = puppet();
    mallory.say({ type: "have", how: "all", lanes: [] });
    world.run(1_000);
    const looks = vi.spyOn(alice.replica, "laneTips", "get");
    for (let i = 0; i < 500; i++)
      mallory.say(
        { type: "have", how: "more", lanes: [] },
        { type: "frontier", digest: world.luck.bytes(8) },
      );
    mallory.say({ type: "have", how: "lost", lanes: [] });
    world.run(20);
    expect(mallory.isClosed).toBe(false);
    // 0.2 ms for each lane, in 20.
    expect(looks.mock.calls.length).toBeLessThan(250);
    world.run(1_000);
    expect(mallory.changes).toBeGreaterThanOrEqual(2 * idsOf(alice).length);
  });

  test("what is said to somebody who was removed costs no more the more was written since", () => {
    const bob = world.join("Bob", alice);
    world.connect(alice, bob);
    world.run(1_000);
    bob.write("!");
    world.run(1_000);
    bob.leave();
    alice.act(session => {
      session.amend(({ people }) => people.dismiss(bob.replica.device));
      session.flush();
    });
    for (let i = 0; i < 300; i++) {
      alice.write("x");
      world.run(60);
    }
    const key = bob.profile.key;
    const mallory = meet(world, alice, wires(world.after), { key, doc: alice.replica.doc, inviteSeed: null });
    const { ground, people } = alice.replica;
    const looks = [vi.spyOn(ground.graph, "prevOf"), vi.spyOn(people, "isBelow")];
    const asked = vi.spyOn(alice.session, "claimFor");
    for (let i = 0; i < 20; i++) {
      mallory.say({ type: "frontier", digest: world.luck.bytes(8) });
      world.run(300);
    }
    expect(mallory.isClosed).toBe(false);
    expect(asked.mock.calls.length).toBeGreaterThanOrEqual(20);
    for (const look of looks) expect(look.mock.calls.length).toBeLessThan(100);
  });

  test("whether somebody may read who came by a link is seen without a list of all links and of who joined by them", () => {
    const mallory = puppet();
    mallory.say({ type: "have", how: "all", lanes: [] });
    world.run(1_000);
    const { people, ground } = alice.replica;
    const looks = [vi.spyOn(people, "links", "get"), vi.spyOn(ground.members.current, "isDone")];
    const heard = vi.spyOn(alice.session, "message");
    for (let i = 0; i < 100; i++) mallory.say({ type: "have", how: "more", lanes: [] });
    world.run(100);
    expect(heard.mock.calls.length).toBeGreaterThanOrEqual(100);
    for (const look of looks) expect(look).not.toHaveBeenCalled();
  });

  test("a flood of “lost” does not have what was sent looked through each time, and all of it is sent again after it", () => {
    for (let i = 0; i < 300; i++) {
      alice.write("x");
      world.run(60);
    }
    const { size } = alice.replica;
    const mallory = puppet();
    mallory.say({ type: "have", how: "all", lanes: [] });
    world.run(1_000);
    const sent = mallory.changes;
    expect(sent).toBeGreaterThanOrEqual(size);
    let looked = 0;
    const iterate = Map.prototype[Symbol.iterator];
    vi.spyOn(Map.prototype, Symbol.iterator).mockImplementation(function (this: Map<unknown, unknown>) {
      looked += this.size;
      return iterate.call(this);
    });
    for (let i = 0; i < 100; i++) {
      mallory.say({ type: "have", how: "lost", lanes: [] });
      world.run(10);
    }
    vi.mocked(Map.prototype[Symbol.iterator]).mockRestore();
    expect(mallory.isClosed).toBe(false);
    expect(looked).toBeLessThan(3 * size);
    world.run(1_000);
    expect(mallory.changes).toBeGreaterThanOrEqual(sent + size);
  });

  test("rungs of devices that nobody knows are not remembered", () => {
    const mallory = puppet();
    mallory.say({ type: "have", how: "all", lanes: [] });
    world.run(1_000);
    let largest = 0;
    const { add } = Set.prototype;
    vi.spyOn(Set.prototype, "add").mockImplementation(function (this: Set<unknown>, item) {
      add.call(this, item);
      largest = Math.max(largest, this.size);
      return this;
    });
    let named = 0;
    for (let i = 0; i < 30; i++) {
      const lanes = Array.from({ length: 100 }, () => ({
        device: (++named).toString(16).padStart(8, "0"),
        seq: 1,
        tag: new Uint8Array(8),
      }));
      mallory.say({ type: "have", how: "rungs", lanes });
      world.run(100);
    }
    vi.mocked(Set.prototype.add).mockRestore();
    expect(mallory.isClosed).toBe(false);
    // Those of one message.
    expect(largest).toBe(100);
  });

  test("rungs asked for without end are named as the rest after them allows, and what was asked meanwhile is answered after it", () => {
    for (let i = 0; i < 200; i++) {
      alice.write("x");
      world.run(60);
    }
    const mallory = puppet();
    const device = deviceTag(mallory.keys!.tags, alice.replica.device);
    const lane = { device, seq: 1, tag: new Uint8Array(8) };
    // Whoever holds less than before may be named all of them anew.
    const ask = (): void =>
      mallory.say(
        { type: "have", how: "all", lanes: [{ ...lane, device: "00000000" }] },
        { type: "have", how: "all", lanes: [] },
        { type: "have", how: "rungs", lanes: [lane] },
      );
    const answers = (): readonly number[] =>
      mallory.heardOf("have").flatMap(({ how, lanes }) => (how === "rungs" ? [lanes.length] : []));
    ask();
    world.run(50);
    expect(answers()).toHaveLength(1);
    for (let i = 0; i < 500; i++) {
      ask();
      world.run(1);
    }
    const named = answers().reduce((sum, count) => sum + count, 0);
    // 0.2 ms for each of them.
    expect(named).toBeLessThanOrEqual(answers()[0]! + 550 / LANE_REST_MS);
    world.run(1_000);
    const calm = answers().length;
    // It comes within the rest after the claims before it.
    ask();
    world.run(1_000);
    expect(answers()).toHaveLength(calm + 1);
    expect(mallory.isClosed).toBe(false);
  });

  test("a flood of pings is answered a few times between two ticks, and a ping after it is answered too", () => {
    const mallory = puppet();
    world.run(1_000);
    const answered = (): number => mallory.heardOf("pong").length;
    const before = answered();
    for (let i = 0; i < 500; i++) {
      mallory.say({ type: "ping" });
      world.run(1);
    }
    expect(answered() - before).toBeGreaterThan(0);
    expect(answered() - before).toBeLessThanOrEqual(PONGS_A_TICK * (1 + 500 / IDLE_TICK_MS));
    world.run(1_000);
    const calm = answered();
    mallory.say({ type: "ping" });
    world.run(50);
    expect(answered()).toBe(calm + 1);
  });

  test("a flood of presences has names and carets drawn now and then, and the newest in the end", () => {
    const mallory = puppet();
    world.run(1_000);
    const before = alice.presences;
    for (let i = 0; i < 500; i++) {
      mallory.say({ type: "presence", presence: { name: `Mallory ${i}`, caret: null } });
      world.run(1);
    }
    expect(alice.presences - before).toBeGreaterThan(3);
    expect(alice.presences - before).toBeLessThanOrEqual(1 + 500 / PRESENCE_MS);
    world.run(PRESENCE_MS);
    const told = alice.presences;
    world.run(1_000);
    expect(alice.presences).toBe(told);
    expect([...alice.session.presences()].map(({ presence }) => presence.name)).toEqual(["Mallory 499"]);
  });

  test("ranges of somebody whose link was ended are answered by what they may hear now, not by the list made before", () => {
    const held = vi.spyOn(alice.session, "heldFor");
    const mallory = puppet();
    world.run(100);
    for (const asked of [1, 1]) {
      mallory.say({ type: "ranges", ranges: [WRONG_SUM] });
      world.run(100);
      expect(held).toHaveBeenCalledTimes(asked);
    }
    alice.act(session => {
      session.amend(({ people }) => people.revoke(world.link.id));
      session.flush();
    });
    world.run(500);
    mallory.say({ type: "ranges", ranges: [WRONG_SUM] });
    world.run(100);
    expect(held).toHaveBeenCalledTimes(2);
  });

  test("a whole document goes out in turns, between which the page may draw", () => {
    for (let i = 0; i < 900; i++) {
      alice.write(String(i).repeat(20));
      world.run(60);
    }
    const mallory = puppet();
    world.run(100);
    mallory.say({ type: "have", how: "all", lanes: [] });
    const messages: number[] = [];
    for (let i = 0; i < 60; i++) {
      world.run(1);
      messages.push(mallory.heardOf("changes").length);
    }
    const most = Math.max(...messages.map((count, i) => count - (messages[i - 1] ?? 0)));
    expect(messages.at(-1)).toBeGreaterThan(2 * MESSAGES_A_TURN);
    expect(most).toBeLessThanOrEqual(MESSAGES_A_TURN);
    expect(mallory.changes).toBe(alice.replica.size);
  });
});
