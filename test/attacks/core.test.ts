// Every attack on the core that its node kinds and its authority allow, one test per id of our catalogue (A encoding
// and signatures, B the graph, C data, D text, E rights). Mallory is an invited editor, unless a test says less; what
// she sends is made field by field, so it is wrong in the one way that the title names.

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import { encodeChange, idOf, impliedRefs } from "../../src/crdt/graph/codec.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import { type Bytes, type ChangeId, joinMessage, type RefusalCode, type Role } from "../../src/crdt/index.ts";
import { PENDING_BYTES_MAX, PENDING_CHANGES_MAX } from "../../src/crdt/limits.ts";
import type { Place } from "../../src/crdt/types/op.ts";
import {
  begin,
  deliver,
  type Forgery,
  forge,
  gather,
  Key,
  type Letter,
  LINK,
  newcomer,
  type Person,
  sync,
} from "../crdt/people.ts";

vi.setConfig({ testTimeout: 20_000 });

const BODY = [{ at: "body", kind: "text" as const }];
const LIST = [{ at: "list", kind: "list" as const }];
const END: Place = { parent: null, side: "right", rightOrigin: null };

function typing(text: string, place: Place = END): Op {
  return { type: "insertText", path: BODY, ...place, text };
}

/** Alice has written "honest" and [1, 2] where Mallory could read it; `id` names that change. */
function victims(): { alice: Person; bob: Person; mallory: Person; id: ChangeId } {
  const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
  const [letter] = alice.write(root => {
    root.text("body").insert(0, "honest");
    root.list("list").push(1, 2);
    root.set("key", "value");
  });
  sync([alice, bob, mallory]);
  return { alice, bob, mallory, id: letter!.id };
}

/** In that change: the entry of the text's making is 0, then six letters, the list's making, two items, one value. */
const LETTER = 1;
const ITEM = 8;
const VALUE = 10;

/** Alice refuses with the code, nothing changes, and an honest change afterwards is taken. */
function refuses(victim: Person, letter: Letter, code: RefusalCode, honest?: Person): void {
  const { json, heads } = victim;
  expect(victim.receive(letter).refused).toEqual([code]);
  expect(victim.receive(letter).refused).toEqual([code]);
  expect(victim.json).toBe(json);
  expect(victim.heads).toEqual(heads);
  if (honest === undefined) return;
  const next = honest.write(root => root.text("body").insert(0, "more "));
  expect(victim.receiveAll(next).flatMap(({ refused }) => refused)).toEqual([]);
}

/** One forged change, refused by Alice with a code. */
function refused(forgery: Forgery | ((id: ChangeId) => Forgery), code: RefusalCode): void {
  const { alice, bob, mallory, id } = victims();
  refuses(alice, forge(mallory, typeof forgery === "function" ? forgery(id) : forgery), code, bob);
}

const prototype = Object.getOwnPropertyNames(Object.prototype).sort().join();
afterEach(() => expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(prototype));

describe("A: bytes and signatures", () => {
  it("A1 A2 a change altered in any one byte is refused, and changes nothing", () => {
    const { alice, bob } = victims();
    const [letter] = bob.write(root => root.text("body").insert(6, " work 🙂"));
    const { json, heads } = alice;
    for (let i = 0; i < letter!.bytes.length; i++) {
      for (const bit of [1, 0x80]) {
        const bytes = letter!.bytes.slice();
        bytes[i]! ^= bit;
        const { admitted, refused, missing } = alice.receive({ ...letter!, bytes });
        expect([admitted.length, refused.length, missing], `byte ${i}`).toEqual([0, 1, null]);
      }
    }
    expect(alice.json).toBe(json);
    expect(alice.heads).toEqual(heads);
    expect(alice.receive(letter!).admitted).toEqual([letter!.id]);
  });

  it("A1 a signature altered in any one byte is refused, and the honest copy is taken afterwards", () => {
    const { alice, bob } = victims();
    const [letter] = bob.write(root => root.text("body").insert(6, " work"));
    for (let i = 0; i < 64; i++) {
      const signature = letter!.signature.slice();
      signature[i]! ^= 1;
      expect(alice.receive({ ...letter!, signature }).refused, `byte ${i}`).toEqual(["SignatureWrong"]);
    }
    for (const length of [0, 63, 65]) {
      const signature = new Uint8Array(length);
      expect(alice.receive({ ...letter!, signature }).refused).toEqual(["BytesMalformed"]);
    }
    expect(alice.receive(letter!).admitted).toEqual([letter!.id]);
  });

  it("A3 a change signed by another key than its author's is refused", () => {
    refused({ ops: () => [typing("x")], signer: new Key("somebody else") }, "SignatureWrong");
  });

  it("A4 a properly hashed forgery that names Alice is refused", () => {
    const { alice, bob, mallory } = victims();
    refuses(bob, forge(alice, { ops: () => [typing("x")], signer: mallory.key }), "SignatureWrong", alice);
  });

  it("A5 a malleated signature is refused, and a second valid one makes no second change", () => {
    const { alice, bob } = victims();
    const [letter] = bob.write(root => root.text("body").insert(0, "x"));
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    let s = order;
    for (let i = 0; i < 32; i++) s += BigInt(letter!.signature[32 + i]!) << BigInt(8 * i);
    const signature = letter!.signature.slice();
    for (let i = 0; i < 32; i++) signature[32 + i] = Number((s >> BigInt(8 * i)) & 255n);
    expect(alice.receive({ ...letter!, signature }).refused).toEqual(["SignatureWrong"]);
    expect(alice.receive(letter!).admitted).toEqual([letter!.id]);
    expect(alice.receive(letter!)).toEqual({ admitted: [], refused: [], missing: null });
  });

  it("A6 a small-order key is refused as an author and as an invite", () => {
    const { alice, mallory } = victims();
    const weak = `01${"00".repeat(31)}` as Key["id"];
    refuses(alice, forge(mallory, { header: { author: weak } }), "KeyInadmissible");
    const invite: Op = { type: "invite", key: weak, role: "editor", label: "", expires: 0, uses: 0 };
    refuses(alice, forge(mallory, { ops: () => [invite] }), "KeyInadmissible");
  });

  it("A9 A10 other ways to write the same change are refused", () => {
    const { alice, bob, id } = victims();
    const [letter] = bob.write(root => root.text("body").insert(6, "!"));
    const { bytes } = letter!;
    const resigned = (other: Bytes) => forgeBytes(bob, other);
    refuses(alice, resigned(Uint8Array.of(...bytes, 0)), "BytesMalformed");
    refuses(alice, resigned(bytes.slice(0, -1)), "BytesMalformed");
    // Byte 65 is the sequence number: the same one with a needless second byte.
    const long = Uint8Array.of(...bytes.slice(0, 65), bytes[65]! | 0x80, 0, ...bytes.slice(66));
    refuses(alice, resigned(long), "BytesMalformed");
    // The parents written out although they are just the previous change.
    const own = forge(bob, { ops: ref => [typing("x", after(ref(id), LETTER))] });
    const at = 65 + 1 + 32;
    expect(own.bytes[at]).toBe(0);
    const spelled = Uint8Array.of(
      ...own.bytes.slice(0, at),
      1,
      ...own.bytes.slice(66, 98),
      ...own.bytes.slice(at + 1),
    );
    refuses(alice, resigned(spelled), "BytesMalformed");
  });

  it("A9 numbers in another than their one form are refused", () => {
    const values: [number, RefusalCode | null][] = [
      [-0, "BytesMalformed"],
      [Number.NaN, "BytesMalformed"],
      [Number.POSITIVE_INFINITY, "BytesMalformed"],
      [2 ** 53, null],
      [0.5, null],
    ];
    for (const [value, code] of values) {
      const { alice, mallory } = victims();
      const letter = forge(mallory, {
        ops: () => [{ type: "set", path: [], key: "n", value, replaces: [] }],
      });
      expect(alice.receive(letter).refused, String(value)).toEqual(code === null ? [] : [code]);
    }
  });

  it("A11 a signature over something else of the same bytes is refused", () => {
    const { alice, mallory } = victims();
    const letter = forge(mallory, { ops: () => [typing("x")] });
    const digest = signatureMessage(letter.id).slice(64);
    const signatures = [digest, joinMessage(alice.replica.doc, mallory.device), letter.bytes];
    for (const message of signatures)
      refuses(alice, { ...letter, signature: mallory.key.sign(message) }, "SignatureWrong");
  });

  it("A13 lone surrogates are refused, and so are edits inside of a pair", () => {
    const { alice, bob, mallory } = victims();
    const [pair] = alice.write(root => root.text("body").insert(6, "🙂"));
    sync([alice, bob, mallory]);
    const high = (id: number) => ({ change: id, index: 0 });
    const low = (id: number) => ({ change: id, index: 1 });
    const splits: ((n: number) => Op)[] = [
      n => typing("x", { parent: high(n), side: "right", rightOrigin: low(n) }),
      n => typing("x", { parent: low(n), side: "left", rightOrigin: null }),
      n => ({ type: "delete", path: BODY, spans: [{ change: n, start: 0, length: 1 }] }),
      n => ({ type: "delete", path: BODY, spans: [{ change: n, start: 1, length: 1 }] }),
    ];
    for (const split of splits)
      refuses(alice, forge(mallory, { ops: ref => [split(ref(pair!.id))] }), "TextSplit");
    const own: Op[][] = [
      [typing("🙂"), typing("x", { parent: high(0), side: "right", rightOrigin: null })],
      [typing("🙂"), typing("x", { parent: low(0), side: "left", rightOrigin: null })],
      [typing("a🙂"), { type: "delete", path: BODY, spans: [{ change: 0, start: 0, length: 2 }] }],
    ];
    for (const ops of own) refuses(alice, forge(mallory, { ops: () => ops }), "TextSplit");
    // UTF-8 of a lone surrogate, in the place of three honest bytes.
    const letter = forge(mallory, { ops: () => [typing("€")] });
    const bytes = letter.bytes.slice();
    bytes.set([0xed, 0xa0, 0x80], bytes.length - 3);
    refuses(alice, forgeBytes(mallory, bytes), "BytesMalformed", bob);
  });

  it("A17 keys named like parts of Object.prototype are ordinary keys of a policy, a map and a path", () => {
    const { alice, bob, mallory } = victims();
    const letter = forge(mallory, {
      ops: () => [
        { type: "set", path: [], key: "__proto__", value: { make: "map" }, replaces: [] },
        { type: "set", path: [{ at: "__proto__", kind: "map" }], key: "polluted", value: 1, replaces: [] },
        { type: "set", path: [{ at: "constructor", kind: "map" }], key: "prototype", value: 1, replaces: [] },
      ],
    });
    for (const person of [alice, bob]) expect(person.receive(letter).refused).toEqual([]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(alice.json).toBe(bob.json);
    expect(alice.json).toContain('"__proto__":{"polluted":1}');
  });
});

function after(change: number, index: number): Place {
  return { parent: { change, index }, side: "right", rightOrigin: { change, index: index + 1 } };
}

/** Arbitrary bytes with their author's signature over their hash. */
function forgeBytes(author: Person, bytes: Bytes): Letter {
  const id = idOf(bytes);
  return { id, bytes, signature: author.key.sign(signatureMessage(id)) };
}

describe("B: the graph", () => {
  it("B1 a change whose parents never come waits, and enters when they do", () => {
    const { alice, bob } = victims();
    const letters = ["1", "2", "3"].flatMap(n => bob.write(root => root.text("body").insert(0, n)));
    const [one, two, three] = letters as [Letter, Letter, Letter];
    expect(alice.receive(three)).toEqual({ admitted: [], refused: [], missing: two.id });
    expect(alice.receive(two)).toEqual({ admitted: [], refused: [], missing: one.id });
    expect(alice.receive(one).admitted).toEqual([one.id, two.id, three.id]);
    expect(alice.json).toBe(bob.json);
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
      const { alice, bob, mallory, id } = victims();
      const [honest] = bob.write(root => root.set("key", "honest"));
      alice.receive(honest!);
      const letter = forge(mallory, {
        header: { time },
        ops: ref => [
          { type: "set", path: [], key: "key", value: "hers", replaces: [{ change: ref(id), index: VALUE }] },
        ],
      });
      expect(alice.receive(letter).refused).toEqual([]);
      // Of two writes of one depth the higher id is shown, whatever the clocks say.
      expect(JSON.parse(alice.json).key).toBe(letter.id > honest!.id ? "hers" : "honest");
    }
  });

  it("B12 B13 two changes with one number end the same everywhere: in a text, a list and a register", () => {
    for (const text of ["aa", "zz"]) {
      const { alice, bob, mallory } = victims();
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
      alice.receiveAll([x, y]);
      bob.receiveAll([y, x]);
      expect(alice.json).toBe(bob.json);
      expect(alice.heads).toEqual(bob.heads);
      expect(alice.replica.laneTips.filter(({ author }) => author === mallory.device)).toHaveLength(2);
      // What honest people write names what they had of both branches, and so it counts for all.
      const more = [
        ...alice.write(r => r.text("body").insert(1, "A")),
        ...bob.write(r => r.text("body").insert(1, "B")),
      ];
      for (const person of [alice, bob]) person.receiveAll(more);
      expect(alice.json).toBe(bob.json);
      expect(alice.text()).toContain(text);
      expect(alice.text()).toContain("mm");
    }
  });

  it("B14 a change said again is no second change", () => {
    const { alice, bob } = victims();
    const [letter] = bob.write(root => root.text("body").insert(0, "x"));
    alice.receive(letter!);
    const { json } = alice;
    for (let i = 0; i < 10; i++)
      expect(alice.receive(letter!)).toEqual({ admitted: [], refused: [], missing: null });
    expect(alice.receiveAll(bob.letters()).flatMap(({ admitted }) => admitted)).toEqual([]);
    expect(alice.json).toBe(json);
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

  it("refuses what is built on a refused change, and goes on taking what is not", () => {
    const { alice, bob, mallory } = victims();
    const bad = forge(mallory, { header: { depth: 77 } });
    const header = { parents: [bad.id], prev: bad.id, depth: 78 };
    const child = forge(mallory, { header: { ...header, seq: mallory.replica.ownHead!.seq + 2 } });
    // The child comes first and waits; with its parent's verdict comes its own.
    expect(alice.receive(child).missing).toBe(bad.id);
    expect(alice.receive(bad).refused).toEqual(["DepthWrong", "ParentRefused"]);
    refuses(alice, child, "ParentRefused", bob);
  });

  it("does not hold a bad signature against the honest copy, nor against what builds on it", () => {
    const { alice, bob } = victims();
    const [one, two] = ["1", "2"].flatMap(n => bob.write(root => root.text("body").insert(0, n)));
    const spoiled = { ...one!, signature: new Key("Mallory").sign(new Uint8Array(3)) };
    expect(alice.receive(two!).missing).toBe(one!.id);
    expect(alice.receive(spoiled).refused).toEqual(["SignatureWrong"]);
    expect(alice.receive(one!).admitted).toEqual([one!.id, two!.id]);
  });

  it("drops are healed by telling everything again, in any order", () => {
    const { alice, bob } = victims();
    const letters = Array.from({ length: 12 }, (_, i) =>
      bob.write(r => r.text("body").insert(0, String(i))),
    ).flat();
    alice.receiveAll(letters.filter((_, i) => i % 3 !== 0).toReversed());
    alice.receiveAll(letters.toReversed());
    expect(alice.json).toBe(bob.json);
  });
});

describe("C: data", () => {
  it("C1 C2 a path or an op of the wrong kind is refused", () => {
    const wrong: ((n: number) => Op)[] = [
      n => ({ type: "set", path: [{ at: "body", kind: "text" }], key: null, value: n, replaces: [] }),
      () => ({ type: "insertText", path: LIST, ...END, text: "x" }),
      () => ({ type: "insertList", path: BODY, ...END, values: [1] }),
      () => ({ type: "delete", path: [], spans: [{ change: 0, start: 0, length: 1 }] }),
      () => ({ type: "set", path: [...BODY, { at: "k", kind: "map" }], key: "x", value: 1, replaces: [] }),
      n => ({
        type: "set",
        path: [...LIST, { at: { change: n, index: ITEM }, kind: "map" }],
        key: "x",
        value: 1,
        replaces: [],
      }),
      n => ({
        type: "set",
        path: [{ at: { change: n, index: 0 }, kind: "map" }],
        key: "x",
        value: 1,
        replaces: [],
      }),
    ];
    for (const op of wrong) refused(id => ({ ops: ref => [op(ref(id))] }), "ReferenceWrong");
  });

  it("C6 a write that replaces what it cannot have seen, or what is no entry there, is refused", () => {
    const { alice, bob, mallory, id } = victims();
    const [unseen] = bob.write(root => root.set("key", "B"));
    alice.receive(unseen!);
    const replacing = (key: string, id: ChangeId, index: number) =>
      forge(mallory, {
        ops: ref => [{ type: "set", path: [], key, value: 1, replaces: [{ change: ref(id), index }] }],
      });
    refuses(alice, replacing("key", unseen!.id, 0), "ReferenceUnseen");
    refuses(alice, replacing("key", id, VALUE + 1), "ReferenceWrong");
    refuses(alice, replacing("other", id, VALUE), "ReferenceWrong");
    expect(alice.receive(replacing("key", id, VALUE)).refused).toEqual([]);
    const own: Op = { type: "unset", path: [], key: "key", replaces: [{ change: 0, index: 5 }] };
    refuses(alice, forge(mallory, { ops: () => [own] }), "ReferenceUnseen");
  });

  it("C4 a write into an item that was deleted meanwhile revives it on every replica alike", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    alice.write(root => root.list("list").push({ a: 1 }, { a: 2 }));
    sync([alice, bob, carol]);
    const gone = alice.write(root => root.list("list").delete(0));
    const kept = bob.write(root => root.list("list").map(0).set("b", 2));
    carol.receiveAll([...kept, ...gone]);
    alice.receiveAll(kept);
    bob.receiveAll(gone);
    for (const person of [alice, bob, carol]) expect(person.json).toBe('{"list":[{"b":2},{"a":2}]}');
  });
});

describe("D: text", () => {
  const unknown = "cd".repeat(32) as ChangeId;

  it("D1 an origin outside the past is refused: unknown, not seen yet, or the change's own and not made yet", () => {
    refused(
      { ops: ref => [typing("x", { ...END, parent: { change: ref(unknown), index: 0 } })] },
      "ReferenceUnseen",
    );
    refused({ ops: () => [typing("x", { ...END, parent: { change: 0, index: 7 } })] }, "ReferenceUnseen");
    const { alice, bob, mallory } = victims();
    const [unseen] = bob.write(root => root.text("body").insert(0, "unseen"));
    alice.receive(unseen!);
    const place = (id: ChangeId): Forgery => ({
      ops: ref => [typing("x", { ...END, parent: { change: ref(id), index: 0 } })],
    });
    refuses(alice, forge(mallory, place(unseen!.id)), "ReferenceUnseen");
    mallory.receive(unseen!);
    expect(alice.receive(forge(mallory, place(unseen!.id))).refused).toEqual([]);
  });

  it("D2 an origin in another node is refused", () => {
    refused(
      id => ({ ops: ref => [typing("x", { ...END, parent: { change: ref(id), index: ITEM } })] }),
      "ReferenceWrong",
    );
    refused(
      id => ({ ops: ref => [typing("x", { ...END, rightOrigin: { change: ref(id), index: VALUE } })] }),
      "ReferenceWrong",
    );
  });

  it("D3 a right origin left of its parent, or the parent itself, is refused", () => {
    for (const right of [0, 1, 2]) {
      refused(
        id => ({
          ops: ref => [
            typing("x", {
              parent: { change: ref(id), index: LETTER + 2 },
              side: "right",
              rightOrigin: { change: ref(id), index: LETTER + right },
            }),
          ],
        }),
        "OrderWrong",
      );
    }
    const { alice, mallory } = victims();
    const letter = forge(mallory, { ops: () => [typing("x")] });
    const bytes = letter.bytes.slice();
    // The byte of the place: left child of the beginning.
    bytes[bytes.length - 3] = 2;
    refuses(alice, forgeBytes(mallory, bytes), "BytesMalformed");
  });

  it("D6 D8 deletes of elements that are not there are refused, and repeated ones change nothing", () => {
    const deleting =
      (start: number, length: number) =>
      (id: ChangeId): Forgery => ({
        ops: ref => [{ type: "delete", path: BODY, spans: [{ change: ref(id), start, length }] }],
      });
    refused(deleting(LETTER, 7), "ReferenceWrong");
    refused(deleting(0, 2), "ReferenceWrong");
    refused(deleting(ITEM, 1), "ReferenceWrong");
    refused(deleting(LETTER, 2 ** 50), "ReferenceWrong");
    const { alice, bob, mallory, id } = victims();
    const spans = (ref: (id: ChangeId) => number) => [{ change: ref(id), start: LETTER, length: 6 }];
    const twice = forge(mallory, {
      ops: ref => [
        { type: "delete", path: BODY, spans: spans(ref) },
        { type: "delete", path: BODY, spans: spans(ref) },
      ],
    });
    const also = bob.write(root => root.text("body").delete(2, 4));
    alice.receiveAll([twice, ...also]);
    bob.receive(twice);
    expect([alice.text(), bob.text()]).toEqual(["", ""]);
  });

  it("D5 a chain of 10,000 characters typed backwards needs no deep stack", () => {
    const { alice, bob, mallory } = victims();
    const chain = forge(mallory, {
      ops: () =>
        Array.from({ length: 10_000 }, (_, i) =>
          typing(
            "x",
            i === 0 ? END : { parent: { change: 0, index: i - 1 }, side: "left", rightOrigin: null },
          ),
        ),
    });
    expect(alice.receive(chain).refused).toEqual([]);
    bob.write(root => root.text("body").insert(3, "middle"));
    deliver(bob, alice);
    bob.receive(chain);
    expect(alice.json).toBe(bob.json);
    expect(alice.text()).toHaveLength(10_012);
  });
});

describe("E: rights", () => {
  it("E1 a stranger's change is refused", () => {
    const { alice } = victims();
    const stranger = newcomer("Stranger", alice, null);
    deliver(alice, stranger);
    refuses(alice, forge(stranger, { ops: () => [typing("x")] }), "AuthorUnknown");
    refuses(alice, forge(stranger, {}), "AuthorUnknown");
    stranger.replica.rename("I am new");
    refuses(alice, stranger.close()[0]!, "AuthorUnknown");
  });

  it("E2 E19 a reader or commenter of a document that gives them nothing cannot write, and an editor cannot invite", () => {
    const alice = begin("Alice");
    for (const role of ["reader", "commenter"] as const) {
      const link = new Key(`link for a ${role}`);
      alice.invite(link, role);
      const guest = newcomer(role, alice, link);
      deliver(alice, guest);
      expect(guest.replica.mayWrite).toBe(false);
      const join: Op = {
        type: "join",
        invite: link.id,
        signature: link.sign(joinMessage(alice.replica.doc, guest.device)),
      };
      refuses(alice, forge(guest, { ops: () => [join, typing("x")] }), "RightMissing");
      expect(alice.receive(forge(guest, { ops: () => [join] })).refused).toEqual([]);
      deliver(alice, guest);
      refuses(alice, forge(guest, { ops: () => [typing("x")] }), "RightMissing");
    }
    const { alice: owner, mallory } = victims();
    for (const role of ["reader", "editor", "admin", "owner"] as const) {
      const invite: Op = { type: "invite", key: new Key("hers").id, role, label: "", expires: 0, uses: 0 };
      refuses(owner, forge(mallory, { ops: () => [invite] }), "RightMissing");
    }
  });

  it("E3 nobody makes an owner, not even the owner, and no admin makes more than an admin", () => {
    const alice = begin("Alice");
    const link = new Key("link for admins");
    alice.invite(link, "admin");
    const admin = newcomer("Admin", alice, link);
    deliver(alice, admin);
    admin.replica.rename("Admin");
    admin.close();
    deliver(admin, alice);
    const inviting = (role: Role): Forgery => ({
      ops: () => [{ type: "invite", key: new Key("hers").id, role, label: "", expires: 0, uses: 0 }],
    });
    refuses(admin, forge(alice, inviting("owner")), "RightMissing");
    refuses(alice, forge(admin, inviting("owner")), "RightMissing");
    expect(alice.receive(forge(admin, inviting("admin"))).refused).toEqual([]);
  });

  it("E4 a join without an invite, or with one that is not in its past, is refused", () => {
    const { alice } = victims();
    const guest = newcomer("Guest", alice, null);
    deliver(alice, guest);
    const unknown = new Key("made up at home");
    const joining = (key: Key, device = guest.device): Forgery => ({
      ops: () => [
        { type: "join", invite: key.id, signature: key.sign(joinMessage(alice.replica.doc, device)) },
      ],
    });
    refuses(alice, forge(guest, joining(unknown)), "InviteUnknown");
    const late = new Key("a later link");
    alice.invite(late);
    refuses(alice, forge(guest, joining(late)), "InviteUnknown");
    // Somebody else's ticket, and a ticket for another document.
    refuses(alice, forge(guest, joining(LINK, new Key("Alice").id)), "SignatureWrong");
    const elsewhere: Op = {
      type: "join",
      invite: LINK.id,
      signature: LINK.sign(joinMessage("ef".repeat(32) as ChangeId, guest.device)),
    };
    refuses(alice, forge(guest, { ops: () => [elsewhere] }), "SignatureWrong");
    expect(alice.receive(forge(guest, joining(LINK))).refused).toEqual([]);
  });

  it("E15 a join anywhere but in a device's first change, or not as its first op, is refused", () => {
    const { alice, mallory } = victims();
    const ticket = (person: Person): Op => ({
      type: "join",
      invite: LINK.id,
      signature: LINK.sign(joinMessage(alice.replica.doc, person.device)),
    });
    refuses(alice, forge(mallory, { ops: () => [ticket(mallory)] }), "JoinMisplaced");
    const guest = newcomer("Guest", alice, null);
    deliver(alice, guest);
    const name: Op = { type: "name", name: "Guest" };
    refuses(alice, forge(guest, { ops: () => [name, ticket(guest)] }), "JoinMisplaced");
    refuses(alice, forge(guest, { ops: () => [ticket(guest), ticket(guest)] }), "JoinMisplaced");
  });

  it("E18 a beginning with other contents has another name, so it cannot be slipped in", () => {
    const alice = begin("Alice");
    const empty = newcomer("Bob", alice, null);
    const [genesis] = alice.letters() as [Letter];
    const implied = impliedRefs({ prev: null, parents: [] }).map(() => "" as ChangeId);
    const ops: Op[] = [{ type: "genesis", nonce: new Uint8Array(16), policy: {} }];
    const { change } = alice.replica.get(genesis.id)!;
    const mallory = new Key("Mallory");
    const { doc, seq, prev, parents, depth, opTotal, byteTotal, time } = change;
    const header = { doc, author: mallory.id, seq, prev, parents, depth, opTotal, byteTotal, time };
    const bytes = encodeChange(header, implied, ops);
    const id = idOf(bytes);
    const forged = { id, bytes, signature: mallory.sign(signatureMessage(id)) };
    expect(empty.receive(forged).refused).toEqual(["DocumentForeign"]);
    expect(empty.receive(genesis).admitted).toEqual([genesis.id]);
  });
});
