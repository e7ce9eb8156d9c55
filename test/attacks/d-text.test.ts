// Group D of the catalogue: text. A place that its author cannot have seen, in another node or in the wrong order is
// refused by everybody; what is valid and unfriendly ends the same everywhere. The notation is in victims.ts.

import { EditorState } from "@codemirror/state";
import { describe, expect, it, vi } from "vitest";
import type { ChangeId } from "../../src/crdt/index.ts";
import type { Place } from "../../src/crdt/types/op.ts";
import { positionOf } from "../../src/sync/text.ts";
import { cleanInput } from "../../src/ui/editor/clean-input.ts";
import { type Forgery, forge } from "../crdt/people.ts";
import {
  allShow,
  allTake,
  BODY,
  END,
  forgeBytes,
  ITEM,
  LETTER,
  refused,
  refuses,
  typing,
  VALUE,
  victims,
} from "./victims.ts";

vi.setConfig({ testTimeout: 20_000 });

/** Where an honest person's letter goes that is typed before one that hangs on another. */
function leftOf(change: number, index: number): Place {
  return { parent: { change, index }, side: "left", rightOrigin: null };
}

describe("D: text", () => {
  const unknown = "cd".repeat(32) as ChangeId;

  it("D1 an origin outside the past is refused: unknown, not seen yet, or the change's own and not made yet", () => {
    refused(
      { ops: ref => [typing("x", { ...END, parent: { change: ref(unknown), index: 0 } })] },
      "ReferenceUnseen",
    );
    refused({ ops: () => [typing("x", { ...END, parent: { change: 0, index: 7 } })] }, "ReferenceUnseen");
    const { alice, bob, mallory } = victims();
    const [unseen] = bob.write(root => root.text("body").insert(0, "unseen"));
    alice.receive(unseen!);
    const place = (id: ChangeId): Forgery => ({
      ops: ref => [typing("x", { ...END, parent: { change: ref(id), index: 0 } })],
    });
    refuses(alice, forge(mallory, place(unseen!.id)), "ReferenceUnseen");
    mallory.receive(unseen!);
    expect(alice.receive(forge(mallory, place(unseen!.id))).refused).toEqual([]);
  });

  it("D2 an origin in another node is refused", () => {
    refused(
      id => ({ ops: ref => [typing("x", { ...END, parent: { change: ref(id), index: ITEM } })] }),
      "ReferenceWrong",
    );
    refused(
      id => ({ ops: ref => [typing("x", { ...END, rightOrigin: { change: ref(id), index: VALUE } })] }),
      "ReferenceWrong",
    );
  });

  it("D3 a right origin left of its parent, or the parent itself, is refused", () => {
    for (const right of [0, 1, 2]) {
      refused(
        id => ({
          ops: ref => [
            typing("x", {
              parent: { change: ref(id), index: LETTER + 2 },
              side: "right",
              rightOrigin: { change: ref(id), index: LETTER + right },
            }),
          ],
        }),
        "OrderWrong",
      );
    }
    const { alice, mallory } = victims();
    const letter = forge(mallory, { ops: () => [typing("x")] });
    const bytes = letter.bytes.slice();
    // The byte of the place: left child of the beginning.
    bytes[bytes.length - 3] = 2;
    refuses(alice, forgeBytes(mallory, bytes), "BytesMalformed");
  });

  it("D6 D8 deletes of elements that are not there are refused, and repeated ones change nothing", () => {
    const deleting =
      (start: number, length: number) =>
      (id: ChangeId): Forgery => ({
        ops: ref => [{ type: "delete", path: BODY, spans: [{ change: ref(id), start, length }] }],
      });
    refused(deleting(LETTER, 7), "ReferenceWrong");
    refused(deleting(0, 2), "ReferenceWrong");
    refused(deleting(ITEM, 1), "ReferenceWrong");
    refused(deleting(LETTER, 2 ** 50), "ReferenceWrong");
    const { honest, bob, mallory, id } = victims();
    const spans = (ref: (id: ChangeId) => number) => [{ change: ref(id), start: LETTER, length: 6 }];
    const twice = forge(mallory, {
      ops: ref => [
        { type: "delete", path: BODY, spans: spans(ref) },
        { type: "delete", path: BODY, spans: spans(ref) },
      ],
    });
    const also = bob.write(root => root.text("body").delete(2, 4));
    expect(allShow(honest, [twice, ...also], "body")).toBe("");
  });

  it("D5 a chain of 10,000 characters typed backwards needs no deep stack", () => {
    const { honest, bob, mallory } = victims();
    const chain = forge(mallory, {
      ops: () =>
        Array.from({ length: 10_000 }, (_, i) =>
          typing(
            "x",
            i === 0 ? END : { parent: { change: 0, index: i - 1 }, side: "left", rightOrigin: null },
          ),
        ),
    });
    const middle = bob.write(root => root.text("body").insert(3, "middle"));
    expect(allShow(honest, [chain, ...middle], "body")).toHaveLength(10_012);
  });

  it("D4 5,000 letters at one spot, all behind the same one, stand in one order, and the next edit is quick", () => {
    const { honest, alice, mallory, id } = victims();
    const spot = (change: number): Place => leftOf(change, LETTER + 1);
    const letter = forge(mallory, {
      ops: ref => Array.from({ length: 5_000 }, () => typing("x", spot(ref(id)))),
    });
    expect(allShow(honest, [letter], "body")).toBe(`h${"x".repeat(5_000)}onest`);
    const start = performance.now();
    alice.write(root => root.text("body").insert(2_500, "!"));
    // 2 ms on an idle machine.
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it("D7 who deletes everybody's text deletes it for all alike; masked, all of it is back, and what was written since stays", () => {
    const { honest, bob, mallory, id } = victims();
    const vandal = forge(mallory, {
      ops: ref => [{ type: "delete", path: BODY, spans: [{ change: ref(id), start: LETTER, length: 6 }] }],
    });
    const since = bob.write(root => root.text("body").insert(6, " work"));
    expect(allShow(honest, [vandal, ...since], "body")).toBe(" work");
    for (const { replica } of honest) replica.mask([vandal.id], true);
    expect(honest.map(person => person.text())).toEqual(honest.map(() => "honest work"));
  });

  it("D8 what two deleted stays deleted when one of them is masked", () => {
    const { honest, bob, mallory, id } = victims();
    const hers = forge(mallory, {
      ops: ref => [{ type: "delete", path: BODY, spans: [{ change: ref(id), start: LETTER, length: 6 }] }],
    });
    const his = bob.write(root => root.text("body").delete(0, 3));
    allTake(honest, [hers, ...his]);
    for (const { replica } of honest) replica.mask([hers.id], true);
    expect(honest.map(person => person.text())).toEqual(honest.map(() => "est"));
  });

  it("D9 letters put into every word are in the same places everywhere, and gone with one mask", () => {
    const { honest, mallory, id } = victims();
    const letter = forge(mallory, {
      ops: ref => [0, 1, 2, 3, 4].map(i => typing("-", leftOf(ref(id), LETTER + i + 1))),
    });
    expect(allShow(honest, [letter], "body")).toBe("h-o-n-e-s-t");
    for (const { replica } of honest) replica.mask([letter.id], true);
    expect(honest.map(person => person.text())).toEqual(honest.map(() => "honest"));
  });

  it("D14 a caret at what is deleted, masked, unknown or no letter at all is clamped or nowhere, and throws nothing", () => {
    const { honest, alice, bob, carol, mallory, id } = victims();
    const masked = forge(mallory, { ops: () => [typing("hers")] });
    const gone = alice.write(root => root.text("body").delete(2, 2));
    allTake(honest, [masked, ...gone]);
    for (const { replica } of honest) replica.mask([masked.id], true);
    const unknown = "ef".repeat(32) as ChangeId;
    const places = [
      { id, index: LETTER + 2 },
      { id: masked.id, index: 0 },
      { id, index: 0 },
      { id, index: ITEM },
      { id, index: 99_999 },
      { id: unknown, index: 0 },
    ];
    const seen = [alice, bob, carol].map(({ replica }) => places.map(place => positionOf(replica, place)));
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    for (const position of seen[0]!) if (position !== null) expect(position).toBeLessThanOrEqual(4);
    expect(seen[0]!.slice(-2)).toEqual([null, null]);
    expect(seen[0]![0]).toBe(2);
  });

  it("D15 carriage returns are units like others to the replicas, and the editor's text counts them alike: nothing drifts", () => {
    for (const end of ["\r", "\r\n", "\n\r", "\r\r\n\u2028\u0085"]) {
      const { honest, bob, mallory } = victims();
      const letter = forge(mallory, { ops: () => [typing(`a${end}b${end}`)] });
      const shown = allShow(honest, [letter], "body") as string;
      expect(shown).toContain(`a${end}b${end}`);
      // As src/ui/editor/setup.ts tells the editor: only "\n" ends a line.
      const state = EditorState.create({ doc: shown, extensions: EditorState.lineSeparator.of("\n") });
      expect(state.doc.toString()).toBe(shown);
      expect(state.doc.length).toBe(shown.length);
      const next = bob.write(root => root.text("body").insert(shown.length, "!"));
      expect(allShow(honest, next, "body")).toBe(`${shown}!`);
      // What honest people paste has none of them.
      const { state: clean } = EditorState.create({ extensions: cleanInput }).update({
        changes: { from: 0, insert: `a${end}b` },
      });
      expect(clean.doc.toString()).not.toContain("\r");
    }
  });
});
