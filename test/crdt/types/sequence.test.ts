// The order of texts and lists beside its oracle: histories drawn at random, sensible and malicious, applied in
// several orders; after every step both agree on what is there, what is shown and where a new element would hang.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Causality, Dot, Span } from "../../../src/crdt/types/dot.ts";
import type { Place } from "../../../src/crdt/types/op.ts";
import { MASKED, MOVED } from "../../../src/crdt/types/runs.ts";
import { type Sequence, textSequence } from "../../../src/crdt/types/sequence.ts";
import type { SequenceStep } from "../../../src/crdt/types/showing.ts";
import { Strands } from "../../../src/crdt/types/strands.ts";
import { NaiveSequence } from "../../model/naive-sequence.ts";
import { SEED } from "../people.ts";

/** `after`: the same author's step before this one, if its elements stand on one strand. */
type Step = { readonly slot: number; readonly after?: number | null } & (
  | { readonly type: "insert"; readonly place: Place; readonly text: string }
  | { readonly type: "delete"; readonly span: Span }
);

/** Changes compare by a permutation drawn for the case: ids are hashes, so any order can come up. */
function causality(ranks: readonly number[]): Causality {
  const compareIds = (a: number, b: number) => ranks[a]! - ranks[b]!;
  return { compareIds, compareDepths: compareIds };
}

class Pair {
  readonly fast: Sequence<string>;
  readonly naive: NaiveSequence<string>;
  readonly #strands = new Strands();

  constructor(order: Causality) {
    this.fast = textSequence(order, this.#strands);
    this.naive = new NaiveSequence<string>(order);
  }

  apply(step: Step): void {
    const before = this.shown();
    this.#strands.begin(step.slot, step.after ?? null);
    this.#strands.claim(step.slot, step.type === "insert" ? step.text.length : 0);
    if (step.type === "insert") {
      const dot = { change: step.slot, index: 0 };
      const { index, inserted } = this.fast.insert(dot, step.place, step.text);
      this.naive.insert(dot, step.place, step.text.split(""));
      const after = this.shown();
      const told = before.slice(0, index) + after.slice(index, index + inserted) + before.slice(index);
      if (told !== after) expect(told).toBe(after);
    } else {
      let told = before;
      for (const { index, removed } of this.fast.delete(step.span, step.slot))
        told = told.slice(0, index) + told.slice(index + removed);
      this.naive.delete(step.span, step.slot);
      if (told !== this.shown()) expect(told).toBe(this.shown());
    }
  }

  hide(span: Span, why: number, isHidden: boolean): void {
    const before = [...this.shown()];
    const steps = this.fast.hide(span, why, isHidden);
    this.naive.hide(span, why, isHidden);
    expect(replayed(before, steps, this.shown())).toBe(this.shown());
    expect(this.fast.hide(span, why, isHidden), "a second time").toEqual([]);
  }

  shown(): string {
    return [...this.fast.visible()].map(run => run.content).join("");
  }

  compare(): void {
    this.fast.check();
    expect(this.shown()).toBe(this.naive.units().join(""));
    expect(this.fast.length).toBe(this.naive.units().length);
    const order = this.naive.order();
    const isOrdered = order.every((dot, i) => i === 0 || this.fast.compare(order[i - 1]!, dot) < 0);
    expect(isOrdered, "order").toBe(true);
    const visible = this.naive.visibleDots();
    expect(visible.map(dot => this.fast.indexOf(dot)).join()).toBe([...visible.keys()].join());
    const gaps = Array.from({ length: visible.length + 1 }, (_, i) => i);
    expect(gaps.map(i => named(this.fast.place(i))).join()).toBe(
      gaps.map(i => named(this.naive.place(i))).join(),
    );
  }
}

/** What steps make of a text; what a step puts in stands there in the end, since the steps of one span never overlap. */
function replayed(before: string[], steps: readonly SequenceStep[], after: string): string {
  for (const { index, removed, inserted } of steps)
    before.splice(index, removed, ...Array.from({ length: inserted }, () => "?"));
  return before.map((unit, i) => (unit === "?" ? after[i] : unit)).join("");
}

function named({ parent, side, rightOrigin }: Place): string {
  return JSON.stringify([parent?.change, parent?.index, side, rightOrigin?.change, rightOrigin?.index]);
}

/** What a step names must have come before it. */
function needs(step: Step): number[] {
  if (step.type === "delete") return [step.span.change];
  return [step.place.parent, step.place.rightOrigin].flatMap(dot => (dot === null ? [] : [dot.change]));
}

/** An order drawn by `picks` in which everything comes after what it names. */
function shuffled(steps: readonly Step[], picks: readonly number[]): Step[] {
  const done = new Set<number>();
  const out: Step[] = [];
  let left = [...steps];
  for (let i = 0; left.length > 0; i++) {
    const ready = left.filter(step => needs(step).every(slot => done.has(slot)));
    const step = ready[picks[i % picks.length]! % ready.length]!;
    out.push(step);
    done.add(step.slot);
    left = left.filter(other => other !== step);
  }
  return out;
}

const draw = fc.array(fc.nat(1_000), { minLength: 4, maxLength: 4 });

/** Names earlier elements as it likes: parents, sides and right origins that no honest author would combine. */
function anyHistory(draws: readonly (readonly number[])[]): Step[] {
  const inserts: { readonly slot: number; readonly length: number }[] = [];
  return draws.map(([a, b, c, d], slot): Step => {
    const some = (n: number): Dot => {
      const run = inserts[n % inserts.length]!;
      return { change: run.slot, index: (n >> 3) % run.length };
    };
    if (inserts.length > 0 && a! % 5 === 0) {
      const { change, index } = some(b!);
      const length = inserts.find(run => run.slot === change)!.length;
      return { slot, type: "delete", span: { change, start: index, length: 1 + (c! % (length - index)) } };
    }
    const text = "abcdefg".slice(0, 1 + (d! % 5));
    const left = inserts.length > 0 && a! % 3 === 0;
    const parent = inserts.length === 0 || (!left && a! % 11 === 0) ? null : some(b!);
    const rightOrigin = left || inserts.length === 0 || c! % 4 === 0 ? null : some(c!);
    inserts.push({ slot, length: text.length });
    return { slot, type: "insert", place: { parent, side: left ? "left" : "right", rightOrigin }, text };
  });
}

describe("a sequence", () => {
  it("agrees with the tree of the paper at every step, whatever places are named, in any order of arrival", () => {
    let steps = 0;
    fc.assert(
      fc.property(
        fc.array(draw, { minLength: 2, maxLength: 14 }),
        fc.array(fc.nat(1_000), { minLength: 3, maxLength: 9 }),
        fc.infiniteStream(fc.nat()),
        (draws, picks, luck) => {
          const ranks = draws.map(() => luck.next().value!);
          const order = causality(ranks.map((rank, i) => rank * 100 + i));
          const history = anyHistory(draws);
          const orders = [history, shuffled(history, picks), shuffled(history, picks.toReversed())];
          const pairs = orders.map(() => new Pair(order));
          for (const [i, pair] of pairs.entries()) {
            for (const step of orders[i]!) {
              pair.apply(step);
              steps++;
            }
            pair.compare();
          }
          for (const pair of pairs) expect(pair.naive.order()).toEqual(pairs[0]!.naive.order());
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
    expect(steps).toBeGreaterThan(8_000);
  });

  it("agrees with the tree of the paper when several people type where they stand", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            who: fc.nat(2),
            at: fc.nat(99),
            kind: fc.nat(5),
            size: fc.integer({ min: 1, max: 4 }),
          }),
          {
            minLength: 5,
            maxLength: 30,
          },
        ),
        fc.infiniteStream(fc.nat(1_000_000)),
        (edits, luck) => {
          const ranks = edits.map(() => luck.next().value!);
          const order = causality(ranks.map((rank, i) => rank * 100 + i));
          const people = [0, 1, 2].map(() => ({
            pair: new Pair(order),
            seen: new Set<Step>(),
            last: null as number | null,
            caret: 0,
          }));
          const log: Step[] = [];
          const catchUp = (person: (typeof people)[number]) => {
            for (const step of log) {
              if (person.seen.has(step)) continue;
              person.pair.apply(step);
              person.seen.add(step);
            }
          };
          for (const [slot, { who, at, kind, size }] of edits.entries()) {
            const person = people[who]!;
            const length = person.pair.fast.length;
            if (kind === 0) catchUp(person);
            // People type on where they were more often than anywhere else.
            const index = at % 2 === 0 ? Math.min(person.caret, length) : at % (length + 1);
            const { last: after } = person;
            let step: Step;
            if (kind === 1 && length > 0) {
              const span = person.pair.fast.spans(
                Math.min(index, length - 1),
                Math.min(index, length - 1) + size,
              )[0]!;
              step = { slot, after, type: "delete", span };
              person.caret = Math.min(index, length - 1);
            } else {
              const place = person.pair.fast.place(index);
              step = { slot, after, type: "insert", place, text: "wxyz".slice(0, size) };
              person.caret = index + size;
            }
            person.last = slot;
            person.pair.apply(step);
            person.pair.compare();
            person.seen.add(step);
            log.push(step);
          }
          for (const person of people) {
            // A person's own steps build on what it had seen; the log is in an order that respects that.
            catchUp(person);
            person.pair.compare();
            expect(person.pair.shown()).toBe(people[0]!.pair.shown());
          }
        },
      ),
      { seed: SEED, numRuns: 80 },
    );
  });

  it("agrees with the tree of the paper when typed into and deleted from as drafts do, and when a draft is taken back", () => {
    let forgotten = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            kind: fc.nat(9),
            at: fc.nat(99),
            size: fc.integer({ min: 1, max: 4 }),
            change: fc.nat(9),
          }),
          { minLength: 5, maxLength: 40 },
        ),
        edits => {
          const strands = new Strands();
          const order = causality(edits.map((_, i) => (i * 7) % edits.length));
          const fast = textSequence(order, strands);
          const naive = new NaiveSequence<string>(order);
          let [slot, next, caret] = [0, 0, 0];
          strands.begin(slot, null);
          const grow = (by: number) => {
            next += by;
            strands.claim(slot, next);
          };
          const agree = () => {
            fast.check();
            expect(fast.toText()).toBe(naive.units().join(""));
          };
          for (const { kind, at, size, change } of edits) {
            if (change === 0) {
              strands.begin(slot + 1, slot);
              [slot, next] = [slot + 1, 0];
            }
            const { length } = fast;
            const index = kind % 2 === 0 ? Math.min(caret, length) : at % (length + 1);
            const dot = { change: slot, index: next };
            const text = "wxyz".slice(0, size);
            if (kind < 6 || length === 0) {
              const place = naive.place(index);
              expect(named(fast.insertAt(index, dot, text))).toBe(named(place));
              if (kind === 5) {
                fast.forget({ change: slot, start: next, length: size });
                forgotten++;
              } else {
                naive.insert(dot, place, text);
                grow(size);
                expect(fast.contentOf({ change: slot, start: dot.index, length: size })).toBe(text);
                caret = index + size;
              }
            } else {
              const from = Math.max(0, Math.min(index, length) - size);
              const to = Math.max(Math.min(index, length), 1);
              const gone = naive.visibleDots().slice(from, to);
              const spans: Span[] = [];
              fast.deleteAt(from, to, slot, spans);
              expect(
                spans.flatMap(s => Array.from({ length: s.length }, (_, i) => `${s.change}:${s.start + i}`)),
              ).toEqual(expect.arrayContaining(gone.map(({ change, index }) => `${change}:${index}`)));
              expect(spans.reduce((sum, span) => sum + span.length, 0)).toBe(gone.length);
              for (const span of spans) naive.delete(span, slot);
              if (kind === 9) {
                for (const span of spans) {
                  fast.undelete(span, slot);
                  naive.undelete(span, slot);
                }
              }
              caret = from;
            }
            expect(fast.length).toBe(naive.units().length);
            if (size === 1) agree();
          }
          agree();
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
    expect(forgotten).toBeGreaterThan(300);
  });

  it("shows again what one deleter takes back, unless another deleted it too, whoever came first", () => {
    const first = { change: 0, start: 1, length: 3 };
    const second = { change: 0, start: 2, length: 3 };
    const deleted = () => {
      const pair = new Pair(causality([0, 1, 2]));
      pair.apply({
        slot: 0,
        type: "insert",
        place: { parent: null, side: "right", rightOrigin: null },
        text: "abcdef",
      });
      pair.apply({ slot: 1, type: "delete", span: first });
      pair.apply({ slot: 2, type: "delete", span: second });
      expect(pair.shown()).toBe("af");
      return pair;
    };
    for (const [taken, by, left, other, otherBy] of [
      [first, 1, "abf", second, 2],
      [second, 2, "aef", first, 1],
    ] as const) {
      const pair = deleted();
      pair.fast.undelete(taken, by);
      expect(pair.shown()).toBe(left);
      pair.fast.undelete(other, otherBy);
      expect(pair.shown()).toBe("abcdef");
      pair.fast.check();
    }
  });

  it("hides elements for two reasons that know nothing of each other, whatever was deleted, and keeps the structure", () => {
    let hidden = 0;
    fc.assert(
      fc.property(
        fc.array(draw, { minLength: 2, maxLength: 12 }),
        fc.array(draw, { minLength: 1, maxLength: 24 }),
        fc.array(fc.nat(1_000), { minLength: 3, maxLength: 9 }),
        (draws, hides, picks) => {
          const order = causality(draws.map(([a], i) => (a! % 7) * 100 + i));
          const history = anyHistory(draws);
          const [pair, untouched] = [new Pair(order), new Pair(order)];
          const done: { readonly span: Span; readonly why: number }[] = [];
          for (const [i, step] of shuffled(history, picks).entries()) {
            for (const same of [pair, untouched]) same.apply(step);
            const dots = pair.naive.order();
            for (const [a, b, c] of hides.slice(2 * i, 2 * i + 2)) {
              const { change, index } = dots[a! % dots.length]!;
              const end = dots.filter(dot => dot.change === change).length;
              const span = { change, start: index, length: 1 + (b! % (end - index)) };
              const why = c! % 2 === 0 ? MASKED : MOVED;
              pair.hide(span, why, c! % 3 !== 0);
              done.push({ span, why });
              hidden++;
            }
            pair.compare();
          }
          for (const { span, why } of done) pair.hide(span, why, false);
          pair.compare();
          expect(pair.shown()).toBe(untouched.shown());
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
    expect(hidden).toBeGreaterThan(1_000);
  });

  it("hides very many elements at once as it does one by one, and tells what that changes, contents and all", () => {
    let [steps, shown] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(draw, { minLength: 2, maxLength: 40 }),
        fc.array(draw, { minLength: 1, maxLength: 24 }),
        fc.array(fc.nat(1_000), { minLength: 3, maxLength: 9 }),
        (draws, hides, picks) => {
          const order = causality(draws.map(([a], i) => (a! % 7) * 100 + i));
          const [pair, one] = [new Pair(order), new Pair(order)];
          for (const step of shuffled(anyHistory(draws), picks))
            for (const same of [pair, one]) same.apply(step);
          const dots = pair.naive.order();
          for (const [i, [from]] of hides.entries()) {
            const spans: Span[] = [];
            for (const [a, b] of hides.slice(i, i + 6)) {
              const { change, index } = dots[(a! + from!) % dots.length]!;
              const end = dots.filter(dot => dot.change === change).length;
              // They are disjoint: what one change put here is hidden once.
              if (!spans.some(span => span.change === change))
                spans.push({ change, start: index, length: 1 + (b! % (end - index)) });
            }
            const isHidden = from! % 3 !== 0;
            const text = pair.shown().split("");
            pair.fast.hideAll(spans, MASKED, isHidden, [], (index, removed, content) => {
              text.splice(index, removed, ...(content ?? ""));
              steps++;
              shown += content?.length ?? 0;
            });
            expect(text.join("")).toBe(pair.shown());
            for (const span of spans) {
              pair.naive.hide(span, MASKED, isHidden);
              one.hide(span, MASKED, isHidden);
            }
            pair.compare();
            expect(pair.shown()).toBe(one.shown());
          }
        },
      ),
      { seed: SEED, numRuns: 200 },
    );
    expect(steps).toBeGreaterThan(1_000);
    expect(shown).toBeGreaterThan(500);
  });

  it("does not interleave two runs typed forwards or backwards at one place", () => {
    const order = causality(Array.from({ length: 12 }, (_, i) => (i * 7) % 12));
    const alice: Step[] = [];
    const bob: Step[] = [];
    const typed = (own: Step[], slots: readonly number[], letter: string, isBackwards: boolean) => {
      const pair = new Pair(order);
      for (const slot of slots) {
        const place = pair.fast.place(isBackwards ? 0 : pair.fast.length);
        const step: Step = { slot, type: "insert", place, text: letter };
        pair.apply(step);
        own.push(step);
      }
    };
    for (const isBackwards of [false, true]) {
      alice.length = 0;
      bob.length = 0;
      typed(alice, [0, 1, 2, 3, 4, 5], "a", isBackwards);
      typed(bob, [6, 7, 8, 9, 10, 11], "b", isBackwards);
      const merged = new Pair(order);
      for (let i = 0; i < 6; i++) for (const step of [alice[i]!, bob[i]!]) merged.apply(step);
      merged.compare();
      expect(merged.shown()).toMatch(/^(a{6}b{6}|b{6}a{6})$/);
    }
  });
});

describe("a hostile shape", () => {
  const END = { parent: null, side: "right", rightOrigin: null } as const;
  const shown = (sequence: Sequence<string>) => [...sequence.visible()].map(run => run.content).join("");

  it("of 10,000 siblings at one spot stands in the order of their dots, whatever order they came in", () => {
    const ranks = Array.from({ length: 10_001 }, (_, slot) => (slot * 7_919) % 10_007);
    const sequence = textSequence(causality(ranks));
    sequence.insert({ change: 0, index: 0 }, END, "ab");
    const between = {
      parent: { change: 0, index: 0 },
      side: "right",
      rightOrigin: { change: 0, index: 1 },
    } as const;
    for (let slot = 1; slot <= 10_000; slot++) {
      sequence.insert({ change: slot, index: 0 }, between, String.fromCharCode(0x4e00 + ranks[slot]!));
    }
    sequence.check();
    const siblings = shown(sequence).slice(1, -1);
    expect(siblings).toHaveLength(10_000);
    expect(siblings).toBe([...siblings].sort().join(""));
  });

  it.each([0, 1])(
    "of 100,000 characters typed backwards behind %i others, each a level deeper, stands in order and is cut and deleted anywhere",
    before => {
      const sequence = textSequence(causality([0, 1, 2]));
      const letter = (i: number) => String.fromCharCode(0x61 + (i % 26));
      if (before === 1) sequence.insert({ change: 2, index: 0 }, sequence.place(0), "-");
      for (let i = 0; i < 100_000; i++)
        sequence.insert({ change: 0, index: i }, sequence.place(before), letter(i));
      const text = Array.from({ length: 100_000 }, (_, i) => letter(99_999 - i)).join("");
      expect(shown(sequence).slice(before)).toBe(text);
      for (let start = 0; start < 100_000; start += 1_000)
        sequence.delete({ change: 0, start, length: 500 }, 1);
      sequence.check();
      expect(sequence.length).toBe(before + 50_000);
      expect(sequence.indexOf({ change: 0, index: 500 })).toBe(before + 49_999);
      const first = { parent: { change: 0, index: 99_999 }, side: "left", rightOrigin: null };
      for (const isUnseen of [null, () => false]) expect(sequence.place(before, isUnseen)).toEqual(first);
    },
  );
});
