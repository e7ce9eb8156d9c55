// What somebody puts in the place of what they wrote stands there: words that two people write at one place, and correct while
// they do, stay two words. Prior art: Weidner and Kleppmann, "The Art of the Fugue" (2023), of words that are typed on.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { PlainAny } from "../../src/crdt/api/typed.ts";
import { docOf, type MapEdit } from "../../src/crdt/index.ts";
import { editBody } from "../../src/sync/text.ts";
import { gather, type Person, SEED, sync } from "./people.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Who replaces how much of their own by how much, or puts more there, and whether all hear of it then. */
const steps = fc.array(
  fc.record({
    who: fc.nat(1),
    from: fc.nat(9),
    count: fc.nat(3),
    length: fc.nat(2),
    syncs: fc.boolean(),
  }),
  { minLength: 2, maxLength: 24 },
);

const HOWS: Readonly<Record<string, (root: MapEdit, from: number, to: number, word: string) => void>> = {
  "in an editor": (root, from, to, insert) => editBody(root, [{ from, to, insert }]),
  "in a call": (root, from, to, word) => root.text("body").splice(from, to - from, word),
  "beside other edits": (root, from, to, word) => {
    root.text("other").insert(0, "-");
    root.text("other").insert(1, "-");
    root.set("other thing", 1);
    root.text("body").splice(from, to - from, word);
  },
};

describe.each(Object.entries(HOWS))("a word that is replaced %s", (_, replace) => {
  it("stands where it stood, though the word before it becomes longer", () => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.write(root => root.text("body").insert(0, "[]"));
    sync([alice, bob]);
    const [hers] = alice.write(root => root.text("body").insert(1, "漢"));
    bob.write(root => root.text("body").insert(1, "漢"));
    sync([alice, bob]);
    const node = alice.replica.node([{ at: "body", kind: "text" }]);
    if (node?.kind !== "text") throw new Error("no text");
    const first = alice.replica.nameOf(node.text.dotAt(1))!;
    const [left, right] = first.id === hers!.id ? [alice, bob] : [bob, alice];
    right.write(root => replace(root, 2, 3, "感じ"));
    left.write(root => root.text("body").insert(2, "字"));
    sync([alice, bob]);
    expect(alice.text()).toBe("[漢字感じ]");
    expect(bob.text()).toBe("[漢字感じ]");
  });

  it.each([..."abcdefgh"])(
    "stands where it stood, though others wrote right before it and go on there: %s",
    letter => {
      const [alice, bob] = gather("Alice", "Bob");
      alice.write(root => root.text("body").insert(0, "[]"));
      sync([alice, bob]);
      bob.write(root => root.text("body").insert(1, "😀rd"));
      sync([alice, bob]);
      alice.write(root => root.text("body").insert(1, "hi"));
      sync([alice, bob]);
      bob.write(root => replace(root, 3, 7, `wor${letter}`));
      alice.write(root => root.text("body").insert(3, "!"));
      sync([alice, bob]);
      expect(alice.text()).toBe(`[hi!wor${letter}]`);
      expect(bob.text()).toBe(alice.text());
      bob.replica.undo();
      bob.close();
      sync([alice, bob]);
      expect(alice.text()).toBe("[hi!😀rd]");
      expect(bob.text()).toBe(alice.text());
    },
  );

  it("stays in one piece, whatever two people write and replace there, and when they hear of it", () => {
    fc.assert(
      fc.property(steps, drawn => {
        const people = gather("Alice", "Bob");
        people[0]!.write(root => root.text("body").insert(0, "[]"));
        sync(people);
        for (const [i, person] of people.entries())
          person.write(root => root.text("body").insert(1, "ab"[i]!));
        for (const { who, from, count, length, syncs } of drawn) {
          const person = people[who]!;
          const own = "ab"[who]!;
          const [begin, end] = stretchOf(person, own);
          // Nothing says that what is typed before a word belongs to it.
          const at = Math.min(begin + (count === 0 ? from + 1 : from), end);
          person.write(root => replace(root, at, Math.min(at + count, end), own.repeat(length + 1)));
          if (syncs) sync(people);
        }
        sync(people);
        expect(people[0]!.text()).toMatch(/^\[(a+b+|b+a+)\]$/);
        expect(people[1]!.text()).toBe(people[0]!.text());
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

function stretchOf(person: Person, own: string): readonly [number, number] {
  const text = person.text();
  return [text.indexOf(own), text.lastIndexOf(own) + 1];
}

const LIST_HOWS: Readonly<
  Record<string, (person: Person, from: number, count: number, items: readonly string[]) => void>
> = {
  "in a call": ({ replica }, from, count, items) =>
    replica.edit(root => root.list("list").splice(from, count, ...items)),
  "in the plain spelling": ({ replica }, from, count, items) =>
    docOf(replica).change((d: PlainAny) => void d.list.splice(from, count, ...items)),
};

describe.each(Object.entries(LIST_HOWS))("items of a list that are replaced %s", (_, replace) => {
  it("stay in one piece, whatever two people put and replace there, and when they hear of it", () => {
    fc.assert(
      fc.property(steps, drawn => {
        const people = gather("Alice", "Bob");
        people[0]!.write(root => root.list("list").push("[", "]"));
        sync(people);
        for (const [i, person] of people.entries())
          person.write(root => root.list("list").insert(1, "ab"[i]!));
        for (const { who, from, count, length, syncs } of drawn) {
          const person = people[who]!;
          const own = "ab"[who]!;
          const items = itemsOf(person);
          const [begin, end] = [items.indexOf(own), items.lastIndexOf(own) + 1];
          const at = Math.min(begin + (count === 0 ? from + 1 : from), end);
          replace(person, at, Math.min(count, end - at), Array(length + 1).fill(own));
          person.close();
          if (syncs) sync(people);
        }
        sync(people);
        expect(itemsOf(people[0]!)).toMatch(/^\[(a+b+|b+a+)\]$/);
        expect(itemsOf(people[1]!)).toBe(itemsOf(people[0]!));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

it.each([..."abcdefgh"])(
  "an item that is assigned stands where the old one stood, though another comes behind the one before it: %s",
  letter => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.write(root => root.list("list").push("[", "]"));
    sync([alice, bob]);
    alice.write(root => root.list("list").insert(1, "a"));
    bob.write(root => root.list("list").insert(1, "b"));
    sync([alice, bob]);
    const [left, right] = itemsOf(alice) === "[ab]" ? [alice, bob] : [bob, alice];
    docOf(right.replica).change((d: PlainAny) => {
      d.list[2] = letter;
    });
    left.write(root => root.list("list").insert(2, "!"));
    right.close();
    sync([alice, bob]);
    expect(itemsOf(alice)).toMatch(new RegExp(`^\\[.!${letter}\\]$`));
    expect(itemsOf(bob)).toBe(itemsOf(alice));
  },
);

function itemsOf({ json }: Person): string {
  return JSON.parse(json).list.join("");
}
