// What several people wrote at one place is listed and settled: the multi-value register of the talk and figures 1 and 5
// of Kleppmann and Beresford (2017) as whoever uses the library sees them.

import { describe, expect, it, vi } from "vitest";
import { type Conflict, conflicts, type MapEdit, type PlainPath, resolve } from "../../../src/crdt/index.ts";
import type { Path } from "../../../src/crdt/types/op.ts";
import { forge, gather, type Person, sync } from "../people.ts";

type Edit = (root: MapEdit) => void;

/** Everybody edits without hearing of the others, then all do. */
function apart(start: Edit, ...edits: readonly Edit[]): Person[] {
  const people = gather("Alice", "Bob", "Carol").slice(0, Math.max(2, edits.length));
  people[0]!.write(start);
  sync(people);
  edits.forEach((edit, i) => {
    people[i]!.write(edit);
  });
  sync(people);
  expect(new Set(people.map(person => person.json)).size).toBe(1);
  return people;
}

const valuesAt = (person: Person, path: PlainPath) =>
  conflicts(person.replica, path)[0]?.choices.map(choice => choice.value);
const sorted = (values: readonly unknown[] | undefined) =>
  values?.map(value => JSON.stringify(value)).sort((a, b) => (a < b ? -1 : 1));
const shown = (person: Person) => JSON.parse(person.json);
const nobodys = (people: readonly Person[]) =>
  expect(people.map(person => conflicts(person.replica))).toEqual(people.map(() => []));

describe("conflicts", () => {
  it("are none where one wrote after the other", () => {
    const [alice, bob] = apart(
      root => root.set("key", "A"),
      root => root.set("other", "B"),
    );
    bob!.write(root => root.set("key", "C"));
    sync([alice!, bob!]);
    expect(shown(alice!).key).toBe("C");
    nobodys([alice!, bob!]);
  });

  it("of one key list both values, the one that shows first, with who wrote each and where (figure 1)", () => {
    const [alice, bob] = apart(
      root => root.set("key", "A"),
      root => root.set("key", "B"),
      root => root.set("key", "C"),
    );
    const [conflict, ...others] = conflicts(alice!.replica);
    expect(others).toEqual([]);
    expect(conflict!.path).toEqual(["key"]);
    expect(conflict!.choices[0]!.value).toBe(shown(alice!).key);
    for (const { value, kind, by } of conflict!.choices) {
      const author = value === "B" ? alice! : bob!;
      expect(kind).toBe(null);
      expect(by).toEqual([{ author: author.device, change: author.replica.ownHead!.id }]);
    }
    expect(sorted(valuesAt(bob!, ["key"]))).toEqual(['"B"', '"C"']);
  });

  it("count two equal values once, by two people", () => {
    const [alice] = apart(
      root => root.set("key", "A"),
      root => root.set("key", "same"),
      root => root.set("key", "same"),
      root => root.set("key", "other"),
    );
    const { choices } = conflicts(alice!.replica, ["key"])[0]!;
    expect(choices.map(({ value, by }) => [value, by.length]).sort()).toEqual([
      ["other", 1],
      ["same", 2],
    ]);
  });

  it("name this device and no change while the value is in the open draft", () => {
    const [alice] = gather("Alice");
    alice.write(root => root.set("key", { a: 1 }));
    alice.replica.edit(root => root.text("key").insert(0, "t"));
    expect(conflicts(alice.replica)[0]!.choices.map(({ kind, by }) => [kind, by])).toEqual([
      ["text", [{ author: alice.device, change: null }]],
      ["map", []],
    ]);
  });

  it("of a register are found wherever it stands, and not of one where the last writer wins", () => {
    const [alice] = apart(
      root => {
        root.register("x").set("v0");
        root.lww("y").set("v0");
        root.list("list").insertNew(0, "register");
      },
      root => {
        root.register("x").set("v1");
        root.lww("y").set("v1");
        root.list("list").register(0).set(1);
      },
      root => {
        root.register("x").set("v3");
        root.lww("y").set("v3");
        root.list("list").register(0).set(3);
      },
    );
    expect(conflicts(alice!.replica).map(({ path }) => path)).toEqual([["list", 0], ["x"]]);
    expect(sorted(valuesAt(alice!, ["list", 0]))).toEqual(["1", "3"]);
    expect(sorted(valuesAt(alice!, ["x"]))).toEqual(['"v1"', '"v3"']);
  });

  it("are found below the place that is asked for, and nowhere else", () => {
    const write = (value: string) => (root: MapEdit) => {
      root.set("a", value);
      root.list("todo").map(1).set("done", value);
    };
    const [alice] = apart(root => root.set("todo", [{}, { done: "" }]), write("A"), write("B"));
    expect(conflicts(alice!.replica).map(({ path }) => path)).toEqual([["a"], ["todo", 1, "done"]]);
    expect(conflicts(alice!.replica, ["todo", 1]).map(({ path }) => path)).toEqual([["todo", 1, "done"]]);
    expect(conflicts(alice!.replica, ["todo", 0])).toEqual([]);
    expect(conflicts(alice!.replica, ["nothing", "here"])).toEqual([]);
    expect(() => conflicts(alice!.replica, [-1])).toThrow(TypeError);
    expect(() => conflicts(alice!.replica, Array(65).fill("a"))).toThrow(RangeError);
  });

  it("of which one change made very many are listed without reading it for each of them", () => {
    const many = Array.from({ length: 50 }, (_, i) => `key ${i}`);
    const writeAll = (value: string) => (root: MapEdit) => {
      for (const key of many) root.set(key, value);
    };
    const [alice, bob] = apart(() => undefined, writeAll("A"), writeAll("B"));
    const read = vi.spyOn(alice!.replica, "get");
    const listed = conflicts(alice!.replica);
    expect(listed).toHaveLength(many.length);
    const authors = listed[0]!.choices.flatMap(({ by }) => by.map(({ author }) => author));
    expect(authors.sort()).toEqual([alice!.device, bob!.device].sort());
    expect(read).not.toHaveBeenCalled();
  });

  it("show what was written into something that somebody overwrote meanwhile", () => {
    const [alice] = apart(
      root => root.text("key").insert(0, "old"),
      root => root.set("key", 5),
      root => root.text("key").insert(3, " and new"),
    );
    const { choices } = conflicts(alice!.replica)[0]!;
    expect(choices.map(({ value, kind, by }) => [value, kind, by.length])).toEqual([
      [5, null, 1],
      [" and new", "text", 0],
    ]);
  });
});

describe("a conflict", () => {
  const three = () =>
    apart(
      root => root.set("key", "A"),
      root => root.set("key", "B"),
      root => root.set("key", "C"),
      root => root.set("key", "D"),
    );

  it("of three is settled by one of them, for all", () => {
    const people = three();
    const { choices } = conflicts(people[1]!.replica, ["key"])[0]!;
    expect(choices.length).toBe(3);
    people[1]!.write(root => resolve(root, ["key"], choices[2]!));
    sync(people);
    nobodys(people);
    expect(shown(people[0]!).key).toBe(choices[2]!.value);
  });

  it("is settled by a value that nobody had written", () => {
    const people = three();
    people[2]!.write(root => resolve(root, ["key"], { all: ["B", "C", "D"] }));
    sync(people);
    nobodys(people);
    expect(shown(people[0]!).key).toEqual({ all: ["B", "C", "D"] });
  });

  it("that two settle at the same time is one between those two, and then settled", () => {
    const people = three();
    people[0]!.write(root => resolve(root, ["key"], "E"));
    people[1]!.write(root => resolve(root, ["key"], "F"));
    sync(people);
    for (const person of people) expect(sorted(valuesAt(person, ["key"]))).toEqual(['"E"', '"F"']);
    people[2]!.write(root => resolve(root, ["key"], conflicts(people[2]!.replica)[0]!.choices[1]!));
    sync(people);
    nobodys(people);
  });

  it("that two settle alike at the same time is settled", () => {
    const people = three();
    for (const person of people.slice(0, 2)) person.write(root => resolve(root, ["key"], "E"));
    sync(people);
    nobodys(people);
    expect(shown(people[2]!).key).toBe("E");
  });

  it("is open again where somebody wrote without knowing that it was settled", () => {
    const people = three();
    people[0]!.write(root => resolve(root, ["key"], "E"));
    people[1]!.write(root => root.set("key", "F"));
    sync(people);
    expect(sorted(valuesAt(people[2]!, ["key"]))).toEqual(['"E"', '"F"']);
  });

  const kinds = () =>
    apart(
      root => root.set("other", 1),
      root => root.set("a", { x: "y" }),
      root => root.set("a", ["z"]),
      root => root.text("a").insert(0, "text"),
    );
  const choose = ({ choices }: Conflict, kind: string) => choices.find(choice => choice.kind === kind)!;

  it.each(["map", "list", "text"])(
    "of a map, a list and a text keeps all of the %s that is chosen, and nothing of the others (figure 5)",
    kind => {
      const people = kinds();
      const conflict = conflicts(people[0]!.replica)[0]!;
      expect(conflict.choices.map(choice => choice.kind).sort()).toEqual(["list", "map", "text"]);
      expect(conflict.choices[0]!.value).toEqual(shown(people[0]!).a);
      people[0]!.write(root => resolve(root, ["a"], choose(conflict, kind)));
      sync(people);
      nobodys(people);
      expect(shown(people[1]!).a).toEqual(choose(conflict, kind).value);
      people[1]!.write(root => root.delete("a"));
      expect(shown(people[1]!)).toEqual({ other: 1 });
    },
  );

  it("of kinds, settled by two for different ones, stands between those two, their content cleared by the other", () => {
    const people = kinds();
    const conflict = conflicts(people[0]!.replica)[0]!;
    people[0]!.write(root => resolve(root, ["a"], choose(conflict, "map")));
    people[1]!.write(root => resolve(root, ["a"], choose(conflict, "list")));
    sync(people);
    expect(
      conflicts(people[2]!.replica)[0]!
        .choices.map(({ kind }) => kind)
        .sort(),
    ).toEqual(["list", "map"]);
    expect(sorted(valuesAt(people[2]!, ["a"]))).toEqual(["[]", "{}"]);
  });

  it("in a register is settled in it, by a choice or a value, and the register stays", () => {
    const start = () =>
      apart(
        root => root.register("x").set(0),
        root => root.register("x").set(1),
        root => root.register("x").set(3),
      );
    for (const to of [1, 7]) {
      const people = start();
      const choice = conflicts(people[0]!.replica)[0]!.choices.find(({ value }) => value === to);
      people[0]!.write(root => resolve(root, ["x"], choice ?? to));
      sync(people);
      nobodys(people);
      expect(shown(people[1]!).x).toBe(to);
      expect(people[1]!.replica.node([{ at: "x", kind: "register" }])?.kind).toBe("register");
      people[1]!.write(root => expect(root.shown("x")).toEqual({ make: "register" }));
    }
  });

  it("in a register is not settled by what is no JSON, and nothing of it is gone where that is caught", () => {
    const [alice] = apart(
      root => root.map("x").set("k", 2),
      root => root.register("x").set(0),
      root => root.register("x").set(1),
    );
    const before = conflicts(alice!.replica);
    alice!.write(root => {
      expect(root.shown("x")).toEqual({ make: "register" });
      for (const to of [Number.NaN, undefined, "\ud800", () => 1])
        expect(() => resolve(root, ["x"], to as never)).toThrow(TypeError);
    });
    expect(conflicts(alice!.replica)).toEqual(before);
    expect(before).toHaveLength(2);
  });

  it("with an empty node that Mallory's own client put into a register is settled by either, by that one with null", () => {
    const mood: Path = [{ at: "mood", kind: "register" }];
    const set = { type: "set", path: mood, key: null, value: { make: "map" }, replaces: [] } as const;
    for (const [kind, value] of [
      [null, "good"],
      ["map", null],
    ] as const) {
      const [alice, mallory] = apart(root => root.register("mood").set("good"));
      expect(alice!.receive(forge(mallory!, { ops: () => [set] })).refused).toEqual([]);
      const { path, choices } = conflicts(alice!.replica)[0]!;
      expect(choices.map(choice => choice.value)).toEqual([{}, "good"]);
      alice!.write(root => resolve(root, path, choices.find(choice => choice.kind === kind)!));
      sync([alice!, mallory!]);
      nobodys([alice!, mallory!]);
      expect(shown(mallory!)).toEqual({ mood: value });
    }
  });

  it("deep in lists and maps is settled there", () => {
    const write = (value: number) => (root: MapEdit) => {
      root.list("l").list(1).map(0).set("k", value);
      root.list("l").list(1).register(1).set(value);
    };
    const [alice, bob] = apart(
      root => {
        root.set("l", [0, [{}]]);
        root.list("l").list(1).insertNew(1, "register");
      },
      write(1),
      write(2),
    );
    const paths = conflicts(alice!.replica).map(({ path }) => path);
    expect(paths).toEqual([
      ["l", 1, 0, "k"],
      ["l", 1, 1],
    ]);
    alice!.write(root => {
      for (const path of paths) resolve(root, path, 9);
    });
    sync([alice!, bob!]);
    nobodys([alice!, bob!]);
    expect(shown(bob!)).toEqual({ l: [0, [{ k: 9 }, 9]] });
  });

  it.each([[[]], [[0]], [["x", "y"]], [["l", "k"]], [["l", 7, "k"]], [["l", 0]]])(
    "is not looked for at %j, where none can be",
    path => {
      const [alice] = gather("Alice");
      alice.write(root => root.set("l", [1]));
      const before = alice.json;
      expect(() => alice.replica.edit(root => resolve(root, path, 1))).toThrow(/^Expected/);
      expect(alice.json).toBe(before);
    },
  );
});
