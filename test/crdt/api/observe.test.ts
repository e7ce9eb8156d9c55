// Whoever holds a copy of the JSON and applies the events to it holds the JSON: the property test does so beside random
// histories of three people, with every kind of node, drafts, batches and masked changes.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { compose, isNew, type Step } from "../../../src/crdt/api/delta.ts";
import {
  type Batch,
  canonicalJson,
  type DocEvent,
  docOf,
  type Json,
  type MapEdit,
  type PlainPath,
  valueAt,
} from "../../../src/crdt/index.ts";
import { DEPTH_MAX, LIST_STEPS_MAX } from "../../../src/crdt/limits.ts";
import { deliver, gather, type Person, SEED, sync } from "../people.ts";
import { draws, EDITS, editBy } from "../random-edits.ts";

function watched(path: PlainPath = []) {
  const [alice, bob] = gather("Alice", "Bob");
  const batches: Batch[] = [];
  const doc = docOf(alice.replica);
  const stop = doc.observe(path, batch => batches.push(batch));
  const take = () => batches.splice(0);
  const events = () => take().flatMap(batch => batch.events);
  return { alice, bob, doc, stop, take, events };
}

const write = (person: Person, edit: (root: MapEdit) => void) => person.replica.edit(edit);

describe("a listener", () => {
  it("hears of an edit once, when it is complete, with who made it", () => {
    const { alice, bob, take } = watched();
    write(alice, root => {
      root.set("a", { b: 1 });
      root.text("body").insert(0, "Hello");
      root.set("a", { b: 2 });
    });
    expect(take()).toEqual([
      {
        events: [
          { type: "set", path: ["a"], value: { b: 2 } },
          { type: "set", path: ["body"], value: "Hello" },
        ],
        origin: "local",
        authors: [alice.device],
      },
    ]);
    alice.close();
    sync([alice, bob]);
    bob.write(root => root.text("body").insert(5, "!"));
    bob.write(root => root.text("body").delete(0, 1));
    expect(take()).toEqual([]);
    deliver(bob, alice);
    expect(take()).toEqual([
      {
        events: [{ type: "text", path: ["body"], index: 5, removed: 0, inserted: "!" }],
        origin: "remote",
        authors: [bob.device],
      },
      {
        events: [{ type: "text", path: ["body"], index: 0, removed: 1, inserted: "" }],
        origin: "remote",
        authors: [bob.device],
      },
    ]);
  });

  it("hears one batch of changes that had waited, with all their authors", () => {
    const { alice, bob, take } = watched();
    const [carol] = gather("Alice", "Bob", "Carol").slice(2);
    carol!.receiveAll(alice.letters());
    const [first] = bob.write(root => root.set("a", 1));
    bob.replica.closeDraft(0);
    const [second] = bob.write(root => root.set("b", 2));
    alice.receive(second!);
    expect(take()).toEqual([]);
    alice.receive(first!);
    expect(take()).toEqual([
      {
        events: [
          { type: "set", path: ["a"], value: 1 },
          { type: "set", path: ["b"], value: 2 },
        ],
        origin: "remote",
        authors: [bob.device],
      },
    ]);
  });

  it("hears of lists as steps, of the first items first", () => {
    const { alice, doc, events } = watched();
    write(alice, root => root.set("l", [0, 1, 2, 3, 4]));
    events();
    doc.change(d => {
      d.l.splice(3, 1);
      d.l.unshift({ new: true });
      d.l.push("x", "y");
      d.l.pop();
    });
    expect(events()).toEqual([
      { type: "list", path: ["l"], index: 0, removed: 0, inserted: [{ new: true }] },
      { type: "list", path: ["l"], index: 4, removed: 1, inserted: [] },
      { type: "list", path: ["l"], index: 5, removed: 0, inserted: ["x"] },
    ]);
  });

  it("hears of what is inside an item at the place where that is now", () => {
    const { alice, doc, events } = watched();
    write(alice, root => root.set("l", [{ n: 0 }, { n: 1 }]));
    events();
    doc.change(d => {
      d.l[1].n = 5;
      d.l.unshift("first");
    });
    expect(events()).toEqual([
      { type: "list", path: ["l"], index: 0, removed: 0, inserted: ["first"] },
      { type: "set", path: ["l", 2, "n"], value: 5 },
    ]);
  });

  it("hears of what is inside an item that was moved out of one that is deleted then", () => {
    const { alice, doc, events } = watched();
    write(alice, root => root.set("l", [{ under: [{ n: 0 }] }]));
    doc.change(d => {
      d.l[0].under.moveTo(0, d.l, 0);
      d.l.splice(1, 1);
    });
    events();
    write(alice, root => root.list("l").map(0).set("n", 5));
    expect(events()).toEqual([{ type: "set", path: ["l", 0, "n"], value: 5 }]);
  });

  // Items inside each other, each of which is moved on its own into the innermost one of the next chain:
  //
  //     chain 0   a > b > c          a, b, c → c'          every item of a chain was made inside all before it,
  //     chain 1   a' > b' > c'       a', b', c' → c"       and each shows elsewhere
  it("finds what is inside many that were moved without following all of them", () => {
    const { alice, events } = watched();
    const [chains, depth] = [5, 5];
    write(alice, root => {
      const lists = Array.from({ length: chains }, (_, chain) => {
        const around = [root.list(`chain ${chain}`)];
        for (let i = 0; i < depth; i++) {
          around[i]!.insert(0, { l: [] });
          around.push(around[i]!.map(0).list("l"));
        }
        return around;
      });
      for (const [chain, around] of lists.slice(1).entries())
        for (const from of lists[chain]!.slice(0, depth).reverse()) from.moveTo(0, around[depth]!, 0);
    });
    events();
    const asked = vi.spyOn(alice.replica, "moved");
    write(alice, root => {
      let list = root.list(`chain ${chains - 1}`);
      while (list.length > 0) list = list.map(list.length - 1).list("l");
      list.push("found");
    });
    expect(events()).toMatchObject([{ type: "list", inserted: ["found"] }]);
    // Each of the maps and lists on the way is looked for by itself, through every chain; not by 5⁵ ways.
    expect(asked.mock.calls.length).toBeLessThan(2 * depth * (chains * depth));
  });

  it("hears of all that is in an item, and of nothing twice, where something is set aside when the item gets its name", () => {
    const { alice, bob, events } = watched();
    const late = bob.write(root => root.set("late", 1));
    alice.replica.people.dismiss(bob.device);
    alice.close();
    alice.receiveAll(late);
    expect(alice.replica.people.asideCount).toBe(1);
    write(alice, root => root.set("todo", [{ what: "milk", done: true, by: [{ name: "Alice" }] }]));
    events();
    alice.close();
    expect(events()).toEqual([]);
    write(alice, root => {
      const item = root.list("todo").map(0);
      item.set("what", "milk");
      item.delete("done");
      item.list("by").map(0).delete("name");
    });
    expect(events()).toEqual([
      { type: "delete", path: ["todo", 0, "done"] },
      { type: "delete", path: ["todo", 0, "by", 0, "name"] },
    ]);
  });

  it("costs a look at each step of a path, however deep it is and however often it comes in a batch", () => {
    const { alice, doc } = watched(["other"]);
    const subscribe = vi.spyOn(alice.replica, "subscribe");
    const heard: DocEvent[] = [];
    docOf(alice.replica).observe([], ({ events }) => heard.push(...events));
    const [listener] = subscribe.mock.calls[0]!;
    const depth = DEPTH_MAX;
    doc.edit(root => {
      let map = root;
      for (let i = 1; i < depth; i++) map = map.map("m");
      map.text("t").insert(0, "x");
    });
    let looks = 0;
    const path = () =>
      Array.from({ length: depth }, (_, i) => {
        const isText = i === depth - 1;
        return {
          get at() {
            looks++;
            return isText ? "t" : "m";
          },
          kind: isText ? ("text" as const) : ("map" as const),
        };
      });
    for (const count of [1, 100]) {
      heard.length = looks = 0;
      const patches = Array.from({ length: count }, () => {
        return { type: "text" as const, path: path(), index: 0, removed: 0, inserted: "x" };
      });
      listener(patches, "local", [alice.device]);
      expect(heard).toHaveLength(count);
      expect(looks).toBeLessThanOrEqual(4 * count * depth);
    }
  });

  it("hears of counters, sets and registers as their value", () => {
    const { alice, events } = watched();
    write(alice, root => {
      root.counter("c");
      root.setOf("s");
      root.register("r");
    });
    expect(events()).toEqual([
      { type: "set", path: ["c"], value: 0 },
      { type: "set", path: ["r"], value: null },
      { type: "set", path: ["s"], value: [] },
    ]);
    write(alice, root => {
      root.counter("c").increment(2);
      root.setOf("s").add("x");
      root.register("r").set(true);
    });
    expect(events()).toEqual([
      { type: "set", path: ["c"], value: 2 },
      { type: "set", path: ["s"], value: ["x"] },
      { type: "set", path: ["r"], value: true },
    ]);
  });

  it("hears that a deleted key is back when somebody had gone on writing into it, and gone when that is", () => {
    const { alice, bob, events } = watched();
    alice.write(root => root.map("m").text("t").insert(0, "x"));
    sync([alice, bob]);
    bob.write(root => root.map("m").text("t").insert(1, "y"));
    alice.write(root => root.delete("m"));
    events();
    deliver(bob, alice);
    expect(events()).toEqual([{ type: "set", path: ["m"], value: { t: "y" } }]);
    bob.write(root => root.map("m").text("t").delete(1, 1));
    deliver(bob, alice);
    expect(alice.json).toBe("{}");
    expect(events()).toEqual([{ type: "delete", path: ["m"] }]);
  });

  it("hears nothing of what does not show: the loser of two kinds, or a losing value", () => {
    const { alice, bob, events } = watched();
    alice.write(root => root.set("k", "A"));
    sync([alice, bob]);
    const [hers] = alice.write(root => root.set("k", { a: 1 }));
    const [his] = bob.write(root => root.set("k", ["b"]));
    events();
    deliver(bob, alice);
    const wins = his!.id > hers!.id;
    expect(events()).toEqual(wins ? [{ type: "set", path: ["k"], value: ["b"] }] : []);
    bob.write(root => root.list("k").push("c"));
    deliver(bob, alice);
    const told = wins ? [{ type: "list", path: ["k"], index: 1, removed: 0, inserted: ["c"] }] : [];
    expect(events()).toEqual(told);
  });

  it("of a place hears of that alone, and of what replaces or moves it along", () => {
    const { alice, doc, events } = watched(["l", 1, "t"]);
    write(alice, root => root.set("l", [{}, { t: "x", u: 1 }]));
    expect(events()).toEqual([{ type: "set", path: ["l", 1, "t"], value: "x" }]);
    doc.change(d => {
      d.l[1].u = 2;
      d.other = 1;
      d.l.push(7);
      d.l[0].t = 3;
    });
    expect(events()).toEqual([]);
    doc.change(d => {
      d.l[1].t = "y";
    });
    expect(events()).toEqual([{ type: "set", path: ["l", 1, "t"], value: "y" }]);
    doc.change(d => d.l.unshift({ t: "another" }));
    expect(events()).toEqual([{ type: "set", path: ["l", 1, "t"], value: 3 }]);
    doc.change(d => d.l.splice(1, 1));
    expect(events()).toEqual([{ type: "set", path: ["l", 1, "t"], value: "y" }]);
    doc.change(d => {
      d.l = 5;
    });
    expect(events()).toEqual([{ type: "delete", path: ["l", 1, "t"] }]);
  });

  it("hears no more when it has stopped, and nothing of an edit that throws", () => {
    const { alice, stop, take } = watched();
    expect(() =>
      write(alice, root => {
        root.set("a", 1);
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(take()).toEqual([]);
    stop();
    stop();
    write(alice, root => root.set("a", 1));
    expect(take()).toEqual([]);
  });

  it("may be one of several that come and go", () => {
    const { alice, doc, stop, take } = watched();
    const others: Batch[] = [];
    write(alice, root => root.set("a", 1));
    const stopOther = doc.observe(["a"], batch => others.push(batch));
    stop();
    write(alice, root => root.set("a", 2));
    stopOther();
    write(alice, root => root.set("a", 3));
    const again = doc.observe(["a"], batch => others.push(batch));
    write(alice, root => root.set("a", 3));
    write(alice, root => root.set("a", 4));
    again();
    expect(take().length).toBe(1);
    expect(others.flatMap(({ events }) => events)).toEqual([
      { type: "set", path: ["a"], value: 2 },
      { type: "set", path: ["a"], value: 4 },
    ]);
  });

  it("that throws keeps no other from hearing, and its error comes out when all is done", () => {
    const { alice, doc, take } = watched();
    const errors: unknown[] = [];
    const bad = (word: string) => () => {
      throw new Error(word);
    };
    const stops = [doc.observe([], bad("one")), doc.observe([], bad("hooked"), error => errors.push(error))];
    let heard = 0;
    doc.observe([], () => heard++);
    expect(() => write(alice, root => root.set("a", 1))).toThrow(/^one$/);
    expect([alice.json, heard, take().length, errors]).toEqual(['{"a":1}', 1, 1, [new Error("hooked")]]);
    stops.push(doc.observe([], bad("two")), alice.replica.subscribe(bad("three")));
    expect(() => write(alice, root => root.set("a", 2))).toThrow("2 listeners threw");
    expect([alice.json, heard, take().length]).toEqual(['{"a":2}', 2, 1]);
    for (const stop of stops) stop();
    write(alice, root => root.set("a", 3));
    expect([alice.json, heard]).toEqual(['{"a":3}', 3]);
  });

  it("may look and not change anything", () => {
    const { alice, bob, doc } = watched();
    const [letter] = bob.write(root => root.set("b", 1));
    const tries: (() => void)[] = [
      () => doc.edit(root => root.set("again", 1)),
      () => alice.replica.mask([letter!.id], true),
      () => {
        alice.close();
        alice.receive(letter!);
      },
    ];
    for (const attempt of tries) {
      const stop = doc.observe([], attempt);
      expect(() => doc.edit(root => root.set("a", tries.indexOf(attempt)))).toThrow(
        /within one of its listeners|draft is closed/,
      );
      stop();
    }
    expect(doc.toJson()).toEqual({ a: 2 });
    doc.edit(root => root.set("a", "goes on"));
    expect(doc.get(["a"])).toBe("goes on");
  });
});

describe("the events", () => {
  it("of a batch that cuts a list into more pieces than are told one by one replace it whole", () => {
    const cut = (pieces: number) => {
      const { alice, doc, events } = watched();
      write(alice, root => root.set("l", Array(2 * LIST_STEPS_MAX + 2).fill(0)));
      events();
      doc.change(d => {
        for (let i = 0; i < pieces; i++) d.l.splice(i, 1);
      });
      return events();
    };
    expect(cut(LIST_STEPS_MAX).length).toBe(LIST_STEPS_MAX);
    const [event, ...others] = cut(LIST_STEPS_MAX + 1);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: "list", index: 0, removed: 2 * LIST_STEPS_MAX + 2 });
    expect((event as { readonly inserted: readonly unknown[] }).inserted.length).toBe(LIST_STEPS_MAX + 1);
  });

  it("make a copy equal to the document, whatever three people do", { timeout: 90_000 }, () => {
    const seen: Record<string, number> = {};
    fc.assert(
      fc.property(draws({ minLength: 10, maxLength: 60 }), history => {
        const people = gather("Alice", "Bob", "Carol");
        const alice = people[0]!;
        const doc = docOf(alice.replica);
        const mirror: Mirror = { json: copy(doc.toJson()) };
        const places = [["map"], ["list", 0], ["body"], ["map", "a"], ["values"], ["counts", 1]];
        const parts = places.map(path => ({ path, mirror: { json: copy(valueAt(alice.replica, path)) } }));
        doc.observe([], ({ events }) => {
          for (const event of events) {
            seen[event.type] = (seen[event.type] ?? 0) + 1;
            apply(mirror, event, 0);
          }
        });
        for (const { path, mirror: part } of parts)
          doc.observe(path, ({ events }) => {
            for (const event of events) apply(part, event, path.length);
          });
        const compare = () => {
          expect(canonicalJson(mirror.json as Json)).toBe(alice.json);
          for (const { path, mirror: part } of parts) {
            const now = valueAt(alice.replica, path);
            if (now === undefined) expect(part.json).toBe(undefined);
            else expect(canonicalJson(part.json as Json)).toBe(canonicalJson(now));
          }
        };
        for (const draw of history) {
          const person = people[draw.at % 3]!;
          person.replica.edit(root => {
            editBy(draw, root);
            if (draw.size > 5) editBy({ ...draw, kind: (draw.kind + 10) % EDITS, at: draw.at + 1 }, root);
          });
          compare();
          if (draw.size % 3 === 0) {
            for (const one of people) one.close();
            deliver(person, people[(draw.at + 1) % 3]!);
            deliver(people[1]!, alice);
            compare();
          }
          if (draw.size === 7) {
            alice.close();
            const ids = alice.letters().map(({ id }) => id);
            const some = ids.filter((_, i) => (i + draw.at) % 3 === 0);
            alice.replica.mask(some, draw.at % 2 === 0);
            seen.mask = (seen.mask ?? 0) + 1;
            compare();
          }
        }
        for (const one of people) one.close();
        sync(people);
        compare();
      }),
      { seed: SEED, numRuns: 35 },
    );
    for (const type of ["set", "delete", "text", "list", "mask"]) expect(seen[type]).toBeGreaterThan(20);
  });

  it("of a list in all are what its steps are one by one", () => {
    const steps = fc.array(fc.tuple(fc.nat(30), fc.nat(4), fc.nat(4)), { maxLength: 12 });
    fc.assert(
      fc.property(fc.nat(12), steps, (length, drawn) => {
        let next = 100;
        const items = Array.from({ length }, (_, i) => i);
        const before = [...items];
        const made: Step[] = [];
        for (const [at, remove, insert] of drawn) {
          const index = at % (items.length + 1);
          const removed = Math.min(remove, items.length - index);
          const inserted = Array.from({ length: insert }, () => next++);
          items.splice(index, removed, ...inserted);
          made.push({ index, removed, inserted: insert });
        }
        const few = compose(made, items.length);
        for (const { index, removed, inserted } of few)
          before.splice(index, removed, ...items.slice(index, index + inserted));
        expect(before).toEqual(items);
        // Fewest: nothing that stayed is taken out and put in again.
        items.forEach((item, i) => {
          if (made.length !== 1) expect(isNew(few, i)).toBe(item >= 100);
        });
        for (const [i, step] of few.entries())
          if (i > 0) expect(step.index).toBeGreaterThan(few[i - 1]!.index + few[i - 1]!.inserted);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });
});

// ---------------------------------------------------------------------------------------------------- the mirror

interface Mirror {
  json: unknown;
}

/** Does to a copy what an event says, as whoever reads docs/api.md would. `from`: where in the document the copy begins. */
function apply(mirror: Mirror, event: DocEvent, from: number): void {
  const path = event.path.slice(from);
  let holder: { [key: string | number]: unknown } = mirror as never;
  let last: string | number = "json";
  for (const at of path) {
    holder = holder[last] as never;
    if (
      holder === undefined ||
      holder === null ||
      typeof holder !== "object" ||
      (Array.isArray(holder) && !((at as number) in holder))
    )
      if (event.type !== "set") throw new Error(`Expected something at ${JSON.stringify(event.path)}`);
    last = at;
  }
  if (event.type === "set") holder[last] = copy(event.value);
  else if (event.type === "delete") {
    if (!Object.hasOwn(holder, last)) throw new Error(`Expected a key at ${JSON.stringify(event.path)}`);
    if (from > 0 && path.length === 0) holder[last] = undefined;
    else delete holder[last];
  } else if (event.type === "text") {
    const text = holder[last] as string;
    if (event.index + event.removed > text.length) throw new Error("Expected the text to be that long");
    holder[last] = text.slice(0, event.index) + event.inserted + text.slice(event.index + event.removed);
  } else {
    const list = holder[last] as unknown[];
    if (event.index + event.removed > list.length) throw new Error("Expected the list to be that long");
    list.splice(event.index, event.removed, ...event.inserted.map(copy));
  }
}

function copy(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(copy);
  const out = Object.create(null);
  for (const [key, member] of Object.entries(value)) out[key] = copy(member);
  return out;
}
