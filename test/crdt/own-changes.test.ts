// An author does not judge what it makes itself. So whatever is edited, whoever edits it and however it is cut into
// changes, a reader who knows nothing but those changes must admit every one of them and end with the same document.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { gather, newcomer, SEED, sync } from "./people.ts";
import { type Draw, draws, editBy } from "./random-edits.ts";

vi.setConfig({ testTimeout: 60_000 });

describe("an own change", () => {
  it("is admitted by a fresh reader, who then has the same document, whatever was edited", () => {
    let judged = 0;
    fc.assert(
      fc.property(
        draws({ minLength: 5, maxLength: 40 }),
        fc.infiniteStream(fc.nat(11)),
        (drawn: Draw[], luck) => {
          const people = gather("Alice", "Bob", "Carol");
          for (const draw of drawn) {
            const which = luck.next().value!;
            const person = people[which % 3]!;
            person.replica.edit(root => editBy(draw, root));
            if (which < 8) person.close();
            if (which > 9) {
              for (const one of people) one.close();
              sync(people);
            }
          }
          for (const one of people) one.close();
          sync(people);
          const fresh = newcomer("Dora", people[0], null);
          for (const person of people) {
            for (const letter of person.letters()) {
              expect(fresh.receive(letter).refused).toEqual([]);
              expect(fresh.replica.has(letter.id)).toBe(true);
              judged++;
            }
          }
          expect(fresh.json).toBe(people[0].json);
        },
      ),
      { seed: SEED, numRuns: 40 },
    );
    expect(judged).toBeGreaterThan(700);
  });
});
