// The scenarios by which the prior art (a JSON document among liars, in Rust; RGA lists, last-writer registers) shows
// that it works, under the names they have there. Where a scenario means something else here, the test says what, and
// with which refusal. Its holes have a file of their own: test/attacks/holes.test.ts.

import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import type { ChangeId, Json, Path, RefusalCode, Scalar } from "../../src/crdt/index.ts";
import { Prng } from "../sim/prng.ts";
import { Crowd } from "./crowd.ts";
import { clock, forge, gather, type Letter, type Person, SEED, sync } from "./people.ts";

vi.setConfig({ testTimeout: 60_000 });

const END = { parent: null, side: "right", rightOrigin: null } as const;
const BODY: Path = [{ at: "body", kind: "text" }];
const LIST: Path = [{ at: "list", kind: "list" }];

const view = (person: Person) => JSON.parse(person.json) as Record<string, Json>;
const listOf = (person: Person) => view(person).list as Scalar[];
const codes = (person: Person, letters: readonly Letter[]): RefusalCode[] =>
  person.receiveAll(letters).flatMap(({ refused }) => refused);

/** `insert(ROOT, …)` there is at the beginning; `insert(op, …)` right behind that one. */
function insert(person: Person, value: Scalar, after: Scalar | null = null): Letter[] {
  return person.write(root => {
    const list = root.list("list");
    list.insert(after === null ? 0 : (list.toJSON() as Json[]).indexOf(after) + 1, value);
  });
}

function remove(person: Person, value: Scalar): Letter[] {
  return person.write(root => {
    const list = root.list("list");
    list.delete((list.toJSON() as Json[]).indexOf(value));
  });
}

/** Alice and Bob, and Carol, who only listens. */
function three(): [Person, Person, Person] {
  const people = gather("Alice", "Bob", "Carol");
  people[0].write(root => root.list("list"));
  sync(people);
  return people;
}

describe("byzantine", () => {
  it("test_equivocation: copies of b with other contents under its signature are refused before and after it", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    const [a] = alice.write(root => root.text("body").insert(0, "a"));
    sync([alice, bob, carol]);
    const [b] = alice.write(root => root.text("body").insert(1, "b"));
    const { change } = alice.replica.get(b!.id)!;
    const [op] = change.ops;
    const copies: Op[][] = [
      [{ ...op, text: "c" } as Op],
      [{ type: "delete", path: BODY, spans: [{ change: 1, start: 1, length: 1 }] }],
    ];
    // Made on top of what Bob holds, so in every other field they are b; one also with the next number.
    const lies = [
      ...copies.map(ops => forge(alice, { ops: () => ops, header: { time: change.time } }, bob)),
      forge(alice, { ops: () => change.ops, header: { seq: change.seq + 1 } }, bob),
    ].map(({ bytes }) => ({ id: b!.id, bytes, signature: b!.signature }));
    for (const person of [bob, carol]) {
      expect(codes(person, lies)).toEqual(["SignatureWrong", "SignatureWrong", "SignatureWrong"]);
      expect(person.text()).toBe("a");
      expect(codes(person, [a!, b!])).toEqual([]);
      expect(codes(person, lies)).toEqual(["SignatureWrong", "SignatureWrong", "SignatureWrong"]);
    }
    expect([alice.text(), bob.text(), carol.text()]).toEqual(["ab", "ab", "ab"]);
  });

  it("test_forge_update: an op under the owner's name by another key is refused, also when it is hashed properly", () => {
    const [alice, bob, carol, mallory] = gather("Alice", "Bob", "Carol", "Mallory");
    alice.write(root => root.text("body").insert(0, "a"));
    sync([alice, bob, carol, mallory]);
    const typed: Op = { type: "insertText", path: BODY, ...END, text: "forged" };
    const proper = forge(alice, { ops: () => [typed], signer: mallory.key }, bob);
    const bytes = proper.bytes.slice();
    bytes[bytes.length - 1]! ^= 1;
    for (const person of [bob, carol])
      expect(codes(person, [proper, { ...proper, bytes }])).toEqual(["SignatureWrong", "SignatureWrong"]);
    expect([alice.text(), bob.text(), carol.text()]).toEqual(["a", "a", "a"]);
  });

  it("test_path_update: paths that lead nowhere, are cut short, or were changed after signing are refused", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    const [made] = alice.write(root => root.set("list", [{ body: "x" }]));
    sync([alice, bob, carol]);
    const { json } = alice;
    const into =
      (index: number, key: string, rest: Path = []) =>
      (ref: (id: ChangeId) => number) =>
        [
          {
            type: "set",
            path: [...LIST, { at: { change: ref(made!.id), index }, kind: "map" }, ...rest],
            key,
            value: 1,
            replaces: [],
          },
        ] as Op[];
    const nowhere = forge(bob, { ops: into(7, "body") });
    const short = forge(bob, {
      ops: () => [{ type: "set", path: LIST, key: "body", value: 1, replaces: [] }],
    });
    expect(codes(alice, [nowhere])).toEqual(["ReferenceWrong"]);
    // A key of a list cannot even be spelled.
    expect(codes(alice, [short])).toEqual(["BytesMalformed"]);
    // A key that nobody has made anything of is no dead end here: the write makes the map.
    const sound = forge(bob, { ops: into(1, "body", [{ at: "more", kind: "map" }]) });
    const bytes = Buffer.from(sound.bytes);
    bytes.write("mode", bytes.indexOf("more"));
    const changed = { ...sound, bytes: new Uint8Array(bytes) };
    expect(codes(alice, [changed])).toEqual(["SignatureWrong"]);
    expect(alice.json).toBe(json);
    for (const person of [alice, carol]) {
      expect(codes(person, [sound])).toEqual([]);
      expect(view(person).list).toEqual([{ body: "x", more: { body: 1 } }]);
    }
  });
});

describe("commutative", () => {
  const crowd = new Crowd(["Alice", "Bob", "Carol"], root => root.list("list"));
  const shuffled = <T>(items: readonly T[], luck: Prng): T[] => {
    const left = [...items];
    return items.map(() => left.splice(luck.below(left.length), 1)[0]!);
  };

  it("test_list_fuzz_commutative: two writers and one who listens, told in any order, show one list after each of 100 rounds", () => {
    const luck = new Prng(SEED);
    const [alice, bob, carol] = crowd.gather() as [Person, Person, Person];
    let value = 0;
    for (let round = 0; round < 100; round++) {
      const said = [alice, bob].map(writer =>
        Array.from({ length: luck.between(1, 3) }, () => {
          const known = listOf(writer);
          return luck.chance(0.8) || known.length === 0
            ? insert(writer, ++value, known.length === 0 ? null : luck.pick([null, ...known]))
            : remove(writer, luck.pick(known));
        }).flat(),
      );
      for (const letter of shuffled(said[1]!, luck)) crowd.hand(letter, alice);
      for (const letter of shuffled(said[0]!, luck)) crowd.hand(letter, bob);
      for (const letter of shuffled(said.flat(), luck)) crowd.hand(letter, carol);
      expect(bob.json).toBe(alice.json);
      expect(carol.json).toBe(alice.json);
    }
    expect(listOf(alice).length).toBeGreaterThan(100);
  });

  // There an op may name one that its author has not seen. Here that is refused, and who wants to build on an op hears of
  // it first; then it may come to others before what it builds on.
  it("test_list_fuzz_commutative: inserts behind any op of either writer, told before what they build on, show one list", () => {
    const luck = new Prng(SEED + 1);
    const [alice, bob, carol] = crowd.gather() as [Person, Person, Person];
    const all: { readonly letter: Letter; readonly value: number }[] = [];
    let unseen = 0;
    for (let round = 1; round <= 100; round++) {
      const writer = luck.pick([alice, bob]);
      const anchor = all.length === 0 ? null : luck.pick(all);
      if (anchor !== null && !writer.replica.has(anchor.letter.id)) {
        const ops = (ref: (id: ChangeId) => number): Op[] => {
          const parent = { change: ref(anchor.letter.id), index: 0 };
          return [{ type: "insertList", path: LIST, ...END, parent, values: [-round] }];
        };
        const early = forge(writer, { ops });
        const judge = crowd.copy(carol);
        for (const { letter } of all) crowd.hand(letter, judge);
        expect(crowd.hand(early, judge).refused.map(({ refusal }) => refusal.code)).toEqual([
          "ReferenceUnseen",
        ]);
        for (const { letter } of all.slice(0, all.indexOf(anchor) + 1)) crowd.hand(letter, writer);
        unseen++;
      }
      const [letter] = insert(writer, round, anchor?.value ?? null);
      all.push({ letter: letter!, value: round });
    }
    for (const person of [alice, bob, carol])
      for (const { letter } of shuffled(all, luck)) crowd.hand(letter, person);
    expect(unseen).toBeGreaterThan(5);
    expect(listOf(alice)).toHaveLength(100);
    expect(bob.json).toBe(alice.json);
    expect(carol.json).toBe(alice.json);
  });
});

interface Trace {
  readonly endContent: string;
  readonly txns: readonly { readonly patches: readonly (readonly [number, number, string])[] }[];
}

const FILE = new URL("../../../shared/traces/sequential/automerge-paper.json.gz", import.meta.url);
if (!existsSync(FILE))
  console.log("test_editing_trace: skipped, no ../shared/traces/sequential/automerge-paper.json.gz");

describe.skipIf(!existsSync(FILE))("kleppmann_trace", () => {
  it("test_editing_trace: 259,778 single edits end in the recorded text, here and where they are heard of", {
    timeout: 300_000,
  }, () => {
    const trace = JSON.parse(gunzipSync(readFileSync(FILE)).toString()) as Trace;
    const [alice, bob] = gather("Alice", "Bob");
    clock.step = 1;
    const before = process.cpuUsage();
    const told: string[] = [];
    const letters: Letter[] = [];
    let edits = 0;
    for (const { patches } of trace.txns) {
      for (const [at, deleted, inserted] of patches) {
        alice.replica.edit(root => {
          const text = root.text("body");
          if (deleted > 0) text.delete(at, deleted);
          if (inserted !== "") text.insert(at, inserted);
        });
        edits++;
        if (edits % 1_000 === 0) letters.push(...alice.close());
        if (edits === 10_000 || edits === 100_000) told.push(`${edits}: ${seconds(before)} s`);
      }
    }
    letters.push(...alice.close());
    console.log(`test_editing_trace: ${[...told, `${edits}: ${seconds(before)} s`].join(", ")} of one core`);
    expect(edits).toBe(259_778);
    const text = alice.text();
    expect(text).toHaveLength(trace.endContent.length);
    expect(text === trace.endContent).toBe(true);
    expect(codes(bob, letters)).toEqual([]);
    expect(bob.text() === text).toBe(true);
    clock.step = 60;
  });
});

function seconds(before: NodeJS.CpuUsage): string {
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1e6).toFixed(1);
}

describe("list_crdt", () => {
  it("simple: an op behind the first goes between the first and the second", () => {
    const [alice] = three();
    insert(alice, 1);
    insert(alice, 2, 1);
    insert(alice, 3, 2);
    insert(alice, 4, 1);
    expect(listOf(alice)).toEqual([1, 4, 2, 3]);
  });

  it("idempotence: an op told ten times is there once", () => {
    const [alice, bob] = three();
    const letters = insert(alice, 1);
    for (let i = 0; i < 10; i++)
      for (const person of [alice, bob]) expect(codes(person, letters)).toEqual([]);
    expect([listOf(alice), listOf(bob)]).toEqual([[1], [1]]);
  });

  it("delete: what was deleted is gone, and what hung on it stays", () => {
    const [alice, bob] = three();
    const letters = [
      ...insert(alice, "a"),
      ...insert(alice, "b", "a"),
      ...insert(alice, "c", "b"),
      ...remove(alice, "b"),
    ];
    expect(codes(bob, letters)).toEqual([]);
    expect([listOf(alice), listOf(bob)]).toEqual([
      ["a", "c"],
      ["a", "c"],
    ]);
  });

  it("interweave_chars: what is inserted at the beginning later comes first", () => {
    const [alice] = three();
    insert(alice, "a");
    insert(alice, "b", "a");
    insert(alice, "c");
    expect(listOf(alice)).toEqual(["c", "a", "b"]);
  });

  it("conflicting_agents: five ops that cross each other end in one order, the tie decided by hash", () => {
    const [alice, bob] = three();
    const a = insert(alice, "a");
    bob.receiveAll(a);
    const b = insert(bob, "b", "a");
    alice.receiveAll(b);
    const y = insert(alice, "y", "b");
    const x = insert(bob, "x", "b");
    const d = insert(alice, "d");
    expect(codes(bob, [...d, ...y])).toEqual([]);
    expect(codes(alice, x)).toEqual([]);
    const tie = x[0]!.id < y[0]!.id ? ["x", "y"] : ["y", "x"];
    expect([listOf(alice), listOf(bob)]).toEqual([
      ["d", "a", "b", ...tie],
      ["d", "a", "b", ...tie],
    ]);
  });

  it("delete_multiple_agent: what was inserted behind an op that was deleted meanwhile stays", () => {
    const [alice, bob] = three();
    bob.receiveAll(insert(alice, "a"));
    const b = insert(bob, "b", "a");
    const gone = remove(alice, "a");
    bob.receiveAll(gone);
    alice.receiveAll(b);
    expect([listOf(alice), listOf(bob)]).toEqual([["b"], ["b"]]);
  });

  it("nested: ops at the beginning and ops behind them stand as they were put", () => {
    const [alice, bob] = three();
    const letters = [
      ...insert(alice, "c"),
      ...insert(alice, "a"),
      ...insert(alice, "d", "c"),
      ...insert(alice, "b", "a"),
    ];
    bob.receiveAll(letters.toReversed());
    expect([listOf(alice), listOf(bob)]).toEqual([
      ["a", "b", "c", "d"],
      ["a", "b", "c", "d"],
    ]);
  });
});

describe("lww_crdt", () => {
  const set = (person: Person, value: Scalar, key = "lww") => person.write(root => root.lww(key).set(value));

  it("simple: a register shows what was written last", () => {
    const [alice] = gather("Alice", "Bob");
    const views = [1, 99].map(value => {
      set(alice, value);
      return view(alice).lww;
    });
    expect(views).toEqual([1, 99]);
  });

  it("multiple_writer: who saw a write is later than it", () => {
    const [alice, bob, carol] = gather("Alice", "Bob", "Carol");
    const first = set(alice, "first");
    bob.receiveAll(first);
    const second = set(bob, "second");
    alice.receiveAll(second);
    carol.receiveAll([...second, ...first]);
    for (const person of [alice, bob, carol]) expect(view(person).lww).toBe("second");
  });

  it("idempotence: a write told ten times changes nothing more", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const letters = set(alice, 1);
    for (let i = 0; i < 10; i++) expect(codes(bob, letters)).toEqual([]);
    expect(view(bob).lww).toBe(1);
  });

  it("consistent_tiebreak: of concurrent writes all show the same, the one whose change has the higher hash", () => {
    const [alice, bob] = gather("Alice", "Bob");
    sync([alice, bob]);
    const his = set(bob, "his");
    const hers = set(alice, "hers");
    alice.receiveAll(his);
    bob.receiveAll(hers);
    const latest = his.at(-1)!.id > hers.at(-1)!.id ? "his" : "hers";
    expect([view(alice).lww, view(bob).lww]).toEqual([latest, latest]);
  });
});

describe("json_crdt", () => {
  it("derive_basic: an object of two registers", () => {
    const [alice] = gather("Alice", "Bob");
    alice.write(root => {
      root.register("x").set(true);
      root.register("y").set(1);
    });
    expect(alice.json).toBe('{"x":true,"y":1}');
  });

  it("derive_nested: every node knows the path it is reached by", () => {
    const [alice] = gather("Alice", "Bob");
    alice.write(root => {
      const c = root.map("a").map("b").list("c");
      expect(c.path.map(({ at, kind }) => `${String(at)} ${kind}`)).toEqual(["a map", "b map", "c list"]);
      c.push(1);
    });
    expect(alice.json).toBe('{"a":{"b":{"c":[1]}}}');
  });

  it("lww_ops: three fields, two writers, crossed delivery, one document", () => {
    const people = gather("Alice", "Bob");
    const [alice, bob] = people;
    const hers = alice.write(root => {
      root.lww("a").set(3);
      root.lww("b").set(true);
    });
    const his = bob.write(root => {
      root.lww("a").set(99);
      root.lww("c").set("c");
    });
    bob.receiveAll(hers);
    alice.receiveAll(his);
    expect(alice.json).toBe(bob.json);
    expect(view(alice)).toEqual({ a: his[0]!.id > hers[0]!.id ? 99 : 3, b: true, c: "c" });
  });

  it("vec_and_map_ops: what comes before what it builds on waits and says for what, and heals", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const [a] = alice.write(root => root.set("list", ["a"]));
    const [b] = alice.write(root => root.list("list").push("b"));
    const [c] = alice.write(root => root.set("map", { c: root.list("list").length }));
    expect(bob.receive(c!)).toEqual({ admitted: [], refused: [], missing: b!.id });
    expect(bob.receive(b!)).toEqual({ admitted: [], refused: [], missing: a!.id });
    expect(view(bob)).toEqual({});
    expect(bob.receive(a!).admitted).toEqual([a!.id, b!.id, c!.id]);
    expect(bob.json).toBe('{"list":["a","b"],"map":{"c":2}}');
  });

  it("causal_field_dependency: money, then a purchase, then the thing, told in reverse, are there together", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const letters = [
      alice.write(root => root.counter("money").increment(15)),
      alice.write(root => root.counter("money").decrement(13)),
      alice.write(root => root.list("things").push("cookie")),
    ].flat();
    const seen = letters.toReversed().map(letter => {
      bob.receive(letter);
      return bob.json;
    });
    expect(seen).toEqual(["{}", "{}", '{"money":2,"things":["cookie"]}']);
  });

  it("2d_grid: rows of cells, a cell set, a cell deleted, a row deleted", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const letters = [
      alice.write(root => {
        root.set("grid", [[], []]);
        for (const [i, row] of [
          ["a", "b"],
          ["c", "d"],
        ].entries())
          for (const [j, cell] of row.entries()) {
            root.list("grid").list(i).insertNew(j, "register");
            root.list("grid").list(i).register(j).set(cell);
          }
      }),
      alice.write(root => root.list("grid").list(1).register(0).set("C")),
      alice.write(root => root.list("grid").list(0).delete(0)),
    ].flat();
    bob.receiveAll(letters);
    expect(bob.json).toBe('{"grid":[["b"],["C","d"]]}');
    bob.receiveAll(alice.write(root => root.list("grid").delete(0)));
    expect([alice.json, bob.json]).toEqual(['{"grid":[["C","d"]]}', '{"grid":[["C","d"]]}']);
  });

  it("arb_json: any JSON under a key, whole and in its parts", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const input = { a: [1, [null, "two"], { b: { c: false } }], "": -1.5e-7 };
    bob.receiveAll(alice.write(root => root.set("any", input)));
    expect(view(bob)).toEqual({ any: input });
    alice.receiveAll(bob.write(root => root.map("any").list("a").map(2).map("b").set("c", true)));
    expect(view(alice)).toEqual({ any: { ...input, a: [1, [null, "two"], { b: { c: true } }] } });
  });

  // There fields have types, and what does not fit becomes null or is dropped. Here nodes have kinds and values none: an op
  // that does not suit its node is refused as a whole, a value of another type is a value.
  it("wrong_json_types: an op on a node of another kind is refused, and what was there stays", () => {
    const [alice, bob] = gather("Alice", "Bob");
    const [made] = alice.write(root => {
      root.register("flag").set(true);
      root.set("list", [1, 2]);
    });
    bob.receive(made!);
    const { json } = alice;
    const wrong: Op[] = [
      { type: "increment", path: [{ at: "flag", kind: "register" }], by: 1 },
      { type: "insertText", path: LIST, ...END, text: "x" },
      { type: "add", path: LIST, value: 1 },
    ];
    for (const op of wrong)
      expect(codes(alice, [forge(bob, { ops: () => [op] })])).toEqual(["ReferenceWrong"]);
    const node: Op = {
      type: "set",
      path: [{ at: "latest", kind: "lww" }],
      key: null,
      value: { make: "list" },
      replaces: [],
    };
    expect(codes(alice, [forge(bob, { ops: () => [node] })])).toEqual(["ValueWrong"]);
    expect(() => bob.write(root => root.register("flag").set({} as never))).toThrow(TypeError);
    expect([alice.json, bob.json]).toEqual([json, json]);
    alice.receiveAll(bob.write(root => root.register("flag").set(7)));
    expect(view(alice)).toEqual({ flag: 7, list: [1, 2] });
  });
});

describe("speed", () => {
  it("50 agents × 5 conflicting inserts at the beginning, told in any order, show one list", () => {
    const luck = new Prng(SEED);
    const names = Array.from({ length: 50 }, (_, i) => `Agent ${i}`);
    const crowd = new Crowd(names, root => root.list("list"));
    const agents = crowd.gather();
    const all = agents.flatMap((agent, i) => [0, 1, 2, 3, 4].flatMap(n => insert(agent, 5 * i + n)));
    expect(all).toHaveLength(250);
    for (const agent of agents) {
      const left = [...all];
      while (left.length > 0) crowd.hand(left.splice(luck.below(left.length), 1)[0]!, agent);
    }
    const [first] = agents as [Person];
    const shown = listOf(first);
    for (const agent of agents) expect(agent.json).toBe(first.json);
    // What one typed backwards stays together.
    for (const [i] of agents.entries()) {
      const at = shown.indexOf(5 * i + 4);
      expect(shown.slice(at, at + 5)).toEqual([4, 3, 2, 1, 0].map(n => 5 * i + n));
    }
  });
});
