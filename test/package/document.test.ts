// Goal: what the front door promises about one copy of a document. Method: two or three copies in one process, and the
// packets between them by hand.

import { describe, expect, it } from "vitest";
import {
  ChirographError,
  counter,
  Document,
  defineSchema,
  Identity,
  isBoolean,
  isString,
  list,
  lww,
  type MapEdit,
  map,
  register,
  set,
  text,
} from "../../src/index.ts";

async function pair() {
  const alice = await Document.create(await Identity.create());
  const bob = await Document.join(await alice.invite(), await Identity.create());
  await bob.receive(await alice.changesSince(bob.heads));
  return { alice, bob };
}

async function exchange(a: Document, b: Document): Promise<void> {
  await b.receive(await a.changesSince(b.heads));
  await a.receive(await b.changesSince(a.heads));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ChirographError)) throw new Error(`expected a ChirographError, got ${error}`);
  expect(error.message).toMatch(/^[A-Z].*\.$/);
  return error.code;
}

describe("an identity", () => {
  it("keeps its secret where WebCrypto knows Ed25519", async () => {
    expect((await Identity.create()).extractable).toBe(false);
    expect((await Identity.open()).kept).toBe(false);
  });

  it("of a seed is the same each time", () => {
    const seed = new Uint8Array(32).fill(7);
    expect(Identity.fromSeed(seed).id).toBe(Identity.fromSeed(seed).id);
    expect(() => Identity.fromSeed(new Uint8Array(31))).toThrow(RangeError);
  });
});

describe("two documents", () => {
  it("are equal once each has what the other made", async () => {
    const { alice, bob } = await pair();
    alice.edit(root => root.text("body").insert(0, "Hello"));
    bob.change(root => {
      root.todo = [{ what: "milk", done: false }];
    });
    await exchange(alice, bob);
    expect(alice.toJson()).toEqual({ body: "Hello", todo: [{ what: "milk", done: false }] });
    expect(bob.toJson()).toEqual(alice.toJson());
    expect(bob.heads).toEqual(alice.heads);
    expect(bob.members.map(({ role }) => role).sort()).toEqual(["editor", "owner"]);
  });

  it("take packets in any order and more than once", async () => {
    const { alice, bob } = await pair();
    const packets: Uint8Array<ArrayBuffer>[] = [];
    for (const word of ["one ", "two ", "three "]) {
      alice.edit(root => root.text("body").insert(root.text("body").length, word));
      packets.push(...(await alice.flush()));
    }
    const [first, ...others] = packets;
    const waiting = await bob.receive(others.reverse());
    expect(waiting).toMatchObject({ admitted: [], refused: [] });
    expect(waiting.pending).toHaveLength(others.length);
    const done = await bob.receive([first!, first!]);
    expect(done).toMatchObject({ pending: [], refused: [] });
    expect(bob.get(["body"])).toBe("one two three ");
  });

  it("say by a code why a change was not taken, and go on", async () => {
    const { alice, bob } = await pair();
    alice.edit(root => root.text("body").insert(0, "Hello"));
    const [packet] = await alice.changesSince(bob.heads);
    const altered = packet!.slice();
    altered[altered.length - 1]! ^= 1;
    const { refused } = await bob.receive(altered);
    expect(refused.map(({ code }) => code)).toEqual(["SignatureWrong"]);
    expect(refused[0]!.message).toMatch(/^The signature does not match \(\w+\)\.$/);
    expect((await bob.receive(Uint8Array.of(9, 9))).refused[0]!.code).toBe("BytesMalformed");
    expect((await bob.receive(packet!)).refused).toEqual([]);
    expect(bob.get(["body"])).toBe("Hello");
  });

  it("may be edited while signatures are checked", async () => {
    const { alice, bob } = await pair();
    alice.edit(root => root.text("body").insert(0, "Hello"));
    const receiving = bob.receive(await alice.changesSince(bob.heads));
    bob.edit(root => root.set("title", "A letter"));
    await receiving;
    await exchange(alice, bob);
    expect(alice.toJson()).toEqual({ body: "Hello", title: "A letter" });
    expect(bob.heads).toEqual(alice.heads);
  });

  it("hear of all that was taken before a listener's error comes out", async () => {
    const { alice, bob } = await pair();
    alice.edit(root => root.set("a", 1));
    await alice.flush();
    alice.edit(root => root.set("b", 2));
    bob.subscribe(() => {
      throw new Error("no");
    });
    await expect(bob.receive(await alice.changesSince(bob.heads))).rejects.toThrow();
    expect(bob.toJson()).toEqual({ a: 1, b: 2 });
  });
});

describe("a document", () => {
  it("flushes each own change once", async () => {
    const { alice } = await pair();
    await alice.flush();
    alice.edit(root => root.set("a", 1));
    expect(await alice.flush()).toHaveLength(1);
    expect(await alice.flush()).toEqual([]);
  });

  it("rejects with a code what a correct program can meet", async () => {
    const alice = await Document.create(await Identity.create());
    const link = await alice.invite({ signalling: "wss://notes.example/signal" });
    expect(await codeOf(Document.join("https://notes.example/", await Identity.create()))).toBe(
      "LinkMalformed",
    );
    const bob = await Document.join(`https://notes.example/#${link}`, await Identity.create());
    expect(bob.id).toBe(alice.id);
    expect(await codeOf(bob.invite())).toBe("NotArrived");
    expect(() => bob.edit(() => undefined)).toThrow(ChirographError);
    await bob.receive(await alice.changesSince([]));
    bob.edit(root => root.set("a", 1));
    await bob.flush();
    expect(await codeOf(bob.invite())).toBe("RightMissing");
    const reader = await Document.open(alice.id, await Identity.create());
    await reader.receive(await alice.changesSince([]));
    expect(() => reader.edit(root => root.set("a", 1))).toThrow(/may not/);
    await expect(Document.open("no id", alice.identity)).rejects.toThrow(TypeError);
  });

  it("is read at any place, and says what is none", async () => {
    const alice = await Document.create(await Identity.create());
    const deepest = Array<string>(64).fill("m");
    alice.edit(root => {
      root.set("l", [1]);
      deepest.reduce(map => map.map("m"), root).set("k", "deep");
    });
    expect([alice.get(["l", 0]), alice.get(["l", 1]), alice.get(["l", 0, "k"])]).toEqual([
      1,
      undefined,
      undefined,
    ]);
    expect(alice.get([...deepest, "k"])).toBe("deep");
    for (const wrong of [-1, 0.5, Number.NaN, null as unknown as string])
      for (const place of [
        ["l", wrong],
        ["l", wrong, "k"],
      ])
        expect(() => alice.get(place), String(wrong)).toThrow(/^Expected keys and indices/);
  });

  it("gives an invite a label of up to 42 UTF-16 code units, whichever they are", async () => {
    const alice = await Document.create(await Identity.create());
    await alice.invite({ label: "好".repeat(42) });
    expect(alice.people.links.map(({ label }) => label)).toEqual(["好".repeat(42)]);
    await expect(alice.invite({ label: "x".repeat(43) })).rejects.toThrow(RangeError);
  });

  it("makes no link that names what is no signalling server, for nobody could join by it", async () => {
    const alice = await Document.create(await Identity.create());
    const longest = `wss://notes.example/${"s".repeat(364)}`;
    for (const signalling of [
      "https://notes.example/signal",
      "javascript:alert(1)",
      "",
      "wss://nötes",
      `${longest}s`,
    ])
      await expect(alice.invite({ signalling }), signalling).rejects.toThrow(RangeError);
    expect(alice.people.links).toEqual([]);
    const link = await alice.invite({ signalling: longest });
    expect((await Document.join(link, await Identity.create())).id).toBe(alice.id);
  });

  it("refuses an edit that answers a promise, and keeps nothing of it", async () => {
    const alice = await Document.create(await Identity.create());
    const edit = async (root: MapEdit) => {
      root.set("half", 1);
      await null;
      root.set("rest", 2);
    };
    expect(() => alice.edit(edit)).toThrow(/got a promise/);
    expect(() => alice.change(edit)).toThrow(/got a promise/);
    // Nobody has to catch what is left of it, or the process would end.
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(alice.toJson()).toEqual({});
  });

  it("is not closed, saved or sent inside an edit: what throws has never been, and what was flushed before still is", async () => {
    const { alice, bob } = await pair();
    alice.edit(root => root.text("body").insert(0, "Hello"));
    await alice.changesSince([]);
    bob.edit(root => root.set("his", 1));
    const his = await bob.changesSince(alice.heads);
    const attempts: (() => Promise<unknown>)[] = [
      () => alice.save(),
      () => alice.flush(),
      () => alice.changesSince([]),
      () => alice.invite(),
      async () => alice.rename("Al"),
      async () => alice.administer(people => people.setRole(bob.identity.id, "reader")),
    ];
    for (const attempt of attempts) {
      const attempted: Promise<unknown>[] = [];
      const edit = (root: MapEdit) => {
        root.set("a", 1);
        attempted.push(expect(attempt(), String(attempt)).rejects.toThrow("no edit to be under way"));
        root.set("b", 2);
        throw new Error("no");
      };
      expect(() => alice.edit(edit)).toThrow(/^no$/);
      await Promise.all(attempted);
    }
    // It looks at signatures first, so the edit is over when it takes something in.
    const receiving: Promise<unknown>[] = [];
    alice.edit(root => {
      root.set("c", 3);
      receiving.push(alice.receive(his));
      root.set("d", 4);
    });
    await Promise.all(receiving);
    await bob.receive(await alice.flush());
    for (const doc of [alice, bob]) expect(doc.toJson()).toEqual({ body: "Hello", c: 3, d: 4, his: 1 });
    expect((await Document.load(await alice.save(), alice.identity)).toJson()).toEqual(bob.toJson());
    expect(alice.members.map(({ role }) => role).sort()).toEqual(["editor", "owner"]);
  });

  it("says who is here, removes people, and takes their work back in", async () => {
    const { alice, bob } = await pair();
    bob.edit(root => root.text("body").insert(0, "Hello "));
    await alice.receive(await bob.flush());
    bob.edit(root => root.text("body").insert(0, "Bob's "));
    const offline = await bob.flush();
    alice.administer(people => {
      people.dismiss(bob.identity.id);
      for (const { invite } of people.links) people.revoke(invite);
    });
    await bob.receive(await alice.flush());
    await alice.receive(offline);
    for (const doc of [alice, bob]) {
      expect(doc.members.find(({ device }) => device === bob.identity.id)?.role).toBe(null);
      expect(doc.people.links.map(({ isLive }) => isLive)).toEqual([false]);
      expect(doc.people.aside.map(({ author, reason }) => [author, reason])).toEqual([
        [bob.identity.id, "removed"],
      ]);
      expect(JSON.stringify(doc.toJson())).not.toContain("Bob's");
    }
    expect(() => bob.edit(root => root.set("a", 1))).toThrow(/may not/);
    alice.administer(people => people.admit(people.aside.map(({ id }) => id)));
    await bob.receive(await alice.flush());
    for (const doc of [alice, bob]) expect(JSON.stringify(doc.toJson())).toContain("Bob's");
    expect(() => bob.administer(people => people.dismiss(alice.identity.id))).toThrow();
  });

  it("is saved with its history and loaded again, to the last byte", async () => {
    const { alice, bob } = await pair();
    for (const word of ["one ", "two ", "three "]) {
      alice.edit(root => root.text("body").insert(root.text("body").length, word));
      await alice.flush();
    }
    const file = await alice.save();
    const seen: number[] = [];
    const again = await Document.load(file, alice.identity, { onProgress: done => seen.push(done) });
    expect(again.toJson()).toEqual(alice.toJson());
    expect(again.heads).toEqual(alice.heads);
    again.edit(root => root.text("body").insert(0, "> "));
    const packets = await again.flush();
    await bob.receive(await alice.changesSince(bob.heads));
    expect((await bob.receive(packets)).refused).toEqual([]);
    expect(bob.get(["body"])).toBe("> one two three ");

    for (const at of [40, file.length >> 1, file.length - 1]) {
      const altered = file.slice();
      altered[at]! ^= 1;
      expect(await codeOf(Document.load(altered, alice.identity))).toBe("FileRefused");
    }
    expect(await codeOf(Document.load(Uint8Array.of(1, 2, 3), alice.identity))).toBe("FileRefused");
  });

  it("is saved as it was when somebody types on meanwhile", async () => {
    const alice = await Document.create(await Identity.create());
    alice.edit(root => root.text("body").insert(0, "Hello"));
    const saving = alice.save();
    alice.edit(root => root.text("body").insert(5, "!"));
    expect((await Document.load(await saving, alice.identity)).toJson()).toEqual({ body: "Hello" });
  });

  it("out of a file, where one signature proves many changes, is handed on in packets all the same", async () => {
    const alice = await Document.create(await Identity.create());
    for (let i = 0; i < 20; i++) {
      alice.edit(root => root.set("n", i));
      await alice.flush();
    }
    const again = await Document.load(await alice.save(), await Identity.create());
    const bob = await Document.open(alice.id, await Identity.create());
    const packets = await again.changesSince([]);
    expect(await bob.receive(packets)).toMatchObject({ pending: [], refused: [] });
    expect(bob.heads).toEqual(alice.heads);
    expect(await again.changesSince(alice.heads)).toEqual([]);
  });

  it("is opened again from its packets and goes on with its own chain", async () => {
    const identity = await Identity.create();
    const first = await Document.create(identity);
    first.edit(root => root.set("a", 1));
    const packets = await first.changesSince([]);
    const second = await Document.open(first.id, identity);
    await second.receive(packets);
    second.edit(root => root.set("b", 2));
    expect((await first.receive(await second.flush())).refused).toEqual([]);
    expect(first.toJson()).toEqual({ a: 1, b: 2 });
  });

  it("is typed and read by a schema", async () => {
    const schema = defineSchema({
      title: lww(isString),
      todo: list(map({ what: text(), done: lww(isBoolean) })),
    });
    const typed = await Document.create(await Identity.create(), { schema });
    typed.change(root => {
      root.title = "Shopping";
      root.todo.push({ what: "milk", done: false });
      root.todo[0]?.what.insert(0, "soy ");
    });
    const reading = typed.read();
    expect(reading).toEqual({
      ok: true,
      value: { title: "Shopping", todo: [{ what: "soy milk", done: false }] },
    });
    const plain = await Document.create(await Identity.create());
    expect(() => plain.read()).toThrow(TypeError);
  });
});

describe("a text of a document", () => {
  it("is edited by patches, and tells steps of everybody else's edits", async () => {
    const { alice, bob } = await pair();
    const hers = alice.text(["notes", "body"]);
    const steps: unknown[] = [];
    hers.subscribe(told => steps.push(...told));
    hers.edit([{ from: 0, to: 0, insert: "abc" }]);
    hers.edit([
      { from: 0, to: 1, insert: "A" },
      { from: 3, to: 3, insert: "!" },
    ]);
    expect(hers.toString()).toBe("Abc!");
    expect(steps).toEqual([]);
    alice.edit(root => root.map("notes").text("body").insert(4, "?"));
    await exchange(alice, bob);
    bob.text(["notes", "body"]).edit([{ from: 0, to: 1, insert: "" }]);
    await exchange(alice, bob);
    expect(steps).toEqual([
      { from: 4, to: 4, insert: "?" },
      { from: 0, to: 1, insert: "" },
    ]);
    expect(hers.length).toBe(4);
  });

  it("undoes and redoes what this identity wrote, among what others did, and tells its own editor", async () => {
    const { alice, bob } = await pair();
    const hers = alice.text(["body"]);
    const told: [unknown, boolean][] = [];
    hers.edit([{ from: 0, to: 0, insert: "Hello" }]);
    await exchange(alice, bob);
    bob.edit(root => root.text("body").insert(5, ", Alice"));
    await exchange(alice, bob);
    hers.breakUndo();
    hers.edit([{ from: 0, to: 0, insert: "> " }]);
    hers.subscribe((steps, isMine) => told.push([steps, isMine]));
    expect([alice.canUndo, alice.canRedo]).toEqual([true, false]);
    expect(alice.undo()).toBe(true);
    hers.undo();
    expect(hers.toString()).toBe(", Alice");
    expect(alice.undo()).toBe(false);
    await exchange(alice, bob);
    expect(bob.text(["body"]).toString()).toBe(", Alice");
    expect(alice.redo()).toBe(true);
    expect(hers.toString()).toBe("Hello, Alice");
    expect(told).toEqual([
      [[{ from: 0, to: 2, insert: "" }], true],
      [[{ from: 0, to: 5, insert: "" }], true],
      [[{ from: 0, to: 0, insert: "Hello" }], true],
    ]);
  });

  it("stays the same text when its item of a list moves", async () => {
    const alice = await Document.create(await Identity.create());
    alice.change(root => {
      root.list = [{ t: text("one") }, { t: text("two") }, { t: text("three") }];
    });
    const two = alice.text(["list", 1, "t"]);
    alice.edit(root => root.list("list").move(1, 0));
    two.edit([{ from: 3, to: 3, insert: "!" }]);
    alice.edit(root => root.list("list").delete(1));
    two.edit([{ from: 0, to: 1, insert: "T" }]);
    expect(alice.get(["list", 0, "t"])).toBe("Two!");
    alice.edit(root => root.list("list").delete(0));
    expect(() => two.edit([{ from: 0, to: 0, insert: "x" }])).toThrow(RangeError);
  });

  it("stays that text where its item was moved out of one that is deleted then", async () => {
    const alice = await Document.create(await Identity.create());
    alice.change(root => {
      root.list = [{ under: [{ t: text("one") }] }];
    });
    const one = alice.text(["list", 0, "under", 0, "t"]);
    alice.change(root => {
      root.list[0].under.moveTo(0, root.list, 0);
      root.list.splice(1, 1);
    });
    one.edit([{ from: 3, to: 3, insert: "!" }]);
    expect(alice.get(["list", 0, "t"])).toBe("one!");
  });

  it("is not looked for where something else is, or nothing can be", async () => {
    const alice = await Document.create(await Identity.create());
    alice.edit(root => root.list("list").insert(0, "plain"));
    expect(() => alice.text(["list"])).toThrow(RangeError);
    expect(() => alice.text(["list", 7])).toThrow(RangeError);
    expect(() => alice.text([])).toThrow(RangeError);
  });

  it("is not looked for where a plain value shows, which the first letter would do away with", async () => {
    const alice = await Document.create(await Identity.create());
    alice.change(root => {
      root.title = "A title";
      root.votes = 5;
      root.nothing = null;
    });
    for (const place of [["title"], ["votes", "body"], ["nothing"], ["nothing", "much", "body"]])
      expect(() => alice.text(place), String(place)).toThrow(/^Expected a \w+ at .*, got a plain value$/);
  });

  it("is looked for alike on every copy where only a node shows that nobody has filled yet", async () => {
    const { alice, bob } = await pair();
    alice.change(root => {
      Object.assign(root, {
        body: text(),
        map: {},
        list: [],
        votes: counter(),
        mood: register(),
        tags: set(),
      });
      root.items = [{ t: text(), map: {} }, text()];
    });
    await exchange(alice, bob);
    const others = [["list"], ["map"], ["votes"], ["mood"], ["tags"], ["items", 0], ["items", 0, "map"]];
    for (const copy of [alice, bob]) {
      for (const place of [...others, ["list", "t"], ["votes", "t"], ["body", "t"], ["items", 1, "t"]])
        expect(() => copy.text(place), String(place)).toThrow(/^Expected a \w+ at .*, got a \w+$/);
      for (const place of [
        ["list", 0],
        ["items", 0, "more"],
        ["items", 0, "map", "t"],
      ])
        expect(() => copy.text(place), String(place)).toThrow(/nothing is there$/);
    }
    for (const place of [["body"], ["map", "t"], ["items", 0, "t"], ["items", 1]])
      bob.text(place).edit([{ from: 0, to: 0, insert: "x" }]);
    await exchange(alice, bob);
    expect(alice.toJson()).toMatchObject({ body: "x", map: { t: "x" }, items: [{ t: "x", map: {} }, "x"] });
  });
});
