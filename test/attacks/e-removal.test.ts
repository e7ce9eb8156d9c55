// Group E of the catalogue, and what of B belongs to it: removal, demotion, revoked links, devices with two faces. Each
// story is told to three who hear it in three orders; its outcome is exact, and the model's. The notation is in court.ts.

import { describe, expect, it, vi } from "vitest";
import { introductionMessage } from "../../src/crdt/graph/verify.ts";
import { joinMessage } from "../../src/crdt/index.ts";
import {
  asideIn,
  court,
  dismiss,
  EDITORS,
  heldBy,
  joinBy,
  judged,
  outcomeOf,
  reasonOf,
  roleIn,
  say,
} from "../crdt/authority/court.ts";
import { copyOf, deliver, forge, Key, newcomer } from "../crdt/people.ts";
import { refuses, typing } from "./victims.ts";

vi.setConfig({ testTimeout: 20_000 });

describe("E: removal", () => {
  it("E5 a change with its author's removal in its past is refused", () => {
    const { alice, mallory } = court();
    const before = say(mallory, "before ");
    deliver(mallory, alice);
    dismiss(alice, mallory);
    deliver(alice, mallory);
    expect(mallory.replica.mayWrite).toBe(false);
    refuses(alice, forge(mallory, { ops: () => [typing("after")] }), "AuthorRemoved");
    refuses(alice, forge(mallory, {}), "AuthorRemoved");
    expect(reasonOf(outcomeOf([alice]), before)).toBe(null);
    expect(alice.text()).toBe("before -");
  });

  it("E6 a change dated back before its author's removal is set aside everywhere, whatever it was heard before", () => {
    const { alice, bob, mallory } = court();
    const stale = copyOf(mallory);
    dismiss(alice, mallory);
    const lies = ["one ", "two ", "three "].map(word => say(stale, word));
    expect(bob.receive(lies[0]!).refused).toEqual([]);
    expect(bob.text()).toBe("one -");
    deliver(alice, bob);
    expect(bob.text()).toBe("-");
    const reader = outcomeOf([alice, stale]);
    expect(lies.map(letter => reasonOf(reader, letter))).toEqual(["removed", "removed", "removed"]);
    expect(asideIn(reader)).toHaveLength(3);
    expect(reader.text()).toBe("-");
  });

  it("E6 what an honest person wrote on top of a change that is set aside stays", () => {
    const { alice, bob, mallory } = court();
    const stale = copyOf(mallory);
    dismiss(alice, mallory);
    const lie = say(stale, "lie ");
    bob.receive(lie);
    const honest = bob.write(root => root.text("body").insert(4, "honest "))[0]!;
    const reader = outcomeOf([alice, bob]);
    expect([reasonOf(reader, lie), reasonOf(reader, honest)]).toEqual(["removed", null]);
    expect(reader.text()).toBe("honest -");
  });

  it("E7 twelve changes that a removed person wrote offline are listed as set aside, and taken back in by naming the last", () => {
    const { alice, mallory } = court();
    const offline = copyOf(mallory);
    const work = [..."abcdefghijkl"].map(word => say(offline, word));
    dismiss(alice, mallory);
    deliver(offline, alice);
    const ids = work.map(({ id }) => id).sort();
    const set = outcomeOf([alice]);
    expect(asideIn(set)).toEqual(ids.map(id => ({ id, author: mallory.device, reason: "removed" })));
    expect(set.text()).toBe("-");
    alice.replica.people.admit([work[7]!.id]);
    alice.close();
    const reader = outcomeOf([alice]);
    expect(work.map(letter => reasonOf(reader, letter) === null)).toEqual(work.map((_, i) => i < 8));
    expect(reader.text()).toBe("hgfedcba-");
  });

  it("E8 a removed admin's removal of the remover, dated back, is refused by rank, and of a junior it takes no effect", () => {
    const { alice, bob, carol, dave } = court();
    const stale = copyOf(carol);
    dismiss(bob, carol);
    for (const senior of [alice, bob]) {
      const lie = forge(stale, { ops: () => [{ type: "dismiss", person: senior.device }] });
      refuses(bob, lie, "RightMissing");
    }
    const inert = dismiss(stale, dave);
    const word = say(dave, "word ");
    const reader = outcomeOf([bob, stale, dave]);
    expect(reasonOf(reader, inert)).toBe("removed");
    expect(reasonOf(reader, word)).toBe(null);
    expect([carol, dave, bob].map(person => roleIn(reader, person))).toEqual([null, "admin", "admin"]);
  });

  it("E9 of two who remove each other the one whose grant is older stays, and the owner whatever happens", () => {
    const { alice, bob, carol } = court();
    const twin = copyOf(bob);
    // Bob is made admin anew, so he is junior to Carol by now; what he says below that he says as her senior.
    alice.replica.people.setRole(bob.device, "editor");
    alice.close();
    alice.replica.people.setRole(bob.device, "admin");
    alice.close();
    deliver(alice, carol);
    const his = dismiss(twin, carol);
    const hers = dismiss(carol, bob);
    const reader = outcomeOf([alice, carol, twin]);
    // What he did was concurrent with his demotion to an editor, who removes nobody. No text is in it to set aside.
    expect([reasonOf(reader, his), reasonOf(reader, hers)]).toEqual([null, null]);
    expect([alice, bob, carol].map(person => roleIn(reader, person))).toEqual(["owner", null, "admin"]);
  });

  it("E10 of removals in a circle each that reaches a senior is refused, and the one downwards holds, in all six orders", () => {
    const { alice, bob, carol, dave } = court();
    const base = heldBy([alice]);
    const circle = [dismiss(bob, carol), dismiss(carol, dave)];
    const up = forge(dave, { ops: () => [{ type: "dismiss", person: bob.device }] });
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const order of orders) {
      const reader = newcomer("Reader", alice, null);
      reader.receiveAll(base);
      const refused = order.flatMap(i => reader.receive([...circle, up][i]!).refused);
      expect(refused).toEqual(["RightMissing"]);
      expect([bob, carol, dave].map(person => roleIn(reader, person))).toEqual(["admin", null, "admin"]);
    }
  });

  it("E11 whom a removed admin let in meanwhile is not let in, nor whom that one let in, and the link is dead", () => {
    const { alice, bob } = court();
    const stale = copyOf(bob);
    dismiss(alice, bob);
    const hidden = new Key("a link of Bob's");
    stale.replica.people.invite(hidden.id, "admin");
    stale.close();
    const erin = joinBy("Erin", stale, hidden);
    const next = new Key("a link of Erin's");
    erin.replica.people.invite(next.id, "editor");
    erin.close();
    const frank = joinBy("Frank", erin, next);
    const words = [say(erin, "Erin "), say(frank, "Frank ")];
    const reader = outcomeOf([alice, stale, erin, frank]);
    expect(words.map(word => reasonOf(reader, word))).toEqual(["never let in", "never let in"]);
    expect([bob, erin, frank].map(person => roleIn(reader, person))).toEqual([null, null, null]);
    expect([hidden, next].map(({ id }) => reader.replica.inviteRole(id))).toEqual([null, null]);
    expect(reader.text()).toBe("-");
  });

  it("E12 an accomplice who gives a removed person a role again, without knowing of the removal, does not", () => {
    const { alice, bob, mallory } = court();
    const stale = copyOf(mallory);
    dismiss(alice, mallory);
    bob.replica.people.setRole(mallory.device, "admin");
    bob.close();
    deliver(bob, stale);
    const word = say(stale, "word ");
    const reader = outcomeOf([alice, bob, stale]);
    expect(reasonOf(reader, word)).toBe("removed");
    expect(roleIn(reader, mallory)).toBe(null);
    // Who knows of the removal may take it back.
    deliver(alice, bob);
    bob.replica.people.setRole(mallory.device, "editor");
    bob.close();
    expect(roleIn(outcomeOf([alice, bob, stale]), mallory)).toBe("editor");
  });

  it("E13 a stolen device is disowned by an older one: what it says unseen is set aside, what was known stays", () => {
    const { alice, bob, mallory } = court();
    const phone = newcomer("Bob's phone", bob, null);
    bob.replica.people.introduce(
      phone.device,
      phone.key.sign(introductionMessage(bob.replica.doc, bob.device)),
    );
    bob.close();
    deliver(bob, phone);
    const known = say(phone, "known ");
    deliver(phone, bob);
    const thief = copyOf(phone, "Bob's phone");
    bob.replica.people.disown(phone.device);
    bob.close();
    const lies = [say(thief, "stolen "), dismiss(thief, mallory)];
    const reader = outcomeOf([alice, bob, thief], false);
    expect(reasonOf(reader, known)).toBe(null);
    expect(lies.map(lie => reasonOf(reader, lie))).toEqual(["disowned", "disowned"]);
    expect([roleIn(reader, mallory), roleIn(reader, bob), roleIn(reader, phone)]).toEqual([
      "editor",
      "admin",
      null,
    ]);
    expect(reader.text()).toBe("known -");
    deliver(bob, phone);
    refuses(bob, forge(phone, { ops: () => [typing("x")] }), "DeviceDisowned");
  });

  it("E15 a ticket that is used after its link was revoked is refused, or set aside where its user had not heard of it", () => {
    const { alice } = court();
    const [late, early] = ["Late", "Early"].map(name => newcomer(name, alice, EDITORS));
    deliver(alice, late!);
    alice.replica.people.revoke(EDITORS.id);
    alice.close();
    late!.replica.rename("Late");
    late!.close();
    const word = say(late!, "word ");
    const reader = outcomeOf([alice, late!]);
    expect([reasonOf(reader, word), roleIn(reader, late!)]).toEqual(["never let in", null]);
    deliver(alice, early!);
    expect(early!.replica.mayWrite).toBe(false);
    const signature = EDITORS.sign(joinMessage(alice.replica.doc, early!.device));
    const join = forge(early!, { ops: () => [{ type: "join", invite: EDITORS.id, signature }] });
    refuses(alice, join, "InviteEnded");
  });

  it("E16 a link that leaked is revoked: it lets nobody in from then on, and whoever came before stays", () => {
    const { alice, mallory } = court();
    const erin = joinBy("Erin", alice, EDITORS);
    alice.replica.people.revoke(EDITORS.id);
    alice.close();
    deliver(alice, erin);
    const word = say(erin, "word ");
    const reader = outcomeOf([alice, erin]);
    expect(reasonOf(reader, word)).toBe(null);
    expect([erin, mallory].map(person => roleIn(reader, person))).toEqual(["editor", "editor"]);
    expect(reader.replica.inviteRole(EDITORS.id)).toBe(null);
    expect(reader.replica.people.links.find(({ invite }) => invite === EDITORS.id)).toMatchObject({
      isLive: false,
      joined: [erin.device, mallory.device].sort(),
    });
  });
});

describe("B: two faces cost the device its standing", () => {
  it("B12 what each received in good faith counts for all; what is shown to one after that counts for nobody", () => {
    const { alice, bob, carol, mallory } = court();
    const twin = copyOf(mallory);
    const [x, y] = [say(mallory, "x "), say(twin, "y ")];
    alice.receive(x);
    bob.receive(y);
    say(alice, "Alice ");
    say(bob, "Bob ");
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
      [alice, carol],
    ] as const)
      deliver(from, to);
    // She goes on with both faces, and shows one more to Carol alone, whose last change knew of both.
    say(carol, "Carol ");
    const late = [say(mallory, "late "), say(twin, "later "), say(copyOf(mallory), "more ")];
    for (const letter of late) expect(carol.receive(letter).refused).toEqual([]);
    say(carol, "again ");
    const reader = outcomeOf([alice, bob, carol]);
    expect([x, y].map(letter => reasonOf(reader, letter))).toEqual([null, null]);
    expect(late.map(letter => reasonOf(reader, letter))).toEqual(late.map(() => "two-faced"));
    const ids = [x.id, y.id].sort();
    const { seq } = mallory.replica.get(x.id)!.change;
    expect(reader.replica.people.forks).toEqual([{ device: mallory.device, seq, ids }]);
    expect([...reader.text().matchAll(/\w+/g)].map(([word]) => word).sort()).toEqual(
      ["Alice", "Bob", "Carol", "again", "x", "y"].sort(),
    );
  });

  it("B6 of 100 branches that nobody honest stood on none counts, and one does that somebody did", () => {
    const { alice, bob, mallory } = court();
    const branches = Array.from({ length: 100 }, (_, i) =>
      forge(mallory, { ops: () => [{ type: "set", path: [], key: `k${i}`, value: i, replaces: [] }] }),
    );
    const all = judged(alice, [...heldBy([alice]), ...branches]);
    expect(asideIn(all)).toHaveLength(100);
    bob.receive(branches[17]!);
    bob.receiveAll(branches);
    say(bob, "Bob ");
    const reader = outcomeOf([bob]);
    const counting = branches.filter(letter => reasonOf(reader, letter) === null);
    // The one that was here before a second face showed.
    expect(counting).toEqual([branches[17]]);
    const late = forge(mallory, { ops: () => [typing("late ")] });
    bob.receive(late);
    say(bob, "again ");
    expect(reasonOf(outcomeOf([bob]), late)).toBe("two-faced");
  });
});
