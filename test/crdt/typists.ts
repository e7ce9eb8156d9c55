// People who type and delete letter by letter, each letter a change of its own, and do other things in between.

import fc from "fast-check";
import { deliver, type Person } from "./people.ts";
import { type Draw, draws, editBy } from "./random-edits.ts";

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
