// load(save(x)) = x, byte for byte: whatever a document is made of, whoever wrote it and in whatever order it came.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Op } from "../../../src/crdt/graph/change.ts";
import {
  FileWriter,
  load,
  type MapEdit,
  type OpenedFile,
  openFile,
  Replica,
  save,
} from "../../../src/crdt/index.ts";
import { RUN_CHANGES_MAX } from "../../../src/crdt/limits.ts";
import { Crowd } from "../crowd.ts";
import {
  begin,
  copyOf,
  deliver,
  forge,
  gather,
  Key,
  type Letter,
  type Person,
  SEED,
  verify,
} from "../people.ts";
import { type Draw, draws, editBy } from "../random-edits.ts";
import { codeOf, everything, mustRead } from "./files.ts";

vi.setConfig({ testTimeout: 60_000 });

const crowd = new Crowd(["Alice", "Bob", "Carol"], root => root.text("body").insert(0, "Hello"));

/** What happens: somebody edits, tells another, shows another face, or writes what nobody understands yet. */
interface Event {
  readonly who: number;
  readonly to: number;
  readonly what: "edit" | "tell" | "fork" | "unknown" | "run";
  readonly draw: Draw;
}

const events = fc.array(
  fc.record({
    who: fc.nat(2),
    to: fc.nat(2),
    what: fc.constantFrom("edit", "edit", "edit", "edit", "tell", "tell", "run", "fork", "unknown"),
    draw: draws({ minLength: 1, maxLength: 1 }).map(([one]) => one!),
  }) as fc.Arbitrary<Event>,
  { minLength: 1, maxLength: 40 },
);

function happen(people: Person[], { who, to, what, draw }: Event): void {
  const [from, other] = [people[who]!, people[to]!];
  switch (what) {
    case "edit":
      from.write(root => editBy(draw, root));
      break;
    case "tell":
      if (from !== other) for (const letter of from.letters(other.heads)) other.receive(letter);
      break;
    case "run":
      tellRun(from, other, draw);
      break;
    case "fork": {
      // Another tab that never heard of this one: two changes with one number.
      const twin = copyOf(from);
      const mine = from.write(root => editBy(draw, root));
      const twins = twin.write(root => root.text("body").insert(0, "twin"));
      if (mine.length > 0) from.receiveAll(twins);
      break;
    }
    case "unknown": {
      const op: Op = { type: "unknown", kind: 77, elements: draw.size, payload: new Uint8Array(draw.at) };
      from.receive(forge(from, { ops: () => [op] }));
      break;
    }
  }
}

/** Several changes under one signature, so that those before the last come without. */
function tellRun(from: Person, to: Person, draw: Draw): void {
  if (from === to) return;
  deliver(from, to);
  const run: Letter[] = [];
  for (let i = 0; i <= draw.size; i++)
    run.push(...from.write(root => editBy({ ...draw, at: draw.at + i }, root)));
  if (run.length > 0) to.receiveRun(run);
}

/** Who holds changes that came without a signature of their own has no letters to hand on one by one. */
function canTell({ replica }: Person): boolean {
  for (const { signature } of replica.changes()) if (signature === null) return false;
  return true;
}

describe("a saved document", () => {
  it("comes back: load(save(x)) = x, byte for byte", () => {
    fc.assert(
      fc.property(events, happenings => {
        const people = crowd.gather();
        for (const event of happenings) {
          const tells = event.what !== "edit" && event.what !== "unknown";
          if (!tells || canTell(people[event.who]!)) happen(people, event);
        }
        for (const { replica, heads, json } of people) {
          const copy = mustRead(save(replica));
          expect(copy.loaded.refusal).toBe(null);
          expect(everything(copy.replica.changes())).toEqual(everything(replica.changes()));
          expect(copy.replica.heads).toEqual(heads);
          expect(copy.replica.canonicalJson()).toBe(json);
        }
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  it("comes back from what came back: save(load(save(x))) = save(x)", () => {
    fc.assert(
      fc.property(draws({ minLength: 1, maxLength: 30 }), edits => {
        const [alice, bob] = crowd.gather(2) as [Person, Person];
        for (const [i, draw] of edits.entries()) {
          (i % 3 === 0 ? alice : bob).write(root => editBy(draw, root));
          if (i % 4 === 0) deliver(alice, bob);
        }
        const bytes = save(bob.replica);
        expect(save(mustRead(bytes).replica)).toEqual(bytes);
      }),
      { seed: SEED, numRuns: 15 },
    );
  });

  it("is gone on with by segments: load(save(x) + what came since) = load(save(x'))", () => {
    fc.assert(
      fc.property(
        draws({ minLength: 1, maxLength: 12 }),
        draws({ minLength: 1, maxLength: 12 }),
        (before, after) => {
          const [alice, bob] = crowd.gather(2) as [Person, Person];
          for (const draw of before) alice.write(root => editBy(draw, root));
          const first = save(alice.replica);
          // As after a reload: the ledger is that of the file.
          const { loaded } = mustRead(first);
          const writer = new FileWriter(alice.replica, loaded.ledger);
          expect(writer.segments()).toHaveLength(0);
          for (const [i, draw] of after.entries()) (i % 2 ? alice : bob).write(root => editBy(draw, root));
          deliver(bob, alice);
          const more = writer.segments();
          const again = mustRead(Buffer.concat([first, more]));
          expect(again.loaded.refusal).toBe(null);
          expect(everything(again.replica.changes())).toEqual(everything(alice.replica.changes()));
          expect(again.replica.canonicalJson()).toBe(alice.json);
        },
      ),
      { seed: SEED, numRuns: 15 },
    );
  });

  it("adds to one that holds a part of it, and what only that one holds stays", () => {
    const [alice, bob] = gather("Alice", "Bob");
    alice.write(root => root.text("body").insert(0, "Alice's"));
    bob.write(root => root.text("body").insert(0, "Bob's"));
    const { loaded } = mustRead(save(alice.replica), bob.replica);
    expect(loaded.refusal).toBe(null);
    deliver(bob, alice);
    expect(bob.json).toBe(alice.json);
    expect(bob.text()).toMatch(/^(Alice'sBob's|Bob'sAlice's)$/);
  });

  it("leaves out own changes that are not signed yet, and nothing else", () => {
    const alice = begin("Alice");
    alice.write(root => root.text("body").insert(0, "signed"));
    alice.replica.edit(root => root.text("body").insert(6, ", and not"));
    alice.replica.closeDraft(1);
    const { replica, loaded } = mustRead(save(alice.replica));
    expect(loaded.refusal).toBe(null);
    expect(JSON.parse(replica.canonicalJson())).toEqual({ body: "signed" });
  });

  it("keeps no signature but at the ends of runs of as many changes as one may cover", () => {
    const alice = begin("Alice");
    // The genesis is the first of them. A short key, so that the bytes of the bodies are no reason to sign.
    for (let i = 1; i < RUN_CHANGES_MAX; i++) alice.write(root => root.text("b").insert(i - 1, "x"));
    const one = save(alice.replica).length;
    alice.write(root => root.text("b").insert(RUN_CHANGES_MAX - 1, "x"));
    const two = save(alice.replica).length;
    expect(two - one).toBeGreaterThanOrEqual(64);
    expect(two - one).toBeLessThan(80);
    expect(mustRead(save(alice.replica)).loaded).toMatchObject({ taken: RUN_CHANGES_MAX + 1, refusal: null });
  });

  it("keeps what proves a change whose run was refused behind it", () => {
    const [alice, mallory] = gather("Alice", "Mallory");
    const good = mallory.write(root => root.text("body").insert(0, "good"));
    const bad = forge(mallory, { header: { depth: 99 } });
    expect(alice.receiveRun([...good, bad])).toMatchObject({
      admitted: [good[0]!.id],
      refused: ["DepthWrong"],
    });
    const { replica, loaded } = mustRead(save(alice.replica));
    expect(loaded.refusal).toBe(null);
    expect(replica.heads).toEqual(alice.heads);
    expect(replica.proofOf(good[0]!.id)?.changes).toHaveLength(2);
    // And from there once more.
    expect(mustRead(save(replica)).replica.heads).toEqual(alice.heads);
  });

  it("shows its text by the snapshot before anything else is read", () => {
    const [alice] = gather("Alice");
    alice.write((root: MapEdit) => root.text("body").insert(0, "at once"));
    for (const snapshot of ["small", "fast"] as const) {
      const bytes = save(alice.replica, { snapshot });
      const file = openFile(bytes);
      expect(file).toMatchObject({ ok: true, snapshot: { canonicalJson: alice.json, heads: alice.heads } });
      expect(codeOf(mustRead(bytes))).toBe(null);
    }
    expect(openFile(save(alice.replica))).toMatchObject({ snapshot: null });
  });

  it("has no snapshot where more shows than is in it, or less", () => {
    const [alice] = gather("Alice");
    alice.write(root => root.text("body").insert(0, "hello"));
    const isTold = (): boolean => {
      const bytes = save(alice.replica, { snapshot: "small" });
      const { replica, loaded } = mustRead(bytes);
      expect(loaded.refusal).toBe(null);
      expect(JSON.parse(replica.canonicalJson())).toEqual({ body: "hello" });
      const file = openFile(bytes);
      return file.ok && file.snapshot !== null;
    };
    expect(isTold()).toBe(true);
    alice.replica.mask(alice.heads, true);
    expect(isTold()).toBe(false);
    alice.replica.mask(alice.heads, false);
    alice.replica.edit(root => root.text("body").insert(5, ", not stored"));
    expect(isTold()).toBe(false);
  });

  it("is taken by somebody who holds all of it and masks some", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const [{ id }] = alice.write(root => root.text("body").insert(0, "hello")) as [Letter];
    deliver(alice, bob);
    bob.replica.mask([id], true);
    expect(codeOf(mustRead(save(alice.replica, { snapshot: "small" }), bob.replica))).toBe(null);
  });

  it("is read in steps, and one that is dropped leaves a beginning of the document behind", () => {
    const alice = begin("Alice");
    for (let i = 0; i < 5_000; i++) alice.write(root => root.text("b").insert(i, "x"));
    const bytes = save(alice.replica);
    const { steps } = mustRead(bytes);
    expect(steps).toBeGreaterThan(2);
    const file = openFile(bytes);
    if (!file.ok) throw new Error(file.code);
    const replica = Replica.open(new Key("Zoe").id, file.doc);
    const loading = dropAfterOne(file, replica);
    expect(loading).toMatchObject({ done: RUN_CHANGES_MAX, total: 5_001 });
    expect(JSON.parse(replica.canonicalJson()).b).toHaveLength(RUN_CHANGES_MAX - 1);
  });
});

function dropAfterOne(file: OpenedFile, replica: Replica) {
  const loading = load(file, replica);
  const first = loading.next();
  if (first.done) throw new Error("Expected more than one step");
  const second = loading.next(first.value.questions.map(verify));
  loading.return(undefined as never);
  return second.value;
}
