// The laws of src/crdt/state/lattice.ts as properties, in its words, for any type that describes itself as a `Kind`.
// Method: three people edit and merge at random. Every state they pass through is kept, every delta too, because a delta
// is a state; the laws are asked of any of these. What a state should show is computed a second time from nothing but
// the edits it knows of and what each of them had seen.
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Lattice, type ReplicaId, replicaId, type Scalar } from "../../../src/crdt/state/index.ts";

export const [alice, bob, carol] = ["Alice", "Bob", "Carol"].map(replicaId) as [
  ReplicaId,
  ReplicaId,
  ReplicaId,
];
const PEOPLE = [alice, bob, carol];

export interface Edit<Op> {
  readonly op: Op;
  readonly by: ReplicaId;
  /** The edits that its author knew of. */
  readonly saw: ReadonlySet<Edit<Op>>;
}

export interface Kind<S, Op> {
  readonly name: string;
  readonly lattice: Lattice<S>;
  readonly op: fc.Arbitrary<Op>;
  /** mδ(x) */
  delta(state: S, replica: ReplicaId, op: Op): S;
  /** m(x), written down without deltas and merges: copy the state, change the copy. */
  full(state: S, replica: ReplicaId, op: Op): S;
  value(state: S): unknown;
  /** What `value` should be for a state that knows these edits. */
  meaning(known: readonly Edit<Op>[]): unknown;
}

type Step<Op> =
  | { readonly does: "edit"; readonly who: number; readonly op: Op }
  | { readonly does: "merge"; readonly who: number; readonly from: number }
  | { readonly does: "take"; readonly who: number; readonly delta: number };

interface Moment<S, Op> {
  readonly state: S;
  readonly known: ReadonlySet<Edit<Op>>;
}

interface History<S, Op> {
  readonly moments: readonly Moment<S, Op>[];
  readonly ends: readonly S[];
  readonly deltas: readonly S[];
}

/** Few values, so that edits meet; of every kind, and with names that plain objects would trip over. */
export const element: fc.Arbitrary<Scalar> = fc.constantFrom<Scalar[]>("milk", "__proto__", 1, "1", null);

export function testLaws<S, Op>(kind: Kind<S, Op>): void {
  const { merge, leq, equal, bottom } = kind.lattice;
  const histories = historiesOf(kind, ["edit", "merge", "take"]);
  const states = (count: number) =>
    fc
      .tuple(histories, fc.array(fc.nat(), { minLength: count, maxLength: count }))
      .map(([history, picks]) => {
        const all = [bottom, ...history.deltas, ...history.moments.map(({ state }) => state)];
        return picks.map(pick => all[pick % all.length]!);
      });
  const one = states(1).map(([a]) => [a!] as const);
  const two = states(2).map(([a, b]) => [a!, b!] as const);
  const three = states(3).map(([a, b, c]) => [a!, b!, c!] as const);
  const edited = fc.tuple(histories, fc.nat(2), kind.op);
  const deliveries = histories.chain(({ ends, deltas }) =>
    fc
      .tuple(shuffled(deltas), shuffled(deltas), fc.nat(deltas.length), fc.integer({ min: 1, max: 4 }))
      .map(([first, again, cut, size]) => ({
        ends,
        // Some of them, then all of them: whatever comes late has others before it, some of those twice.
        delivered: [...first.slice(0, cut), ...again],
        size,
      })),
  );

  describe(`the laws of ${kind.name}`, () => {
    it("a ⊔ b = b ⊔ a", () => {
      holds(two, ([a, b]) => expect(merge(a, b)).toEqual(merge(b, a)));
    });

    it("(a ⊔ b) ⊔ c = a ⊔ (b ⊔ c)", () => {
      holds(three, ([a, b, c]) => expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c))));
    });

    it("a ⊔ a = a", () => {
      holds(one, ([a]) => expect(merge(a, a)).toEqual(a));
    });

    it("a ⊔ ⊥ = a", () => {
      holds(one, ([a]) => {
        expect(merge(a, bottom)).toEqual(a);
        expect(merge(bottom, a)).toEqual(a);
      });
    });

    it("a ≤ b ⇔ a ⊔ b = b", () => {
      holds(two, ([a, b]) => expect(leq(a, b)).toBe(isDeepStrictEqual(merge(a, b), b)));
      holds(two, ([a, b]) => expect(leq(a, merge(a, b))).toBe(true));
      holds(three, ([a, b, c]) => {
        const other = merge(b, c);
        expect(leq(a, other)).toBe(isDeepStrictEqual(merge(a, other), other));
      });
    });

    it("a = b ⇔ a ≤ b and b ≤ a, and equal states have equal parts", () => {
      holds(two, ([a, b]) => {
        expect(equal(a, b)).toBe(leq(a, b) && leq(b, a));
        expect(equal(a, b)).toBe(isDeepStrictEqual(a, b));
        expect(equal(merge(a, b), merge(b, a))).toBe(true);
      });
    });

    it("m(x) = x ⊔ mδ(x)", () => {
      holds(edited, ([{ ends }, who, op]) => {
        const x = ends[who]!;
        const delta = kind.delta(x, PEOPLE[who]!, op);
        expect(merge(x, delta)).toEqual(kind.full(x, PEOPLE[who]!, op));
      });
    });

    it("x ≤ m(x)", () => {
      holds(edited, ([{ ends }, who, op]) => {
        const x = ends[who]!;
        expect(leq(x, kind.full(x, PEOPLE[who]!, op))).toBe(true);
      });
    });

    it("deltas in any order, repeated and merged in batches, make the same state", () => {
      holds(deliveries, ({ ends, delivered, size }) => {
        let merged = bottom;
        for (const batch of batches(delivered, size)) merged = merge(merged, batch.reduce(merge, bottom));
        expect(merged).toEqual(ends.reduce(merge, bottom));
      });
    });

    it("a state shows what the edits it knows of mean", () => {
      let editCount = 0;
      let concurrentCount = 0;
      holds(historiesOf(kind, ["edit", "merge"]), ({ moments, ends }) => {
        for (const { state, known } of moments) expect(kind.value(state)).toEqual(kind.meaning([...known]));
        const all = new Set(moments.flatMap(({ known }) => [...known]));
        expect(kind.value(ends.reduce(merge, bottom))).toEqual(kind.meaning([...all]));
        editCount += all.size;
        concurrentCount += [...all].filter(a => [...all].some(b => isConcurrent(a, b))).length;
      });
      expect(editCount).toBeGreaterThan(100);
      expect(concurrentCount).toBeGreaterThan(50);
    });

    it("no call changes what it is given, and structured cloning keeps a state", () => {
      holds(fc.tuple(two, kind.op), ([[a, b], op]) => {
        const before = structuredClone([a, b, bottom]);
        merge(a, b);
        leq(a, b);
        equal(a, b);
        kind.delta(a, alice, op);
        kind.value(a);
        expect([a, b, bottom]).toEqual(before);
        expect(equal(before[0]!, a)).toBe(true);
      });
    });
  });
}

/** The edits that none of the known ones saw and did away with. */
export function unseenByAny<Op>(known: readonly Edit<Op>[], by: (edit: Edit<Op>) => boolean): Edit<Op>[] {
  return known.filter(edit => !known.some(later => by(later) && later.saw.has(edit)));
}

function historiesOf<S, Op>(
  kind: Kind<S, Op>,
  steps: readonly Step<Op>["does"][],
): fc.Arbitrary<History<S, Op>> {
  const who = fc.nat(2);
  const arbitraries: { readonly [K in Step<Op>["does"]]: fc.Arbitrary<Step<Op>> } = {
    edit: fc.record({ does: fc.constant("edit" as const), who, op: kind.op }),
    merge: fc.record({ does: fc.constant("merge" as const), who, from: who }),
    take: fc.record({ does: fc.constant("take" as const), who, delta: fc.nat() }),
  };
  return fc
    .array(fc.oneof(...steps.map(step => arbitraries[step])), { maxLength: 12 })
    .map(drawn => play(kind, drawn));
}

function play<S, Op>(kind: Kind<S, Op>, steps: readonly Step<Op>[]): History<S, Op> {
  const now: Moment<S, Op>[] = PEOPLE.map(() => ({ state: kind.lattice.bottom, known: new Set() }));
  const moments: Moment<S, Op>[] = [];
  const sent: Moment<S, Op>[] = [];
  for (const step of steps) {
    const mine = now[step.who]!;
    const heard = hear(step);
    if (heard === undefined) continue;
    now[step.who] = {
      state: kind.lattice.merge(mine.state, heard.state),
      known: new Set([...mine.known, ...heard.known]),
    };
    moments.push(now[step.who]!);
  }
  return { moments, ends: now.map(({ state }) => state), deltas: sent.map(({ state }) => state) };

  function hear(step: Step<Op>): Moment<S, Op> | undefined {
    if (step.does === "merge") return now[step.from];
    if (step.does === "take") return sent[step.delta % Math.max(sent.length, 1)];
    const { state, known } = now[step.who]!;
    const by = PEOPLE[step.who]!;
    const delta = {
      state: kind.delta(state, by, step.op),
      known: new Set([{ op: step.op, by, saw: known }]),
    };
    sent.push(delta);
    return delta;
  }
}

function holds<T>(drawn: fc.Arbitrary<T>, law: (value: T) => void): void {
  fc.assert(
    fc.property(drawn, value => {
      law(value);
    }),
  );
}

function isConcurrent<Op>(a: Edit<Op>, b: Edit<Op>): boolean {
  return a !== b && !a.saw.has(b) && !b.saw.has(a);
}

function shuffled<T>(list: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length });
}

function batches<T>(list: readonly T[], size: number): T[][] {
  const cut: T[][] = [];
  for (let i = 0; i < list.length; i += size) cut.push(list.slice(i, i + size));
  return cut;
}
