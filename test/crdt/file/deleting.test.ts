// Goal: changes that delete on, letter by letter, are made again, judged and taken in at once exactly as they are one by one.
// Method: as in typing.test.ts. Lies are told by who writes a file without judging what stands in it.

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Ledger } from "../../../src/crdt/file/ledger.ts";
import { TEXT_COLUMNS, TextOpsIn } from "../../../src/crdt/file/text-ops.ts";
import { Writer } from "../../../src/crdt/graph/bytes.ts";
import type { ChangeId } from "../../../src/crdt/graph/change.ts";
import { writePath } from "../../../src/crdt/graph/op-bytes.ts";
import { conclude, Inspector, type VerifiedChange } from "../../../src/crdt/graph/verify.ts";
import { type Policy, type Refusal, Replica, save } from "../../../src/crdt/index.ts";
import {
  begin,
  beyondQuota,
  clock,
  copyOf,
  deliver,
  gather,
  type Letter,
  LINK,
  newcomer,
  type Person,
  sync,
  verify,
} from "../people.ts";
import { BODY, cut, deletesOf, type Element, elementsOf, type } from "../typists.ts";
import { empty, READER, readBothWays, readInto, together } from "./both-ways.ts";
import { everything } from "./files.ts";

vi.setConfig({ testTimeout: 60_000 });

const { step } = clock;
beforeAll(() => {
  // A change that states a time does more than to delete on.
  clock.step = 0;
});
afterAll(() => {
  clock.step = step;
});

/** What stands in the file of all that a person holds is what comes out of it, and at least so many deletes come together. */
function comesBack(person: Person, atLeast: number): Replica {
  together.deleted = together.apart = 0;
  const { replica, loaded } = readBothWays(save(person.replica), empty(person));
  expect(loaded.refusal).toBeNull();
  expect(together.apart).toBe(0);
  expect(everything(replica.changes())).toEqual(everything(person.replica.changes()));
  expect(replica.canonicalJson()).toBe(person.json);
  expect(together.deleted).toBeGreaterThanOrEqual(atLeast);
  return replica;
}

describe("changes of a file that delete on", () => {
  it.each([
    ["backwards", 40, true, "abcdefghij"],
    ["forwards", 10, false, "abcdefghij"],
  ])("are those that were saved: %s", (_, at, isBackwards, left) => {
    const [alice] = gather("Alice", "Bob");
    type(alice, "abcdefghij0123456789abcdefghijABCDEFGHIJ");
    cut(alice, at, 30, isBackwards);
    expect(alice.text()).toBe(left);
    comesBack(alice, 25);
  });

  it.each([true, false])(
    "are those of one long paste, whose letters have numbers of every length (%s)",
    isBackwards => {
      const [alice] = gather("Alice", "Bob");
      const pasted = "0123456789".repeat(1_700);
      alice.write(root => root.text("body").insert(0, pasted));
      for (const at of [140, 16_400]) cut(alice, isBackwards ? at : at - 30, 30, isBackwards);
      comesBack(alice, 50);
    },
  );

  it("are those of letters between which other changes stand, or none do", () => {
    const [alice] = gather("Alice", "Bob");
    alice.write(root => root.text("other").insert(0, "abcdefghijklmnopqrst"));
    alice.write(root => root.text("body").insert(0, "0"));
    alice.write(root => root.text("body").insert(1, "123456789"));
    // The first of them names the change right before it, which is not listed.
    cut(alice, 9, 8);
    for (const letter of "abcdefghij") {
      alice.write(root => root.text("body").insert(2, letter));
      for (const _ of letter > "c" ? "ab" : "a") alice.write(root => root.text("other").delete(0, 1));
    }
    cut(alice, 12, 10);
    cut(alice, 0, 2, false);
    expect(alice.text()).toBe("");
    comesBack(alice, 12);
  });

  it("are never more than there are elements, whatever a file says", () => {
    const [alice] = gather("Alice", "Bob");
    type(alice, "0123456789");
    const ledger = new Ledger();
    const author = ledger.authorOf(alice.device);
    for (const { change } of alice.replica.changes()) ledger.add(change);
    for (const [code, left] of [
      [9, 4],
      [10, ledger.elements - 7],
    ] as const) {
      const columns = Array.from({ length: TEXT_COLUMNS }, () => new Writer());
      const [paths, pathOf, counts, codes, , , cuts] = columns as [Writer, ...Writer[]];
      writePath(paths, BODY);
      for (const runs of [pathOf!, counts!]) {
        runs.varint(runs === counts ? 1 : 0);
        runs.varint(999);
      }
      // One that deletes the fifth letter, then as many of those beside it as a column can say.
      codes!.varint(11);
      codes!.varint(998 * 16 + code);
      cuts!.signed(5 - ledger.handOf(author));
      const ops = new TextOpsIn(
        ledger,
        columns.map(column => column.finish()),
      );
      for (const _ of "ab") ops.read(ledger.count, author);
      expect(ops.typedOn(900, author)).toBe(left);
    }
  });

  it("are as many as a signature is for, and begin anew behind it", () => {
    const [alice] = gather("Alice", "Bob");
    type(alice, "x".repeat(60));
    for (let i = 60; i > 0; i--) {
      alice.replica.edit(root => root.text("body").delete(i - 1, 1));
      const closed = alice.replica.closeDraft(clock.now);
      if (i % 20 === 1) alice.sign(closed);
    }
    comesBack(alice, 45);
  });

  it("delete what others wrote, what others deleted meanwhile, and what is in several texts", () => {
    const [alice, bob] = gather("Alice", "Bob");
    type(alice, "what Alice wrote, ");
    deliver(alice, bob);
    type(bob, "and what Bob wrote behind it");
    alice.write(root => root.map("map").map("a").text("note").insert(0, "a note, all at once"));
    sync([alice, bob]);
    for (const person of [alice, bob]) cut(person, 30, 20);
    for (let i = 19; i > 5; i--)
      bob.write(root =>
        root
          .map("map")
          .map("a")
          .text("note")
          .delete(i - 1, 1),
      );
    cut(alice, 2, 10, false);
    sync([alice, bob]);
    expect(alice.json).toBe(bob.json);
    comesBack(alice, 45);
  });

  it("may be masked and shown again like those that came one by one", () => {
    const [alice, bob] = gather("Alice", "Bob");
    type(alice, "what somebody does not want to see");
    deliver(alice, bob);
    cut(bob, 20, 15);
    deliver(bob, alice);
    const shown = alice.json;
    const ids = [...alice.replica.changes()].slice(-9).map(({ id }) => id);
    const first = comesBack(alice, 10);
    const slow = empty(alice)();
    for (const verified of alice.replica.changes()) slow.admitVerified([verified], "Alice");
    for (const replica of [first, slow]) replica.mask(ids, true);
    expect(first.canonicalJson()).toBe(slow.canonicalJson());
    expect(JSON.parse(first.canonicalJson()).body).toHaveLength(34 - 6);
    first.mask(ids, false);
    expect(first.canonicalJson()).toBe(shown);
    readBothWays(save(alice.replica), () => {
      const masking = Replica.open(READER.id, alice.replica.doc);
      masking.mask(ids, true);
      return masking;
    });
  });

  it("are taken as they are one by one where their author wrote two things at once", () => {
    const [alice, mallory] = gather("Alice", "Mallory");
    type(mallory, "the same up to here");
    deliver(mallory, alice);
    const twin = copyOf(mallory);
    twin.replica = Replica.open(mallory.device, mallory.replica.doc);
    twin.receiveAll(mallory.letters());
    cut(mallory, 19, 12);
    cut(twin, 4, 12, false);
    const bytes = save(twin.replica);
    for (const known of [mallory.letters(), mallory.letters().slice(0, -6)]) {
      together.deleted = 0;
      readBothWays(bytes, () => {
        const reader = Replica.open(READER.id, alice.replica.doc);
        const person = Object.assign(copyOf(alice, "Carol"), { replica: reader });
        person.receiveAll(known);
        return reader;
      });
      expect(together.deleted).toBeGreaterThan(5);
    }
  });

  it("are told to who listens as what shows", () => {
    const [alice] = gather("Alice", "Bob");
    type(alice, "so it ends, letter by letter");
    cut(alice, 26, 12);
    cut(alice, 3, 8, false);
    const replica = empty(alice)();
    let text = "";
    replica.subscribe(patches => {
      for (const patch of patches)
        if (patch.type === "text")
          text = text.slice(0, patch.index) + patch.inserted + text.slice(patch.index + patch.removed);
    });
    together.deleted = 0;
    readInto(replica, save(alice.replica));
    expect(together.deleted).toBeGreaterThan(10);
    expect(text).toBe(alice.text());
  });

  it("stop where the quota does", () => {
    for (const policy of [
      { editor: { keys: null, opsMax: 40, bytesMax: 100_000 } },
      { editor: { keys: null, opsMax: 10_000, bytesMax: 2_000 } },
    ] satisfies Policy[]) {
      const owner = begin("Alice", policy);
      owner.invite(LINK);
      type(owner, "on and on and on and on and on and on and on and on and on");
      const mallory = newcomer("Mallory", owner, LINK);
      deliver(owner, mallory);
      beyondQuota(() => cut(mallory, 58, 57));
      together.deleted = 0;
      const { loaded, replica } = readBothWays(save(mallory.replica), empty(owner));
      expect(together.deleted).toBeGreaterThan(40);
      expect(loaded.refusal?.code).toBe("QuotaExceeded");
      const { length } = JSON.parse(replica.canonicalJson()).body as string;
      expect(length).toBeGreaterThan(10);
      expect(length).toBeLessThan(50);
    }
  });
});

// ------------------------------------------------------------------------------------------------------------ lies

/** What Mallory's client would not have written, proven as hers. */
function verifiedOf(author: Person, letters: readonly Letter[]): VerifiedChange[] {
  const inspector = new Inspector(author.replica.doc);
  return letters.map(({ bytes, signature }) => {
    const inspected = inspector.inspect(bytes, signature);
    if (!inspected.ok) throw new Error(inspected.code);
    const verified = conclude(inspected, inspected.questions.map(verify));
    if ("ok" in verified) throw new Error(verified.code);
    return verified;
  });
}

/** A file of all that somebody holds and of changes that nobody judged. */
function fileWith({ replica }: Person, more: readonly VerifiedChange[]): Uint8Array {
  const known = new Map<ChangeId, VerifiedChange>(more.map(one => [one.id, one]));
  return save({
    doc: replica.doc,
    device: READER.id,
    laneTips: [],
    heads: replica.heads,
    changes: () => [...replica.changes(), ...more],
    get: id => known.get(id) ?? replica.get(id),
    proofOf: id => {
      const one = known.get(id);
      return one === undefined ? replica.proofOf(id) : { changes: [one.bytes], signature: one.signature! };
    },
    canonicalJson: () => replica.canonicalJson(),
    showsHeads: replica.showsHeads,
    forks: { beside: [] },
  });
}

/** Everybody's changes, one person's after the other's, and deletes of Mallory, who has seen her own alone. */
function told(
  write: (people: { readonly mallory: Person; readonly bob: Person }) => void,
  lie: (mallory: Element[], bob: Element[]) => Element[],
): { readonly refusal: Refusal | null; readonly text: string } {
  const [mallory, bob] = gather("Mallory", "Bob");
  write({ mallory, bob });
  const deletes = verifiedOf(mallory, deletesOf(mallory, lie(elementsOf(mallory), elementsOf(bob))));
  const all = copyOf(mallory, "Carol");
  const file = newcomer("Dave", all, null);
  file.receiveAll(bob.letters());
  file.receiveAll(mallory.letters());
  together.deleted = 0;
  const { replica, loaded } = readBothWays(fileWith(file, deletes), empty(mallory));
  expect(together.deleted).toBeGreaterThan(7);
  expect(loaded.taken).toBe([...replica.changes()].length);
  return { refusal: loaded.refusal, text: JSON.parse(replica.canonicalJson()).body };
}

describe("among changes of a file that delete on", () => {
  it("one deletes what its author cannot have seen, and none behind it is taken", () => {
    const { refusal, text } = told(
      ({ mallory, bob }) => {
        type(bob, "unseen");
        type(mallory, "0123456789");
      },
      (mine, his) => [...his.slice(-3), ...mine.slice(-10)].toReversed(),
    );
    expect(refusal?.code).toBe("ReferenceUnseen");
    expect(text).toBe("unseen");
  });

  it("one deletes a letter of another text", () => {
    const { refusal, text } = told(
      ({ mallory }) => {
        mallory.write(root => root.text("title").insert(0, "a title"));
        type(mallory, "0123456789");
      },
      mine => mine.slice(-12).toReversed(),
    );
    expect(refusal?.code).toBe("ReferenceWrong");
    expect(text).toBe("");
  });

  it.each([
    ["0123🙂456789", "0123🙂"],
    ["0123é456789", ""],
  ])("one deletes half of a pair: %s", (written, left) => {
    const { refusal, text } = told(
      ({ mallory }) => mallory.write(root => root.text("body").insert(0, written)),
      mine => mine.slice(-written.length).toReversed(),
    );
    expect(refusal?.code ?? null).toBe(left === "" ? null : "TextSplit");
    expect(text).toBe(left);
  });

  it("all delete what is gone, which changes nothing", () => {
    const { refusal, text } = told(
      ({ mallory }) => {
        type(mallory, "0123456789");
        cut(mallory, 9, 8);
      },
      mine => mine.slice(-10).toReversed(),
    );
    expect(refusal).toBeNull();
    expect(text).toBe("");
  });
});
