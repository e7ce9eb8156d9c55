// Undo and redo by the one who edits: what a step is, told as a table of keystrokes; and the laws, on random histories of
// people who write, undo, redo, close their drafts or not, and hear from each other now and then.

import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import { type ChangeId, type MapEdit, Replica } from "../../src/crdt/index.ts";
import { RUN_UNITS_MAX, UNDO_PASTE_UNITS, UNDO_STEP_UNITS_MAX } from "../../src/crdt/limits.ts";
import type { Path } from "../../src/crdt/types/op.ts";
import { NaiveDocument } from "../model/naive-document.ts";
import { Crowd } from "./crowd.ts";
import { clock, deliver, Person, SEED, sync, gather as together } from "./people.ts";
import { type Draw, draws, editBy } from "./random-edits.ts";

const RUNS = Number(process.env.RUNS ?? 60);
vi.setConfig({ testTimeout: Math.max(30_000, RUNS * 500) });

const BODY: Path = [{ at: "body", kind: "text" }];
const crowd = new Crowd(["Alice", "Bob", "Carol"], root => root.text("body").insert(0, ""));
const counts = { undone: 0, redone: 0, inDraft: 0, others: 0 };

afterAll(() => console.log(`undo: SEED=${SEED}`, JSON.stringify(counts)));

function gather(): Person[] {
  const people = crowd.gather();
  for (const { replica } of people) replica.undoWithin(BODY);
  return people;
}

/** Nobody has written anything yet. */
function peopleOfNothing(): [Person, Person] {
  const people = together("Alice", "Bob");
  for (const { replica } of people) replica.undoWithin(BODY);
  return people;
}

/** The device at another page: what was stored, and nothing else. */
function reload(person: Person): Person {
  const page = new Person(person.name, person.key, Replica.open(person.device, person.replica.doc));
  page.replica.undoWithin(BODY);
  person.close();
  page.replica.restore(person.letters(), 0);
  return page;
}

/**
 * Keystrokes into a text, each a change of its own: a letter is typed where the caret is, "<" deletes the one before, "|" is a
 * pause, "^" puts the caret at the start, "{…}" pastes.
 */
function press(person: Person, keys: string): void {
  let caret = person.text().length;
  for (const key of keys.match(/\{[^}]*\}|[\s\S]/gu) ?? []) {
    if (key === "|") person.replica.breakUndo();
    else if (key === "^") caret = 0;
    else if (key === "<") person.write(root => root.text("body").delete(--caret, 1));
    else {
      const text = key.replace(/[{}]/g, "");
      person.write(root => root.text("body").insert(caret, text));
      caret += text.length;
    }
  }
}

/** What shows after each undo, until there is none. */
function undoAll(person: Person): string[] {
  const shown: string[] = [];
  while (person.replica.canUndo) {
    expect(person.replica.undo()).toBe(true);
    shown.push(person.text());
    person.close();
  }
  expect(person.replica.undo()).toBe(false);
  return shown;
}

function redoAll(person: Person): string[] {
  const shown: string[] = [];
  while (person.replica.canRedo) {
    expect(person.replica.redo()).toBe(true);
    shown.push(person.text());
    person.close();
  }
  expect(person.replica.redo()).toBe(false);
  return shown;
}

const LONG = "x".repeat(UNDO_PASTE_UNITS);

describe("a step", () => {
  it.each<[string, string, string[]]>([
    ["typing on", "hello", [""]],
    ["typing on after a pause", "hel|lo", ["hel", ""]],
    ["a line break and what is typed behind it", "ab\ncd", ["ab", ""]],
    ["typing elsewhere", "ab^cd", ["ab", ""]],
    ["deleting on", "abcd<<", ["abcd", ""]],
    ["typing where something was deleted", "abc<<x", ["a", "abc", ""]],
    ["a paste", `ab{${LONG}}cd`, [`ab${LONG}`, "ab", ""]],
    ["a short paste that nothing told apart", "ab{cde}f", [""]],
    ["a short paste between pauses", "ab|{cde}|f", ["abcde", "ab", ""]],
  ])("is %s", (_, keys, expected) => {
    const [alice] = gather() as [Person];
    press(alice, keys);
    const before = alice.text();
    expect(undoAll(alice)).toEqual(expected);
    expect(redoAll(alice)).toEqual([...expected.slice(0, -1).reverse(), before]);
  });

  it.each<[string, string, string[]]>([
    ["a line", "ab\ncd", ["ab", ""]],
    ["a place", "ab^cd", ["ab", ""]],
    ["a paste", `ab{${LONG}}cd`, [`ab${LONG}`, "ab", ""]],
    ["deleting and typing", "abc<<x", ["a", "abc", ""]],
    ["pauses, which no change tells of", "ab|cd", [""]],
  ])("after a reload ends as before, but for pauses: %s", (_, keys, expected) => {
    const [alice] = gather() as [Person];
    press(alice, keys);
    expect(undoAll(reload(alice))).toEqual(expected);
  });

  it("ends after UNDO_STEP_UNITS_MAX units, and before a space from half of them on", () => {
    const typed = (keys: string) => {
      const [alice] = gather() as [Person];
      press(alice, keys);
      return undoAll(alice).map(({ length }) => length);
    };
    expect(typed("x".repeat(UNDO_STEP_UNITS_MAX))).toEqual([0]);
    expect(typed("x".repeat(UNDO_STEP_UNITS_MAX + 1))).toEqual([UNDO_STEP_UNITS_MAX, 0]);
    const half = UNDO_STEP_UNITS_MAX / 2;
    expect(typed(`${"x".repeat(half)} y`)).toEqual([half, 0]);
    expect(typed(`${"x".repeat(half - 1)} y`)).toEqual([0]);
  });

  it("is typing up to UNDO_PASTE_UNITS - 1 units in one piece, and a paste from then on", () => {
    const typed = (units: number) => {
      const [alice] = gather() as [Person];
      press(alice, `a{${"x".repeat(units)}}`);
      return undoAll(alice).length;
    };
    expect(typed(UNDO_PASTE_UNITS - 1)).toBe(1);
    expect(typed(UNDO_PASTE_UNITS)).toBe(2);
  });

  it("is a paste that took several changes, before and after a reload", () => {
    for (const after of [(person: Person) => person, reload]) {
      const [alice] = gather() as [Person];
      press(alice, "ab");
      const text = `${"é\n".repeat(RUN_UNITS_MAX + 50_000)}end`;
      expect(alice.write(root => root.text("body").insert(1, text)).length).toBeGreaterThan(2);
      const page = after(alice);
      expect(page.text()).toBe(`a${text}b`);
      expect(undoAll(page)).toEqual(["ab", ""]);
      expect(redoAll(page)).toEqual(["ab", `a${text}b`]);
    }
  });

  it("is an edit at many places", () => {
    const [alice] = gather() as [Person];
    press(alice, "abc|");
    for (const letter of "xy")
      alice.write(root => {
        for (const at of [3, 2, 1]) root.text("body").insert(at * (letter === "x" ? 1 : 2), letter);
      });
    expect(alice.text()).toBe("axybxycxy");
    expect(undoAll(alice)).toEqual(["abc", ""]);
  });

  it("is of the path that undo is about: edits of anything else are passed over", () => {
    const [alice] = gather() as [Person];
    press(alice, "ab");
    alice.write(root => root.set("title", "Title"));
    press(alice, "cd");
    alice.replica.rename("Al");
    alice.close();
    expect(undoAll(alice)).toEqual(["ab", ""]);
    alice.write(root => root.set("title", "Another"));
    expect(redoAll(alice)).toEqual(["ab", "abcd"]);
    expect(alice.replica.toJson()).toMatchObject({ title: "Another" });
  });

  it("is the first letter of a document too, with which the text is made; what others wrote in it stays", () => {
    const [alice, bob] = peopleOfNothing();
    press(alice, "first");
    expect([undoAll(alice), redoAll(alice)]).toEqual([[""], ["first"]]);
    deliver(alice, bob);
    bob.write(root => root.text("body").insert(5, "!"));
    deliver(bob, alice);
    expect(undoAll(alice)).toEqual(["!"]);
    expect(redoAll(reload(alice))).toEqual(["first!"]);
  });

  it("that was undone is gone for good once something else was edited", () => {
    const [alice] = gather() as [Person];
    press(alice, "ab|cd");
    alice.replica.undo();
    press(alice, "x");
    expect(alice.replica.canRedo).toBe(false);
    expect(undoAll(alice)).toEqual(["ab", ""]);
    expect(redoAll(alice)).toEqual(["ab", "abx"]);
  });
});

describe("undo", () => {
  it("is of the draft too, which shows it at once and closes with it", () => {
    const [alice, bob] = gather() as [Person, Person];
    const { replica } = alice;
    replica.edit(root => root.text("body").insert(0, "draft"));
    expect(replica.canUndo).toBe(true);
    replica.undo();
    expect([alice.text(), replica.canUndo, replica.canRedo]).toEqual(["", false, true]);
    replica.redo();
    replica.edit(root => root.text("body").insert(5, "ed"));
    replica.undo();
    expect(alice.text()).toBe("draft");
    replica.redo();
    expect(alice.text()).toBe("drafted");
    const letters = alice.close();
    expect(letters).toHaveLength(6);
    expect(bob.receiveAll(letters).flatMap(({ refused }) => refused)).toEqual([]);
    expect(bob.text()).toBe("drafted");
  });

  it("leaves what another wrote inside, and what another deleted too", () => {
    const [alice, bob] = gather() as [Person, Person];
    press(alice, "Hello world|<<<<<");
    sync([alice, bob]);
    bob.write(root => root.text("body").insert(3, "--"));
    sync([alice, bob]);
    expect(alice.text()).toBe("Hel--lo ");
    alice.replica.undo();
    expect(alice.text()).toBe("Hel--lo world");
    alice.replica.undo();
    expect(alice.text()).toBe("--");
  });

  it("keeps the author and the anchors of what it brings back", () => {
    const [alice, bob] = gather() as [Person, Person];
    press(bob, "Bob's");
    sync([alice, bob]);
    const node = alice.replica.node(BODY);
    if (node?.kind !== "text") throw new Error("Expected a text");
    const name = alice.replica.nameOf(node.text.dotAt(2));
    alice.write(root => root.text("body").delete(0, 5));
    alice.replica.undo();
    expect(alice.text()).toBe("Bob's");
    expect(alice.replica.nameOf(node.text.dotAt(2))).toEqual(name);
  });

  it("is refused inside an edit and inside a listener, and needs no more than the right to write", () => {
    const [alice] = gather() as [Person];
    press(alice, "a");
    expect(() => alice.replica.edit(() => void alice.replica.undo())).toThrow("no edit to be under way");
    alice.replica.subscribe(() => void alice.replica.undo());
    expect(() => alice.write(root => root.text("body").insert(1, "b"))).toThrow(
      "within one of its listeners",
    );
  });

  it("is told as what shows differently, by this device", () => {
    const [alice] = gather() as [Person];
    press(alice, "abc");
    const told: unknown[] = [];
    alice.replica.subscribe((patches, origin, authors) => told.push(patches, origin, authors));
    alice.replica.undo();
    expect(told).toEqual([
      [{ type: "text", path: BODY, index: 0, removed: 3, inserted: "" }],
      "local",
      [alice.device],
    ]);
  });

  it("in two tabs of one device takes back what the other one wrote, and one redo brings back what both undid", () => {
    const [alice] = gather() as [Person];
    press(alice, "one");
    const tab = reload(alice);
    press(tab, "\ntwo");
    alice.replica.restore(tab.letters(), 0);
    expect(alice.text()).toBe("one\ntwo");
    // Both undo before they hear of each other; the second closes on top of the first.
    alice.replica.undo();
    tab.replica.undo();
    expect([alice.text(), tab.text()]).toEqual(["one", "one"]);
    alice.close();
    tab.sign(tab.replica.restore(alice.letters(), 0).closed);
    alice.replica.restore(tab.letters(), 0);
    expect(alice.replica.laneTips.filter(({ author }) => author === alice.device)).toHaveLength(1);
    alice.replica.redo();
    expect(alice.text()).toBe("one\ntwo");
    alice.close();
    tab.replica.restore(alice.letters(), 0);
    expect([tab.text(), tab.replica.canRedo]).toEqual(["one\ntwo", false]);
    expect(undoAll(tab)).toEqual(["one", ""]);
  });

  it("survives in the bytes of a draft that was open when its page went away", () => {
    const [alice] = gather() as [Person];
    press(alice, "one|");
    const page = reload(alice);
    const { replica } = alice;
    const after = replica.ownHead!.seq;
    replica.edit(root => root.text("body").insert(3, " two"));
    replica.breakUndo();
    replica.edit(root => root.text("body").insert(7, " three"));
    replica.undo();
    replica.undo();
    replica.redo();
    const bytes = replica.draftBytes!;
    page.replica.resumeDraft(bytes, after);
    expect([alice.text(), page.text()]).toEqual(["one two", "one two"]);
    // The clock is told of in a change: stopped for a moment, so that the changes are the same ones.
    const { step } = clock;
    clock.step = 0;
    const [mine, theirs] = [alice.close(), page.close()];
    clock.step = step;
    expect(theirs.map(({ id }) => id)).toEqual(mine.map(({ id }) => id));
    // They were stored after all: what was left says nothing new.
    const later = reload(page);
    later.replica.resumeDraft(bytes, after);
    expect(later.replica.hasDraft).toBe(false);
    expect(redoAll(later)).toEqual(["one two three"]);
  });

  it("of a draft that another tab came before names what it named, whatever numbers that has now", () => {
    const [alice] = gather() as [Person];
    press(alice, "one|");
    const tab = reload(alice);
    const after = alice.replica.ownHead!.seq;
    alice.replica.edit(root => root.text("body").insert(3, " two"));
    alice.replica.breakUndo();
    alice.replica.edit(root => root.text("body").insert(7, " three"));
    alice.replica.undo();
    alice.replica.undo();
    const bytes = alice.replica.draftBytes!;
    press(tab, "\nfrom the tab");
    alice.sign(alice.replica.restore(tab.letters(), 0).closed);
    expect(alice.text()).toBe("one\nfrom the tab");
    const page = reload(alice);
    page.replica.resumeDraft(bytes, after);
    expect([page.text(), page.replica.hasDraft]).toEqual(["one\nfrom the tab", false]);
    // The tab knows nothing of it and left a draft in its turn.
    tab.replica.resumeDraft(bytes, after);
    expect(tab.text()).toBe("one\nfrom the tab");
  });
});

interface Act {
  readonly who: number;
  readonly what: number;
  readonly draw: Draw;
}

const acts = fc
  .tuple(draws({ minLength: 20, maxLength: 60 }), fc.infiniteStream(fc.nat(1_000)))
  .map(([drawn, luck]) =>
    drawn.map((draw): Act => ({ who: luck.next().value!, what: luck.next().value!, draw })),
  );

/** Writes, undoes, redoes, closes or not, hears from another. Before and after each undo and redo `check` is asked. */
function live(
  people: readonly Person[],
  history: readonly Act[],
  edit: (person: Person, draw: Draw) => (root: MapEdit) => void,
  check: (person: Person, run: () => boolean) => void,
): void {
  for (const { who, what, draw } of history) {
    const person = people[who % people.length]!;
    const { replica } = person;
    switch (what % 10) {
      case 0:
      case 1:
      case 2:
        replica.edit(edit(person, draw));
        if (what % 3 > 0) person.close();
        break;
      case 3:
      case 4:
        if (replica.hasDraft) counts.inDraft++;
        check(person, () => replica.undo());
        break;
      case 5:
        check(person, () => replica.redo());
        break;
      case 6:
        if (what % 3 === 0) replica.breakUndo();
        else person.close();
        break;
      default: {
        const other = people[(who + 1) % people.length]!;
        person.close();
        other.close();
        deliver(other, person);
      }
    }
  }
  for (const person of people) person.close();
  sync(people);
}

describe("the law of undo", () => {
  it("undo never changes what I did not write: others' letters stand as they stood, whatever is undone and redone", () => {
    const letters = ["abc", "xyz", "123"];
    fc.assert(
      fc.property(acts, history => {
        const people = gather().slice(0, 2);
        const mine = (person: Person) => letters[people.indexOf(person)]!;
        const othersOf = (person: Person) =>
          [...person.text()].filter(letter => !mine(person).includes(letter));
        // Everybody types and deletes letters of an own alphabet.
        const edit = (person: Person, { at, size }: Draw) => {
          return (root: MapEdit): void => {
            const text = root.text("body");
            const places = [...text.toString()].flatMap((letter, i) =>
              mine(person).includes(letter) ? [i] : [],
            );
            if (size < 3 && places.length > 0) text.delete(places[at % places.length]!, 1);
            else text.insert(at % (text.length + 1), mine(person).slice(0, 1 + (size % 3)));
          };
        };
        live(people, history, edit, (person, run) => {
          const before = othersOf(person);
          const shown = person.text();
          const isDone = run();
          expect(othersOf(person)).toEqual(before);
          if (isDone && before.length > 0) counts.others++;
          if (!isDone) expect(person.text()).toBe(shown);
        });
        expect(people.map(({ json }) => json)).toEqual(people.map(() => people[0]!.json));
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.others).toBeGreaterThan(RUNS);
  });

  it("undo shows the document without the changes of a step, redo shows it with them; in every kind of node", () => {
    fc.assert(
      fc.property(acts, history => {
        const people = crowd.gather();
        const edit = (_: Person, draw: Draw) => (root: MapEdit) => editBy(draw, root);
        live(people, history, edit, (person, run) => {
          person.close();
          const own = new Set<ChangeId>();
          const before = person.json;
          const undone = retractedOf(person);
          if (!run()) return expect(person.json).toBe(before);
          person.close();
          for (const id of retractedOf(person)) if (!undone.has(id)) own.add(id);
          for (const id of undone) if (!person.replica.isRetracted(id)) own.add(id);
          expect(own.size).toBeGreaterThan(0);
          for (const id of own) expect(person.replica.get(id)!.change.author).toBe(person.device);
          const changes = [...person.replica.changes()].map(({ change }) => change);
          expect(person.json).toBe(new NaiveDocument(changes).json());
          return undefined;
        });
        const fresh = crowd.copy(people[0]!);
        for (const letter of crowd.letters(people[0]!)) expect(crowd.hand(letter, fresh).refused).toEqual([]);
        expect(fresh.json).toBe(people[0]!.json);
        for (const person of people) expect(person.json).toBe(fresh.json);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it("undoing all and redoing all gives what was there, with a reload in between", () => {
    fc.assert(
      fc.property(
        draws({ minLength: 4, maxLength: 25 }),
        fc.array(fc.nat(9), { minLength: 5 }),
        (drawn, luck) => {
          const [alice, bob] = crowd.gather() as [Person, Person];
          for (const [i, draw] of drawn.entries()) {
            const pick = luck[i % luck.length]!;
            const person = pick === 0 ? bob : alice;
            person.replica.edit(root => editBy(draw, root));
            if (pick > 2) person.close();
            if (pick > 7) alice.replica.breakUndo();
            if (pick < 2) {
              alice.close();
              bob.close();
              sync([alice, bob]);
            }
          }
          alice.close();
          bob.close();
          sync([alice, bob]);
          const before = alice.json;
          let steps = 0;
          for (; alice.replica.undo(); steps++) if (steps % 2 === 0) alice.close();
          const own = [...alice.replica.changes()].map(({ change }) => change);
          const written = own.filter(
            ({ author, ops }) => author === alice.device && ops.every(({ type }) => type !== "retract"),
          );
          const withoutAny = new NaiveDocument(own, new Set(written.map(({ id }) => id))).json();
          expect(alice.json).toBe(withoutAny);
          counts.undone += steps;
          const page = reload(alice);
          page.replica.undoWithin([]);
          for (const person of [alice, page]) {
            let again = 0;
            for (; person.replica.redo(); again++) if (again % 3 === 0) person.close();
            expect(again).toBe(steps);
            expect(person.json).toBe(before);
            counts.redone += again;
          }
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.redone).toBeGreaterThan(RUNS);
  });
});

function retractedOf(person: Person): Set<ChangeId> {
  const all = [...person.replica.changes()].map(({ change }) => change.id);
  return new Set(all.filter(id => person.replica.isRetracted(id)));
}
