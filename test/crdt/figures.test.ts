// The six figures of Kleppmann and Beresford ("A Conflict-Free Replicated JSON Datatype", 2017), one test each.

import { describe, expect, it } from "vitest";
import type { MapEdit } from "../../src/crdt/index.ts";
import type { MapNode } from "../../src/crdt/types/node.ts";
import { gather, type Person, sync } from "./people.ts";

/** Alice and Bob start from one document, edit without hearing of each other, then do. */
function apart(
  start: (root: MapEdit) => void,
  alices: (root: MapEdit) => void,
  bobs: (root: MapEdit) => void,
) {
  const [alice, bob] = gather("Alice", "Bob");
  alice.write(start);
  sync([alice, bob]);
  alice.write(alices);
  bob.write(bobs);
  sync([alice, bob]);
  expect(alice.json).toBe(bob.json);
  return { alice, bob };
}

function entriesOf(person: Person, key: string): unknown[] {
  const root = person.replica.node([]) as unknown as MapNode;
  return root.keys
    .get(key)!
    .register.entries()
    .map(entry => entry.value);
}

describe("as in figure", () => {
  it("1, both of two values that one key was given at the same time are kept", () => {
    const { alice, bob } = apart(
      root => root.set("key", "A"),
      root => root.set("key", "B"),
      root => root.set("key", "C"),
    );
    expect(entriesOf(alice, "key").sort()).toEqual(["B", "C"]);
    expect(entriesOf(bob, "key").sort()).toEqual(["B", "C"]);
    bob.write(root => root.set("key", "D"));
    sync([alice, bob]);
    expect(entriesOf(alice, "key")).toEqual(["D"]);
  });

  it("2, a nested key written while its map was replaced survives in the new map", () => {
    const { alice } = apart(
      root => root.set("colors", { blue: "#0000ff" }),
      root => root.map("colors").set("red", "#ff0000"),
      root => {
        root.set("colors", {});
        root.map("colors").set("green", "#00ff00");
      },
    );
    expect(JSON.parse(alice.json)).toEqual({ colors: { green: "#00ff00", red: "#ff0000" } });
  });

  it("3, items inserted into one list at the same time do not interleave", () => {
    const { alice } = apart(
      root => root.set("list", []),
      root => root.list("list").push("a", "b", "c"),
      root => root.list("list").push("x", "y", "z"),
    );
    expect(["a,b,c,x,y,z", "x,y,z,a,b,c"]).toContain(JSON.parse(alice.json).list.join());
  });

  it("3, what two people put and took at different places of one list is all done", () => {
    const { alice } = apart(
      root => root.set("list", ["a", "b", "c"]),
      root => {
        root.list("list").delete(1);
        root.list("list").insert(1, "x");
      },
      root => {
        root.list("list").insert(0, "y");
        root.list("list").push("z");
      },
    );
    expect(JSON.parse(alice.json)).toEqual({ list: ["y", "a", "x", "c", "z"] });
  });

  it("4, two lists made under one key at the same time are one", () => {
    const { alice } = apart(
      root => root.set("other", 1),
      root => root.set("groceries", ["eggs", "ham"]),
      root => root.set("groceries", ["milk", "flour"]),
    );
    const { groceries } = JSON.parse(alice.json);
    expect(["eggs,ham,milk,flour", "milk,flour,eggs,ham"]).toContain(groceries.join());
  });

  it("5, a map and a list made under one key at the same time are both there", () => {
    const { alice, bob } = apart(
      root => root.set("other", 1),
      root => root.set("a", { x: "y" }),
      root => root.set("a", ["z"]),
    );
    const both = [{ make: "list" }, { make: "map" }];
    const sorted = entriesOf(alice, "a").sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    expect(sorted).toEqual(both);
    // Who resolves it keeps one and loses nothing of it.
    bob.write(root => expect(root.map("a").get("x")).toBe("y"));
    sync([alice, bob]);
    alice.write(root => expect(root.list("a").toJSON()).toEqual(["z"]));
  });

  it("6, of an item deleted while it was marked as done only the mark is left", () => {
    const { alice } = apart(
      root => root.set("todo", [{ title: "buy milk", done: false }]),
      root => root.list("todo").delete(0),
      root => root.list("todo").map(0).set("done", true),
    );
    expect(JSON.parse(alice.json)).toEqual({ todo: [{ done: true }] });
  });
});
