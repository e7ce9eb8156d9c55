// The plain spelling does to a document what JavaScript does to an object, or throws and does nothing. The property test
// says so of everything it draws: the same statements run on a plain object are the oracle.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PlainAny } from "../../../src/crdt/api/typed.ts";
import { counter, docOf, list, lww, register, set, text } from "../../../src/crdt/index.ts";
import { begin, copyOf, gather, type Person, SEED, sync } from "../people.ts";

function begun(start: (d: PlainAny) => void = () => undefined) {
  const [alice, bob] = gather("Alice", "Bob");
  const doc = docOf(alice.replica);
  doc.change(start);
  alice.close();
  sync([alice, bob]);
  return { alice, bob, doc };
}

const shown = (person: Person) => JSON.parse(person.json);

describe("the plain spelling", () => {
  it("reads and writes keys, lists and what is in them", () => {
    const { alice, bob, doc } = begun(d => {
      d.old = 1;
      d.todo = [];
    });
    doc.change(d => {
      d.title = "x";
      d.todo.push({ text: "milk", done: false }, { text: "eggs", done: false });
      d.todo[0].done = true;
      delete d.old;
      d.todo.splice(1, 1);
      d["with space"] = { deep: [[{ er: null }]] };
    });
    const expected = {
      title: "x",
      todo: [{ text: "milk", done: true }],
      "with space": { deep: [[{ er: null }]] },
    };
    expect(doc.toJson()).toEqual(expected);
    alice.close();
    sync([alice, bob]);
    expect(shown(bob)).toEqual(expected);
  });

  it("shows maps as objects", () => {
    const { doc } = begun(d => Object.assign(d, { b: 1, a: { c: [1, 2] }, n: null }));
    doc.change(d => {
      expect(Object.keys(d)).toEqual(["a", "b", "n"]);
      expect({ ...d.a }.c).toBe(d.a.c);
      expect(JSON.stringify(d)).toBe('{"a":{"c":[1,2]},"b":1,"n":null}');
      expect(["a" in d, "z" in d, d.z, d.n]).toEqual([true, false, undefined, null]);
      const [first, second] = [d.a, d.a];
      expect(first).toBe(second);
      expect(first.c).toBe(second.c);
      expect(Object.entries(d.a)).toEqual([["c", d.a.c]]);
      const names = [];
      for (const name in d) names.push(name);
      expect(names).toEqual(["a", "b", "n"]);
      d.b += 1;
      d.count ??= 0;
      d.count++;
      d.a.c[1] *= 2;
      const same = d.a;
      d.a = same;
    });
    expect(doc.toJson()).toEqual({ a: { c: [1, 4] }, b: 2, count: 1, n: null });
  });

  it("has no keys but those of the document: prototypes are data", () => {
    const { alice, bob, doc } = begun();
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "then", "toJSON"];
    doc.change(d => {
      for (const name of names) expect([d[name], name in d]).toEqual([undefined, false]);
      expect(Object.getPrototypeOf(d)).toBe(null);
      d.nested = JSON.parse('{ "__proto__": { "polluted": true } }');
      d[names[0]!] = { polluted: 1 };
      d.constructor = "mine";
      d.toString = [1];
      d.toJSON = { no: "function" };
      expect(d.polluted).toBe(undefined);
      expect(d[names[0]!].polluted).toBe(1);
      expect(Object.keys(d)).toEqual(["__proto__", "constructor", "nested", "toJSON", "toString"]);
      expect(JSON.parse(JSON.stringify(d)).constructor).toBe("mine");
    });
    alice.close();
    sync([alice, bob]);
    expect(({} as { polluted?: unknown }).polluted).toBe(undefined);
    expect(bob.json).toContain('"__proto__":{"polluted":1}');
    expect(bob.json).toContain('"nested":{"__proto__":{"polluted":true}}');
  });

  it("shows lists as arrays", () => {
    const { doc } = begun(d => {
      d.l = ["a", { x: 1 }, "b", ["c"]];
    });
    doc.change(d => {
      const { l } = d;
      expect(Array.isArray(l)).toBe(true);
      expect([...l]).toEqual([l[0], l[1], l[2], l[3]]);
      expect([l.length, l[9], l[-1], l.at(-1) === l[3]]).toEqual([4, undefined, undefined, true]);
      expect([l.indexOf("b"), l.includes("c"), l.indexOf(l[1]), 3 in l, 4 in l]).toEqual([
        2,
        false,
        1,
        true,
        false,
      ]);
      expect(l.map((item: unknown) => typeof item)).toEqual(["string", "object", "string", "object"]);
      expect(l.filter((item: unknown) => item === "a")).toEqual(["a"]);
      expect(l.slice(2, 3).concat(["z"])).toEqual(["b", "z"]);
      expect(l.slice(0, 1).join("-")).toBe("a");
      expect(l.find((item: PlainAny) => item?.x === 1)).toBe(l[1]);
      expect(l.reduce((sum: number) => sum + 1, 0)).toBe(4);
      expect(l.toReversed()[0]).toBe(l[3]);
      expect(Object.keys(l)).toEqual(["0", "1", "2", "3"]);
      expect(JSON.stringify(l)).toBe('["a",{"x":1},"b",["c"]]');
      expect([...l.entries()][2]).toEqual([2, "b"]);
      const seen: unknown[] = [];
      l.forEach((item: unknown, i: number) => {
        seen.push([i, item]);
      });
      expect(seen.length).toBe(4);
    });
  });

  it("writes lists as arrays are written, and hands out what it takes away", () => {
    const { doc } = begun(d => {
      d.l = [0, 1, 2, 3, 4, 5];
    });
    doc.change(({ l }) => {
      expect([l.pop(), l.shift(), l.push("x", "y"), l.unshift("w")]).toEqual([5, 0, 6, 7]);
      expect(l.splice(1, 2, { new: true }, [])).toEqual([1, 2]);
      l[0] = "first";
      l[l.length] = "appended";
      l.insert(1, "inserted");
      l.length = 7;
      expect(l.splice(-1)).toEqual(["x"]);
      expect(l.splice(2, 0)).toEqual([]);
      expect([l.splice(), l.splice(9, 9), l.splice(0, -1)]).toEqual([[], [], []]);
      l.length = 6;
    });
    expect(doc.toJson()).toEqual({ l: ["first", "inserted", { new: true }, [], 3, 4] });
    doc.change(({ l }) => {
      expect(l.splice(0, l.length)).toEqual(["first", "inserted", { new: true }, [], 3, 4]);
      expect([l.pop(), l.shift(), l.length]).toEqual([undefined, undefined, 0]);
    });
  });

  it("makes texts, counters, sets and registers where they are assigned, and writes into them", () => {
    const { alice, bob, doc } = begun();
    doc.change(d => {
      d.body = text("Hello");
      d.body.insert(5, "!");
      d.body.splice(0, 1, "J");
      expect([d.body.length, String(d.body), JSON.stringify(d.body)]).toEqual([6, "Jello!", '"Jello!"']);
      d.votes = counter();
      d.votes.increment(3);
      d.votes.decrement();
      d.tags = set();
      d.tags.add("b").add("a").delete("b");
      expect([[...d.tags], d.tags.has("a"), d.tags.size, d.votes.value]).toEqual([["a"], true, 1, 2]);
      d.mood = register();
      expect(d.mood).toBe(null);
      d.mood = "good";
      d.window = lww();
      d.window = 3;
      d.list = [text("in a list"), { note: text("deep") }];
      d.list[0].delete(0, 3);
      d.list[1].note.insert(0, ">");
    });
    const expected = {
      body: "Jello!",
      votes: 2,
      tags: ["a"],
      mood: "good",
      window: 3,
      list: ["a list", { note: ">deep" }],
    };
    expect(doc.toJson()).toEqual(expected);
    alice.close();
    sync([alice, bob]);
    expect(shown(bob)).toEqual(expected);
    // They are what they were made as: both write into one.
    docOf(bob.replica).change(d => {
      d.mood = "better";
      d.body.insert(0, "B: ");
      d.votes.increment();
    });
    doc.change(d => {
      d.mood = "worse";
      d.body.insert(6, "?");
      d.votes.increment();
    });
    bob.close();
    alice.close();
    sync([alice, bob]);
    expect(shown(alice)).toMatchObject({ body: "B: Jello!?", votes: 4 });
    expect(doc.conflicts().map(({ path }) => path)).toEqual([["mood"]]);
  });

  const HOLES: unknown[] = [1, 2, 3];
  delete HOLES[1];
  const LOOP: { self?: unknown } = {};
  LOOP.self = [LOOP];

  it.each<[string, (d: PlainAny) => void, RegExp]>([
    [
      "a function",
      d => {
        d.a = () => 1;
      },
      /at \["a"\], got a function/,
    ],
    [
      "undefined",
      d => {
        d.a = { b: [1, undefined] };
      },
      /at \["a","b",1\], got undefined/,
    ],
    [
      "a bigint",
      d => {
        d.l.push(1n);
      },
      /at \["l",2\], got a bigint/,
    ],
    [
      "a symbol",
      d => {
        d.l[0] = Symbol("s");
      },
      /at \["l",0\], got a symbol/,
    ],
    [
      "a date",
      d => {
        d.a = new Date(0);
      },
      /at \["a"\], got an object of Date/,
    ],
    [
      "a map",
      d => {
        d.a = [new Map()];
      },
      /at \["a",0\], got an object of Map/,
    ],
    [
      "an object of a class",
      d => {
        d.a = new (class Foo {})();
      },
      /got an object of Foo/,
    ],
    [
      "NaN",
      d => {
        d.a = Number.NaN;
      },
      /finite number, got NaN, at \["a"\]/,
    ],
    [
      "half a character",
      d => {
        d.a = "\ud83d";
      },
      /lone surrogates, at \["a"\]/,
    ],
    [
      "a cycle",
      d => {
        d.a = LOOP;
      },
      /no cycle at \["a","self",0\]/,
    ],
    [
      "too deep",
      d => {
        d.a = Array.from({ length: 70 }).reduce(inner => [inner], 0);
      },
      /64 levels/,
    ],
    [
      "a hole",
      d => {
        d.a = HOLES;
      },
      /no hole at \["a",1\]/,
    ],
    [
      "a key that is too long",
      d => {
        d["k".repeat(86)] = 1;
      },
      /at most 85 UTF-16 code units$/,
    ],
    [
      "a symbol as key",
      d => {
        d[Symbol("s")] = 1;
      },
      /no symbol/,
    ],
    [
      "a symbol as inner key",
      d => {
        d.a = { [Symbol("s")]: 1 };
      },
      /no symbol for a key at \["a"\]/,
    ],
    [
      "an index beyond the end",
      d => {
        d.l[3] = 1;
      },
      /index in 0 … 2/,
    ],
    [
      "a negative index",
      d => {
        d.l[-1] = 1;
      },
      /index in 0 … 2/,
    ],
    [
      "a broken index",
      d => {
        d.l[0.5] = 1;
      },
      /index in 0 … 2/,
    ],
    [
      "a longer length",
      d => {
        d.l.length = 3;
      },
      /length in 0 … 2/,
    ],
    [
      "a name on a list",
      d => {
        d.l.name = 1;
      },
      /"name"/,
    ],
    [
      "a deleted index",
      d => {
        delete d.l[0];
      },
      /no hole/,
    ],
    [
      "sorting",
      d => {
        d.l.sort();
      },
      /no sort\(\)/,
    ],
    [
      "an accessor",
      d => {
        Object.defineProperty(d, "a", { get: () => 1 });
      },
      /no accessors/,
    ],
    [
      "another prototype",
      d => {
        Object.setPrototypeOf(d, {});
      },
      /./,
    ],
    [
      "freezing",
      d => {
        Object.freeze(d);
      },
      /./,
    ],
    [
      "inheriting",
      d => {
        Object.create(d).x = 1;
      },
      /inherits/,
    ],
    [
      "an item elsewhere",
      d => {
        d.a = d.l[0];
      },
      /stands at \["l",0\] already.*move/,
    ],
    [
      "an item within something new",
      d => {
        d.l.push({ of: [d.m] });
      },
      /at \["l",2,"of",0\].*\["m"\] already/,
    ],
    [
      "a text elsewhere",
      d => {
        d.a = d.t;
      },
      /\["t"\] already/,
    ],
    [
      "a kind that JSON writes",
      d => {
        d.a = list(text());
      },
      /\{\}, \[\] or a plain value at \["a"\], got list/,
    ],
    [
      "a promise",
      async d => {
        d.a = 1;
      },
      /got a promise/,
    ],
    [
      "a long key",
      d => {
        d["k".repeat(99)] = 1;
      },
      /at most 85/,
    ],
    [
      "a long inner key",
      d => {
        d.a = { ["k".repeat(99)]: 1 };
      },
      /at most 85/,
    ],
    [
      "a long string",
      d => {
        d.a = "x".repeat(30_000);
      },
      /long ones are texts, at \["a"\]/,
    ],
  ])("refuses %s, and nothing has happened", (_, edit, message) => {
    const { alice, doc } = begun(d => {
      d.l = [{ x: 1 }, "b"];
      d.m = {};
      d.t = text("t");
    });
    const before = alice.json;
    // Inside, it is refused before anything is changed; outside, what came before it has not been either.
    expect(() =>
      doc.change(d => {
        const within = JSON.stringify(d);
        let thrown: unknown;
        try {
          edit(d);
        } catch (error) {
          thrown = error;
        }
        if (thrown !== undefined) expect(JSON.stringify(d)).toBe(within);
        d.before = "something";
        if (thrown !== undefined) throw thrown;
        return edit(d);
      }),
    ).toThrow(message);
    expect([alice.json, alice.replica.hasDraft]).toEqual([before, false]);
  });

  it("takes a text or a list of any size", () => {
    const { doc } = begun();
    const numbers = Array.from({ length: 70_000 }, (_, i) => i);
    doc.change(d => {
      d.l = numbers;
      d.m = [text("x"), ...numbers.slice(0, 10_000), text("y")];
      d.t = text("0123456789".repeat(20_000));
      expect([d.l.length, d.m.length, d.t.length]).toEqual([70_000, 10_002, 200_000]);
    });
    const { l, m } = doc.toJson() as { l: number[]; m: unknown[] };
    expect([l, m[1], m.at(-2), m.at(-1)]).toEqual([numbers, 0, 9_999, "y"]);
  });

  it("lets nothing be used after the edit, or after it was removed within it", () => {
    const { alice, doc } = begun(d => {
      d.a = { b: {} };
      d.l = [{ x: 1 }, { x: 2 }];
      d.t = text("t");
    });
    let kept: PlainAny;
    doc.change(d => {
      kept = [d, d.a, d.l, d.l[0], d.t, d.l.push];
    });
    const [d, a, l, item, t, push] = kept;
    const before = alice.json;
    for (const use of [
      () => d.a,
      () => {
        d.x = 1;
      },
      () => a.b,
      () => "b" in a,
      () => Object.keys(a),
      () => l.length,
      () => l.map,
      () => l[0],
      () => item.x,
      () => {
        item.x = 3;
      },
      () => t.length,
      () => t.insert(0, "x"),
      () => push(1),
      () => JSON.stringify(d),
    ])
      expect(use).toThrow(/after its edit is over/);
    expect(alice.json).toBe(before);
    doc.change(root => {
      const [first, second, inner] = [root.l[0], root.l[1], root.a.b];
      root.l.shift();
      expect(() => first.x).toThrow(/removed or replaced/);
      second.x = 4;
      root.a = { b: {} };
      expect(() => {
        inner.x = 1;
      }).toThrow(/removed or replaced/);
      root.a.b.x = 5;
      const { t: body } = root;
      delete root.t;
      expect(() => body.insert(0, "x")).toThrow(/removed or replaced/);
    });
    expect(doc.toJson()).toEqual({ a: { b: { x: 5 } }, l: [{ x: 4 }] });
  });

  it("is undone whole where it throws half way", () => {
    const { alice, doc } = begun(d => {
      d.l = [1, 2];
    });
    const before = alice.json;
    expect(() =>
      doc.change(d => {
        d.l.splice(0, 1, { a: text("x") });
        d.x = counter();
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(alice.json).toBe(before);
  });

  it("makes anew what it writes into, where that is left of something deleted", () => {
    const { alice, bob, doc } = begun(d => {
      d.m = { t: text("x") };
    });
    doc.change(d => {
      delete d.m;
    });
    alice.close();
    docOf(bob.replica).change(d => d.m.t.insert(1, "y"));
    bob.close();
    sync([alice, bob]);
    expect(doc.toJson()).toEqual({ m: { t: "y" } });
    doc.change(d => d.m.t.delete(0, 1));
    expect(doc.toJson()).toEqual({ m: { t: "" } });
  });

  it("moves items, with all that others write in them meanwhile", () => {
    const { alice, bob, doc } = begun(d => {
      d.l = [{ x: 0 }, { x: 1 }, { x: 2 }];
      d.other = [];
    });
    docOf(bob.replica).change(d => {
      d.l[0].y = "new";
    });
    doc.change(d => {
      const [first] = d.l;
      d.l.move(0, 2);
      expect(d.l[2]).toBe(first);
      first.x = 7;
      d.l.moveTo(2, d.other, 0);
      expect(() => first.x).toThrow(/moved to another list/);
      d.other[0].z = 8;
      expect(() => d.l.moveTo(0, [], 0)).toThrow(TypeError);
      expect(() => d.l.move(0, 2)).toThrow(RangeError);
    });
    bob.close();
    alice.close();
    sync([alice, bob]);
    expect(shown(bob)).toEqual({ l: [{ x: 1 }, { x: 2 }], other: [{ x: 7, y: "new", z: 8 }] });
  });

  it("leaves an item in hand whose move is refused", () => {
    const { doc } = begun(d => {
      d.l = [{ under: [] }];
      d.other = [];
    });
    doc.change(d => {
      const [item] = d.l;
      expect(() => d.l.moveTo(0, item.under, 0)).toThrow(/not inside the item/);
      expect(() => d.l.moveTo(0, d.other, 1)).toThrow(RangeError);
      item.x = 1;
      d.l.moveTo(0, d.other, 0);
      expect(() => item.x).toThrow(/moved to another list/);
    });
    expect(doc.toJson()).toEqual({ l: [], other: [{ under: [], x: 1 }] });
  });

  it("lets two people's items stand where both replaced one", () => {
    const { alice, bob, doc } = begun(d => {
      d.l = ["a", "b"];
    });
    doc.change(d => {
      d.l[0] = "A";
    });
    docOf(bob.replica).change(d => {
      d.l[0] = "B";
    });
    alice.close();
    bob.close();
    sync([alice, bob]);
    expect(shown(alice).l.toSorted()).toEqual(["A", "B", "b"]);
    expect(alice.json).toBe(bob.json);
  });
});

// ------------------------------------------------------------------------------------------------- the property

const KEYS = ["a", "b", "__proto__", "toString"] as const;
const json = fc.letrec(tie => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, 0, -1.5, "", "s", "🙂"),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie("any"), { maxKeys: 3, noNullPrototype: false }),
  ),
})).any;

const step = fc.record({
  what: fc.nat(9),
  way: fc.array(fc.nat(7), { maxLength: 3 }),
  at: fc.nat(5),
  count: fc.nat(3),
  values: fc.array(json, { maxLength: 2 }),
});

/** Walks to a container and does there what JavaScript knows. Runs on the document and on the oracle alike. */
function play(
  root: PlainAny,
  { what, way, at, count, values }: typeof step extends fc.Arbitrary<infer T> ? T : never,
) {
  let node = root;
  for (const turn of way) {
    const names = Array.isArray(node) ? [...node.keys()] : Object.keys(node).sort();
    const inner = names.map(name => node[name]).filter(one => one !== null && typeof one === "object");
    if (inner.length === 0) break;
    node = inner[turn % inner.length];
  }
  const value = values[0] ?? null;
  if (!Array.isArray(node)) {
    if (what < 7) node[KEYS[at % 4]!] = value;
    else delete node[KEYS[at % 4]!];
    return [Object.keys(node).sort(), KEYS[count]! in node];
  }
  const index = node.length === 0 ? 0 : at % node.length;
  switch (what) {
    case 0:
      return node.push(...values);
    case 1:
      return node.unshift(...values);
    case 2:
      return canonical(node.pop());
    case 3:
      return canonical(node.shift());
    case 4:
      return canonical(node.splice(at - 2, count, ...values));
    case 5:
      return canonical(node.splice(at));
    case 6:
      node.length = index;
      return node.length;
    case 7:
      return [node.indexOf(value), node.includes(value), canonical(node.slice(at - 2, count))];
    default:
      node[index] = value;
      return canonical(node);
  }
}

it("does what JavaScript does", { timeout: 30_000 }, () => {
  let steps = 0;
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 6 }), edits => {
      const alice = begin("Alice");
      const doc = docOf(alice.replica);
      const oracle: PlainAny = Object.create(null);
      for (const edit of edits) {
        doc.change(d => {
          for (const one of edit) {
            expect(play(d, one)).toEqual(play(oracle, structuredCloneOf(one)));
            expect(canonical(d)).toBe(canonical(oracle));
            steps++;
          }
        });
        expect(canonical(doc.toJson())).toBe(canonical(oracle));
        alice.close();
      }
      expect(copyOf(alice).json).toBe(alice.json);
    }),
    { seed: SEED, numRuns: 200 },
  );
  expect(steps).toBeGreaterThan(2_000);
});

/** Own keys only, and objects that nothing else holds: the oracle writes into what it was given. */
function structuredCloneOf<T extends { readonly values: readonly unknown[] }>(one: T): T {
  return { ...one, values: one.values.map(bare) };
}

function bare(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(bare);
  const out = Object.create(null);
  for (const [key, member] of Object.entries(value)) out[key] = bare(member);
  return out;
}

/** Keys in order; `undefined` for itself. */
function canonical(value: PlainAny): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const keys = Object.keys(value).sort();
  return `{${keys.map(key => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}
