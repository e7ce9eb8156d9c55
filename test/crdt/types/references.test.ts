// Goal: what a name in a change stands for is decided by that change alone, not by what else is here. Method: Mallory names
// elements behind the last one of a change of Alice's, whose next change Carol holds and Bob does not.
import { expect, test } from "vitest";
import type { Op } from "../../../src/crdt/graph/change.ts";
import type { Path } from "../../../src/crdt/types/op.ts";
import { copyOf, forge, gather, type Person, type Ref } from "../people.ts";

const BODY: Path = [{ at: "body", kind: "text" }];

function setUp() {
  const [alice, mallory, bob, carol] = gather("Alice", "Mallory", "Bob", "Carol");
  const write = (text: string) => alice.write(root => root.text("body").insert(0, text));
  const first = write("abc");
  for (const person of [mallory, bob, carol]) person.receiveAll(first);
  carol.receiveAll(write("defgh"));
  const { id } = first.at(-1)!;
  return { mallory, readers: [bob, carol] as const, id };
}

function told(lie: (ref: Ref) => readonly Op[], { mallory, readers }: ReturnType<typeof setUp>) {
  const letter = forge(mallory, { ops: lie });
  return readers.map((reader: Person) => copyOf(reader).receive(letter).refused);
}

// The text itself is the element 0.
test.each([4, 5, 8])("an element %i of a change of four is nobody's, whatever stands behind them", index => {
  const scene = setUp();
  const { id } = scene;
  const span = (ref: Ref) => ({ change: ref(id), start: 1, length: index });
  const dot = (ref: Ref) => ({ change: ref(id), index });
  const insert = { type: "insertText", path: BODY, text: "x" } as const;
  const wrong = [["ReferenceWrong"], ["ReferenceWrong"]];
  expect(told(ref => [{ type: "delete", path: BODY, spans: [span(ref)] }], scene)).toEqual(wrong);
  expect(told(ref => [{ ...insert, parent: dot(ref), side: "left", rightOrigin: null }], scene)).toEqual(
    wrong,
  );
  expect(told(ref => [{ ...insert, parent: null, side: "right", rightOrigin: dot(ref) }], scene)).toEqual(
    wrong,
  );
});

test("the last element of a change is named by all alike", () => {
  const scene = setUp();
  const { id } = scene;
  const last = (ref: Ref) => ({ change: ref(id), start: 1, length: 3 });
  expect(told(ref => [{ type: "delete", path: BODY, spans: [last(ref)] }], scene)).toEqual([[], []]);
});
