// Goal: nothing is told before it is stored, nothing stored is lost, and the tabs of one profile write one chain,
// whatever the disk does. Method: the simulated world, with disks that stall, fail, crash, or are emptied.
import { afterEach, describe, expect, test } from "vitest";
import type { StoreError } from "../../src/sync/ports.ts";
import { type Tab, World } from "./world.ts";

let world: World;
afterEach(() => expect(world.toldTooEarly).toEqual([]));

/** Alice's document says "Hello"; Bob holds it too, and they are linked. */
function pair(seed = 1): [Tab, Tab] {
  world = new World(seed);
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const bob = world.join("Bob", alice);
  world.connect(alice, bob);
  world.run(2_000);
  return [alice, bob];
}

/** What stands on the disk of a tab, by author and number; sorted. */
function numbers(tab: Tab): number[] {
  const { device } = tab.replica;
  return [...tab.replica.changes()]
    .filter(({ change }) => change.author === device)
    .map(({ change }) => change.seq);
}

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

describe("stored before told", () => {
  test("nothing leaves while the transaction is open", () => {
    const [alice, bob] = pair();
    alice.profile.disk.stall();
    alice.write("!");
    const before = { ...alice.said };
    world.run(3_000);
    expect(bob.text).toBe("Hello");
    expect(alice.said.changes).toBe(before.changes);
    expect(alice.said.have).toBe(before.have);
    expect(alice.status).toEqual({ kind: "saving" });
    alice.profile.disk.resume();
    world.run(100);
    expect(bob.text).toBe("Hello!");
  });

  test("nothing leaves while its signature is not stored", () => {
    const [alice, bob] = pair();
    alice.profile.disk.delayMs = () => 400;
    alice.write("!");
    // Flush, two halves of the transaction, two of the signature's.
    world.run(50 + 4 * 400 - 20);
    expect(bob.text).toBe("Hello");
    world.run(100);
    expect(bob.text).toBe("Hello!");
  });

  test("a receiver says that it holds a change only once it has stored it", () => {
    const [alice, bob] = pair();
    bob.profile.disk.stall();
    alice.write("!");
    world.run(3_000);
    expect(bob.text).toBe("Hello!");
    expect(alice.status).toEqual({ kind: "sharing", waiting: 1 });
    bob.profile.disk.resume();
    world.run(100);
    expect(alice.status).toEqual({ kind: "shared", people: 1 });
  });

  test.each<StoreError>(["quota", "closed", "blocked", "failed"])(
    "a store that answers %s: the reason is said, writing goes on, nothing unsaved is sent, and it is tried again",
    code => {
      for (const way of ["refuses", "failsToComplete"] as const) {
        const [alice, bob] = pair();
        alice.profile.disk[way] = code;
        alice.write("!");
        world.run(1_000);
        alice.write("?");
        const { status } = alice;
        expect(status.kind).toBe("not-saved");
        expect(status.kind === "not-saved" && status.reason).toMatch(/^(the|another|this) .*[a-z]$/);
        world.run(4_000);
        expect(alice.text).toBe("Hello!?");
        expect(bob.text).toBe("Hello");
        alice.profile.disk[way] = null;
        world.run(2_100);
        expect(bob.text).toBe("Hello!?");
        expect(alice.status).toEqual({ kind: "shared", people: 1 });
      }
    },
  );

  test("a store that fails is tried every two seconds, not all the time", () => {
    const [alice] = pair();
    alice.profile.disk.refuses = "quota";
    const before = world.trace.filter(line => line.includes("Alice append failed")).length;
    alice.write("!");
    world.run(20_000);
    const tries = world.trace.filter(line => line.includes("Alice append failed")).length - before;
    expect(tries).toBeGreaterThanOrEqual(9);
    expect(tries).toBeLessThanOrEqual(11);
  });
});

describe("flush", () => {
  test("stores what was typed while a transaction was under way, without waiting for the clock", () => {
    const [alice] = pair();
    alice.profile.disk.delayMs = () => 30;
    alice.write("a");
    alice.act(session => session.flush());
    world.run(40);
    // The transaction has closed its draft and is not complete.
    alice.write("b");
    alice.act(session => session.flush());
    // As a host that closes: no tick comes any more, only answers.
    alice.session.tick = () => undefined;
    world.run(1_000);
    expect(alice.isStill).toBe(true);
    alice.crash();
    expect(alice.profile.open().text).toBe("Helloab");
  });
});

describe("after a crash", () => {
  test("a change that was stored and not signed is signed and sent at the next start", () => {
    const [alice, bob] = pair();
    alice.profile.disk.refusesSignatures = true;
    world.answerMs = () => 1_000;
    alice.write("!");
    world.run(200);
    alice.crash();
    alice.profile.disk.refusesSignatures = false;
    world.answerMs = () => 1;
    const { rows } = alice.profile.disk.journal;
    expect(rows.at(-1)!.signature).toBe(null);
    const again = alice.profile.open();
    expect(again.text).toBe("Hello!");
    world.connect(again, bob);
    world.run(2_000);
    expect(again.profile.disk.journal.rows.at(-1)!.signature).not.toBe(null);
    expect(bob.text).toBe("Hello!");
    expect(numbers(again)).toEqual(upTo(3));
  });

  test("what was typed and not stored is gone, and its number is given to what is typed next", () => {
    const [alice, bob] = pair();
    alice.profile.disk.stall();
    alice.write("lost");
    world.run(1_000);
    alice.crash();
    alice.profile.disk.resume();
    const again = alice.profile.open();
    world.connect(again, bob);
    again.write("!");
    world.run(2_000);
    expect([again.text, bob.text]).toEqual(["Hello!", "Hello!"]);
    expect(numbers(again)).toEqual(upTo(3));
  });

  test("a row that was lost and repaired stands behind what builds on it, and all of it is read", () => {
    const [, bob] = pair();
    const { disk } = bob.profile;
    bob.crash();
    const [genesis, ...rest] = disk.journal.rows;
    disk.journal = { ...disk.journal, rows: [...rest.reverse(), genesis!] };
    expect(bob.profile.open().text).toBe("Hello");
  });
});

describe("two tabs of one profile", () => {
  test("show the same at once, without any link", () => {
    const [alice] = pair();
    for (const wire of alice.wires) wire.cut();
    const second = alice.profile.open();
    second.write(" there");
    world.run(120);
    alice.write("!");
    world.run(120);
    expect([alice.text, second.text]).toEqual(["Hello there!", "Hello there!"]);
    expect(numbers(alice)).toEqual(upTo(4));
  });

  test("never fork, whatever the interleaving of what they type, while others write too", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [alice, bob] = pair(seed);
      const second = alice.profile.open();
      world.connect(second, bob);
      const { luck } = world;
      alice.profile.disk.delayMs = () => luck.between(0, 40);
      world.answerMs = () => luck.between(0, 40);
      for (let i = 0; i < 40; i++) {
        const tab = luck.pick([alice, second, bob]);
        tab.write(luck.pick([..."abc"]), luck.below(tab.text.length + 1));
        if (luck.chance(0.2)) tab.act(session => session.flush());
        world.run(luck.between(0, 60));
      }
      world.run(5_000);
      expect([second.text, bob.text], `seed ${seed}`).toEqual([alice.text, alice.text]);
      const last = numbers(alice).length;
      for (const tab of [alice, second]) expect(numbers(tab)).toEqual(upTo(last));
      expect(alice.profile.disk.journal.head!.seq).toBe(last);
      for (const tab of [alice, second, bob])
        expect(tab.status, `seed ${seed}, ${tab.name}`).toEqual({ kind: "shared", people: 1 });
    }
  }, 30_000);

  test("one that hears of the other's change from afar first still claims and passes it on", () => {
    const [alice, bob] = pair();
    const second = alice.profile.open();
    world.connect(second, bob);
    world.run(1_000);
    // The word from the store is slower than the way around the world.
    second.profile.disk.watch(second, () => undefined);
    alice.write("!");
    world.run(2_000);
    expect(second.text).toBe("Hello!");
    const carol = world.join("Carol", alice);
    world.connect(second, carol);
    world.run(3_000);
    expect(carol.text).toBe("Hello!");
    carol.write("?");
    world.run(3_000);
    expect(second.status).toEqual({ kind: "shared", people: 2 });
  });

  test("what a page could not store before another tab took its numbers is said again by the next page", () => {
    const [alice, bob] = pair();
    const second = alice.profile.open();
    alice.profile.disk.failsToComplete = "failed";
    alice.write(" one");
    world.run(100);
    alice.act(session => session.flush());
    // On top of what could not be stored, and naming a letter of it.
    alice.write("s", " one".length + "Hello".length);
    alice.profile.disk.failsToComplete = null;
    second.write("Oh! ", 0);
    world.run(40);
    second.act(session => session.flush());
    world.run(40);
    alice.leave();
    const again = alice.profile.open();
    world.run(2_000);
    expect(again.text).toBe("Oh! Hello ones");
    world.connect(again, bob);
    world.run(2_000);
    expect([second.text, bob.text]).toEqual([again.text, again.text]);
    expect(numbers(again)).toEqual(upTo(numbers(again).length));
    // Taken up once: what is stored is not said another time.
    again.leave();
    const last = alice.profile.open();
    world.run(2_000);
    expect(last.text).toBe("Oh! Hello ones");
  });

  test("a page whose number another tab took while it could not store is opened anew with what it wrote", () => {
    const [alice, bob] = pair();
    const second = alice.profile.open();
    alice.profile.disk.failsToComplete = "failed";
    alice.write(" one");
    world.run(100);
    alice.profile.disk.failsToComplete = null;
    second.write(" two");
    world.run(10_000);
    expect(alice.status).toMatchObject({ kind: "not-saved", reason: expect.stringContaining("Reload") });
    // What stands on the disk is passed on by the other tab; what does not is not.
    world.connect(second, bob);
    world.run(2_000);
    expect(bob.text).toBe("Hello two");
    const { ticks } = alice;
    world.run(10_000);
    // At rest: the clock wakes it for pings, not in a loop.
    expect(alice.ticks - ticks).toBeLessThan(100);
    // What others write meanwhile is shown in the tabs that can store, and harms nobody.
    bob.write("!");
    world.run(1_000);
    expect(second.text).toBe("Hello two!");
    // What it wrote stays before the eyes of whoever is about to reload, and comes along.
    expect([alice.text, alice.replica.forks.all]).toEqual(["Hello one", []]);
    alice.write("?");
    alice.leave();
    const again = alice.profile.open();
    world.run(2_000);
    expect(again.text).toBe("Hello one? two!");
    expect([second.text, bob.text]).toEqual([again.text, again.text]);
  });
});

test("what was left behind what others had just written, which was not stored yet, is taken up once that is here", () => {
  const [alice, bob] = pair();
  alice.write(" Alice");
  expect(world.runUntil(() => bob.text === "Hello Alice", 5_000, 1)).toBe(true);
  const stored = bob.profile.disk.journal.rows.length;
  bob.write(" Bob");
  bob.leave();
  expect(bob.profile.disk.journal.rows.length).toBe(stored);
  const again = bob.profile.open();
  world.run(2_000);
  world.connect(again, alice);
  world.run(3_000);
  expect(again.text).toBe("Hello Alice Bob");
  expect(alice.text).toBe(again.text);
});

test("what was left unstored by who may not write any more is kept until they may", () => {
  const [alice, bob] = pair();
  bob.write(" you");
  world.run(1_000);
  const second = bob.profile.open();
  world.connect(second, alice);
  world.run(1_000);
  bob.write("!");
  bob.leave();
  const rule = (role: "reader" | "editor"): void => {
    alice.act(session => {
      session.amend(({ people }) => people.setRole(bob.replica.device, role));
      session.flush();
    });
    world.run(1_000);
  };
  rule("reader");
  expect(second.replica.mayWrite).toBe(false);
  const early = bob.profile.open();
  world.run(1_000);
  expect([early.text, early.replica.hasDraft]).toEqual(["Hello you", false]);
  expect(early.session.notice).toContain("It is kept");
  rule("editor");
  const late = bob.profile.open();
  world.run(1_000);
  expect([late.text, alice.text]).toEqual(["Hello you!", "Hello you!"]);
});

describe("a document that another tab removed", () => {
  test("goes on with everything when this tab types, and is whole at the next start", () => {
    for (const isTold of [true, false]) {
      const [alice, bob] = pair();
      bob.write(" you");
      world.run(1_000);
      if (!isTold) alice.profile.disk.watch(alice, () => undefined);
      alice.profile.disk.remove();
      world.run(1_000);
      alice.write("!");
      world.run(1_000);
      expect(bob.text).toBe("Hello you!");
      expect(alice.status).toEqual({ kind: "shared", people: 1 });
      alice.crash();
      const again = alice.profile.open();
      expect(again.text).toBe("Hello you!");
      again.write("?");
      world.connect(again, bob);
      world.run(2_000);
      expect(again.status).toEqual({ kind: "shared", people: 1 });
      expect([again.text, bob.text]).toEqual(["Hello you!?", "Hello you!?"]);
    }
  });

  test("stays removed while this tab only looks at it", () => {
    const [alice] = pair();
    for (const wire of alice.wires) wire.cut();
    alice.profile.disk.remove();
    world.run(60_000);
    expect(alice.profile.disk.journal.rows).toEqual([]);
    // It is not called saved, and what it shows is not left for the next page.
    expect([alice.status, alice.session.lastWords]).toEqual([{ kind: "blank" }, null]);
    alice.write("!");
    expect(alice.session.lastWords?.changes).toHaveLength(numbers(alice).length);
    world.run(1_000);
    expect(alice.status).toEqual({ kind: "alone", waiting: 1 });
  });
});

describe("a damaged row of the own chain", () => {
  /** Alice wrote four changes that Bob holds, crashed, and her disk cannot give back the second. */
  function damaged(): [Tab, Tab] {
    const [alice, bob] = pair();
    for (const letter of " you") {
      alice.write(letter);
      world.run(500);
    }
    const { disk } = alice.profile;
    const own = disk.journal.rows.findIndex(
      ({ id }) => id === alice.replica.numbered(alice.replica.device, 3)[0],
    );
    alice.crash();
    disk.damage(own, 200);
    return [alice.profile.open(), bob];
  }

  test("is stored again by the next page where this one could not, as this device's own and not another tab's", () => {
    const [alice, bob] = damaged();
    const { disk } = alice.profile;
    disk.failsToComplete = "failed";
    world.connect(alice, bob);
    world.run(2_000);
    expect(alice.text).toBe(bob.text);
    alice.leave();
    disk.failsToComplete = null;
    const again = alice.profile.open();
    again.write("!");
    world.connect(again, bob);
    world.run(5_000);
    expect([again.session.isOvertaken, again.status]).toEqual([false, { kind: "shared", people: 1 }]);
    expect([again.text, bob.text]).toEqual(["Hello you!", "Hello you!"]);
    expect(numbers(again)).toEqual(upTo(numbers(again).length));
  });

  test("is brought back by who holds it, and the chain goes on where it ended", () => {
    const [alice, bob] = damaged();
    expect(numbers(alice)).toEqual(upTo(2));
    world.connect(alice, bob);
    world.run(5_000);
    expect(alice.text).toBe("Hello you");
    alice.write("!");
    world.run(2_000);
    expect(alice.status).toEqual({ kind: "shared", people: 1 });
    expect(bob.text).toBe("Hello you!");
    alice.crash();
    const again = alice.profile.open();
    expect(again.text).toBe("Hello you!");
    expect(numbers(again)).toEqual(upTo(7));
  });

  test("brings back with it what nobody else has", () => {
    const [alice, bob] = pair();
    bob.write(" you");
    world.run(1_000);
    for (const wire of alice.wires) wire.cut();
    alice.write("!");
    world.run(1_000);
    const { disk } = alice.profile;
    const bobs = disk.journal.rows.findIndex(({ id }) => id === bob.replica.ownHead!.id);
    alice.crash();
    disk.damage(bobs, 200);
    const again = alice.profile.open();
    expect(again.text).toBe("Hello");
    world.connect(again, bob);
    world.run(5_000);
    expect([again.text, bob.text]).toEqual(["Hello you!", "Hello you!"]);
  });

  test("of another's brings back with it, once it is repaired, what of others nobody else can read", () => {
    const [alice, bob] = pair();
    const carol = world.join("Carol", alice);
    world.connect(alice, carol);
    const ids: string[] = [];
    for (const letter of " you") {
      bob.write(letter);
      world.run(1_000);
      ids.push(bob.replica.ownHead!.id);
    }
    const tabs = [alice, bob, carol];
    // Alice has the last of Bob's behind a damaged row, Bob and Carol have damaged that one.
    for (const [i, tab] of tabs.entries()) {
      const { disk } = tab.profile;
      const row = disk.journal.rows.findIndex(({ id }) => id === ids.at(i === 0 ? 0 : -1));
      tab.crash();
      disk.damage(row, 200);
    }
    const [one, two, three] = tabs.map(({ profile }) => profile.open()) as [Tab, Tab, Tab];
    expect(one.text.length).toBeLessThan(two.text.length);
    world.connect(one, two);
    world.connect(one, three);
    world.run(10_000);
    expect([one.text, two.text, three.text]).toEqual(["Hello you", "Hello you", "Hello you"]);
  });

  test("is stored again although all is read anew in between, the damaged row with it", () => {
    const [alice, bob] = pair();
    const carol = world.join("Carol", alice);
    world.connect(alice, carol);
    world.run(1_000);
    for (const letter of " you") {
      bob.write(letter);
      world.run(500);
    }
    for (const wire of bob.wires) wire.cut();
    carol.write("Carol: ", 0);
    world.run(1_000);
    for (const wire of carol.wires) wire.cut();
    const { disk } = alice.profile;
    const ids = [carol.replica.ownHead!.id, bob.replica.numbered(bob.replica.device, 1)[0]!];
    alice.crash();
    for (const id of ids)
      disk.damage(
        disk.journal.rows.findIndex(row => row.id === id),
        200,
      );
    // What Carol brings comes while what Bob brought is being stored, after which all is read anew.
    const again = alice.profile.open();
    disk.delayMs = () => 400;
    world.connect(again, bob);
    world.run(500);
    world.connect(again, carol);
    world.run(10_000);
    expect([again.text, bob.text]).toEqual([carol.text, carol.text]);
    again.crash();
    expect(alice.profile.open().text).toBe(carol.text);
  });

  test("that another tab has repaired brings back here too what stands behind it", () => {
    const [alice, bob] = pair();
    for (const wire of bob.wires) wire.cut();
    for (const letter of " you") {
      alice.write(letter);
      world.run(500);
    }
    const text = alice.text;
    const { disk } = alice.profile;
    alice.crash();
    // Bob holds it, and nothing of what stands behind it.
    const id = bob.replica.heads[0]!;
    disk.damage(
      disk.journal.rows.findIndex(row => row.id === id),
      100,
    );
    const tabs = [alice.profile.open(), alice.profile.open()] as const;
    world.run(1_000);
    world.connect(tabs[0], bob);
    world.run(10_000);
    expect(tabs.map(tab => tab.text)).toEqual([text, text]);
    expect(bob.text).toBe(text);
  });

  test("lets nobody write over the chain before it is back; a reload heals it", () => {
    const [alice, bob] = damaged();
    alice.write("?");
    world.run(1_000);
    expect(alice.status.kind).toBe("not-saved");
    alice.crash();
    const again = alice.profile.open();
    world.connect(again, bob);
    world.run(5_000);
    again.write("!");
    world.run(2_000);
    expect([again.text, bob.text]).toEqual(["Hello you!", "Hello you!"]);
    expect(numbers(again)).toEqual(upTo(7));
  });
});

test("a disk that comes back from a backup forks the chain, drops nothing, and is written to again", () => {
  const [alice, bob] = pair();
  const { disk } = alice.profile;
  const backup = disk.journal;
  alice.write(" one");
  world.run(1_000);
  alice.crash();
  disk.journal = backup;
  const again = alice.profile.open();
  again.write(" two");
  world.run(1_000);
  world.connect(again, bob);
  world.run(5_000);
  again.write("!");
  world.run(2_000);
  expect(again.status).toEqual({ kind: "shared", people: 1 });
  // Alice's device has two faces now: of what it wrote since counts what was somewhere else before that showed.
  expect(again.replica.people.aside.map(({ reason }) => reason)).toEqual(Array(3).fill("two-faced"));
  bob.write("?");
  world.run(2_000);
  expect(again.text).toBe(bob.text);
  expect(bob.text).toBe("Hello? one");
  expect(bob.replica.people.aside.map(({ reason }) => reason)).toEqual(Array(2).fill("two-faced"));
});
