// The laws that stand at the heads of the sources, each a test of the same words. Method: a law is read out of the file
// that states it, so a test of a law that nobody states any more fails; then histories of that one kind of node are told
// in any order, some changes are masked, and what shows is compared with the law asked of all ops at once.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { isContent } from "../../../src/crdt/graph/change.ts";
import type { Change, CounterKind, Dot, MapEdit, Scalar, SetKind } from "../../../src/crdt/index.ts";
import type { Causality } from "../../../src/crdt/types/dot.ts";
import type { CounterNode, MapNode, Node, RegisterNode, SetNode } from "../../../src/crdt/types/node.ts";
import type { ContentOp, Kind, Place, SetOp, Value } from "../../../src/crdt/types/op.ts";
import type { Register } from "../../../src/crdt/types/register.ts";
import { listSequence, textSequence } from "../../../src/crdt/types/sequence.ts";
import { NaiveDocument } from "../../model/naive-document.ts";
import { Crowd } from "../crowd.ts";
import { type Letter, type Person, SEED } from "../people.ts";

const RUNS = Number(process.env.RUNS ?? 60);
vi.setConfig({ testTimeout: 20_000 + 500 * RUNS });

const oneLine = (text: string) => text.replaceAll(/^\/\/ ?/gm, "").replaceAll(/\s+/g, " ");

/** A test by the words of a law. */
function law(file: string, words: string, holds: () => void): void {
  it(`${file}: ${words}`, () => {
    const source = readFileSync(new URL(`../../../src/crdt/types/${file}`, import.meta.url), "utf8");
    const head = source.slice(0, source.indexOf("\nimport "));
    expect(oneLine(head), `the head of ${file}`).toContain(oneLine(words));
    holds();
  });
}

// ----------------------------------------------------------------------------------------------------- histories

interface Draw {
  readonly who: number;
  readonly hears: number;
  readonly isMasked: boolean;
  readonly kind: number;
  readonly value: number;
  readonly at: number;
}

const draw: fc.Arbitrary<Draw> = fc.record({
  who: fc.nat(2),
  hears: fc.nat(3),
  isMasked: fc.nat(3).map(n => n === 0),
  kind: fc.nat(5),
  value: fc.nat(4),
  at: fc.nat(20),
});

const VALUES: readonly Scalar[] = ["milk", 1, "1", null, true];

/** An op on the node under "x", of a change that counts. */
interface Said {
  readonly op: ContentOp;
  readonly change: Change;
  /** Number of its first element, or of the next one its change makes. */
  readonly index: number;
  /** That element. */
  readonly name: string;
  /** Elements that it does away with. */
  readonly names: readonly string[];
}

interface Told {
  readonly said: readonly Said[];
  readonly naive: NaiveDocument;
  /** In several orders. */
  readonly readers: readonly Person[];
}

function saidBy(change: Change, kind: Kind | "key"): Said[] {
  const nameOf = ({ change: ref, index }: Dot) => `${ref === 0 ? change.id : change.refs[ref]}:${index}`;
  return change.ops.flatMap((op, i): Said[] => {
    if (!isContent(op)) return [];
    const isIt =
      kind === "key" ? op.path.length === 0 && "key" in op && op.key === "x" : op.path[0]?.kind === kind;
    if (!isIt) return [];
    const index = change.starts[i]!;
    const names = "replaces" in op ? op.replaces.map(nameOf) : [];
    return [{ op, change, index, name: nameOf({ change: 0, index }), names }];
  });
}

/** Everybody writes what `edit` says and hears of others now and then; `check` is asked after each history. */
function histories(
  kind: Kind | "key",
  edit: (root: MapEdit, draw: Draw) => void,
  check: (told: Told) => void,
): void {
  const crowd = new Crowd(["Alice", "Bob", "Carol"], root => root.set("other", 1));
  let [written, masks] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(draw, { minLength: 4, maxLength: 20, size: "max" }),
      fc.infiniteStream(fc.nat(10_000)),
      (draws, luck) => {
        const people = crowd.gather();
        const letters: Letter[] = [];
        const masked = new Set<Letter["id"]>();
        for (const drawn of draws) {
          const person = people[drawn.who]!;
          if (drawn.hears === 0)
            for (const letter of letters.filter((_, i) => i % 3 !== 0 || drawn.at % 2 === 0))
              crowd.hand(letter, person);
          const said = person.write(root => edit(root, drawn));
          letters.push(...said);
          if (drawn.isMasked) for (const { id } of said) masked.add(id);
        }
        const shuffled = () => {
          const left = [...letters];
          return letters.map(() => left.splice(luck.next().value! % left.length, 1)[0]!);
        };
        const readers = [letters, letters.toReversed(), shuffled(), shuffled()].map((order, i) => {
          const reader = crowd.copy(people[0]!);
          // Before, between and after: a change that is not here yet is masked when it comes.
          if (i % 2 === 0) reader.replica.mask(masked, true);
          for (const letter of order) crowd.hand(letter, reader);
          reader.replica.mask(masked, true);
          return reader;
        });
        const changes = [...readers[0]!.replica.changes()].map(({ change }) => change);
        const naive = new NaiveDocument(changes, masked);
        const said = changes.filter(({ id }) => !masked.has(id)).flatMap(change => saidBy(change, kind));
        check({ said, naive, readers });
        written += letters.length;
        masks += masked.size;
      },
    ),
    { seed: SEED, numRuns: RUNS },
  );
  expect(written).toBeGreaterThan(4 * RUNS);
  expect(masks).toBeGreaterThan(RUNS / 2);
}

/** What people may say about one key. */
const anything = (root: MapEdit, { kind, value, at }: Draw) => {
  if (kind === 0) root.set("x", VALUES[value]!);
  else if (kind === 1) root.delete("x");
  else if (kind === 2) root.text("x").insert(0, "t");
  else if (kind === 3) root.list("x").insert(0, VALUES[value]!, [at]);
  else if (kind === 4) root.map("x").set(String(value), at);
  else root.counter("x").increment(at - 10);
};

const count = (kind: CounterKind) => (root: MapEdit, draw: Draw) => {
  if (draw.kind === 0) root.delete("x");
  else root.counter("x", kind).increment(kind === "counter" ? draw.at - 10 : draw.at);
};

const toggle = (kind: SetKind) => (root: MapEdit, draw: Draw) => {
  const set = root.setOf("x", kind);
  if (draw.kind === 0) root.delete("x");
  else if (draw.kind < 3 && kind !== "gset") set.delete(VALUES[draw.value]!);
  else set.add(VALUES[draw.value]!);
};

// ------------------------------------------------------------------------------------------- asking all ops at once

const goneBy = (said: readonly Said[]) => new Set(said.flatMap(({ names }) => names));

/** Of a register, those that no other replaces; the latest by (depth, change id, index) first. */
function standing(said: readonly Said[]): { name: string; value: Value }[] {
  const gone = goneBy(said);
  const later = (a: Said, b: Said) =>
    b.change.depth - a.change.depth ||
    (a.change.id === b.change.id ? b.index - a.index : a.change.id < b.change.id ? 1 : -1);
  return said
    .filter(({ op, name }) => op.type === "set" && !gone.has(name))
    .sort(later)
    .map(({ op, name }) => ({ name, value: (op as SetOp).value }));
}

function entriesOf({ replica }: Person, register: Register | undefined): { name: string; value: Value }[] {
  return (register?.entries() ?? []).map(({ dot, value }) => {
    const { id, index } = replica.nameOf(dot)!;
    return { name: `${id}:${index}`, value };
  });
}

const nodeOf = (person: Person, kind: Kind): Node | null => person.replica.node([{ at: "x", kind }]);
const registerOf = (person: Person, kind: "register" | "lww") =>
  (nodeOf(person, kind) as RegisterNode | null)?.register;

/** Of a set: the law of its kind about one value. */
interface About {
  /** Those that stand. */
  readonly adds: readonly Said[];
  readonly removes: readonly Said[];
}

function holdsSet(kind: SetKind, shows: (about: About) => boolean): void {
  histories(kind, toggle(kind), ({ said, readers }) => {
    // An unset names what it takes away; so does a remove of the kind "set", and there alone.
    const gone = goneBy(said.filter(({ op }) => op.type === "unset" || kind === "set"));
    const expected = VALUES.filter(value => {
      const about = said.filter(({ op }) => "value" in op && op.value === value);
      const adds = about.filter(({ op, name }) => op.type === "add" && !gone.has(name));
      return shows({ adds, removes: about.filter(({ op }) => op.type === "remove") });
    });
    for (const reader of readers) {
      const set = (nodeOf(reader, kind) as SetNode | null)?.set;
      expect(new Set(set?.values() ?? [])).toEqual(new Set(expected));
    }
  });
}

const depthOf = ({ change }: Said) => change.depth;

// --------------------------------------------------------------------------------------------------------- the laws

describe("the law of all nodes", () => {
  law("document.ts", "what shows = f(set of effective ops)", () =>
    histories("key", anything, ({ naive, readers }) => {
      for (const { json } of readers) expect(json).toBe(naive.json());
    }),
  );
});

describe("the law of texts and lists", () => {
  const place = fc.record({
    parent: fc.option(fc.nat(6)),
    isLeft: fc.boolean(),
    rightOrigin: fc.option(fc.nat(6)),
  });
  type Drawn = typeof place extends fc.Arbitrary<infer P> ? P : never;
  const placed = ({ parent, isLeft, rightOrigin }: Drawn): Place => {
    const dot = (index: number | null) => (index === null ? null : { change: 0, index });
    return isLeft && parent !== null
      ? { parent: dot(parent), side: "left", rightOrigin: null }
      : { parent: dot(parent), side: "right", rightOrigin: dot(rightOrigin) };
  };
  const START: Place = { parent: null, side: "right", rightOrigin: null };

  law(
    "fugue.ts",
    "insert(a) then insert(b) = insert(b) then insert(a)        when neither names the other",
    () => {
      fc.assert(
        fc.property(place, place, fc.boolean(), (a, b, isLess) => {
          const compareIds = (x: number, y: number) => (isLess ? x - y : y - x);
          const causality: Causality = { compareIds, compareDepths: compareIds };
          const inserts = [
            [1, a, "ab"],
            [2, b, "xyz"],
          ] as const;
          const texts = [inserts, inserts.toReversed()].map(order => {
            const text = textSequence(causality);
            text.insert({ change: 0, index: 0 }, START, "1234567");
            for (const [change, drawn, letters] of order)
              text.insert({ change, index: 0 }, placed(drawn), letters);
            text.check();
            return [...text.visible()].map(({ content }) => content).join("");
          });
          const lists = [inserts, inserts.toReversed()].map(order => {
            const list = listSequence<string>(causality);
            list.insert({ change: 0, index: 0 }, START, [..."1234567"]);
            for (const [change, drawn, letters] of order)
              list.insert({ change, index: 0 }, placed(drawn), [...letters]);
            list.check();
            return [...list.visible()].flatMap(({ content }) => content).join("");
          });
          expect(new Set([...texts, ...lists]).size).toBe(1);
          expect(texts[0]).toHaveLength(12);
        }),
        { seed: SEED, numRuns: 1_000 },
      );
    },
  );
});

describe("the law of keys and registers", () => {
  const SHOWN = "shown = { e : e effective, and no effective write replaces e }";
  const LATEST = "shown = the latest of those by (depth, change id, index)";

  law("register.ts", SHOWN, () => {
    histories(
      "register",
      (root, { kind, value }) => (kind === 0 ? root.delete("x") : root.register("x").set(VALUES[value]!)),
      ({ said, readers }) => {
        const expected = standing(said);
        for (const reader of readers)
          expect(entriesOf(reader, registerOf(reader, "register"))).toEqual(expected);
      },
    );
    histories("key", anything, ({ said, readers }) => {
      const expected = standing(said);
      for (const reader of readers) {
        const root = reader.replica.node([]) as MapNode;
        expect(entriesOf(reader, root.keys.get("x")?.register)).toEqual(expected);
      }
    });
  });

  law("register.ts", LATEST, () =>
    histories(
      "lww",
      (root, { kind, value }) => (kind === 0 ? root.delete("x") : root.lww("x").set(VALUES[value]!)),
      ({ said, readers }) => {
        const [expected] = standing(said);
        for (const reader of readers)
          expect(entriesOf(reader, registerOf(reader, "lww"))[0]).toEqual(expected);
      },
    ),
  );
});

describe("the law of counters", () => {
  law("counter.ts", "value = Σ { i : i effective, and no effective unset names i }", () => {
    for (const kind of ["counter", "gcounter"] as const)
      histories(kind, count(kind), ({ said, readers }) => {
        const gone = goneBy(said);
        const value = said
          .filter(({ name }) => !gone.has(name))
          .reduce((sum, { op }) => sum + (op.type === "increment" ? op.by : 0), 0);
        for (const reader of readers)
          expect((nodeOf(reader, kind) as CounterNode | null)?.counter.value ?? 0).toBe(value);
      });
  });
});

describe("the law of a set", () => {
  law("sets.ts", "gset          v shows  ⇔  an add of v stands", () =>
    holdsSet("gset", ({ adds }) => adds.length > 0),
  );
  law("sets.ts", "twophase      v shows  ⇔  an add of v stands, and there is no remove of v", () =>
    holdsSet("twophase", ({ adds, removes }) => adds.length > 0 && removes.length === 0),
  );
  law("sets.ts", "lwwsetAdd     v shows  ⇔  an add of v stands, at least as late as every remove of v", () =>
    holdsSet("lwwsetAdd", ({ adds, removes }) =>
      adds.some(add => removes.every(remove => depthOf(add) >= depthOf(remove))),
    ),
  );
  law("sets.ts", "lwwsetRemove  v shows  ⇔  an add of v stands, later than every remove of v", () =>
    holdsSet("lwwsetRemove", ({ adds, removes }) =>
      adds.some(add => removes.every(remove => depthOf(add) > depthOf(remove))),
    ),
  );
  law("sets.ts", "set           v shows  ⇔  an add of v stands that no remove of v names", () =>
    holdsSet("set", ({ adds }) => adds.length > 0),
  );
});
