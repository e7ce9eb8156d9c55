// History as people read it: an order of all changes that extends causality and is alike everywhere, cut into entries by
// person and pause. And who is believed: nobody, before the signature rule was asked.

import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ChangeId, docOf, finish, History, type Replica } from "../../../src/crdt/index.ts";
import { Crowd } from "../crowd.ts";
import { clock, deliver, forge, gather, type Person, SEED, sync, verify } from "../people.ts";
import { draws, editBy } from "../random-edits.ts";

const RUNS = Number(process.env.RUNS ?? 60);
vi.setConfig({ testTimeout: Math.max(30_000, RUNS * 1_000) });

const crowd = new Crowd(["Alice", "Bob", "Carol"], root => root.list("list").push({ title: "first" }, 1));
const historyOf = ({ replica }: Person) => new History(replica.doc, replica.ground);
const STEP = clock.step;
afterEach(() => {
  clock.step = STEP;
});

function pastOf(replica: Replica, heads: readonly ChangeId[]): ReadonlySet<ChangeId> {
  const after = new Set([...replica.changesSince(heads)].map(({ id }) => id));
  return new Set([...replica.changes()].map(({ id }) => id).filter(id => !after.has(id)));
}

describe("the order of a history", () => {
  it("is alike on every replica, whatever came in what order, and every beginning of it is a version, whole or of another", () => {
    fc.assert(
      fc.property(
        draws({ minLength: 6, maxLength: 24 }),
        fc.array(fc.nat(10_000), { minLength: 8, maxLength: 24 }),
        (drawn, picks) => {
          const people = crowd.gather();
          const face = crowd.copy(people[1]!);
          const writers = [...people, face];
          for (const [i, draw] of drawn.entries()) {
            const pick = picks[i % picks.length]!;
            clock.step = pick % 7 === 0 ? 1_000 : pick % 50;
            const [person, other] = [writers[pick % 4]!, writers[(pick + 1) % 3]!];
            if (pick % 5 === 0 && person !== face) deliver(other, person);
            else person.write(root => editBy(draw, root));
          }
          deliver(face, people[0]!);
          for (const person of people.slice(1)) deliver(person, people[0]!);
          const [alice, reader] = [people[0]!, crowd.copy(people[0]!)];
          const left = crowd.letters(alice);
          for (let i = 0; left.length > 0; i++)
            crowd.hand(left.splice((picks[i % picks.length]! * (i + 1)) % left.length, 1)[0]!, reader);
          const [here, there] = [historyOf(alice), historyOf(reader)];
          const entries = finish(here.arrange());
          expect(finish(there.arrange())).toEqual(entries);
          expect(entries.at(-1)?.version ?? alice.heads).toEqual(alice.heads);
          let before: ReadonlySet<ChangeId> = new Set();
          for (let count = 1; count <= here.length; count++) {
            const heads = here.versionAt(count);
            expect(there.versionAt(count)).toEqual(heads);
            const past = pastOf(alice.replica, heads);
            expect(past.size).toBe(count);
            for (const id of before) expect(past.has(id)).toBe(true);
            before = past;
          }
          for (const { first, end } of entries) expect(end).toBeGreaterThan(first);
          // Of a version that lacks what others wrote meanwhile, a part is what it has of a beginning.
          const own = [alice.replica.ownHead!.id];
          expect(here.partOf(own, here.placeOf(own))).toEqual(own);
          const half = here.length >> 1;
          const beginning = pastOf(alice.replica, here.versionAt(half));
          const part = [...pastOf(alice.replica, own)].filter(id => beginning.has(id));
          expect(pastOf(alice.replica, here.partOf(own, half))).toEqual(new Set(part));
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it("goes on where it was when more comes", () => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.write(root => root.text("body").insert(0, "one"));
    const history = historyOf(alice);
    expect(finish(history.arrange())).toHaveLength(1);
    sync([alice, bob]);
    bob.write(root => root.text("body").insert(3, " two"));
    sync([alice, bob]);
    expect(finish(history.arrange()).map(({ authors }) => authors)).toEqual([[alice.device], [bob.device]]);
  });
});

describe("an entry", () => {
  it("is what one person wrote, until they pause or another goes on", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const say = (person: Person, text: string) => {
      person.write(root => root.text("body").insert(root.text("body").length, text));
      sync([alice, bob]);
    };
    clock.step = 30;
    for (const word of ["I ", "wrote ", "this. "]) say(alice, word);
    say(bob, "And I this. ");
    say(alice, "And I again. ");
    clock.now += 1_000;
    say(alice, "After a walk. ");
    alice.replica.rename("Alice the Great");
    alice.close();
    const history = historyOf(alice);
    const entries = finish(history.arrange());
    expect(entries.map(({ authors }) => authors)).toEqual(
      [alice, bob, alice, alice].map(({ device }) => [device]),
    );
    expect(entries.map(({ version }) => history.text(version, [{ at: "body", kind: "text" }]))).toEqual([
      "I wrote this. ",
      "I wrote this. And I this. ",
      "I wrote this. And I this. And I again. ",
      "I wrote this. And I this. And I again. After a walk. ",
    ]);
    const [first, , , last] = entries;
    expect(last!.from! - first!.to!).toBeGreaterThan(900);
    // What shows nothing is no entry of its own.
    expect(last!.end).toBe(history.length);
    expect(last!.version).toEqual(alice.heads);
  });

  it("is of several where they take turns faster than anybody reads", () => {
    const [alice, bob] = gather("Alice", "Bob");
    clock.step = 1;
    for (let i = 0; i < 10; i++) {
      for (const person of [alice, bob]) {
        person.write(root => root.text("body").insert(0, "x"));
        sync([alice, bob]);
      }
    }
    const entries = finish(historyOf(bob).arrange());
    expect(entries.map(({ authors }) => [...authors].sort())).toEqual([[alice.device, bob.device].sort()]);
  });
});

describe("who wrote what", () => {
  it("is said by the change, and proven by the signature rule alone", () => {
    const [alice, bob] = gather("Alice", "Bob");
    clock.step = 60;
    alice.write(root => root.text("body").insert(0, "Hello"));
    sync([alice, bob]);
    const letters = bob.write(root => root.text("body").insert(5, ", Alice"));
    sync([alice, bob]);
    const doc = docOf(alice.replica);
    const blame = doc.blame(["body"], 3, 8);
    expect(blame.map(({ from, to, author }) => [from, to, author])).toEqual([
      [3, 5, alice.device],
      [5, 8, bob.device],
    ]);
    expect(blame[1]).toMatchObject({ change: letters[0]!.id, time: clock.now });
    const questions = doc.history.proof(letters[0]!.id)!;
    expect(questions.map(verify)).toEqual([true]);
    expect(questions.map(({ key }) => key.length)).toEqual([32]);
  });

  it("is not proven while its author has not signed, nor by what another signed", () => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.replica.edit(root => root.text("body").insert(0, "Hello"));
    const [closed] = alice.replica.closeDraft(clock.now);
    const history = historyOf(alice);
    expect(history.proof(closed!.id)).toBeNull();
    alice.replica.sign(closed!.id, bob.key.sign(closed!.message));
    expect(history.proof(closed!.id)!.map(verify)).toEqual([false]);
    expect(history.proof("00".repeat(32) as ChangeId)).toBeNull();
    // Mallory's forgery does not come as far as that.
    const forged = forge(alice, { signer: bob.key });
    expect(bob.receive(forged).refused).not.toEqual([]);
  });
});
