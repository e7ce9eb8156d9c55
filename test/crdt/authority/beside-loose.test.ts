// Goal: what is typed at the very place where something set aside stands is in the order in which everybody has it, also once
// that counts again. Method: an own draft and a change that is set aside claim one place, ids are drawn until both orders came
// up, and the author's own copy is compared with somebody's who heard of both as changes.

import { expect, it } from "vitest";
import type { MapEdit } from "../../../src/crdt/index.ts";
import { copyOf, deliver, type Person } from "../people.ts";
import { court, dismiss } from "./court.ts";

const TRIES = 12;

/** What one writes, given who writes and in which try. */
type Writing = (who: string, root: MapEdit) => void;

const typed: Writing = (who, root) => root.text("body").insert(1, who);
const nothing = (_: Person): void => undefined;
const CASES: readonly (readonly [string, Writing, (alice: Person) => void])[] = [
  ["a text", typed, nothing],
  ["a list", (who, root) => root.list("items").insert(0, who), nothing],
  ["a register of the last writer", (who, root) => root.lww("latest").set(who), nothing],
  [
    "a text, cut and typed again within one draft",
    (who, root) => {
      root.text("body").insert(1, `${who}${who}`);
      root.text("body").delete(2, 1);
      root.text("body").insert(1, "-");
    },
    nothing,
  ],
  [
    "a text, undone and brought back before it has a name",
    typed,
    alice => {
      alice.replica.undo();
      alice.replica.redo();
    },
  ],
  [
    "a text, undone before it has a name",
    typed,
    alice => {
      alice.replica.undo();
    },
  ],
];

it.each(CASES)(
  "what is written beside something set aside has its place for everybody: %s",
  (_, write, then) => {
    const texts = new Set<boolean>();
    for (let i = 0; i < TRIES; i++) {
      const { alice, bob, mallory } = court();
      const stale = copyOf(mallory);
      dismiss(alice, mallory);
      const lie = stale.write(root => write(`m${i}`, root));
      alice.receiveAll(lie);
      alice.replica.edit(root => write(`a${i}`, root));
      then(alice);
      const before = alice.json;
      alice.close();
      expect(alice.json).toBe(before);
      alice.replica.people.admit([lie[0]!.id]);
      alice.close();
      bob.receiveAll(lie);
      deliver(alice, bob);
      expect(alice.json).toBe(bob.json);
      texts.add(alice.json.indexOf(`m${i}`) < alice.json.indexOf(`a${i}`));
    }
    // Which of two comes first is the hashes' affair, and both came up; a register shows one of them.
    if (write === typed && then === undefined) expect(texts.size).toBe(2);
  },
);
