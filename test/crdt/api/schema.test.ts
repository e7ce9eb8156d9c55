// A schema gives types to what is written and questions to what is read. The lines with `@ts-expect-error` and
// `expectTypeOf` are judged by tsc, which is part of `npm test`; where they also run, the core refuses the same.

import { describe, expect, expectTypeOf, it } from "vitest";
import {
  counter,
  defineSchema,
  docOf,
  type Given,
  gcounter,
  isBoolean,
  isNumber,
  isString,
  list,
  lww,
  map,
  type PlainCounter,
  type PlainText,
  register,
  type Scalar,
  set,
  type TextEdit,
  text,
  type View,
  value,
} from "../../../src/crdt/index.ts";
import { gather, type Person, sync } from "../people.ts";

const isColour = (word: Scalar): word is "red" | "blue" => word === "red" || word === "blue";

const schema = defineSchema({
  title: lww(isString),
  body: text(),
  todo: list(map({ what: text(), done: register(isBoolean), by: value(isString) })),
  votes: counter(),
  visits: gcounter(),
  tags: set(isString),
  seen: set(isNumber, "gset"),
  colour: value(isColour),
  any: register(),
  numbers: list(value(isNumber)),
  nested: map({ lists: list(list(text())), counts: list(counter()) }),
});

type Schema = typeof schema;

function two() {
  const [alice, bob] = gather("Alice", "Bob");
  return { alice, bob, hers: docOf(alice.replica, schema), his: docOf(bob.replica, schema) };
}

function exchange(alice: Person, bob: Person) {
  alice.close();
  bob.close();
  sync([alice, bob]);
  expect(alice.json).toBe(bob.json);
}

const EMPTY = {
  title: null,
  body: "",
  todo: [],
  votes: 0,
  visits: 0,
  tags: [],
  seen: [],
  colour: null,
  any: null,
  numbers: [],
  nested: { lists: [], counts: [] },
};

describe("the types of a schema", () => {
  it("are what its guards and kinds say", () => {
    type Item = { readonly what: string; readonly done: boolean | null; readonly by: string | null };
    expectTypeOf<View<Schema>["title"]>().toEqualTypeOf<string | null>();
    expectTypeOf<View<Schema>["todo"]>().toEqualTypeOf<readonly Item[]>();
    expectTypeOf<View<Schema>["votes"]>().toEqualTypeOf<number>();
    expectTypeOf<View<Schema>["tags"]>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<View<Schema>["seen"]>().toEqualTypeOf<readonly number[]>();
    expectTypeOf<View<Schema>["colour"]>().toEqualTypeOf<"red" | "blue" | null>();
    expectTypeOf<View<Schema>["any"]>().toEqualTypeOf<Scalar>();
    expectTypeOf<View<Schema>["numbers"]>().toEqualTypeOf<readonly number[]>();
    expectTypeOf<View<Schema>["nested"]["lists"]>().toEqualTypeOf<readonly (readonly string[])[]>();
    expectTypeOf<Given<Schema>["colour"]>().toEqualTypeOf<"red" | "blue" | undefined>();
    // @ts-expect-error a type that nobody checks is no type
    lww<string>();
    // @ts-expect-error a schema is made of kinds
    expect(() => defineSchema({ title: "string" })).toThrow(/\["title"\]/);
    // @ts-expect-error also inside
    expect(() => defineSchema({ a: list(map({ b: 1 })) })).toThrow(/\["a","\[\]","b"\]/);
    expect(() => defineSchema({ a: text("content") })).toThrow(/without content/);
    const deep = Array.from({ length: 70 }).reduce<ReturnType<typeof list>>(
      inner => list(inner),
      list(text()),
    );
    expect(() => defineSchema({ a: deep })).toThrow(RangeError);
  });

  it("hold for handles", () => {
    const { hers } = two();
    hers.edit(root => {
      expectTypeOf(root.text("body")).toEqualTypeOf<TextEdit>();
      root.text("body").insert(0, "b");
      root.lww("title").set("t");
      root.register("any").set(null);
      root.counter("votes").increment();
      root.counter("visits", "gcounter").increment(2);
      root.setOf("tags").add("x");
      root.setOf("seen", "gset").add(1);
      root.set("colour", "red");
      root.list("numbers").push(1, 2);
      root.list("todo").insertNew(0, "map");
      root.list("todo").map(0).text("what").insert(0, "milk");
      root.list("todo").map(0).register("done").set(true);
      root.map("nested").list("counts").insertNew(0, "counter");
      root.map("nested").list("counts").counter(0).increment(5);
      root.list("numbers").splice(0, 1, 3, 4);
      root.map("nested").list("lists").insertNew(0, "list");
      root.map("nested").list("lists").insertNew(1, "list");
      const [from, to] = [0, 1].map(i => root.map("nested").list("lists").list(i));
      from!.insertNew(0, "text");
      from!.moveTo(0, to!, 0);
      root.map("nested").list("lists").splice(0, 1);
    });
    const reading = hers.read();
    expect(reading).toEqual({
      ok: true,
      value: {
        ...EMPTY,
        body: "b",
        title: "t",
        votes: 1,
        visits: 2,
        tags: ["x"],
        seen: [1],
        colour: "red",
        numbers: [3, 4, 2],
        todo: [{ what: "milk", done: true, by: null }],
        nested: { lists: [[""]], counts: [5] },
      },
    });
    const notRun = () =>
      hers.edit(root => {
        // @ts-expect-error no such key
        root.text("bodi");
        // @ts-expect-error another kind
        root.text("title");
        // @ts-expect-error another kind
        root.list("body");
        // @ts-expect-error another type
        root.lww("title").set(1);
        // @ts-expect-error another type
        root.setOf("tags").add(1);
        // @ts-expect-error another kind of set
        root.setOf("seen");
        // @ts-expect-error another kind of counter
        root.counter("visits");
        // @ts-expect-error not one of the words
        root.set("colour", "green");
        // @ts-expect-error a text is no plain value
        root.set("body", "x");
        // @ts-expect-error another type, deep
        root.list("todo").map(0).register("done").set("yes");
        // @ts-expect-error items are texts
        root.map("nested").list("lists").list(0).map(0);
        // @ts-expect-error items are maps
        root.list("todo").push(1);
        // @ts-expect-error items are maps
        root.list("todo").insertNew(0, "counter");
        // @ts-expect-error items are plain values
        root.list("numbers").insertNew(0, "map");
        // @ts-expect-error another type
        root.list("numbers").splice(0, 1, "3");
        // @ts-expect-error items are maps, made by insertNew
        root.list("todo").splice(0, 1, {});
      });
    expect(notRun).toBeTypeOf("function");
  });

  it("hold for plain objects, and the core refuses what the compiler does", () => {
    const { hers } = two();
    hers.change(d => {
      expectTypeOf(d.title).toEqualTypeOf<string | undefined>();
      expectTypeOf(d.body).toEqualTypeOf<PlainText>();
      expectTypeOf(d.votes).toEqualTypeOf<PlainCounter>();
      expectTypeOf(d.todo[0]?.done).toEqualTypeOf<boolean | undefined>();
      expectTypeOf(d.todo.map(item => item?.what.length)).toEqualTypeOf<(number | undefined)[]>();
      expectTypeOf(d.numbers.indexOf(1)).toEqualTypeOf<number>();
      for (const item of d.todo) expectTypeOf(item?.by).toEqualTypeOf<string | undefined>();
    });
    const refused = (write: (d: Parameters<Parameters<typeof hers.change>[0]>[0]) => void) =>
      expect(() => hers.change(write)).toThrow(TypeError);
    refused(d => {
      // @ts-expect-error another type
      d.title = 1;
    });
    refused(d => {
      // @ts-expect-error not one of the words
      d.colour = "green";
    });
    refused(d => {
      // @ts-expect-error no such key
      d.titel = "x";
    });
    refused(d => {
      // @ts-expect-error another type, within
      d.todo.push({ what: "x", done: "yes" });
    });
    refused(d => {
      // @ts-expect-error no such key, within
      d.todo.push({ whta: "x" });
    });
    refused(d => {
      // @ts-expect-error a list
      d.nested.lists.push("x");
    });
    refused(d => {
      // @ts-expect-error a number
      d.numbers[0] = "1";
    });
    refused(d => {
      // @ts-expect-error a map is written into, and replaced by splice
      d.todo[0] = undefined;
    });
    refused(d => {
      // @ts-expect-error a string
      d.tags.add(1);
    });
    refused(d => {
      // @ts-expect-error texts are written into, and assigned where there is no schema
      d.body = 1;
    });
    expect(hers.read()).toEqual({ ok: true, value: EMPTY });
  });
});

describe("a document with a schema", () => {
  it("reads empty before anything was written, and is not written to by reading", () => {
    const { alice, hers } = two();
    expect(hers.read()).toEqual({ ok: true, value: EMPTY });
    hers.change(d => {
      expect([d.title, d.body.length, d.todo.length, d.votes.value, d.tags.size]).toEqual([
        undefined,
        0,
        0,
        0,
        0,
      ]);
      expect([...d.nested.lists, d.nested.counts[0], d.todo.indexOf(undefined)]).toEqual([undefined, -1]);
      expect([d.tags.has("x"), d.tags.delete("x"), JSON.stringify(d)]).toEqual([false, false, "{}"]);
      d.body.delete(0, 0);
      d.body.insert(0, "");
    });
    expect([alice.replica.hasDraft, alice.json]).toEqual([false, "{}"]);
  });

  it("makes of plain values the kinds that the schema says, so that two people's writes merge", () => {
    const { alice, bob, hers, his } = two();
    hers.change(d => {
      d.title = "Shopping";
      d.body.insert(0, "a list");
      d.todo.push({ what: "milk", done: false }, { what: "eggs" });
      d.nested.lists.push(["a", "b"], []);
      d.nested.counts.push(3, 0);
      d.numbers.push(1, 2);
      d.votes.increment();
      d.tags.add("home");
    });
    exchange(alice, bob);
    his.change(d => {
      d.todo[0]!.what.insert(0, "soy ");
      d.todo[0]!.done = true;
      d.body.insert(0, "not ");
      d.nested.lists[0]![1]!.insert(1, "!");
      d.nested.counts[0]!.increment();
      d.votes.increment();
    });
    hers.change(d => {
      d.todo[0]!.what.insert(4, " (2)");
      d.todo[1]!.what.delete(0, 1);
      d.body.insert(6, "!");
      d.nested.lists[1]!.push(text("c"));
      d.nested.counts[0]!.increment();
      d.votes.increment();
      d.numbers[0] = 10;
    });
    exchange(alice, bob);
    expect(his.read()).toEqual({
      ok: true,
      value: {
        ...EMPTY,
        title: "Shopping",
        body: "not a list!",
        todo: [
          { what: "soy milk (2)", done: true, by: null },
          { what: "ggs", done: null, by: null },
        ],
        votes: 3,
        tags: ["home"],
        numbers: [10, 2],
        nested: { lists: [["a", "b!"], ["c"]], counts: [5, 0] },
      },
    });
    expect(hers.conflicts()).toEqual([]);
  });

  it("takes no set with a hole in it, and has changed nothing by then", () => {
    const [alice] = gather("Alice", "Bob");
    const hers = docOf(alice.replica, defineSchema({ l: list(map({ tags: set(isString) })) }));
    hers.change(d => {
      const tags = ["a", "b", "c"];
      delete tags[1];
      expect(() => d.l.push({ tags: ["z"] }, { tags })).toThrow(/^Expected plain JSON at \["l",1,"tags",1\]/);
      expect(() => d.l.push({ tags })).toThrow(TypeError);
    });
    expect(hers.toJson()).toEqual({});
  });

  it("says what does not fit, where, and what is there instead", () => {
    const { alice, bob, hers } = two();
    docOf(bob.replica).change(d => {
      d.title = "no lww";
      d.body = ["no text"];
      d.todo = [{ what: text(), done: register() }, "no map"];
      d.todo[0].done = "yes";
      d.colour = "green";
      d.tags = set();
      d.tags.add(1).add("x");
      d.numbers = [1, "2"];
      d.more = "what a newer version knows";
    });
    exchange(alice, bob);
    expect(hers.read()).toEqual({
      ok: false,
      misfits: [
        { path: ["body"], expected: "text", found: "list" },
        { path: ["colour"], expected: "value", found: "value" },
        { path: ["numbers", 1], expected: "value", found: "value" },
        { path: ["tags", 1], expected: "set", found: "value" },
        { path: ["title"], expected: "lww", found: "value" },
        { path: ["todo", 0, "done"], expected: "register", found: "value" },
        { path: ["todo", 1], expected: "map", found: "value" },
      ],
    });
    // Within an edit, what does not fit is not there; writing puts right what it touches.
    hers.change(d => {
      expect([d.title, d.colour, d.numbers[1], d.todo[1], d.todo[0]!.done, d.body.length]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        0,
      ]);
      d.title = "lww";
      d.colour = "red";
      d.body.insert(0, "text");
      d.numbers[1] = 2;
      d.todo[0]!.done = true;
      d.todo.splice(1, 1);
      for (const tag of d.tags) if (typeof tag !== "string") d.tags.delete(tag);
    });
    expect(hers.read()).toMatchObject({
      ok: true,
      value: {
        title: "lww",
        body: "text",
        colour: "red",
        numbers: [1, 2],
        tags: ["x"],
        todo: [{ what: "", done: true }],
      },
    });
    expect(hers.conflicts()).toEqual([]);
    expect(hers.get(["more"])).toBe("what a newer version knows");
  });

  it("writes over a register that stands where a plain value should, not into it", () => {
    const { alice, bob, hers } = two();
    bob.write(root => {
      root.register("colour").set("green");
      root.list("numbers").insertNew(0, "register");
      root.list("numbers").register(0).set(7);
    });
    sync([alice, bob]);
    hers.change(d => {
      d.colour = "red";
      d.numbers[0] = 1;
      expect([d.colour, d.numbers[0]]).toEqual(["red", 1]);
    });
    expect(hers.read()).toMatchObject({ ok: true, value: { colour: "red", numbers: [1] } });
  });

  it("appends to a list that a plain value hides, behind what others have in it", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    bob.write(root => root.set("numbers", [1, 2]));
    for (const n of [1, 2]) carol.write(root => root.set("numbers", n));
    sync([alice, bob, carol]);
    const hers = docOf(alice.replica, schema);
    expect(hers.get(["numbers"])).toBe(2);
    hers.change(d => {
      expect(d.numbers.length).toBe(0);
      expect(d.numbers.push(3, 4)).toBe(4);
    });
    expect(hers.toJson()).toEqual({ numbers: [1, 2, 3, 4] });
  });

  it("knows a register with a node in it for a misfit, as whoever writes a client of his own can make one", () => {
    const { alice, hers } = two();
    alice.replica.edit(root => {
      const held = root.register("any") as unknown as { author: { add(op: object): void }; path: unknown };
      held.author.add({ type: "set", path: held.path, key: null, value: { make: "map" }, replaces: [] });
    });
    alice.close();
    expect(hers.read()).toEqual({
      ok: false,
      misfits: [{ path: ["any"], expected: "register", found: "map" }],
    });
  });

  it("deletes keys, and makes what the schema says anew", () => {
    const { hers } = two();
    hers.change(d => {
      d.title = "x";
      d.todo.push({ what: "milk" });
      const { todo } = d;
      delete d.title;
      // @ts-expect-error of nodes only what is in them is deleted, says the compiler; it is no loss if it is done
      delete d.todo;
      expect(() => todo.push({})).toThrow(/removed or replaced/);
      d.todo.push({ what: "eggs" });
    });
    expect(hers.toJson()).toEqual({ todo: [{ what: "eggs" }] });
  });
});
