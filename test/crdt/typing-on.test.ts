// What one person types and deletes is composed before it is put into the tree (types/composition.ts). Nobody must notice:
// neither who looks, nor who listens, nor who gets the changes, wherever edits fail in between.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { MapEdit } from "../../src/crdt/index.ts";
import { clock, gather, newcomer, SEED, sync } from "./people.ts";

vi.setConfig({ testTimeout: 60_000 });

class Failure extends Error {}

const KINDS = [
  "text",
  "text",
  "text",
  "text",
  "nested",
  "other",
  "throws",
  "looks",
  "looks inside",
  "field",
] as const;

describe("typing on", () => {
  it("is what it was letter by letter, for who looks, listens and reads, whatever fails in between", () => {
    let [thrown, composed] = [0, 0];
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(
          fc.record({
            kind: fc.constantFrom(...KINDS),
            at: fc.nat(999),
            isNear: fc.boolean(),
            removed: fc.nat(3),
            word: fc.constantFrom("a", "bc", "", "\u{1f600}", "d\u0301"),
            closes: fc.nat(9),
          }),
          { minLength: 5, maxLength: 60 },
        ),
        (isHeard, steps) => {
          const [alice] = gather("Alice");
          const { replica } = alice;
          replica.edit(root => {
            for (const key of ["text", "other"]) root.text(key);
            root.list("items").insertNew(0, "text");
          });
          alice.close();
          const shown = { text: "", other: "", nested: "" };
          let heard = "";
          if (isHeard)
            replica.subscribe(patches => {
              for (const patch of patches)
                if (patch.type === "text" && patch.path[0]!.at === "text")
                  heard =
                    heard.slice(0, patch.index) + patch.inserted + heard.slice(patch.index + patch.removed);
            });
          const textIn = (root: MapEdit, name: keyof typeof shown) =>
            name === "nested" ? root.list("items").text(0) : root.text(name);
          let last = 0;
          for (const { kind, at, isNear, removed, word, closes } of steps) {
            const name = kind === "nested" || kind === "other" ? kind : "text";
            const before = shown[name];
            const from = bound(before, isNear ? last : at % (before.length + 1));
            const to = bound(before, from + removed);
            const after = before.slice(0, from) + word + before.slice(to);
            const edit = (root: MapEdit): void => {
              const text = textIn(root, name);
              if (at % 2 === 0) text.splice(from, to - from, word);
              else {
                text.delete(from, to - from);
                text.insert(from, word);
              }
              if (kind === "field") root.set("field", at);
              if (kind === "looks inside") expect(text.toString()).toBe(after);
              expect(text.length).toBe(after.length);
              if (kind !== "throws") return;
              if (at % 3 === 0) textIn(root, "other").insert(0, "lost");
              if (at % 3 === 1) text.insert(after.length + 1, "beyond");
              throw new Failure();
            };
            if (kind === "throws") {
              expect(() => replica.edit(edit)).toThrow();
              thrown++;
            } else {
              replica.edit(edit);
              shown[name] = after;
              last = from + word.length;
            }
            if (kind === "looks") expect(replica.toJson()).toMatchObject({ text: shown.text });
            else composed++;
            if (isHeard) expect(heard).toBe(shown.text);
            if (closes === 0) alice.close();
          }
          const json = { text: shown.text, other: shown.other, items: [shown.nested] };
          expect(replica.toJson()).toMatchObject(json);
          alice.close();
          expect(replica.hasDraft).toBe(false);
          const bob = newcomer("Bob", alice, null);
          for (const letter of alice.letters()) expect(bob.receive(letter).refused).toEqual([]);
          expect(bob.replica.toJson()).toMatchObject(json);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
    expect(thrown).toBeGreaterThan(300);
    expect(composed).toBeGreaterThan(2_000);
  });

  it("in an item that shows for its text alone leaves it there when the edit that emptied it fails", () => {
    const people = gather("Alice", "Bob");
    const [alice, bob] = people;
    alice.write(root => root.list("items").insertNew(0, "text"));
    sync(people);
    alice.write(root => root.list("items").text(0).insert(0, "ab"));
    bob.write(root => root.list("items").delete(0));
    sync(people);
    const before = alice.json;
    expect(JSON.parse(before).items).toEqual(["ab"]);
    const emptied = (root: MapEdit): void => root.list("items").text(0).delete(0, 2);
    const failing = (root: MapEdit): void => {
      emptied(root);
      expect(root.list("items").length).toBe(0);
      throw new Failure();
    };
    expect(() => alice.replica.edit(failing)).toThrow(Failure);
    expect(alice.json).toBe(before);
    // The same where more is taken back than was composed.
    const elsewhere = (root: MapEdit): void => {
      emptied(root);
      root.set("field", 1);
      throw new Failure();
    };
    expect(() => alice.replica.edit(elsewhere)).toThrow(Failure);
    expect(alice.json).toBe(before);
    alice.write(emptied);
    expect(JSON.parse(alice.json).items).toEqual([]);
  });

  it("builds on what was there at its first letter, whatever another tab stored before it was closed", () => {
    const people = gather("Alice", "Bob");
    const [alice, bob] = people;
    alice.write(root => root.text("text").insert(0, "ab"));
    sync(people);
    const { heads } = alice.replica;
    bob.write(root => root.text("text").insert(2, "c"));
    const others = bob.letters().filter(({ id }) => !alice.replica.has(id));
    expect(others).toHaveLength(1);
    alice.replica.edit(root => root.text("text").insert(1, "x"));
    const { closed } = alice.replica.restore(others, clock.now);
    const { change } = alice.replica.get(closed[0]!.id)!;
    expect(change.parents).toEqual(heads);
    expect(JSON.parse(alice.json).text).toBe("axbc");
  });

  it("leaves nothing of what was typed and deleted again: there is no change", () => {
    const [alice] = gather("Alice");
    const { replica } = alice;
    replica.edit(root => root.text("text").insert(0, "ab"));
    alice.close();
    const { heads } = replica;
    replica.edit(root => root.text("text").insert(1, "x"));
    expect(replica.hasDraft).toBe(true);
    replica.edit(root => root.text("text").delete(1, 1));
    expect(replica.hasDraft).toBe(false);
    alice.close();
    expect(replica.heads).toEqual(heads);
  });

  it("of many letters in any order is one op for each place", () => {
    const [alice] = gather("Alice");
    const { replica } = alice;
    replica.edit(root => root.text("text"));
    for (const letter of "dcba") replica.edit(root => root.text("text").insert(0, letter));
    alice.close();
    const ops = replica.get(replica.heads[0]!)!.change.ops.filter(({ type }) => type === "insertText");
    expect(ops).toMatchObject([{ text: "abcd" }]);
  });
});

/** The nearest position before that is between characters. */
function bound(text: string, index: number): number {
  const at = Math.min(index, text.length);
  return /^[\udc00-\udfff]/.test(text.slice(at)) ? at - 1 : at;
}
