// A draft that nobody would take waits until its author is let in. The law:
//
//     draft; others' changes   =   others' changes; the draft taken up after them
//
// Method: random histories in which Bob may only read and writes all the same, while others write and remove each other;
// beside him a page of his that holds the same changes and takes up the same draft after them.
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { canonicalJson, type Patch, Replica } from "../../src/crdt/index.ts";
import { bodyText } from "../../src/sync/text.ts";
import { copyOf, deliver, gather, type Person, SEED } from "./people.ts";
import { type Draw, draws, editBy } from "./random-edits.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Bob may only read from now on, and knows it. */
function readsOnly(alice: Person, bob: Person): void {
  alice.replica.people.setRole(bob.device, "reader");
  alice.close();
  deliver(alice, bob);
}

function letIn(alice: Person, bob: Person): void {
  alice.replica.people.setRole(bob.device, "editor");
  alice.close();
  deliver(alice, bob);
}

function type(person: Person, index: number, text: string): void {
  person.replica.edit(root => root.text("body").insert(index, text));
}

/** What a page that holds the same shows when it takes up the same draft. */
function takenUpAfter(bob: Person): string {
  const page = Replica.open(bob.device, bob.replica.doc);
  page.restore(
    [...bob.replica.changes()].map(({ id, bytes, signature }) => ({ id, bytes, signature })),
    0,
  );
  page.resumeDraft(bob.replica.draftBytes, bob.replica.ownHead?.seq ?? 0, [], true);
  return shown(page);
}

/** All that shows; `canonicalJson` of a replica is without what is held. */
function shown(replica: Replica): string {
  return canonicalJson(replica.toJson());
}

function textOf(person: Person): string {
  return bodyText(person.replica);
}

/** The text as somebody has it who only hears of patches. */
function following(replica: Replica): () => string {
  let text = "";
  const follow = (patches: readonly Patch[]): void => {
    for (const patch of patches)
      if (patch.type === "text" && patch.path.length === 1 && patch.path[0]!.at === "body")
        text = text.slice(0, patch.index) + patch.inserted + text.slice(patch.index + patch.removed);
  };
  replica.subscribe(follow);
  text = bodyText(replica);
  return () => text;
}

describe("a draft of somebody who may not write", () => {
  it("shows, is no change, and lets in what others say", () => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.write(root => root.text("body").insert(0, "one three"));
    deliver(alice, bob);
    readsOnly(alice, bob);
    const before = bob.replica.ownHead;
    type(bob, 4, "two ");
    expect([bob.replica.isHeld, bob.replica.hasDraft, textOf(bob)]).toEqual([true, false, "one two three"]);
    alice.write(root => root.text("body").insert(9, " four"));
    alice.write(root => root.text("body").insert(0, "zero "));
    deliver(alice, bob);
    expect(textOf(bob)).toBe("zero one two three four");
    type(bob, 13, "and ");
    expect(bob.replica.restore([], 0).closed).toEqual([]);
    expect([textOf(bob), bob.replica.ownHead]).toEqual(["zero one two and three four", before]);
    expect(alice.text()).toBe("zero one three four");
    // Nor is it in what is compared, or kept in a file.
    expect(bob.json).toBe(alice.json);
    expect(textOf(bob)).toBe("zero one two and three four");
    letIn(alice, bob);
    expect([bob.replica.isHeld, bob.replica.hasDraft]).toEqual([false, true]);
    const letters = bob.close();
    expect(alice.receiveAll(letters).flatMap(({ refused }) => refused)).toEqual([]);
    expect(alice.json).toBe(bob.json);
    expect(alice.text()).toBe("zero one two and three four");
  });

  it("is taken back and brought back while others write", () => {
    const [alice, bob] = gather("Alice", "Bob");
    readsOnly(alice, bob);
    type(bob, 0, "one");
    bob.replica.breakUndo();
    type(bob, 3, " two");
    expect(bob.replica.undo()).toBe(true);
    alice.write(root => root.text("body").insert(0, "> "));
    deliver(alice, bob);
    expect(textOf(bob).replace("> ", "")).toBe("one");
    expect(bob.replica.redo()).toBe(true);
    alice.write(root => root.text("body").insert(0, "> "));
    deliver(alice, bob);
    expect(textOf(bob).replaceAll("> ", "")).toBe("one two");
    letIn(alice, bob);
    alice.receiveAll(bob.close());
    expect(alice.json).toBe(bob.json);
  });

  it("is closed on top of what it names, though that does not count any more", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    readsOnly(alice, bob);
    carol.write(root => root.text("body").insert(0, "Carol"));
    deliver(carol, bob);
    type(bob, 5, " and Bob");
    alice.replica.people.dismiss(carol.device);
    alice.close();
    deliver(alice, bob);
    expect(textOf(bob)).toBe(" and Bob");
    // Also where a page took it up when that counted no more.
    const page = copyOf(bob);
    page.replica.resumeDraft(bob.replica.draftBytes, bob.replica.ownHead!.seq, [], true);
    for (const each of [bob, page]) {
      const owner = copyOf(alice);
      letIn(owner, each);
      deliver(each, owner);
      expect(owner.receiveAll(each.close()).flatMap(({ refused }) => refused)).toEqual([]);
      expect([owner.text(), each.text()]).toEqual([" and Bob", " and Bob"]);
    }
  });

  it("of many pauses is taken up by the next page, and stands beside what comes", () => {
    const [alice, bob] = gather("Alice", "Bob");
    readsOnly(alice, bob);
    for (let i = 0; i < 1_050; i++) {
      type(bob, i, "x");
      bob.replica.breakUndo();
    }
    expect(takenUpAfter(bob)).toBe(shown(bob.replica));
    alice.write(root => root.text("body").insert(0, "> "));
    deliver(alice, bob);
    expect(textOf(bob)).toHaveLength(1_052);
    letIn(alice, bob);
    alice.receiveAll(bob.close());
    expect(alice.json).toBe(bob.json);
  });

  it("is lost by nothing, whatever arrives: as if it had been taken up after that", () => {
    const counts = { arrived: 0, undone: 0, removed: 0, closed: 0 };
    const property = fc.property(
      draws({ minLength: 2, maxLength: 24 }),
      fc.array(fc.nat(11), { minLength: 24, maxLength: 24 }),
      (edits, turns) => {
        const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
        carol.write(root => root.text("body").insert(0, "The text"));
        deliver(carol, alice);
        deliver(alice, bob);
        readsOnly(alice, bob);
        const text = following(bob.replica);
        let isCarolHere = true;
        const byOther = (person: Person, draw: Draw) => {
          person.write(root => editBy(draw, root));
          counts.arrived++;
        };
        for (const [i, draw] of edits.entries()) {
          const turn = turns[i]!;
          if (turn < 5) bob.replica.edit(root => editBy(draw, root));
          else if (turn === 5) bob.replica.breakUndo();
          else if (turn === 6) counts.undone += Number(bob.replica.undo() || bob.replica.redo());
          else if (turn < 9) byOther(alice, draw);
          else if (isCarolHere) byOther(carol, draw);
          if (turn > 9 && isCarolHere && i > 2) {
            // Alice has not heard of the last that Carol wrote, and Bob has.
            deliver(carol, bob);
            alice.replica.people.dismiss(carol.device);
            alice.close();
            isCarolHere = false;
            counts.removed++;
          }
          if (turn % 2 === 0) deliver(alice, bob);
          if (turn % 3 === 0) deliver(carol, bob);
          expect(shown(bob.replica)).toBe(takenUpAfter(bob));
          expect(text()).toBe(textOf(bob));
        }
        letIn(alice, bob);
        expect(bob.replica.isHeld).toBe(false);
        const letters = bob.close();
        counts.closed += letters.length;
        expect(text()).toBe(textOf(bob));
        expect(deliver(bob, alice).flatMap(({ refused }) => refused)).toEqual([]);
        expect(letters.every(({ id }) => alice.replica.has(id))).toBe(true);
        deliver(alice, bob);
        expect(alice.json).toBe(bob.json);
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 40 });
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(5);
  });
});
