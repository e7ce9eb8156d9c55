// The examples of docs/api.md: what stands between the lines of dashes is there word for word, and runs here.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
// ------------------------------------------------------------------------------------------------ docs/api.md begins
import {
  type Batch,
  counter,
  defineSchema,
  docOf,
  isBoolean,
  isString,
  list,
  lww,
  map,
  register,
  resolve,
  set,
  text,
} from "../../src/crdt/index.ts";
// -------------------------------------------------------------------------------------------------- docs/api.md ends
import { gather, sync, verify } from "../crdt/people.ts";

const [alice, bob] = gather("Alice", "Bob");
const [replica, bobs] = [alice.replica, bob.replica];
/** Both close, sign and send what they have; the README shows how. */
function exchange() {
  alice.close();
  bob.close();
  sync([alice, bob]);
}

// ------------------------------------------------------------------------------------------------ docs/api.md begins
const doc = docOf(replica);

doc.edit(root => {
  root.text("body").insert(0, "Hello");
  root.set("todo", [{ what: "milk", done: false }]);
  root.list("todo").map(0).set("done", true);
});

doc.change(d => {
  d.body.insert(5, "!");
  d.todo.push({ what: "eggs", done: false });
  d.todo[0].done = false;
  d.todo.move(1, 0);
  delete d.old;
});
// -------------------------------------------------------------------------------------------------- docs/api.md ends
const edited = doc.toJson();

it("edits in two spellings", () => {
  expect(edited).toEqual({
    body: "Hello!",
    todo: [
      { what: "eggs", done: false },
      { what: "milk", done: false },
    ],
  });
});

// ------------------------------------------------------------------------------------------------ docs/api.md begins
doc.change(d => {
  d.note = text("a text that others can write in");
  d.votes = counter();
  d.votes.increment(2);
  d.tags = set();
  d.tags.add("home");
  d.mood = register();
  d.mood = "good"; // a register is written by assigning, and read as its value
});

doc.get(["todo", 0, "what"]); // "eggs"
doc.get(["todo", 7]); // undefined
doc.toJson(); // all of it: JSON without prototypes
// -------------------------------------------------------------------------------------------------- docs/api.md ends
const made = [doc.toJson(), doc.get(["todo", 0, "what"]), doc.get(["todo", 7])];

it("makes every kind of node, and reads places", () => {
  expect(made[0]).toMatchObject({ votes: 2, tags: ["home"], mood: "good" });
  expect(made.slice(1)).toEqual(["eggs", undefined]);
});

// ------------------------------------------------------------------------------------------------ docs/api.md begins
const schema = defineSchema({
  title: lww(isString),
  todo: list(map({ what: text(), done: register(isBoolean) })),
  votes: counter(),
  tags: set(isString),
});
const typed = docOf(bobs, schema);

typed.change(d => {
  d.title = "Shopping";
  d.todo.push({ what: "milk", done: false }); // "milk" becomes a text, false a register
  d.todo[0]?.what.insert(0, "soy ");
});

const reading = typed.read();
if (reading.ok)
  reading.value.todo[0]?.done; // boolean | null
else reading.misfits; // [{ path: ["todo", 3], expected: "map", found: "value" }]
// -------------------------------------------------------------------------------------------------- docs/api.md ends

it("types what is written, and checks what is read", () => {
  expect(reading).toEqual({
    ok: true,
    value: { title: "Shopping", todo: [{ what: "soy milk", done: false }], votes: 0, tags: [] },
  });
  exchange();
  // Alice's items have a plain value under "done", where the schema wants a register.
  const after = typed.read();
  expect(after.ok).toBe(false);
});

// ------------------------------------------------------------------------------------------------ docs/api.md begins
function settle() {
  for (const { path, choices } of doc.conflicts()) {
    const [shown] = choices; // the pick, the same everywhere; each with `value`, `kind` and who wrote it: `by`
    doc.resolve(path, shown!);
  }
}

function settleTwo() {
  doc.edit(root => {
    resolve(root, ["colour"], "violet"); // within a larger edit, and by another value
    root.set("settled", true);
  });
}
// -------------------------------------------------------------------------------------------------- docs/api.md ends

it("lists conflicts and settles them", () => {
  const disagree = () => {
    doc.change(d => {
      d.colour = "red";
    });
    docOf(bobs).change(d => {
      d.colour = "blue";
    });
    exchange();
    expect(doc.conflicts(["colour"]).map(({ choices }) => choices.length)).toEqual([2]);
  };
  disagree();
  settle();
  expect(doc.conflicts()).toEqual([]);
  expect(["red", "blue"]).toContain(doc.get(["colour"]));
  exchange();
  disagree();
  settleTwo();
  expect([doc.conflicts(), doc.get(["colour"]), doc.get(["settled"])]).toEqual([[], "violet", true]);
});

// ------------------------------------------------------------------------------------------------ docs/api.md begins
const heard: Batch[] = [];
const stop = doc.observe(["todo"], batch => heard.push(batch));

doc.change(d => {
  d.todo.unshift({ what: "bread", done: false });
  d.todo[1].done = true;
});
// [{ origin: "local", authors: [replica.device], events: [
//   { type: "list", path: ["todo"], index: 0, removed: 0, inserted: [{ done: false, what: "bread" }] },
//   { type: "set", path: ["todo", 1, "done"], value: true },
// ] }]
stop();
// -------------------------------------------------------------------------------------------------- docs/api.md ends

it("tells what shows differently", () => {
  const events = [
    { type: "list", path: ["todo"], index: 0, removed: 0, inserted: [{ done: false, what: "bread" }] },
    { type: "set", path: ["todo", 1, "done"], value: true },
  ];
  expect(heard).toEqual([{ origin: "local", authors: [replica.device], events }]);
});

// ------------------------------------------------------------------------------------------------ docs/api.md begins
const caret = doc.anchorAt(["body"], 5, "left"); // behind "Hello"; "right" would hold on to the "!"
doc.change(d => d.body.insert(0, "> "));
doc.indexOf(caret); // 7

function tell() {
  const name = doc.anchorName(caret); // a string for storing and sending; null while the letter is in the open draft
  const theirs = name === null ? null : typed.anchorNamed(name); // null for nonsense, and while it has not arrived
  return theirs === null ? null : typed.indexOf(theirs);
}
// -------------------------------------------------------------------------------------------------- docs/api.md ends

it("holds on to places in texts", () => {
  expect(doc.indexOf(caret)).toBe(7);
  exchange();
  expect(tell()).toBe(7);
});

// ------------------------------------------------------------------------------------------------ docs/api.md begins
function lookBack() {
  const version = replica.heads; // keep it wherever you like: a version is named by its heads
  doc.change(d => d.body.insert(0, "Well: "));
  exchange(); // what is in the open draft is in no version yet

  const then = doc.at(version); // what was shown then, as JSON
  const said = doc.diff(version, replica.heads, ["body"]); // [{ kind: "inserted", text: "Well: ", author, change }, …]
  const [who] = doc.blame(["body"], 0, 6); // { from: 0, to: 6, author, change, time }: a claim,
  const questions = doc.history.proof(who!.change); // until these are all answered with yes by the signature rule
  doc.restore(version, ["body"]); // an edit like any other, of what differs
  return { then, said, who, questions };
}
// -------------------------------------------------------------------------------------------------- docs/api.md ends

it("looks back, and restores", () => {
  exchange();
  const before = doc.get(["body"]);
  const { then, said, who, questions } = lookBack();
  expect(then).toMatchObject({ body: before! });
  expect(said.map(({ kind, text }) => [kind, text])).toEqual([
    ["inserted", "Well: "],
    ["same", before],
  ]);
  expect(who).toMatchObject({ from: 0, to: 6, author: replica.device });
  expect(questions!.map(verify)).toEqual([true]);
  expect(doc.get(["body"])).toBe(before);
});

it("is what docs/api.md shows, block by block", () => {
  const own = readFileSync(new URL(import.meta.url), "utf8");
  const page = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");
  const parts = own.split(/^\/\/ -+ docs\/api\.md (?:begins|ends)\n/m);
  const blocks = parts.filter((_, i) => i % 2 === 1).map(block => block.trim());
  const shown = [...page.matchAll(/```ts\n(.*?)```/gs)].map(match => match[1]!.trim());
  expect(shown).toEqual(blocks);
});
