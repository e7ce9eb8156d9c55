// Group A of the catalogue: bytes, hashes and signatures. What is not a change's one form, or not signed by its author, is
// refused by everybody alike and nothing shows of it. Mallory is an invited editor; the notation is in victims.ts.

import { afterEach, describe, expect, it, vi } from "vitest";
import { fromHex, toHex } from "../../src/crdt/graph/bytes.ts";
import type { Op } from "../../src/crdt/graph/change.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import { type Bytes, joinMessage, type RefusalCode } from "../../src/crdt/index.ts";
import * as limits from "../../src/crdt/limits.ts";
import { claim, compare } from "../../src/sync/reconcile.ts";
import { shownName } from "../../src/ui/people/names.ts";
import { signatureCases } from "../crdt/graph/ed25519-cases.ts";
import { copyOf, forge, Key, newcomer, sync } from "../crdt/people.ts";
import {
  allShow,
  allTake,
  BODY,
  behind,
  forgeBytes,
  LETTER,
  refused,
  refuses,
  setting,
  standOn,
  typing,
  victims,
} from "./victims.ts";

vi.setConfig({ testTimeout: 20_000 });

const prototype = Object.getOwnPropertyNames(Object.prototype).sort().join();
afterEach(() => expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(prototype));

describe("A: bytes and signatures", () => {
  it("A1 A2 a change altered in any one byte is refused, and changes nothing", () => {
    const { alice, bob, carol } = victims();
    const [letter] = bob.write(root => root.text("body").insert(6, " work 🙂"));
    const { json, heads } = alice;
    for (let i = 0; i < letter!.bytes.length; i++) {
      for (const bit of [1, 0x80]) {
        const bytes = letter!.bytes.slice();
        bytes[i]! ^= bit;
        for (const person of [alice, carol, newcomer("Dave", alice, null)]) {
          const { admitted, refused, missing } = person.receive({ ...letter!, bytes });
          expect([admitted.length, refused.length, missing], `byte ${i}`).toEqual([0, 1, null]);
        }
      }
    }
    for (const person of [alice, carol]) {
      expect([person.json, person.heads]).toEqual([json, heads]);
      expect(person.receive(letter!).admitted).toEqual([letter!.id]);
    }
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
    const { alice, bob, carol } = victims();
    const [letter] = bob.write(root => root.text("body").insert(0, "x"));
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    let s = order;
    for (let i = 0; i < 32; i++) s += BigInt(letter!.signature[32 + i]!) << BigInt(8 * i);
    const signature = letter!.signature.slice();
    for (let i = 0; i < 32; i++) signature[32 + i] = Number((s >> BigInt(8 * i)) & 255n);
    for (const person of [alice, carol, copyOf(alice, "Dave")]) {
      expect(person.receive({ ...letter!, signature }).refused).toEqual(["SignatureWrong"]);
      expect(person.receive(letter!).admitted).toEqual([letter!.id]);
      expect(person.receive(letter!)).toEqual({ admitted: [], refused: [], missing: null });
    }
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
    const own = forge(bob, { ops: ref => [typing("x", behind(ref(id), LETTER))] });
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

  it("A7 a signature whose R is of small order or in another form is refused, whoever's key it is for", () => {
    const { alice, mallory } = victims();
    const letter = forge(mallory, { ops: () => [typing("x")] });
    const forms = signatureCases().filter(({ name }) => name.startsWith("R "));
    expect(forms.length).toBeGreaterThan(10);
    for (const { signature } of forms)
      refuses(alice, { ...letter, signature: fromHex(signature)! }, "SignatureWrong");
  });

  it("A8 a signature that is right by some rules in use and wrong by ours is refused, and its key as an author", () => {
    const { alice, mallory } = victims();
    for (const { name, key, signature } of signatureCases().filter(({ name }) => name.includes("torsion"))) {
      const author = key as Key["id"];
      const letter = forge(mallory, { header: { author }, ops: () => [typing("x")] });
      const code = name.includes("in A") ? "KeyInadmissible" : "SignatureWrong";
      refuses(alice, { ...letter, signature: fromHex(signature)! }, code);
    }
  });

  it("A12 two changes whose shortened hashes collide in a comparison cost another round, and nothing wrong is shown", () => {
    const { alice, bob } = victims();
    const key = new Uint8Array(32);
    const [letter] = bob.write(root => root.text("body").insert(0, "x"));
    const [theirs] = claim(bob.replica, key, new Set()).filter(({ author }) => author === bob.device);
    alice.receive(letter!);
    const [next] = bob.write(root => root.text("body").insert(0, "y"));
    alice.receive(next!);
    // The tag of one of ours at the number of another: as if the eight bytes were those of both.
    const lie = { ...theirs!, seq: theirs!.seq + 1 };
    const { missing } = compare(alice.replica, key, [lie]);
    expect(missing).toContain(alice.replica.ground.graph.slotOf(next!.id));
    // Under the key of another link the same change has another tag: nothing can be prepared.
    const other = claim(bob.replica, new Uint8Array(32).fill(1), new Set());
    expect(toHex(other.find(({ author }) => author === bob.device)!.tag)).not.toBe(toHex(theirs!.tag));
  });

  it("A14 keys that look alike and differ in bytes are two keys, on every replica", () => {
    const { honest, mallory } = victims();
    const letter = forge(mallory, { ops: () => [setting("\u00e9", "one"), setting("e\u0301", "two")] });
    const shown = JSON.parse(allTake(honest, [letter])) as Record<string, string>;
    expect([shown["\u00e9"], shown["e\u0301"]]).toEqual(["one", "two"]);
  });

  it("A15 letters that reorder or hide text are kept as they are in a text, and are not shown in a name", () => {
    const { honest, mallory } = victims();
    const trick = "\u202egpj.exe\u2066\u200b";
    const letter = forge(mallory, { ops: () => [typing(trick)] });
    expect(allShow(honest, [letter], "body")).toContain(trick);
    expect(shownName(trick)).toBe("gpj.exe");
  });

  it("A16 bodies that promise more than they hold, or nest deeper than anything honest, are refused before they cost", () => {
    const { alice, mallory } = victims();
    const empty = forge(mallory, {});
    // The body of an empty change is three zeros: references, paths, ops.
    for (const at of [1, 2, 3]) {
      const promise = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
      const bytes = Uint8Array.of(...empty.bytes.slice(0, -at), ...promise, ...new Array(at - 1).fill(0));
      refuses(alice, forgeBytes(mallory, bytes), "BytesMalformed");
    }
    const deep = (steps: number) => ({
      ops: (): Op[] => [
        {
          type: "set",
          path: Array.from({ length: steps }, () => ({ at: "m", kind: "map" as const })),
          key: "k",
          value: 1,
          replaces: [],
        },
      ],
    });
    expect(alice.receive(forge(mallory, deep(limits.DEPTH_MAX))).refused).toEqual([]);
    refuses(alice, forge(mallory, deep(limits.DEPTH_MAX + 1)), "BytesMalformed");
    refuses(alice, forgeBytes(mallory, new Uint8Array(limits.CHANGE_BYTES_MAX + 1)), "BytesTooLarge");
  });

  it("A18 keys that look like numbers stand in the order of their bytes everywhere", () => {
    const { honest, mallory } = victims();
    const keys = ["10", "9", "-1", "01", "4294967295"];
    const letters = keys.map(key => forge(mallory, { ops: () => [setting(key, key)] }));
    allTake(honest, letters);
    standOn(honest);
    const { json } = honest[0];
    const order = [...keys].sort().map(key => json.indexOf(`"${key}":`));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
  });

  it("A17 keys named like parts of Object.prototype are ordinary keys of a policy, a map and a path", () => {
    const { honest, mallory } = victims();
    const letter = forge(mallory, {
      ops: () => [
        { type: "set", path: [], key: "__proto__", value: { make: "map" }, replaces: [] },
        { type: "set", path: [{ at: "__proto__", kind: "map" }], key: "polluted", value: 1, replaces: [] },
        { type: "set", path: [{ at: "constructor", kind: "map" }], key: "prototype", value: 1, replaces: [] },
      ],
    });
    const json = allTake(honest, [letter]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(json).toContain('"__proto__":{"polluted":1}');
  });
});
