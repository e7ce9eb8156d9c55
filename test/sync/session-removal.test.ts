// Goal: who was removed hears of it, and of nothing after; what they wrote meanwhile is set aside on every copy, and comes
// back when it is taken back in. Method: real sessions in the simulated world.
import { afterEach, expect, test } from "vitest";
import { type Tab, World } from "./world.ts";

let world: World;
afterEach(() => expect(world.toldTooEarly).toEqual([]));

/** All hold Alice's document, are linked to her, and have written, so that they are members. */
function members(...names: readonly string[]): Tab[] {
  world = new World();
  const alice = world.create("Alice");
  alice.write("Hello");
  world.share(alice);
  const others = names.map(name => world.join(name, alice));
  for (const other of others) {
    world.connect(alice, other);
    world.run(2_000);
    other.write("!");
    world.run(1_000);
  }
  return [alice, ...others];
}

function part(tab: Tab): void {
  for (const wire of tab.wires) wire.cut();
  world.run(100);
}

function remove(alice: Tab, other: Tab): void {
  alice.act(session => {
    session.amend(({ people }) => {
      people.dismiss(other.replica.device);
      people.revoke(world.link.id);
    });
    session.flush();
  });
  world.run(1_000);
}

test("who is removed while here is told so at once, and hears nothing of what is written after", () => {
  const [alice, bob] = members("Bob") as [Tab, Tab];
  remove(alice, bob);
  expect(bob.replica.roleOf(bob.replica.device)).toBe(null);
  expect(bob.replica.mayWrite).toBe(false);
  alice.write(" in private");
  world.run(3_000);
  expect(alice.text).toBe("Hello! in private");
  expect(bob.text).toBe("Hello!");
  expect(bob.replica.numbered(alice.replica.device, alice.replica.ownHead!.seq)).toEqual([]);
});

test("what is written apart from a removal is set aside on both copies, and comes back to those who stay when taken back in", () => {
  const [alice, bob] = members("Bob") as [Tab, Tab];
  part(alice);
  bob.write(" words of Bob");
  world.run(500);
  remove(alice, bob);
  world.connect(alice, bob);
  world.run(4_000);
  expect([alice.text, bob.text]).toEqual(["Hello!", "Hello!"]);
  const { aside } = alice.replica.people;
  expect(aside.map(({ author, reason }) => [author, reason])).toEqual([[bob.replica.device, "removed"]]);
  expect(bob.replica.people.asideCount).toBe(1);

  alice.act(session => {
    session.amend(({ people }) => people.admit(aside.map(({ id }) => id)));
    session.flush();
  });
  world.run(1_000);
  expect(alice.text).toBe("Hello! words of Bob");
  expect(alice.replica.people.asideCount).toBe(0);
  expect(bob.text).toBe("Hello!");
});

test("what was set aside outlives a reload and reaches who was away, and is taken back in there too, without its author", () => {
  const [alice, bob, carol, dave] = members("Bob", "Carol", "Dave") as [Tab, Tab, Tab, Tab];
  for (const tab of [bob, carol, dave]) part(tab);
  bob.write(" words of Bob");
  world.run(500);
  remove(alice, bob);
  world.connect(alice, bob);
  world.run(4_000);
  expect(alice.replica.people.asideCount).toBe(1);
  bob.crash();
  alice.crash();
  const again = alice.profile.open();
  expect(again.replica.people.aside.map(({ reason }) => reason)).toEqual(["removed"]);
  // Carol hears of it before it is taken back in, and Dave after, from her.
  world.connect(again, carol);
  world.run(3_000);
  expect(carol.replica.people.asideCount).toBe(1);
  carol.crash();
  const hers = carol.profile.open();
  world.connect(again, hers);
  world.run(1_000);
  again.act(session => {
    session.amend(({ people }) => people.admit(people.aside.map(({ id }) => id)));
    session.flush();
  });
  world.run(2_000);
  again.crash();
  world.connect(hers, dave);
  world.run(3_000);
  for (const tab of [hers, dave]) {
    expect(tab.text).toContain(" words of Bob");
    expect(tab.replica.people.asideCount).toBe(0);
  }
});

test("what a two-faced device wrote outlives a reload and reaches who was away, and counts where somebody names it", () => {
  const [alice, bob, carol] = members("Bob", "Carol") as [Tab, Tab, Tab];
  part(carol);
  const { disk } = bob.profile;
  const backup = disk.journal;
  bob.write(" one");
  world.run(500);
  bob.crash();
  disk.journal = backup;
  const old = bob.profile.open();
  old.write(" two");
  world.run(500);
  world.connect(alice, old);
  world.run(2_000);
  expect(alice.replica.people.aside.map(({ reason }) => reason)).toContain("two-faced");
  for (const tab of [old, alice]) tab.crash();
  const again = alice.profile.open();
  expect(again.text).not.toContain(" two");
  world.connect(again, carol);
  world.run(3_000);
  expect(carol.replica.people.asideCount).toBe(again.replica.people.asideCount);
  again.act(session => {
    session.amend(({ people }) => people.admit(people.aside.map(({ id }) => id)));
    session.flush();
  });
  world.run(2_000);
  for (const tab of [again, carol]) {
    for (const word of [" one", " two"]) expect(tab.text).toContain(word);
    expect(tab.replica.people.asideCount).toBe(0);
  }
});

test("a third copy passes a removal on, and nothing of what came after it", () => {
  const [alice, bob, carol] = members("Bob", "Carol") as [Tab, Tab, Tab];
  part(bob);
  remove(alice, bob);
  alice.write(" in private");
  world.run(2_000);
  part(alice);
  world.connect(carol, bob);
  world.run(3_000);
  expect(carol.text).toBe("Hello!! in private");
  expect(bob.replica.roleOf(bob.replica.device)).toBe(null);
  expect(bob.text).toBe("Hello!!");
});

test("a revoked link lets nobody in, and who came by it and only read hears nothing more", () => {
  const [alice, bob] = members("Bob") as [Tab, Tab];
  const carol = world.join("Carol", alice);
  world.connect(alice, carol);
  world.run(2_000);
  expect(carol.text).toBe("Hello!");
  alice.act(session => {
    session.amend(({ people }) => people.revoke(world.link.id));
    session.flush();
  });
  world.run(1_000);
  alice.write(" more");
  world.run(2_000);
  expect(bob.text).toBe("Hello! more");
  expect(carol.text).toBe("Hello!");
  expect(carol.replica.mayWrite).toBe(false);
  const dave = world.join("Dave", alice);
  world.connect(alice, dave);
  world.run(3_000);
  expect(dave.status).toEqual({ kind: "waiting-for-holder" });
});

/** Alice's document behind a link with an end, in seconds from now, or a number of uses. */
function behind({ inSeconds = 0, uses = 0 }): Tab {
  world = new World();
  const alice = world.create("Alice");
  alice.write("Hello");
  const expires = inSeconds === 0 ? 0 : Math.floor(world.now / 1000) + inSeconds;
  alice.act(session => {
    session.amend(({ people }) => people.invite(world.link.id, "editor", "", { expires, uses }));
    session.flush();
  });
  world.run(500);
  return alice;
}

function come(name: string, alice: Tab): Tab {
  const newcomer = world.join(name, alice);
  world.connect(alice, newcomer);
  world.run(1_000);
  return newcomer;
}

test("a link lets people in until the moment that was stated as its end", () => {
  const alice = behind({ inSeconds: 5 });
  expect(come("Bob", alice).text).toBe("Hello");
  world.run(4_000);
  expect(come("Carol", alice).status).toEqual({ kind: "waiting-for-holder" });
});

test("a link lets in as many as were stated, and who is in stays in", () => {
  const alice = behind({ uses: 1 });
  const bob = come("Bob", alice);
  bob.write("!");
  world.run(1_000);
  expect(alice.replica.people.links[0]!.joined).toEqual([bob.replica.device]);
  expect(come("Carol", alice).status).toEqual({ kind: "waiting-for-holder" });
  alice.write("?");
  world.run(1_000);
  expect(bob.text).toBe("Hello!?");
});
