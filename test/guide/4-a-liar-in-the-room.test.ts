// A liar in the room. Alice and Bob write together; Mallory was invited too, and lies with a valid key. Whatever she
// sends, their copies stay equal, and what was written in good faith stays. `forge` makes what no honest replica would;
// test/crdt/people.ts has the words used here.

import { beforeEach, expect, it } from "vitest";
import type { ChangeId } from "../../src/crdt/index.ts";
import type { InsertTextOp } from "../../src/crdt/types/op.ts";
import { forge, gather, type Person, sync } from "../crdt/people.ts";

let alice: Person;
let bob: Person;
let mallory: Person;

beforeEach(() => {
  [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
  alice.write(root => root.text("body").insert(0, "Dear all"));
  sync([alice, bob, mallory]);
});

function typing(text: string): InsertTextOp {
  const path = [{ at: "body", kind: "text" }] as const;
  return { type: "insertText", path, text, parent: null, side: "right", rightOrigin: null };
}

it("She alters what Bob wrote: the hash is another one, and his signature is not good for it", () => {
  const [letter] = bob.write(root => root.text("body").insert(8, ", I agree"));
  const altered = letter!.bytes.slice();
  altered[altered.length - 1]! ^= 1;
  expect(alice.receive({ ...letter!, bytes: altered }).refused).toEqual(["SignatureWrong"]);
  // The true one is as welcome as ever.
  expect(alice.receive(letter!).admitted).toEqual([letter!.id]);
  expect(alice.text()).toBe("Dear all, I agree");
});

it("She writes in Alice's name: only Alice's key can", () => {
  const forged = forge(alice, { ops: () => [typing("I resign")], signer: mallory.key }, mallory);
  expect(bob.receive(forged).refused).toEqual(["SignatureWrong"]);
  expect(bob.text()).toBe("Dear all");
});

it("She dates a change into the far future, to win every tie: numbers are exact or refused", () => {
  const forged = forge(mallory, { ops: () => [typing("mine")], header: { depth: 2 ** 53 - 1 } });
  expect(alice.receive(forged).refused).toEqual(["DepthWrong"]);
});

it("She makes herself an owner: nobody gives what they do not have", () => {
  const crown = {
    type: "invite",
    key: mallory.key.id,
    role: "owner",
    label: "",
    expires: 0,
    uses: 0,
  } as const;
  expect(alice.receive(forge(mallory, { ops: () => [crown] })).refused).toEqual(["RightMissing"]);
});

it("She builds on what does not exist: it waits, at her expense, and nobody waits with it", () => {
  const nowhere = "00".repeat(32) as ChangeId;
  const orphan = forge(mallory, { ops: () => [typing("!")], header: { parents: [nowhere], depth: 9 } });
  expect(alice.receive(orphan, "Mallory")).toEqual({ admitted: [], refused: [], missing: nowhere });
  bob.write(root => root.text("body").insert(8, "!"));
  sync([alice, bob]);
  expect(alice.text()).toBe("Dear all!");
});

it("She tells two of them two things under one number: both end with both, and with the proof", () => {
  const [one, other] = ["yes ", "no "].map(word => forge(mallory, { ops: () => [typing(word)] }));
  alice.receive(one!, "Mallory");
  bob.receive(other!, "Mallory");
  expect(alice.json).not.toBe(bob.json);
  sync([alice, bob]);
  expect(alice.json).toBe(bob.json);
  expect(alice.heads).toEqual(bob.heads);
  const { seq } = [...alice.replica.changes()].find(({ id }) => id === one!.id)!.change;
  const both = [one!.id, other!.id].sort();
  expect([...alice.replica.numbered(mallory.device, seq)].sort()).toEqual(both);
});

it("Her lane is set aside: nothing of hers shows, and what others wrote in the middle of it stays", () => {
  mallory.write(root => root.text("body").insert(8, " fools"));
  sync([alice, bob, mallory]);
  bob.write(root => root.text("body").insert(9, "(not mine) "));
  sync([alice, bob]);
  expect(alice.text()).toBe("Dear all (not mine) fools");
  for (const { replica } of [alice, bob]) replica.maskLane(mallory.device, 1, true);
  expect(alice.text()).toBe("Dear all(not mine) ");
  expect(bob.json).toBe(alice.json);
  alice.replica.maskLane(mallory.device, 1, false);
  expect(alice.text()).toBe("Dear all (not mine) fools");
});
