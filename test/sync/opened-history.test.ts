// The history of a document as the screen is told it: who is believed, what a name of a version may be, what comes while
// one looks. Method: the adapter over a replica, with a rule for signatures that looks.

import { afterEach, expect, test } from "vitest";
import type { MapEdit } from "../../src/crdt/index.ts";
import { openHistory } from "../../src/sync/adapters/opened-history.ts";
import { BODY_PATH, editBody, nameVersion } from "../../src/sync/text.ts";
import type { TextHistory, TextPatch } from "../../src/sync/view.ts";
import { gather, type Person, sync, verify } from "../crdt/people.ts";

const opened: TextHistory[] = [];
afterEach(() => {
  for (const history of opened.splice(0)) history.close();
});

async function historyOf(person: Person): Promise<TextHistory> {
  const history = await openHistory(
    person.replica,
    { verify: async checks => checks.map(verify) },
    {
      edit: edit => person.replica.edit(edit),
      restore: (patches, title) =>
        person.replica.edit(root => {
          if (title !== null) root.set("title", title);
          editBody(root, patches);
        }),
      flush: () => person.close(),
    },
    () => undefined,
  );
  opened.push(history);
  return history;
}

const type = (at: number, insert: string) => (root: MapEdit) =>
  editBody(root, [{ from: at, to: at, insert } satisfies TextPatch]);
const end = (history: TextHistory) => history.order().versionAt(history.order().length);

test("nobody is said to have written what they have not signed", async () => {
  const [alice, bob] = gather("Alice", "Bob");
  alice.write(type(0, "Hello"));
  sync([alice, bob]);
  bob.write(type(5, ", Alice"));
  sync([alice, bob]);
  const history = await historyOf(alice);
  expect(history.authors(end(history), 0, 12)).toMatchObject([
    { from: 0, to: 5, author: alice.device },
    { from: 5, to: 12, author: bob.device },
  ]);
  expect(await history.prove(end(history), 0, 12)).toBe("holds");
});

test("a signature that is missing, or another's, is said to be", async () => {
  const [alice, bob] = gather("Alice", "Bob");
  alice.replica.edit(type(0, "Hello"));
  const [closed] = alice.replica.closeDraft(1_800_000_000);
  const history = await historyOf(alice);
  expect(await history.prove(end(history), 0, 5)).toBe("unsigned");
  alice.replica.sign(closed!.id, bob.key.sign(closed!.message));
  expect(await history.prove(end(history), 0, 5)).toBe("wrong");
});

test("a name is the document's, is given by who signed it, and no entry; nonsense that somebody wrote there is none", async () => {
  const [alice, bob] = gather("Alice", "Bob");
  alice.write(type(0, "Hello"));
  const first = alice.heads;
  alice.write(type(5, "!"));
  sync([alice, bob]);
  bob.write(root => {
    nameVersion(root, first, "Greeting");
    root.map("versions").set("nonsense", { name: 5, heads: "x" });
    root.map("versions").set("unknown", { name: "Lost", heads: "00".repeat(32) });
    root.map("versions").set("list", []);
  });
  sync([alice, bob]);
  const history = await historyOf(alice);
  const { names, entries } = history.order();
  expect(names).toMatchObject([{ name: "Greeting", version: first, by: bob.device }]);
  expect(entries).toHaveLength(1);
  expect(history.compare([], names[0]!.version).map(({ text }) => text)).toEqual(["Hello"]);
  history.name(first, "Welcome");
  expect(history.order().names).toMatchObject([{ name: "Welcome", by: alice.device }]);
  history.name(first, "");
  expect(history.order().names).toEqual([]);
});

test("restoring is an edit of mine, and what comes meanwhile is told", async () => {
  const [alice, bob] = gather("Alice", "Bob");
  alice.write(type(0, "one"));
  sync([alice, bob]);
  const history = await historyOf(alice);
  const first = end(history);
  const before = history.order();
  const told = new Promise<void>(resolve => history.subscribe(resolve));
  bob.write(type(3, " two"));
  sync([alice, bob]);
  await told;
  expect(history.order()).not.toBe(before);
  expect(history.order().entries.map(({ authors }) => authors)).toEqual([[alice.device], [bob.device]]);
  history.restore(first);
  expect(alice.text()).toBe("one");
  expect(alice.replica.get(alice.heads[0]!)!.change.author).toBe(alice.device);
});

test("restoring brings text and title back in one change, which undo takes back whole; a title alone is left to its field", async () => {
  const [alice] = gather("Alice");
  alice.replica.undoWithin(BODY_PATH, ["title"]);
  alice.write(root => root.set("title", "Draft"));
  alice.write(type(0, "one"));
  const first = alice.heads;
  alice.write(type(3, " two"));
  alice.write(root => root.set("title", "Final"));
  const history = await historyOf(alice);
  alice.replica.breakUndo();
  const before = [...alice.replica.changes()].length;
  history.restore(first);
  expect(JSON.parse(alice.json)).toMatchObject({ title: "Draft", body: "one" });
  expect([...alice.replica.changes()].length).toBe(before + 1);
  expect(alice.replica.undo()).toBe(true);
  alice.close();
  expect(JSON.parse(alice.json)).toMatchObject({ title: "Final", body: "one two" });
  expect(alice.replica.redo()).toBe(true);
  alice.close();
  expect(JSON.parse(alice.json)).toMatchObject({ title: "Draft", body: "one" });
  // What was set alone is passed over: undo is about the text.
  alice.write(root => root.set("title", "Other"));
  expect(alice.replica.undo()).toBe(true);
  expect(JSON.parse(alice.json)).toMatchObject({ title: "Other", body: "one two" });
});

test("tells the title that a version had, which restoring brings back", async () => {
  const [alice] = gather("Alice");
  alice.write(type(0, "one"));
  const first = alice.heads;
  alice.write(root => root.set("title", "Draft"));
  const second = alice.heads;
  alice.write(root => root.set("title", "Final"));
  const history = await historyOf(alice);
  expect([first, second, alice.heads].map(heads => history.title(heads))).toEqual(["", "Draft", "Final"]);
});

test("restoring to before a title takes the title away, and what shows already is not written again", async () => {
  const [alice] = gather("Alice");
  alice.write(type(0, "one"));
  const first = alice.heads;
  alice.write(root => root.set("title", "Final"));
  const history = await historyOf(alice);
  history.restore(first);
  expect(JSON.parse(alice.json)).toMatchObject({ title: "", body: "one" });
  const { heads } = alice;
  history.restore(heads);
  expect(alice.heads).toEqual(heads);
});
