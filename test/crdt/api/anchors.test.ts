// Anchors stay where they were put. The property test holds them against a text of elements that never go, which
// knows nothing of runs: an anchor stands behind as many letters as are shown and stand before its element.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Anchor,
  anchorAt,
  anchorName,
  anchorNamed,
  indexOfAnchor,
  type Replica,
} from "../../../src/crdt/index.ts";
import type { Dot } from "../../../src/crdt/types/dot.ts";
import type { TextNode } from "../../../src/crdt/types/node.ts";
import { gather, type Person, SEED, sync } from "../people.ts";
import { draws, editBy } from "../random-edits.ts";

const BODY = ["body"];

function written(text: string): [Person, Person] {
  const [alice, bob] = gather("Alice", "Bob");
  alice.write(root => root.text("body").insert(0, text));
  sync([alice, bob]);
  return [alice, bob];
}

const at = (replica: Replica, name: string | null) => {
  const anchor = name === null ? null : anchorNamed(replica, name);
  return anchor === null ? null : indexOfAnchor(replica, anchor);
};

describe("an anchor", () => {
  it("stays before or behind what is typed at the very place, as its side says", () => {
    const [alice] = written("abcd");
    const [left, right] = (["left", "right"] as const).map(side => anchorAt(alice.replica, BODY, 2, side));
    alice.write(root => root.text("body").insert(2, "XY"));
    expect([left!, right!].map(anchor => indexOfAnchor(alice.replica, anchor))).toEqual([2, 4]);
  });

  it("at the start or the end stays there if its side is turned outwards", () => {
    const [alice] = written("abcd");
    const ends = [anchorAt(alice.replica, BODY, 0, "left"), anchorAt(alice.replica, BODY, 4, "right")];
    const inner = [anchorAt(alice.replica, BODY, 0, "right"), anchorAt(alice.replica, BODY, 4, "left")];
    alice.write(root => {
      root.text("body").insert(4, "!!");
      root.text("body").insert(0, "??");
    });
    expect(ends.map(anchor => indexOfAnchor(alice.replica, anchor))).toEqual([0, 8]);
    expect(inner.map(anchor => indexOfAnchor(alice.replica, anchor))).toEqual([2, 6]);
  });

  it("outlives its element, at the place where that was", () => {
    const [alice, bob] = written("abcdef");
    const anchors = (["left", "right"] as const).map(side => anchorAt(alice.replica, BODY, 3, side));
    bob.write(root => root.text("body").delete(1, 4));
    sync([alice, bob]);
    expect(anchors.map(anchor => indexOfAnchor(alice.replica, anchor))).toEqual([1, 1]);
    alice.write(root => root.delete("body"));
    expect(anchors.map(anchor => indexOfAnchor(alice.replica, anchor))).toEqual([0, 0]);
  });

  it("in the open draft works here, has no name, and gets one when the draft is closed", () => {
    const [alice, bob] = written("ab");
    alice.replica.edit(root => root.text("body").insert(1, "new"));
    const anchor = anchorAt(alice.replica, BODY, 3);
    alice.replica.edit(root => root.text("body").insert(0, ">"));
    expect(indexOfAnchor(alice.replica, anchor)).toBe(4);
    expect(anchorName(alice.replica, anchor)).toBe(null);
    alice.close();
    const name = anchorName(alice.replica, anchor);
    expect(at(alice.replica, name)).toBe(4);
    expect(at(bob.replica, name)).toBe(null);
    sync([alice, bob]);
    expect(at(bob.replica, name)).toBe(4);
  });

  it("goes along with a text inside a list item", () => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.write(root => {
      root.set("todo", [{}]);
      root.list("todo").map(0).text("note").insert(0, "milk");
    });
    sync([alice, bob]);
    const name = anchorName(alice.replica, anchorAt(alice.replica, ["todo", 0, "note"], 2));
    bob.write(root => {
      root.list("todo").insert(0, {}, {});
      root.list("todo").map(2).text("note").insert(0, "the ");
    });
    expect(at(bob.replica, name)).toBe(6);
  });

  it.each([
    [["nothing"], 0],
    [["body"], 5],
    [["body"], -1],
    [["body"], 0.5],
    [["body"], 2],
  ])("is not put at %j, %d", (path, index) => {
    const [alice] = written("a🙂b");
    expect(() => anchorAt(alice.replica, path, index)).toThrow(RangeError);
  });

  it.each(["left", "right"] as const)(
    "stands where its element is, whatever is done to the text (%s)",
    { timeout: 30_000 },
    side => {
      let checked = 0;
      fc.assert(
        fc.property(draws({ minLength: 5, maxLength: 40 }), history => {
          const people = gather("Alice", "Bob");
          for (const person of people) person.write(root => root.text("body").insert(0, person.name));
          sync(people);
          const anchors: { readonly anchor: Anchor; readonly name: string; readonly dot: Dot | null }[] = [];
          for (const draw of history) {
            const person = people[draw.at % 2]!;
            person.write(root => editBy({ ...draw, kind: draw.kind % 6 }, root));
            if (draw.size % 4 === 0) sync(people);
            const { replica } = people[0]!;
            const text = (replica.node([{ at: "body", kind: "text" }]) as TextNode).text;
            const index = boundary(people[0]!.text(), draw.at % (text.length + 1));
            const anchor = anchorAt(replica, BODY, index, side);
            const edge = side === "left" ? 0 : text.length;
            const dot = index === edge ? null : text.dotAt(side === "left" ? index - 1 : index);
            anchors.push({ anchor, name: anchorName(replica, anchor)!, dot });
            for (const one of anchors) {
              const expected = oracle(text, one.dot, side);
              expect(indexOfAnchor(replica, one.anchor)).toBe(expected);
              expect(at(replica, one.name)).toBe(expected);
              checked++;
            }
          }
          sync(people);
          // What Alice named, Bob finds at the same place.
          for (const { name } of anchors)
            expect(at(people[1]!.replica, name)).toBe(at(people[0]!.replica, name));
        }),
        { seed: SEED, numRuns: 40 },
      );
      expect(checked).toBeGreaterThan(1_000);
    },
  );
});

/** How many letters shown stand before the anchor, counted one by one. */
function oracle(text: TextNode["text"], dot: Dot | null, side: "left" | "right"): number {
  if (dot === null) return side === "left" ? 0 : text.length;
  let before = 0;
  for (let i = 0; i < text.length; i++) {
    const order = text.compare(text.dotAt(i), dot);
    if (order < 0 || (order === 0 && side === "left")) before++;
  }
  return before;
}

function boundary(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code < 0xe000 ? index - 1 : index;
}

describe("a name that a stranger sends", () => {
  const [alice] = written("abcd");
  alice.write(root => root.set("list", [["x"]]));
  const { id } = alice.replica.ownHead!;
  const [made] = [...alice.replica.changes()].filter(({ change }) => change.ops[0]?.type === "set");
  const element = { id: made!.change.id, index: 1 };
  const body = [["body", "text"]];
  const unknown = "0".repeat(64);

  it("is understood where it is sound", () => {
    expect(at(alice.replica, JSON.stringify([body, element, "left"]))).toBe(1);
    expect(at(alice.replica, JSON.stringify([body, null, "right"]))).toBe(4);
  });

  it.each([
    ["", "no JSON"],
    ["[", "no JSON"],
    ["null", "no anchor"],
    ["[]", "no anchor"],
    [JSON.stringify([body, element, "up"]), "no side"],
    [JSON.stringify([body, element]), "no side"],
    [JSON.stringify([body, { id: unknown, index: 1 }, "left"]), "an unknown change"],
    [JSON.stringify([body, { id: "__proto__", index: 1 }, "left"]), "no change"],
    [JSON.stringify([body, { ...element, index: 99 }, "left"]), "an element that its change does not have"],
    [JSON.stringify([body, { ...element, index: 0 }, "left"]), "an element that is no letter"],
    [JSON.stringify([body, { ...element, index: -1 }, "left"]), "no number"],
    [JSON.stringify([body, { ...element, index: 1.5 }, "left"]), "no number"],
    [JSON.stringify([body, { ...element, index: 2 ** 60 }, "left"]), "no number"],
    [JSON.stringify([body, { id, index: 0 }, "left"]), "an element of another node"],
    [JSON.stringify([[["list", "list"]], { id, index: 0 }, "left"]), "a list"],
    [JSON.stringify([[["list", "text"]], null, "left"]), "a text that is not there"],
    [JSON.stringify([[["body", "__proto__"]], null, "left"]), "no kind"],
    [
      JSON.stringify([
        [
          ["body", "text"],
          ["x", "text"],
        ],
        null,
        "left",
      ]),
      "a key of a text",
    ],
    [
      JSON.stringify([
        [
          ["list", "list"],
          [{ id, index: 9 }, "text"],
        ],
        null,
        "left",
      ]),
      "an item that is not there",
    ],
    [JSON.stringify([[["body"]], null, "left"]), "half a step"],
    [JSON.stringify([Array(65).fill(["body", "map"]), null, "left"]), "a path too deep"],
    [JSON.stringify([{ length: 1 }, null, "left"]), "no path"],
    [`${"[".repeat(5_000)}${"]".repeat(5_000)}`, "brackets"],
  ])("is null, not an error: %s (%s)", name => {
    expect(anchorNamed(alice.replica, name)).toBe(null);
  });

  it("is an anchor of this replica only if this replica made it so", () => {
    expect(indexOfAnchor(alice.replica, new Anchor([], null, "left"))).toBe(null);
    const beyond = { change: 10_000, index: 0 };
    expect(indexOfAnchor(alice.replica, new Anchor([{ at: "body", kind: "text" }], beyond, "left"))).toBe(
      null,
    );
  });
});
