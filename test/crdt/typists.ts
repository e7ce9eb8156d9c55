// People who type and delete letter by letter, each letter a change of its own, and do other things in between.

import fc from "fast-check";
import type { ChangeId, Op } from "../../src/crdt/graph/change.ts";
import { decodeChange, encodeBody, encodeChange, idOf, impliedRefs } from "../../src/crdt/graph/codec.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import type { WrittenChange } from "../../src/crdt/graph/written.ts";
import { deliver, type Letter, type Person } from "./people.ts";
import { type Draw, draws, editBy } from "./random-edits.ts";

export const BODY = [{ at: "body", kind: "text" as const }];

export function type(person: Person, text: string, at = person.text().length): void {
  for (const [i, letter] of [...text].entries())
    person.write(root => root.text("body").insert(at + [...text].slice(0, i).join("").length, letter));
}

/** Letter by letter, either way from `at` on, so far as there are any that are whole. */
export function cut(person: Person, at: number, count: number, isBackwards = true, key = "body"): void {
  for (let left = count; left > 0; left--) {
    const from = isBackwards ? at - 1 : at;
    if (!/[^\ud800-\udfff]/.test(person.text(key)[from] ?? "")) return;
    person.write(root => root.text(key).delete(from, 1));
    at = from;
  }
}

export interface Event {
  readonly who: number;
  readonly what: "type" | "cut" | "edit" | "tell";
  readonly text: string;
  readonly draw: Draw;
}

export const events = fc.array(
  fc.record({
    who: fc.nat(1),
    what: fc.constantFrom("type", "type", "type", "cut", "cut", "edit", "tell"),
    text: fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "b", "é", "ж", "€", "🙂"), minLength: 1, maxLength: 30 }),
      fc.string({ unit: fc.constantFrom("a", " "), minLength: 8, maxLength: 60 }),
    ),
    draw: draws({ minLength: 1, maxLength: 1 }).map(([one]) => one!),
  }) as fc.Arbitrary<Event>,
  { minLength: 1, maxLength: 12 },
);

export function happen(people: readonly Person[], { who, what, text, draw }: Event): void {
  const [from, other] = [people[who]!, people[1 - who]!];
  if (what === "tell") deliver(from, other);
  else if (what === "edit") from.write(root => editBy(draw, root));
  else if (what === "cut") cut(from, draw.at % (from.text().length + 1), text.length, draw.kind % 3 > 0);
  else {
    const { length } = from.text();
    // Not between the halves of a pair.
    type(from, text, length === 0 || /[\ud800-\udfff]/.test(from.text()) ? length : draw.at % length);
  }
}

// ------------------------------------------------------------------------------------------------------------ lies

/** An element by the change that made it; of what Mallory or somebody else wrote. */
export interface Element {
  readonly change: ChangeId;
  readonly index: number;
}

/** Changes of an author, each on top of the one before alone, each of which deletes one element, seen or not. */
export function deletesOf(author: Person, elements: readonly Element[]): Letter[] {
  const { replica } = author;
  let prev: WrittenChange = [...replica.changes()].findLast(
    ({ change }) => change.author === author.device,
  )!.change;
  return elements.map(({ change, index }) => {
    const ancestors = { prev: prev.id, parents: [prev.id] };
    const refs = [...new Set([...impliedRefs(ancestors), change])];
    const span = { change: refs.indexOf(change), start: index, length: 1 };
    const ops: Op[] = [{ type: "delete", path: BODY, spans: [span] }];
    const bytes = encodeChange(
      {
        doc: replica.doc,
        author: author.device,
        seq: prev.seq + 1,
        depth: prev.depth + 1,
        opTotal: prev.opTotal + 1,
        byteTotal: prev.byteTotal + encodeBody(refs, ancestors, ops).length,
        time: null,
        ...ancestors,
      },
      refs,
      ops,
    );
    const id = idOf(bytes);
    const decoded = decodeChange(bytes);
    if ("ok" in decoded) throw new Error(decoded.code);
    prev = decoded;
    return { id, bytes, signature: author.key.sign(signatureMessage(id)) };
  });
}

/** The elements of a person's changes, in the order in which they were written. */
export function elementsOf({ replica, device }: Person): Element[] {
  return [...replica.changes()]
    .filter(({ change }) => change.author === device)
    .flatMap(({ change }) =>
      Array.from({ length: change.elements }, (_, index) => ({ change: change.id, index })),
    );
}
