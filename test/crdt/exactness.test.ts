// What was written is what stands there: no half characters from anywhere, no character torn by anybody, no key that
// JavaScript takes for its own, no number that changes on the way, no line end that is made prettier.

import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import { idOf } from "../../src/crdt/graph/codec.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import type { ChangeId, Input, Kind, MapEdit, Path, Scalar, SetKind } from "../../src/crdt/index.ts";
import { Crowd } from "./crowd.ts";
import { forge, gather, Key, type Letter, type Person, SEED, sync } from "./people.ts";

vi.setConfig({ testTimeout: 30_000 });

const SETS = ["gset", "twophase", "lwwsetAdd", "lwwsetRemove", "set"] as const satisfies readonly SetKind[];
const END = { parent: null, side: "right", rightOrigin: null } as const;
const BODY: Path = [{ at: "body", kind: "text" }];
const view = ({ json }: Person) => JSON.parse(json);

const prototype = Object.getOwnPropertyNames(Object.prototype).sort().join();
afterEach(() => expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(prototype));

// ------------------------------------------------------------------------------------------------ half characters

/** In its place come three bytes that would be half a surrogate pair. */
const EURO = "€";
const HALVES = [
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
] as const;
const at = (kind: Kind): Path => [{ at: kind, kind }];
const set = (value: Scalar, path: Path = [], key: string | null = null): Op => ({
  type: "set",
  path,
  key,
  value,
  replaces: [],
});
const own = [{ change: 0, index: 0 }];

// Each line: where, and an op with one euro sign there.
const PLACES: readonly (readonly [string, readonly Op[]])[] = [
  ["a text", [{ type: "insertText", path: BODY, ...END, text: EURO }]],
  ["an item of a list", [{ type: "insertList", path: at("list"), ...END, values: [1, EURO] }]],
  ["a value under a key", [set(EURO, [], "k")]],
  ["a key", [set(1, [], EURO)]],
  ["a key of a path", [set(1, [{ at: EURO, kind: "map" }], "k")]],
  [
    "a key deep in a path",
    [
      set(1, [
        { at: "m", kind: "map" },
        { at: EURO, kind: "register" },
      ]),
    ],
  ],
  ["a register", [set(EURO, at("register"))]],
  ["an lww", [set(EURO, at("lww"))]],
  ...SETS.map(
    kind => [`an add to a ${kind}`, [{ type: "add", path: at(kind), value: EURO }] as Op[]] as const,
  ),
  [
    "a remove from a set",
    [
      { type: "add", path: at("set"), value: "a" },
      { type: "remove", path: at("set"), value: EURO, replaces: own },
    ],
  ],
  ["an emptied key", [set(1, [], "k"), { type: "unset", path: [], key: EURO, replaces: own }]],
  ["a person's name", [{ type: "name", name: EURO }]],
  [
    "an invite's label",
    [{ type: "invite", key: new Key("link").id, role: "reader", label: EURO, expires: 0, uses: 0 }],
  ],
];

/** The same change with half a character, hashed and signed properly. */
function halved(author: Person, { bytes }: Letter, half: readonly number[]): Letter {
  const other = Buffer.from(bytes);
  const index = other.indexOf(EURO);
  expect(index).toBeGreaterThan(0);
  expect(other.indexOf(EURO, index + 1)).toBe(-1);
  other.set(half, index);
  const id = idOf(new Uint8Array(other));
  return { id, bytes: new Uint8Array(other), signature: author.key.sign(signatureMessage(id)) };
}

describe("half a character", () => {
  it.each(PLACES)("in %s is refused by everybody, and changes nothing", (_, ops) => {
    const people = gather("Alice", "Bob", "Carol");
    const [alice] = people;
    const letter = forge(alice, { ops: () => ops });
    for (const half of HALVES) {
      const bad = halved(alice, letter, half);
      for (const person of people) {
        expect(person.receive(bad).refused).toEqual(["BytesMalformed"]);
        expect(person.json).toBe("{}");
      }
    }
  });

  const LONE = ["\ud83d", "\ude42", "a\ud83d", "\ude42a", "\ude42\ud83d"];
  const CALLS: readonly (readonly [string, (root: MapEdit, lone: string) => unknown])[] = [
    ["set(key)", (root, lone) => root.set(lone, 1)],
    ["set(value)", (root, lone) => root.set("k", lone)],
    ["set(deep value)", (root, lone) => root.set("k", { a: [1, { b: lone }] })],
    ["set(deep key)", (root, lone) => root.set("k", [{ [lone]: 1 }])],
    ["delete(key)", (root, lone) => root.delete(lone)],
    ...(["map", "list", "text", "register", "lww", "counter", "setOf"] as const).map(
      name => [`${name}(key)`, (root: MapEdit, lone: string) => root[name](lone)] as const,
    ),
    ["a text's insert", (root, lone) => root.text("body").insert(0, lone)],
    ["a list's insert", (root, lone) => root.list("list").insert(0, 1, lone)],
    ["a register's set", (root, lone) => root.register("register").set(lone)],
    ["an lww's set", (root, lone) => root.lww("lww").set(lone)],
    ...SETS.map(
      kind => [`a ${kind}'s add`, (root: MapEdit, lone: string) => root.setOf("s", kind).add(lone)] as const,
    ),
    ["a set's delete", (root, lone) => root.setOf("s").delete(lone)],
  ];

  it.each(CALLS)("is not taken by %s, and nothing has happened", (_, call) => {
    const [alice] = gather("Alice", "Bob");
    for (const lone of LONE) {
      expect(() => alice.replica.edit(root => call(root, lone))).toThrow(TypeError);
      expect(alice.replica.hasDraft).toBe(false);
    }
    expect(alice.json).toBe("{}");
  });

  it("is taken neither for a name nor for a label, nor is one too long", () => {
    const [alice] = gather("Alice", "Bob");
    for (const lone of [...LONE, "é".repeat(65)]) {
      expect(() => alice.replica.rename(lone)).toThrow(RangeError);
      expect(() => alice.replica.invite(new Key("link").id, "reader", lone)).toThrow(RangeError);
      expect(alice.replica.hasDraft).toBe(false);
    }
    expect(alice.invite(new Key("link"))).toHaveLength(1);
  });
});

// ------------------------------------------------------------------------------------------------ whole characters

describe("a character of two units", () => {
  const crowd = new Crowd(["Alice", "Bob", "Mallory"], root => root.text("body").insert(0, "a🙂b🎉🙂"));

  interface Move {
    readonly who: number;
    readonly kind: number;
    readonly at: number;
    readonly to: number;
  }
  const move: fc.Arbitrary<Move> = fc.record({
    who: fc.nat(2),
    kind: fc.nat(3),
    at: fc.nat(60),
    to: fc.nat(60),
  });
  const boundary = (text: string, n: number) => {
    const index = n % (text.length + 1);
    return (text.charCodeAt(index) & 0xfc00) === 0xdc00 ? index - 1 : index;
  };

  it("is never torn, whatever a liar names as neighbours or deletes, while others type and delete", () => {
    const counts = { torn: 0, taken: 0 };
    fc.assert(
      fc.property(fc.array(move, { minLength: 4, maxLength: 20, size: "max" }), moves => {
        const [alice, bob, mallory] = crowd.gather() as [Person, Person, Person];
        const letters: Letter[] = [];
        // The making of the text, then its eight units.
        const elements = [{ id: crowd.last, size: 8 }];
        for (const { who, kind, at, to } of moves) {
          const target = elements[at % elements.length]!;
          const index = 1 + (to % target.size);
          let letter: Letter | undefined;
          if (who === 2) {
            const dot = (ref: (id: ChangeId) => number) => ({ change: ref(target.id), index });
            const lie = (ref: (id: ChangeId) => number): Op =>
              kind === 0
                ? { type: "delete", path: BODY, spans: [{ change: ref(target.id), start: index, length: 1 }] }
                : {
                    type: "insertText",
                    path: BODY,
                    text: "x",
                    ...(kind === 1
                      ? { parent: dot(ref), side: "left" as const, rightOrigin: null }
                      : {
                          parent: dot(ref),
                          side: "right" as const,
                          rightOrigin: kind === 2 ? null : dot(ref),
                        }),
                  };
            letter = forge(mallory, { ops: ref => [lie(ref)] });
            const codes = crowd.hand(letter, mallory).refused.map(({ refusal }) => refusal.code);
            if (codes.length > 0) expect(["TextSplit", "OrderWrong"]).toContain(codes[0]);
            counts[codes.length > 0 ? "torn" : "taken"]++;
          } else {
            const person = who === 0 ? alice : bob;
            const text = person.text();
            const [from, until] = [boundary(text, at), boundary(text, to)].sort((a, b) => a - b) as [
              number,
              number,
            ];
            [letter] = person.write(root =>
              kind === 0 && until > from
                ? root.text("body").delete(from, until - from)
                : root.text("body").insert(from, kind === 1 ? "🙂" : "y🎉"),
            );
          }
          letters.push(letter!);
          for (const person of [alice, bob, mallory]) {
            if (kind === 3) for (const said of letters) crowd.hand(said, person);
            expect(person.text().isWellFormed()).toBe(true);
          }
        }
        for (const person of [alice, bob, mallory])
          for (const said of letters.toReversed()) crowd.hand(said, person);
        for (const person of [alice, bob, mallory]) {
          expect(person.text().isWellFormed()).toBe(true);
          expect(person.json).toBe(alice.json);
        }
      }),
      { seed: SEED, numRuns: 150 },
    );
    expect(counts.torn).toBeGreaterThan(100);
    expect(counts.taken).toBeGreaterThan(100);
  });
});

describe("a character of many", () => {
  // Joined by ZWJ, with a skin tone, a variation selector, combining marks, Hangul parts, a flag's two letters.
  const CLUSTERS = ["👩‍👩‍👧‍👦", "👍🏽", "❤️", "e\u0301", "o\u0308\u0304", "\u1112\u1161\u11ab", "[🇦🇶]", "x"];
  const crowd = new Crowd(["Alice", "Bob", "Carol"], root => root.text("body").insert(0, CLUSTERS.join("")));
  const clusters = (text: string): string[] => {
    const found: string[] = [];
    for (let rest = text; rest !== ""; ) {
      const next = CLUSTERS.find(cluster => rest.startsWith(cluster));
      expect(next, `what stands at the beginning of ${JSON.stringify(rest)}`).toBeDefined();
      found.push(next!);
      rest = rest.slice(next!.length);
    }
    return found;
  };

  it("stays whole while three people type and delete whole ones at the same places at the same time", () => {
    const draw = fc.record({ who: fc.nat(2), at: fc.nat(30), what: fc.nat(11), hears: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(draw, { minLength: 4, maxLength: 25, size: "max" }), draws => {
        const people = crowd.gather();
        const letters: Letter[] = [];
        for (const { who, at, what, hears } of draws) {
          const person = people[who]!;
          const now = clusters(person.text());
          const index = at % (now.length + 1);
          const offset = now.slice(0, index).join("").length;
          const gone = now[index];
          letters.push(
            ...person.write(root =>
              what >= CLUSTERS.length && gone !== undefined
                ? root.text("body").delete(offset, gone.length)
                : root.text("body").insert(offset, CLUSTERS[what % CLUSTERS.length]!),
            ),
          );
          if (hears === 0) for (const letter of letters) crowd.hand(letter, people[(who + 1) % 3]!);
        }
        for (const person of people) for (const letter of letters.toReversed()) crowd.hand(letter, person);
        for (const person of people) {
          expect(person.json).toBe(people[0]!.json);
          clusters(person.text());
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

describe("a line end", () => {
  it("is what was received: CR, LF and both are characters like others, and may be parted", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    alice.write(root => root.text("body").insert(0, "a\r\nb\rc\nd\u2028e"));
    sync([alice, bob, carol]);
    expect(bob.text()).toBe("a\r\nb\rc\nd\u2028e");
    bob.write(root => root.text("body").insert(2, "|"));
    carol.write(root => root.text("body").delete(2, 1));
    sync([alice, bob, carol]);
    for (const person of [alice, bob, carol]) expect(person.text()).toBe("a\r|b\rc\nd\u2028e");
    const letter = forge(bob, { ops: () => [set("\r\n\u0000\u007f\ufeff\uffff", [], "\r")] });
    for (const person of [alice, bob, carol]) {
      expect(person.receive(letter).refused).toEqual([]);
      expect(view(person)["\r"]).toBe("\r\n\u0000\u007f\ufeff\uffff");
    }
  });
});

// ------------------------------------------------------------------------------------------------- keys and numbers

describe("a key that every object has", () => {
  const NAMES = [
    "__proto__",
    "constructor",
    "prototype",
    "hasOwnProperty",
    "toString",
    "toJSON",
    "then",
    "length",
  ];

  it("is data at every level: of maps in maps and lists, of nodes of every kind, as a value of sets, from afar", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    const expected: Record<string, unknown> = Object.create(null);
    alice.write(root => {
      for (const name of NAMES) {
        const map = root.map(name);
        const inside: [string, (key: string) => unknown, unknown][] = [
          [
            "map",
            key => map.map(key).map(name).set(name, true),
            Object.fromEntries([[name, Object.fromEntries([[name, true]])]]),
          ],
          [
            "list",
            key => map.list(key).push(JSON.parse(`{"${name}":[{"${name}":1}]}`) as Input),
            [JSON.parse(`{"${name}":[{"${name}":1}]}`)],
          ],
          ["text", key => map.text(key).insert(0, name), name],
          ["register", key => map.register(key).set(name), name],
          ["lww", key => map.lww(key).set(name), name],
          ["counter", key => map.counter(key).increment(2), 2],
          ["set", key => map.setOf(key).add(name), [name]],
        ];
        for (const [key, write] of inside) write(key);
        expected[name] = Object.fromEntries(inside.map(([key, , shown]) => [key, shown]));
      }
    });
    sync([alice, bob, carol]);
    bob.write(root => root.map("__proto__").map("map").map("__proto__").set("polluted", true));
    carol.write(root => root.map("constructor").delete("prototype"));
    sync([alice, bob, carol]);
    const shown = view(alice);
    expect(Object.keys(shown).sort()).toEqual([...NAMES].sort());
    const [proto] = NAMES;
    expect(shown[proto!].map[proto!]).toEqual(JSON.parse('{"__proto__":true,"polluted":true}'));
    for (const name of NAMES.slice(1)) expect(shown[name]).toEqual(expected[name]);
    for (const person of [bob, carol]) expect(person.json).toBe(alice.json);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    const deleted = alice.write(root => {
      for (const name of NAMES) root.delete(name);
    });
    for (const person of [bob, carol]) person.receiveAll(deleted);
    expect([alice.json, bob.json, carol.json]).toEqual(["{}", "{}", "{}"]);
  });
});

describe("a number", () => {
  // Each line: what is written, and how it stands in canonical JSON (RFC 8785).
  const NUMBERS: readonly (readonly [number, string])[] = [
    [-0, "0"],
    [1e308, "1e+308"],
    [-1e308, "-1e+308"],
    [Number.MAX_VALUE, "1.7976931348623157e+308"],
    [5e-324, "5e-324"],
    [-5e-324, "-5e-324"],
    [2 ** 53 - 1, "9007199254740991"],
    [2 ** 53, "9007199254740992"],
    [2 ** 53 + 2, "9007199254740994"],
    [-(2 ** 53), "-9007199254740992"],
    [2 ** 63, "9223372036854776000"],
    [1e21, "1e+21"],
    [999999999999999900000, "999999999999999900000"],
    [0.1 + 0.2, "0.30000000000000004"],
    [1e-7, "1e-7"],
    [0.000001, "0.000001"],
  ];

  it.each(NUMBERS)(
    "%d stands as %s wherever values stand, and comes from afar as it went",
    (value, canonical) => {
      const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
      alice.write(root => {
        root.set("key", value);
        root.set("nested", [{ n: value }]);
        root.register("register").set(value);
        root.lww("lww").set(value);
        for (const kind of SETS) root.setOf(kind, kind).add(value);
      });
      sync([alice, bob, carol]);
      const sets = Object.fromEntries(SETS.map(kind => [kind, canonical]));
      const lines = {
        key: canonical,
        lww: canonical,
        register: canonical,
        nested: `{"n":${canonical}}`,
        ...sets,
      };
      for (const person of [alice, bob, carol]) {
        for (const [name, line] of Object.entries(lines))
          expect(person.json).toContain(
            ["nested", ...SETS].includes(name) ? `"${name}":[${line}]` : `"${name}":${line}`,
          );
        expect(person.json).toBe(alice.json);
      }
    },
  );

  it("is one member of a set if it is one double", () => {
    const people = gather("Alice", "Bob");
    const [alice, bob] = people;
    alice.write(root =>
      root
        .setOf("s")
        .add(2 ** 53)
        .add(-0)
        .add(1),
    );
    bob.write(root =>
      root
        .setOf("s")
        .add(2 ** 53 + 1)
        .add(0)
        .add(1.0),
    );
    sync(people);
    bob.write(root => expect(root.setOf("s").delete(2 ** 53)).toBe(true));
    sync(people);
    for (const person of people) expect(view(person)).toEqual({ s: [0, 1] });
  });

  it("that is none is refused by every handle", () => {
    const [alice] = gather("Alice", "Bob");
    for (const none of [Number.NaN, Infinity, -Infinity])
      for (const call of [
        (root: MapEdit) => root.set("k", none),
        (root: MapEdit) => root.list("l").push([none]),
        (root: MapEdit) => root.register("r").set(none),
        (root: MapEdit) => root.lww("w").set(none),
        (root: MapEdit) => root.counter("c").increment(none),
        (root: MapEdit) => root.setOf("s").add(none),
      ])
        expect(() => alice.replica.edit(root => void call(root))).toThrow(TypeError);
    expect([alice.json, alice.replica.hasDraft]).toEqual(["{}", false]);
  });
});
