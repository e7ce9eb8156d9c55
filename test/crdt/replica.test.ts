// What a replica does at its edges: drafts that are too large for one change, too many heads, tabs, edits that are
// taken back, keys that JavaScript treats specially, numbers, characters of two units.

import { describe, expect, it, vi } from "vitest";
import { idOf } from "../../src/crdt/graph/codec.ts";
import { type Input, type MapEdit, Replica, Writer } from "../../src/crdt/index.ts";
import { DEPTH_MAX } from "../../src/crdt/limits.ts";
import { begin, clock, deliver, forge, gather, Key, type Letter, newcomer, Person, sync } from "./people.ts";

vi.setConfig({ testTimeout: 20_000 });

describe("a draft", () => {
  it("with more heads than a change can name writes merges first", () => {
    const names = Array.from({ length: 33 }, (_, i) => `Guest ${i}`);
    const [alice, ...guests] = gather("Alice", ...names) as [Person, ...Person[]];
    const letters = guests.flatMap(guest => guest.write(root => root.text("body").insert(0, "x")));
    // Her own head is one of 34, and wherever it stands in their order it is among the parents of the first merge.
    alice.write(root => root.text("body").insert(0, "y"));
    alice.receiveAll(letters);
    expect(alice.heads).toHaveLength(34);
    const closed = alice.write(root => root.text("body").insert(0, "z"));
    expect(closed).toHaveLength(3);
    expect(alice.heads).toEqual([closed[2]!.id]);
    const [bob] = guests as [Person];
    bob.receiveAll(letters);
    expect(bob.receiveAll(alice.letters(bob.heads)).flatMap(({ refused }) => refused)).toEqual([]);
    expect(bob.json).toBe(alice.json);
  });

  it("closed to several changes goes into one message as it goes into several", () => {
    const [alice] = gather("Alice");
    const closed = [1, 2, 300].flatMap(length => {
      alice.replica.edit(root => root.text("body").insert(0, "x".repeat(length)));
      return alice.replica.closeDraft(clock.now);
    });
    const message = new Writer();
    message.byte(7);
    for (const one of closed) one.write(message);
    expect([...message.finish()]).toEqual([7, ...closed.flatMap(({ bytes }) => [...bytes])]);
    expect(closed.map(({ id }) => id)).toEqual(closed.map(({ bytes }) => idOf(bytes)));
  });

  it("of more than one change's bytes becomes several changes", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const page = "s".repeat(20_000);
    const pages = Array.from({ length: 20 }, (_, i) => page + i);
    const letters = alice.write(root => {
      root.list("pages").push(...pages);
      for (let i = 0; i < 10; i++) root.text("body").insert(0, "é".repeat(60_000));
    });
    expect(letters.length).toBeGreaterThan(5);
    bob.receiveAll(letters);
    expect(bob.json).toBe(alice.json);
    expect(JSON.parse(bob.json).pages).toEqual(pages);
  });

  it("deletes in several changes what is in too many pieces for one", () => {
    const [alice, mallory] = gather("Alice", "Mallory");
    const path = [{ at: "body", kind: "text" as const }];
    const place = { path, parent: null, side: "right" as const, rightOrigin: null };
    const dust = forge(mallory, {
      ops: () => [
        { type: "set", path: [], key: "body", value: { make: "text" }, replaces: [] },
        { type: "insertText", ...place, text: "ab".repeat(5_401) },
        {
          type: "delete",
          path,
          spans: Array.from({ length: 5_400 }, (_, i) => ({ change: 0, start: 2 + 2 * i, length: 1 })),
        },
      ],
    });
    mallory.receive(dust);
    alice.receive(dust);
    expect(alice.text()).toHaveLength(5_402);
    const letters = alice.write(root => root.text("body").delete(0, 5_402));
    expect(letters).toHaveLength(2);
    mallory.receiveAll(letters);
    expect(alice.text()).toBe("");
    expect(mallory.json).toBe(alice.json);
  });

  it("replaces more concurrent values than one op can name", () => {
    const [alice, mallory] = gather("Alice", "Mallory");
    const flood = [0, 1].map(() => {
      const letter = forge(mallory, {
        ops: () =>
          Array.from({ length: 6_000 }, (_, i) => ({
            type: "set" as const,
            path: [],
            key: "k",
            value: i,
            replaces: [],
          })),
      });
      mallory.receive(letter);
      return letter;
    });
    alice.receiveAll(flood);
    mallory.receiveAll(alice.write(root => root.set("k", "mine")));
    expect(JSON.parse(alice.json).k).toBe("mine");
    expect(mallory.json).toBe(alice.json);
    mallory.receiveAll(alice.write(root => root.delete("k")));
    expect(JSON.parse(alice.json)).not.toHaveProperty("k");
    expect(mallory.json).toBe(alice.json);
  });

  it("keeps its first delete of an item when a second one is taken back", () => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.write(root => root.set("list", [{ a: 1 }]));
    alice.replica.edit(root => {
      const item = root.list("list").map(0);
      root.list("list").delete(0);
      item.set("b", 2);
    });
    expect(() =>
      alice.replica.edit(root => {
        root.list("list").delete(0);
        throw new Error("no");
      }),
    ).toThrow("no");
    alice.close();
    deliver(alice, bob);
    expect(bob.json).toBe(alice.json);
    alice.receiveAll(bob.write(root => root.list("list").map(0).delete("b")));
    expect(alice.json).toBe('{"list":[]}');
    expect(bob.json).toBe(alice.json);
  });

  it("gives the numbers of an edit that was taken back to other things", () => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.replica.edit(root => root.list("list").push(0));
    expect(() =>
      alice.replica.edit(root => {
        root.list("list").push({ a: 1 }, [2]);
        throw new Error("no");
      }),
    ).toThrow("no");
    alice.replica.edit(root => root.list("list").push([1], { b: 2 }));
    alice.close();
    deliver(alice, bob);
    expect(alice.json).toBe('{"list":[0,[1],{"b":2}]}');
    expect(bob.json).toBe(alice.json);
  });

  it("states the time at most once a minute", () => {
    const [alice] = gather("Alice");
    const times = [0, 30, 59, 60, 100, 121].map(seconds => {
      alice.replica.edit(root => root.text("body").insert(0, "x"));
      const [closed] = alice.replica.closeDraft(2_000_000_000 + seconds);
      return alice.replica.get(closed!.id)!.change.time;
    });
    expect(times).toEqual([2_000_000_000, null, null, 2_000_000_060, null, 2_000_000_121]);
  });
});

describe("inside an edit", () => {
  it("nothing else is done to the document or said about people: what throws has never been", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    const { replica } = alice;
    alice.write(root => root.text("body").insert(0, "Hello"));
    sync([alice, bob, carol]);
    const [letter] = bob.write(root => root.set("his", 1));
    const before = [alice.json, replica.members];
    const attempts: (() => unknown)[] = [
      () => replica.closeDraft(clock.now),
      () => replica.restore([], clock.now),
      () => alice.receive(letter!),
      () => replica.mask([alice.heads[0]!], true),
      () => replica.undo(),
      () => replica.edit(root => root.set("c", 1)),
      () => replica.rename("Al"),
      () => replica.invite(new Key("another link").id, "editor"),
      () => replica.people.dismiss(carol.device),
    ];
    for (const attempt of attempts)
      for (const hasDraft of [false, true]) {
        if (hasDraft) replica.edit(root => root.text("body").insert(5, "!"));
        const edit = (root: MapEdit) => {
          if (hasDraft) root.set("a", 1);
          expect(attempt, String(attempt)).toThrow(/no edit to be under way|draft is closed before/);
          root.set("b", 2);
          throw new Error("no");
        };
        expect(() => replica.edit(edit)).toThrow(/^no$/);
        if (hasDraft) replica.edit(root => root.text("body").delete(5, 1));
        alice.close();
        expect([alice.json, replica.members]).toEqual(before);
        deliver(alice, carol);
        expect(carol.json).toBe(alice.json);
      }
    expect(alice.receive(letter!).admitted).toEqual([letter!.id]);
  });
});

describe("two tabs", () => {
  it("let in what waited for a change that the other tab stored", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const tab = new Person("Bob", bob.key, Replica.open(bob.device, bob.replica.doc));
    tab.replica.restore(bob.letters(), clock.now);
    const [said] = bob.write(root => root.text("body").insert(0, "b"));
    alice.receive(said!);
    const [answer] = alice.write(root => root.text("body").insert(1, "a"));
    expect(tab.receive(answer!).missing).toBe(said!.id);
    tab.replica.restore([said!], clock.now);
    expect(tab.receive(answer!).admitted).toEqual([answer!.id]);
    expect(tab.text()).toBe("ba");
  });

  it("have the second close its draft with a number of its own, on top of the first", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const tab = new Person("Bob", bob.key, Replica.open(bob.device, bob.replica.doc));
    tab.replica.restore(bob.letters(), clock.now);
    bob.replica.edit(root => root.text("body").insert(0, "one"));
    tab.replica.edit(root => root.text("body").insert(0, "two"));
    const first = bob.close();
    const { closed } = tab.replica.restore(first, clock.now);
    const second = tab.sign([...closed]);
    bob.replica.restore(second, clock.now);
    alice.receiveAll([...second, ...first]);
    expect(tab.json).toBe(bob.json);
    expect(alice.json).toBe(bob.json);
    expect(alice.replica.laneTips.filter(({ author }) => author === bob.device)).toHaveLength(1);
  });

  it("leave out a record that the disk damaged, and what builds on it, and say how many", () => {
    const [alice] = gather("Alice");
    const [one] = alice.write(root => root.text("body").insert(0, "1"));
    alice.write(root => root.text("body").insert(0, "2"));
    const records = alice.letters().map((letter): Letter => {
      const bytes = letter.bytes.slice();
      if (letter.id === one!.id) bytes[bytes.length - 1]! ^= 1;
      return { ...letter, bytes };
    });
    const again = Replica.open(alice.device, alice.replica.doc);
    expect(again.restore(records, clock.now).damaged).toBe(2);
    expect(again.toJson()).toEqual({});
  });
});

describe("a join", () => {
  it("gives the role of the invites in its own past, whichever others of the same key come first", () => {
    const alice = begin("Alice");
    const forAdmins = new Key("a link for admins");
    const twice = new Key("a link made twice");
    alice.invite(forAdmins, "admin");
    const bob = newcomer("Bob", alice, forAdmins);
    deliver(alice, bob);
    bob.replica.rename("Bob");
    bob.close();
    deliver(bob, alice);
    alice.invite(twice, "reader");
    const asEditor = bob.invite(twice, "editor");
    const dave = newcomer("Dave", alice, twice);
    deliver(alice, dave);
    dave.replica.rename("Dave");
    const joined = dave.close();
    const [carol, eve] = ["Carol", "Eve"].map(name => newcomer(name, alice, null)) as [Person, Person];
    carol.receiveAll([...alice.letters(), ...joined, ...asEditor]);
    eve.receiveAll([...alice.letters(), ...asEditor, ...joined]);
    expect(carol.replica.roleOf(dave.device)).toBe("reader");
    expect(eve.replica.roleOf(dave.device)).toBe("reader");
  });
});

describe("keys and values", () => {
  it("named like parts of Object.prototype are data", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const before = Object.getOwnPropertyNames(Object.prototype).sort();
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "10", "9", ""];
    alice.write(root => {
      for (const name of names) root.map("m").set(name, { polluted: true });
      root.set(
        "deep",
        JSON.parse('{"__proto__":{"polluted":[1]},"constructor":{"prototype":{"x":1}}}') as Input,
      );
    });
    deliver(alice, bob);
    bob.write(root => {
      root.map("m").map("__proto__").set("polluted", false);
      root.map("m").delete("constructor");
    });
    deliver(bob, alice);
    expect(alice.json).toBe(bob.json);
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(alice.json).toBe(
      '{"deep":{"__proto__":{"polluted":[1]},"constructor":{"prototype":{"x":1}}},' +
        '"m":{"":{"polluted":true},"10":{"polluted":true},"9":{"polluted":true},' +
        '"__proto__":{"polluted":false},"hasOwnProperty":{"polluted":true},"toString":{"polluted":true},' +
        '"valueOf":{"polluted":true}}}',
    );
  });

  it("round trip where they are finite numbers, -0 as 0", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const numbers = [
      ...[0, 1, -1, 63, 64, -64, -65, 127, 128, 2 ** 31, -(2 ** 31), 2 ** 32 + 1],
      ...[2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 53, -(2 ** 53), 2 ** 60, 1e21, 1e300, -1e300],
      ...[0.1, -0.1, 5e-324, Number.MAX_VALUE, Number.EPSILON],
    ];
    alice.write(root => {
      root.set("numbers", numbers);
      root.set("zero", -0);
    });
    deliver(alice, bob);
    expect(JSON.parse(bob.json)).toEqual({ numbers, zero: 0 });
    expect(bob.json).toContain('"zero":0}');
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect(() => alice.replica.edit(root => root.set("n", value))).toThrow(TypeError);
    }
    expect(alice.replica.hasDraft).toBe(false);
  });

  it("are refused where they are not JSON, and nothing has happened, also where that is caught within the edit", () => {
    const [alice] = gather("Alice");
    alice.write(root => root.set("l", [{ a: "kept" }]));
    const before = alice.json;
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const bad = [
      ...[undefined, 1n, Symbol("s"), () => 0, "\ud800", { a: [1, "\udc00"] }, { "\ud800": 1 }],
      ...[new Date(), new Map([[1, 2]]), new Set([1]), new Uint8Array(1), { [Symbol("s")]: 1 }, cycle],
    ];
    for (const value of bad as Input[]) {
      const attempts: ((root: MapEdit) => void)[] = [
        root => root.set("l", value),
        root => root.set("l", [1, { deep: value }]),
        root => root.list("l").map(0).set("a", { b: value }),
        root => root.list("l").insert(0, 1, [value]),
        root => root.list("l").splice(0, 1, value),
      ];
      for (const attempt of attempts)
        alice.replica.edit(root => expect(() => attempt(root), String(typeof value)).toThrow(/^Expected/));
    }
    expect(alice.json).toBe(before);
    expect(alice.close()).toEqual([]);
  });

  it("are refused below DEPTH_MAX levels before the key above them is written", () => {
    const [alice] = gather("Alice");
    alice.replica.edit(root => {
      let map = root;
      for (let level = 0; level < DEPTH_MAX; level++) map = map.map("m");
      expect(() => map.map("m")).toThrow(RangeError);
      expect(() => map.set("m", {})).toThrow(RangeError);
      map.set("k", 1);
      expect(map.keys()).toEqual(["k"]);
    });
  });
});

describe("a text", () => {
  it("never holds half a character", () => {
    const [alice] = gather("Alice");
    alice.write(root => root.text("body").insert(0, "a🙂b"));
    const tries: ((root: Parameters<Parameters<Replica["edit"]>[0]>[0]) => void)[] = [
      root => root.text("body").insert(0, "\ud83d"),
      root => root.text("body").insert(0, "x\ude42"),
      root => root.text("body").insert(2, "x"),
      root => root.text("body").delete(1, 1),
      root => root.text("body").delete(2, 1),
      root => root.text("body").delete(0, 2),
      root => root.text("body").insert(9, "x"),
      root => root.text("body").delete(3, 9),
    ];
    for (const attempt of tries) expect(() => alice.replica.edit(attempt)).toThrow();
    expect(alice.text()).toBe("a🙂b");
    alice.write(root => root.text("body").delete(1, 2));
    expect(alice.text()).toBe("ab");
  });

  it("says what it expected where it is given no string", () => {
    const [alice] = gather("Alice");
    for (const wrong of [undefined, null, 5, ["a"]] as unknown as string[]) {
      expect(() => alice.replica.edit(root => root.text("body").insert(0, wrong))).toThrow(
        `Expected a string, got ${typeof wrong}`,
      );
    }
    expect(alice.replica.hasDraft).toBe(false);
  });

  it("keeps what was typed inside of words that were deleted meanwhile", () => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.write(root => root.text("body").insert(0, "a whole sentence"));
    sync([alice, bob]);
    alice.write(root => root.text("body").delete(2, 6));
    bob.write(root => root.text("body").insert(7, "!"));
    sync([alice, bob]);
    expect(alice.text()).toBe("a !sentence");
    expect(bob.text()).toBe("a !sentence");
  });
});
