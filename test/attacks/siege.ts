// What finds a bug in the core: small stories that end well or throw a sentence. Each tells lies and honest changes to three
// replicas in different company, and knows exactly what must come of it. Written without a test's tools, so that it runs
// among altered sources (planted-bugs.test.ts) as well as among the true ones.

import fc from "fast-check";
import { hasAdmissibleForm, isAdmissibleKey } from "../../src/crdt/graph/ed25519.ts";
import { verifyInScript } from "../../src/crdt/graph/equation.ts";
import { encodeFork, type WholeRun } from "../../src/crdt/graph/fork-bytes.ts";
import {
  type Bytes,
  type ChangeId,
  openFile,
  type RefusalCode,
  Replica,
  save,
} from "../../src/crdt/index.ts";
import { PENDING_CHANGES_MAX } from "../../src/crdt/limits.ts";
import { read } from "../crdt/file/files.ts";
import { signatureCases } from "../crdt/graph/ed25519-cases.ts";
import {
  begin,
  copyOf,
  deliver,
  forge,
  gather,
  type Letter,
  newcomer,
  type Person,
  sync,
} from "../crdt/people.ts";
import { draws, editBy } from "../crdt/random-edits.ts";
import { NaiveDocument } from "../model/naive-document.ts";
import { Prng } from "../sim/prng.ts";

import { LIES, more, stage, typing } from "./lies.ts";

/** Throws with the sentence if the two differ. */
function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a?.slice(0, 200)} and not ${b?.slice(0, 200)}`);
}

/** Every lie is refused with its code by three, whatever they heard before; nothing shows; what is honest is taken. */
function lies(only?: string): void {
  for (const [what, code, letterOf] of LIES) {
    if (only !== undefined && what !== only) continue;
    const at = stage();
    const letter = letterOf(at);
    const { alice } = at;
    const before = alice.letters();
    const { json } = alice;
    same(
      `${what}, to Alice`,
      alice.receiveAll([letter, letter]).flatMap(({ refused }) => refused),
      [code, code],
    );
    const early = newcomer("Early", alice, null);
    same(
      `${what}, before its past`,
      early.receiveAll([letter, ...before]).flatMap(({ refused }) => refused),
      [code],
    );
    const late = copyOf(alice, "Late");
    same(
      `${what}, again`,
      late.receiveAll([letter, letter]).flatMap(({ refused }) => refused),
      [code, code],
    );
    for (const person of [alice, early, late]) same(`${what}: shown`, person.json, json);
  }
  const at = stage();
  same("as much as the quota allows", at.alice.receive(more(at, 0)).refused, []);
}

/** A change with any byte altered is refused under its signature; what builds on a refused one is refused with it. */
function chains(): void {
  const { alice, bob, mallory } = stage();
  const [letter] = bob.write(root => root.text("body").insert(0, "x"));
  for (let i = 1; i < letter!.bytes.length; i++) {
    const bytes = letter!.bytes.with(i, letter!.bytes[i]! ^ 1) as Bytes;
    same(`byte ${i} altered`, alice.receive({ ...letter!, bytes }).admitted, []);
  }
  const bad = forge(mallory, { header: { depth: 77 } });
  const onBad = forge(mallory, {
    header: { prev: bad.id, parents: [bad.id], seq: mallory.replica.ownHead!.seq + 2, depth: 78 },
  });
  const [first, second] = [copyOf(alice, "One"), copyOf(alice, "Two")];
  same(
    "a refused parent, first",
    first.receiveAll([bad, onBad]).flatMap(({ refused }) => refused),
    ["DepthWrong", "ParentRefused"],
  );
  same(
    "a refused parent, last",
    second.receiveAll([onBad, bad]).flatMap(({ refused }) => refused),
    ["DepthWrong", "ParentRefused"],
  );
  mallory.receive(letter!);
  const [merge] = mallory.write(root => root.text("body").insert(0, "y"));
  same("a merge before one of its parents", alice.receive(merge!), {
    admitted: [],
    refused: [],
    missing: letter!.id,
  });
  same("afterwards", alice.receive(letter!).admitted, [letter!.id, merge!.id]);
}

/** The verdicts of the rule on every crafted signature, by the gates and the equation apart and together. */
function signatures(): void {
  for (const { name, key, message, signature, valid } of signatureCases()) {
    const [k, m, s] = [key, message, signature].map(hex => bytesOf(hex)) as [Bytes, Bytes, Bytes];
    same(name, verifyInScript(k, m, s), valid);
    if (name.startsWith("A ")) same(`${name}, at the gate`, isAdmissibleKey(k), false);
    if (name.startsWith("R is") || name.startsWith("R of small"))
      same(`${name}, at the gate`, hasAdmissibleForm(s), false);
  }
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** A run under its newest signature: whole, or refused whole. */
function runs(): void {
  const { alice, bob, mallory } = stage();
  const run = [..."abcde"].flatMap(letter => mallory.write(root => root.text("body").insert(0, letter)));
  const bobs = bob.write(root => root.text("body").insert(0, "B"));
  const refused: readonly (readonly [string, readonly Letter[], RefusalCode, Bytes?])[] = [
    ["with a gap", [...run.slice(0, 2), ...run.slice(3)], "RunBroken"],
    ["with another's change inside", [...run.slice(0, 2), ...bobs, ...run.slice(2)], "RunBroken"],
    ["under an inner signature", run, "SignatureWrong", run[2]!.signature],
  ];
  for (const [what, letters, code, signature] of refused)
    same(`a run ${what}`, alice.receiveRun(letters, signature), {
      admitted: [],
      refused: [code],
      missing: null,
    });
  same("a run", alice.receiveRun(run).admitted.length, 5);
}

/** What waits is bounded for each source, and nobody drops another's. */
function orphans(): void {
  const { alice, bob, mallory } = stage();
  const [one, two] = ["1", "2"].flatMap(n => bob.write(root => root.text("body").insert(0, n)));
  same("a change before its parent", alice.receive(two!, "Mallory").missing, one!.id);
  alice.receive(two!, "Bob");
  const nowhere = "ab".repeat(32) as ChangeId;
  const flood = Array.from({ length: PENDING_CHANGES_MAX + 1 }, (_, i) =>
    forge(mallory, { header: { parents: [nowhere], prev: null, seq: 1, depth: i + 2 } }),
  );
  alice.receiveAll(flood, "Mallory");
  same("another's, after a flood", alice.receive(one!, "Bob").admitted, [one!.id, two!.id]);
  // A chain of which the first is told last: the oldest that waited had to go.
  const writer = begin("Dora");
  const copy = newcomer("Reader", writer, null);
  const chain = Array.from({ length: PENDING_CHANGES_MAX + 10 }, () =>
    writer.write(root => root.counter("n").increment(1)),
  ).flat();
  const [genesis] = writer.letters();
  copy.receiveAll(chain, "Mallory");
  same("a chain that waited", copy.receive(genesis!, "Mallory").admitted.length, 1);
}

/** Two-faced and honest people write everything there is; three hear it in other orders, and the slow oracle agrees. */
function merging(): void {
  for (const seed of [1, 2]) {
    const luck = new Prng(seed);
    const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
    // What no draw hits upon by itself: a value that was removed for ever is added again.
    alice.write(root => root.setOf("for ever", "twophase").add("v").add("w"));
    alice.write(root => root.setOf("for ever", "twophase").delete("v"));
    sync([alice, bob, mallory]);
    mallory.write(root => root.setOf("for ever", "twophase").add("v"));
    const other = copyOf(mallory);
    const writers = [alice, bob, mallory, other];
    const drawn = fc.sample(draws({ minLength: 90, maxLength: 90 }), { seed, numRuns: 1 })[0]!;
    for (const draw of drawn) {
      const [writer, from] = [luck.pick(writers), luck.pick(writers)];
      writer.write(root => editBy(draw, root));
      if (luck.chance(0.3) && from !== writer) deliver(from, writer);
    }
    // Nor upon two writes of one depth, told in either order.
    for (const writer of [alice, bob]) writer.write(root => root.lww("latest").set(writer.device));
    const letters = writers.flatMap(writer => writer.letters());
    const forks = ["x", "y"].map(text =>
      forge(mallory, {
        ops: () => [
          typing(text),
          { type: "set", path: [{ at: "l", kind: "lww" }], key: null, value: text, replaces: [] },
        ],
      }),
    );
    const told = [...letters, ...forks];
    const readers = [0, 1, 2].map(i => {
      const reader = newcomer(`Reader ${i}`, alice, null);
      const order = i === 0 ? told : i === 1 ? told.toReversed() : shuffled(told, luck);
      reader.receiveAll([...order, ...told]);
      return reader;
    });
    const [first, ...rest] = readers as [Person, ...Person[]];
    for (const reader of rest) {
      same("heads", reader.heads, first.heads);
      same("what shows", reader.json, first.json);
    }
    same(
      "the oracle",
      first.json,
      new NaiveDocument([...first.replica.changes()].map(({ change }) => change)).json(),
    );
    const masked = new Set(
      [...first.replica.changes()]
        .filter(({ change }) => change.author === mallory.device)
        .map(({ id }) => id),
    );
    first.replica.mask(masked, true);
    same(
      "masked",
      first.json,
      new NaiveDocument(
        [...first.replica.changes()].map(({ change }) => change),
        masked,
      ).json(),
    );
  }
}

function shuffled<T>(list: readonly T[], luck: Prng): T[] {
  const left = [...list];
  return list.map(() => left.splice(luck.below(left.length), 1)[0]!);
}

/** Of a file, and of a disk, an altered byte is seen; what is whole comes back. */
function keeping(): void {
  const { alice } = stage();
  const bytes = save(alice.replica, { snapshot: "small" });
  const answer = read(bytes);
  if ("ok" in answer || answer.loaded.refusal !== null) throw new Error("An honest file was refused");
  same("what a file holds", answer.replica.canonicalJson(), alice.json);
  for (let at = 9; at < bytes.length; at += 3) {
    const damaged = read(bytes.with(at, bytes[at]! ^ 0x11));
    if (!("ok" in damaged) && damaged.loaded.refusal === null)
      throw new Error(`Byte ${at} of a file was altered unseen`);
  }
  if (!openFile(bytes).ok) throw new Error("An honest file was not opened");
  const other = begin("Bob");
  const swapped = new Uint8Array(
    Buffer.concat([bytes.subarray(0, 9), Buffer.from(other.replica.doc, "hex"), bytes.subarray(41)]),
  );
  const foreign = read(swapped);
  same(
    "a file under another name",
    "ok" in foreign ? foreign.code : foreign.loaded.refusal?.code,
    "DocumentForeign",
  );
  const { id, signature } = [...other.replica.changes()].at(-1)!;
  other.replica.sign(id, signature!.with(5, signature![5]! ^ 1) as Bytes);
  const unsigned = read(save(other.replica));
  same(
    "a file with a false signature",
    "ok" in unsigned ? unsigned.code : unsigned.loaded.refusal?.code,
    "SignatureWrong",
  );
  const rows = [...alice.replica.changes()].map(({ id, bytes, signature }) => ({ id, bytes, signature }));
  for (let at = 0; at < rows.length; at++) {
    const { bytes } = rows[at]!;
    const rotten = rows.with(at, {
      ...rows[at]!,
      bytes: bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1) as Bytes,
    });
    const replica = Replica.open(alice.device, alice.replica.doc);
    const { damaged } = replica.restore(rotten, 1);
    if (damaged === 0) throw new Error(`Row ${at} was altered unseen`);
  }
}

/** Who holds one face alone hears of two by a proof, takes in what was here before and nothing after; what is none is refused. */
function faces(): void {
  const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
  const twin = copyOf(mallory);
  const word = (person: Person, text: string): Letter =>
    person.write(root => root.text("body").insert(0, text))[0]!;
  const [x, y] = [word(mallory, "x"), word(twin, "y")];
  alice.receive(x);
  const proofOf = (...letters: readonly Letter[]): Bytes => {
    const sides = [...letters].sort((a, b) => (a.id < b.id ? -1 : 1));
    return encodeFork(
      sides.map(({ bytes, signature }) => ({
        first: bytes,
        count: 0,
        rows: new Uint8Array(0),
        signature,
      })) as [WholeRun, WholeRun],
    );
  };
  const framed = forge(twin, { signer: bob.key }, bob);
  same("a face that Bob signed for her", alice.receiveProof(proofOf(x, framed)), "SignatureWrong");
  same("two numbers of hers", alice.receiveProof(proofOf(x, word(mallory, "z"))), "ForkUnproven");
  same("what shows before a proof", alice.text(), "x");
  same("a proof", alice.receiveProof(proofOf(x, y)), "taken");
  same("what shows by it", alice.text(), "");
  alice.receiveAll(mallory.letters(alice.heads));
  word(alice, "a");
  same("what counts once Alice writes", alice.text(), "ax");
}

/** All branches of a device have one quota on each copy, of which the first two of them show its faces; what Bob builds on is taken
 * all the same. */
function branches(): void {
  const { alice, bob, carol, mallory } = stage();
  // Of 400 ops; her first change has two, every other one.
  const room = 399;
  const kept = ({ replica }: Person): number =>
    [...replica.changes()].filter(({ change }) => change.author === mallory.device).length;
  // One that reaches the quota, and two of which there is room for the first change only, which shows the fork.
  const [long, short, other] = [room - kept(alice), 3, 3].map((length, i) => {
    const twin = copyOf(mallory);
    return Array.from({ length }, () => twin.write(root => root.text("body").insert(0, `${i}`))[0]!);
  }) as [Letter[], Letter[], Letter[]];
  bob.receiveAll(other);
  const answer = bob.write(root => root.text("body").insert(0, "Bob"))[0]!;
  for (const person of [alice, carol]) {
    const refused = person.receiveAll([...long, ...short]).flatMap(outcome => outcome.refused);
    same("beyond all room", refused, ["BranchesExceeded", "BranchesExceeded"]);
    same("what is kept", kept(person), room + 1);
    same("who is two-faced", person.replica.forks.all.length, 1);
  }
  const [forwards, backwards] = [
    [...other, answer],
    [answer, ...other.toReversed()],
  ];
  for (const [person, order] of [
    [alice, forwards],
    [carol, backwards],
  ] as const) {
    // As a link sends it again, parents first.
    person.receiveAll([...order, ...forwards, ...forwards]);
    same("what Bob built on", person.text(), bob.text());
  }
}

export const STORIES = {
  lies,
  chains,
  signatures,
  runs,
  orphans,
  merging,
  keeping,
  faces,
  branches,
} as const;
export type StoryName = keyof typeof STORIES;
