// Group B of the catalogue: what came after what. A change that lies about its past is refused by everybody alike; one
// whose past is missing waits, bounded; two faces of one device end the same for all. The notation is in victims.ts.

import { describe, expect, it, vi } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import type { ChangeId } from "../../src/crdt/index.ts";
import { PENDING_BYTES_MAX, PENDING_CHANGES_MAX } from "../../src/crdt/limits.ts";
import {
  begin,
  copyOf,
  deliver,
  forge,
  gather,
  Key,
  type Letter,
  LINK,
  newcomer,
  type Person,
} from "../crdt/people.ts";
import {
  allShow,
  allTake,
  codesOf,
  END,
  LIST,
  refused,
  refuses,
  setting,
  typing,
  VALUE,
  victims,
} from "./victims.ts";

vi.setConfig({ testTimeout: 20_000 });

describe("B: the graph", () => {
  it("B1 a change whose parents never come waits, and enters when they do", () => {
    const { alice, bob, carol } = victims();
    const letters = ["1", "2", "3"].flatMap(n => bob.write(root => root.text("body").insert(0, n)));
    const [one, two, three] = letters as [Letter, Letter, Letter];
    for (const person of [alice, carol, copyOf(alice, "Dave")]) {
      expect(person.receive(three)).toEqual({ admitted: [], refused: [], missing: two.id });
      expect(person.receive(two)).toEqual({ admitted: [], refused: [], missing: one.id });
      expect(person.receive(one).admitted).toEqual([one.id, two.id, three.id]);
      expect(person.json).toBe(bob.json);
    }
  });

  it("B2 a flood of changes without parents is bounded per source and costs the honest nothing", () => {
    const { alice, bob, mallory } = victims();
    const [one, two] = ["1", "2"].flatMap(n => bob.write(root => root.text("body").insert(0, n)));
    expect(alice.receive(two!, "Bob").missing).toBe(one!.id);
    const missing = "ab".repeat(32) as ChangeId;
    for (let i = 0; i < PENDING_CHANGES_MAX + 50; i++) {
      const letter = forge(mallory, { header: { parents: [missing], depth: i + 2 } });
      expect(alice.receive(letter, "Mallory").admitted).toEqual([]);
    }
    expect(alice.receive(one!, "Bob").admitted).toEqual([one!.id, two!.id]);
    expect(PENDING_BYTES_MAX).toBeLessThan(2 ** 23);
  });

  it("B2 what a leaving source had sent without its past is forgotten", () => {
    const { alice, bob } = victims();
    const [one, two] = ["1", "2"].flatMap(n => bob.write(root => root.text("body").insert(0, n)));
    alice.receive(two!, "Mallory");
    alice.replica.forget("Mallory");
    expect(alice.receive(one!).admitted).toEqual([one!.id]);
    expect(alice.receive(two!).admitted).toEqual([two!.id]);
  });

  it("B2 who sends another's changes first and then floods or leaves takes none of them away", () => {
    for (const act of ["floods", "leaves"]) {
      const { alice, bob, mallory } = victims();
      const [one, two] = ["1", "2"].flatMap(n => bob.write(root => root.text("body").insert(0, n)));
      expect(alice.receive(two!, "Mallory").missing).toBe(one!.id);
      expect(alice.receive(two!, "Bob").missing).toBe(one!.id);
      const missing = "ab".repeat(32) as ChangeId;
      if (act === "leaves") alice.replica.forget("Mallory");
      else {
        for (let i = 0; i <= PENDING_CHANGES_MAX; i++)
          alice.receive(forge(mallory, { header: { parents: [missing], depth: i + 2 } }), "Mallory");
      }
      expect(alice.receive(one!, "Bob").admitted).toEqual([one!.id, two!.id]);
    }
  });

  it("B3 B4 parents that are too many, repeated, unsorted or not independent are refused", () => {
    const names = Array.from({ length: 17 }, (_, i) => `Guest ${i}`);
    const [alice, mallory, ...guests] = gather("Alice", "Mallory", ...names) as [Person, Person, ...Person[]];
    const letters = guests.flatMap(guest => guest.write(root => root.set("k", 1)));
    for (const person of [alice, mallory]) person.receiveAll(letters);
    const all = guests.map(guest => guest.replica.ownHead!.id).sort();
    const prev = mallory.replica.ownHead!.id;
    const withParents = (parents: readonly ChangeId[]) => forge(mallory, { header: { parents } });
    // Her own previous change is in the past of every guest's.
    refuses(alice, withParents(all), "BytesMalformed");
    refuses(alice, withParents([all[0]!, all[0]!]), "BytesMalformed");
    refuses(alice, withParents([all[1]!, all[0]!]), "BytesMalformed");
    refuses(alice, withParents([all[0]!, prev].sort()), "ParentsUnordered");
    expect(alice.receive(withParents(all.slice(0, 16))).refused).toEqual([]);
  });

  it("B9 a gap in the numbers, or a previous change of another author or outside the past, is refused", () => {
    const { alice, bob, mallory } = victims();
    refuses(alice, forge(mallory, { header: { seq: mallory.replica.ownHead!.seq + 2 } }), "ChainBroken");
    const [letter] = bob.write(root => root.text("body").insert(0, "x"));
    mallory.receive(letter!);
    alice.receive(letter!);
    refuses(alice, forge(mallory, { header: { prev: letter!.id } }), "ChainBroken");
    const before = mallory.replica.heads;
    const [next] = mallory.write(root => root.text("body").insert(0, "y"));
    alice.receive(next!);
    refuses(alice, forge(mallory, { header: { parents: before, depth: 99 } }), "ChainBroken");
    refuses(alice, forge(mallory, { header: { seq: 0 } }), "BytesMalformed");
  });

  it("B10 a depth that is not exact is refused", () => {
    for (const depth of [0, 1, 3, 2 ** 53 - 1]) refused({ header: { depth } }, "DepthWrong");
  });

  it("B10 running totals that are not exact are refused", () => {
    const { mallory } = victims();
    const { opTotal, byteTotal } = mallory.replica.ownHead!;
    for (const wrong of [0, opTotal - 1, opTotal + 1, 2 ** 53 - 1])
      refused({ header: { opTotal: wrong }, ops: () => [typing("x"), typing("y")] }, "CountsWrong");
    for (const wrong of [0, byteTotal, 2 ** 53 - 1]) refused({ header: { byteTotal: wrong } }, "CountsWrong");
  });

  it("B11 a wall clock of the year 9999 or of 1970 orders nothing", () => {
    for (const time of [0, 253_402_300_799, 2 ** 53 - 2]) {
      const { honest, bob, mallory, id } = victims();
      const [fair] = bob.write(root => root.set("key", "honest"));
      const letter = forge(mallory, {
        header: { time },
        ops: ref => [
          { type: "set", path: [], key: "key", value: "hers", replaces: [{ change: ref(id), index: VALUE }] },
        ],
      });
      // Of two writes of one depth the higher id is shown, whatever the clocks say.
      const winner = letter.id > fair!.id ? "hers" : "honest";
      expect(allShow(honest, [letter, fair!], "key")).toBe(winner);
    }
  });

  it("B12 B13 two changes with one number end the same everywhere: in a text, a list and a register", () => {
    for (const text of ["aa", "zz"]) {
      const { honest, mallory } = victims();
      const [alice, bob, carol] = honest;
      const two = (what: string): Letter =>
        forge(mallory, {
          ops: () => [
            typing(what),
            { type: "insertList", path: LIST, ...END, values: [what, what] },
            { type: "set", path: [{ at: "r", kind: "register" }], key: null, value: what, replaces: [] },
            { type: "set", path: [], key: "r", value: { make: "register" }, replaces: [] },
          ],
        });
      const [x, y] = [two(text), two("mm")];
      allTake(honest, [x, y]);
      expect(alice.replica.laneTips.filter(({ author }) => author === mallory.device)).toHaveLength(2);
      // What honest people write names what they had of both branches, and so it counts for all.
      const more = [
        ...alice.write(r => r.text("body").insert(1, "A")),
        ...bob.write(r => r.text("body").insert(1, "B")),
      ];
      for (const person of honest) expect(codesOf(person.receiveAll(more))).toEqual([]);
      expect([bob.json, carol.json]).toEqual([alice.json, alice.json]);
      expect(alice.text()).toContain(text);
      expect(alice.text()).toContain("mm");
    }
  });

  it("B14 a change said again is no second change", () => {
    const { alice, bob, carol } = victims();
    const [letter] = bob.write(root => root.text("body").insert(0, "x"));
    for (const person of [alice, carol, copyOf(alice, "Dave")]) {
      expect(person.receive(letter!).admitted).toHaveLength(1);
      for (let i = 0; i < 10; i++)
        expect(person.receive(letter!)).toEqual({ admitted: [], refused: [], missing: null });
      expect(person.receiveAll(bob.letters()).flatMap(({ admitted }) => admitted)).toEqual([]);
      expect(person.json).toBe(bob.json);
    }
  });

  it("B15 a change of another document is refused, also one of the same people", () => {
    const { alice, mallory } = victims();
    const other = begin("Bob");
    const foreign = other.write(root => root.text("body").insert(0, "x"));
    refuses(alice, foreign[0]!, "DocumentForeign");
    refuses(alice, other.letters()[0]!, "DocumentForeign");
    refuses(alice, forge(mallory, { header: { doc: other.replica.doc } }), "DocumentForeign");
  });

  it("B15 a second beginning is refused, whoever makes it", () => {
    const { alice, bob, mallory } = victims();
    const genesis: Op = { type: "genesis", nonce: new Uint8Array(16), policy: {} };
    refuses(bob, forge(mallory, { ops: () => [genesis] }), "GenesisMisplaced");
    refuses(bob, forge(alice, { ops: () => [genesis] }), "GenesisMisplaced");
    refuses(bob, forge(alice, { ops: () => [typing("x"), genesis] }), "GenesisMisplaced");
  });

  it("B5 what is built on a refused change is refused, and what is not is taken", () => {
    const { alice, bob, carol, mallory } = victims();
    const bad = forge(mallory, { header: { depth: 77 } });
    const header = { parents: [bad.id], prev: bad.id, depth: 78 };
    const child = forge(mallory, { header: { ...header, seq: mallory.replica.ownHead!.seq + 2 } });
    // The child comes first and waits; with its parent's verdict comes its own.
    const honest = bob.write(root => root.text("body").insert(0, "more "));
    for (const person of [alice, carol, copyOf(alice, "Dave")]) {
      expect(person.receive(child).missing).toBe(bad.id);
      expect(person.receive(bad).refused).toEqual(["DepthWrong", "ParentRefused"]);
      expect(person.receive(child).refused).toEqual(["ParentRefused"]);
      expect(codesOf(person.receiveAll(honest))).toEqual([]);
      expect(person.text()).toBe("more honest");
    }
  });

  it("B14 a bad signature is not held against the honest copy, nor against what builds on it", () => {
    const { alice, bob } = victims();
    const [one, two] = ["1", "2"].flatMap(n => bob.write(root => root.text("body").insert(0, n)));
    const spoiled = { ...one!, signature: new Key("Mallory").sign(new Uint8Array(3)) };
    expect(alice.receive(two!).missing).toBe(one!.id);
    expect(alice.receive(spoiled).refused).toEqual(["SignatureWrong"]);
    expect(alice.receive(one!).admitted).toEqual([one!.id, two!.id]);
  });

  it("B1 what was dropped is healed by telling everything again, in any order", () => {
    const { alice, bob, carol } = victims();
    const letters = Array.from({ length: 12 }, (_, i) =>
      bob.write(r => r.text("body").insert(0, String(i))),
    ).flat();
    for (const [drop, person] of [alice, carol, copyOf(alice, "Dave")].entries()) {
      person.receiveAll(letters.filter((_, i) => i % 3 !== drop).toReversed());
      person.receiveAll(letters.toReversed());
      expect(person.json).toBe(bob.json);
    }
  });

  it("B6 300 changes with one number are 300 branches, the same on every replica, and the next change is taken", () => {
    const { honest, alice, bob, carol, mallory } = victims();
    const letters = Array.from({ length: 300 }, (_, i) =>
      forge(mallory, { ops: () => [setting("fork", i)] }),
    );
    allTake(honest, letters);
    for (const { replica } of honest)
      expect(replica.laneTips.filter(({ author }) => author === mallory.device)).toHaveLength(300);
    // Of these branches an honest change takes in the one that was here before a second face showed.
    const more = bob.write(root => root.text("body").insert(0, "still "));
    expect(more).toHaveLength(1);
    expect(bob.replica.people.asideCount).toBe(299);
    for (const person of [alice, carol]) expect(codesOf(person.receiveAll(more))).toEqual([]);
    expect(honest.map(person => person.text())).toEqual(honest.map(() => "still honest"));
  });

  it("B7 a chain of tiny changes ends at its author's quota, on every replica at the same change", () => {
    const alice = begin("Alice", { editor: { keys: null, opsMax: 2_000, bytesMax: 2 ** 30 } });
    alice.invite(LINK);
    const [bob, mallory] = ["Bob", "Mallory"].map(name => {
      const person = newcomer(name, alice, LINK);
      deliver(alice, person);
      return person;
    }) as [Person, Person];
    mallory.replica.rename("Mallory");
    const chain = mallory.close();
    while (mallory.replica.ownHead!.opTotal < 2_000)
      chain.push(...mallory.write(root => root.counter("n").increment(1)));
    const carol = newcomer("Carol", alice, null);
    carol.receiveAll([...alice.letters(), ...chain.toReversed().slice(0, 900), ...chain]);
    for (const person of [alice, bob]) expect(codesOf(person.receiveAll(chain))).toEqual([]);
    expect([bob.json, carol.json]).toEqual([alice.json, alice.json]);
    refuses(alice, forge(mallory, { ops: () => [setting("one", "too many")] }), "QuotaExceeded");
    expect(alice.json).toContain('"n":1997');
  });

  it("B7 a chain of changes that say nothing ends as well, on every replica at the same change", () => {
    const alice = begin("Alice", { editor: { keys: null, opsMax: 50, bytesMax: 2 ** 30 } });
    alice.invite(LINK);
    const mallory = newcomer("Mallory", alice, LINK);
    deliver(alice, mallory);
    mallory.replica.rename("Mallory");
    const chain = mallory.close();
    // As many as the two ops that the first says and the 50 that are allowed together.
    while (chain.length < 52) {
      const empty = forge(mallory, { ops: () => [] });
      expect(mallory.receive(empty).refused).toEqual([]);
      chain.push(empty);
    }
    const carol = newcomer("Carol", alice, null);
    carol.receiveAll([...alice.letters(), ...chain.toReversed(), ...chain]);
    expect(codesOf(alice.receiveAll(chain))).toEqual([]);
    expect(carol.replica.heads).toEqual(alice.replica.heads);
    refuses(alice, forge(mallory, { ops: () => [] }), "QuotaExceeded");
    refuses(carol, forge(mallory, { ops: () => [] }), "QuotaExceeded");
    expect(alice.receive(forge(mallory, { ops: () => [setting("one", "more")] })).refused).toEqual([]);
  });

  it("B8 no change names itself, and a circle never closes: both wait, bounded, and nothing shows", () => {
    const { alice, carol, mallory } = victims();
    const first = forge(mallory, { ops: () => [typing("x")] });
    const second = forge(mallory, {
      header: { prev: first.id, parents: [first.id], seq: mallory.replica.ownHead!.seq + 2 },
    });
    // Whoever writes the second's name into the first has made another change with another name.
    const circle = forge(mallory, { header: { parents: [second.id] }, ops: () => [typing("x")] });
    expect(circle.id).not.toBe(first.id);
    for (const person of [alice, carol, copyOf(alice, "Dave")]) {
      const { json } = person;
      expect(person.receive(second).missing).toBe(first.id);
      expect(person.receive(circle).missing).toBe(second.id);
      expect(person.json).toBe(json);
    }
  });

  it("B16 a branch that comes years later is taken as it was written, wherever everybody is by then", () => {
    const { honest, alice, bob, carol, mallory } = victims();
    const late = Array.from({ length: 5 }, (_, i) =>
      mallory.write(root => root.text("body").insert(i, String(i))),
    ).flat();
    const since: Letter[] = [];
    for (let i = 0; i < 200; i++) {
      const letters = honest[i % 3]!.write(root => root.text("body").insert(0, "."));
      for (const person of honest) person.receiveAll(letters);
      since.push(...letters);
    }
    const dots = ".".repeat(200);
    // Both began before the same letter: the smaller hash stands first.
    const text = since[0]!.id < late[0]!.id ? `${dots}01234honest` : `01234${dots}honest`;
    expect(allShow(honest, late, "body")).toBe(text);
    expect(new Set([alice.json, bob.json, carol.json]).size).toBe(1);
  });

  it("B17 who grinds hashes wins ties, and nothing after them", () => {
    const { honest, alice, bob, carol, mallory } = victims();
    const [fair] = bob.write(root => root.lww("prize").set("Bob's"));
    const write = (i: number): Letter =>
      forge(mallory, {
        header: { time: i },
        ops: () => [
          { type: "set", path: [], key: "prize", value: { make: "lww" }, replaces: [] },
          { type: "set", path: [{ at: "prize", kind: "lww" }], key: null, value: "hers", replaces: [] },
        ],
      });
    const ground = Array.from({ length: 500 }, (_, i) => write(i)).find(({ id }) => id > fair!.id)!;
    expect(allShow(honest, [ground, fair!], "prize")).toBe("hers");
    const next = alice.write(root => root.lww("prize").set("Alice's"));
    for (const person of [bob, carol]) person.receiveAll(next);
    expect(honest.map(({ json }) => JSON.parse(json).prize)).toEqual(honest.map(() => "Alice's"));
  });

  it("B18 400 changes that cross at every step end the same everywhere, and the last cost no more than the first", () => {
    const { honest, alice, bob, mallory } = victims();
    const letters: Letter[] = [];
    const steps: number[] = [];
    for (let i = 0; i < 200; i++) {
      const [one] = mallory.write(root => root.text("body").insert(i % 5, "m"));
      const [two] = bob.write(root => root.text("body").insert(i % 7, "b"));
      mallory.receive(two!);
      bob.receive(one!);
      letters.push(one!, two!);
      const start = performance.now();
      alice.receiveAll([one!, two!]);
      steps.push(performance.now() - start);
    }
    allTake(honest, letters);
    const middle = (from: number) => steps.slice(from, from + 50).sort((a, b) => a - b)[25]!;
    expect(middle(150)).toBeLessThan(10 * middle(0) + 1);
  });
});
