// Clocks that share what they have in common, against plain maps.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Clock, EMPTY_CLOCK, join, seen, withSeen } from "../../../src/crdt/graph/clock.ts";
import { SEED } from "../people.ts";

/** On both sides of every border at which the tree grows. */
const LANES = [0, 1, 14, 15, 16, 17, 31, 255, 256, 257, 4_095, 4_096, 70_000, 1_048_576];

/** What is said of clocks made so far: a lane seen, or two of them joined. */
const step = fc.record({
  from: fc.nat(1_000),
  with: fc.option(fc.nat(1_000)),
  lane: fc.constantFrom(...LANES),
  seq: fc.integer({ min: 1, max: 50 }),
});

interface Pair {
  readonly clock: Clock;
  readonly plain: ReadonlyMap<number, number>;
}

function check({ clock, plain }: Pair): void {
  for (const lane of LANES) expect(seen(clock, lane)).toBe(plain.get(lane) ?? 0);
}

describe("a clock", () => {
  it("knows of each lane the highest number it was told, and joins lane by lane; older clocks stay as they were", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const made: Pair[] = [{ clock: EMPTY_CLOCK, plain: new Map() }];
        for (const one of steps) {
          const { clock, plain } = made[one.from % made.length]!;
          const next = new Map(plain);
          if (one.with === null) {
            next.set(one.lane, Math.max(one.seq, plain.get(one.lane) ?? 0));
            made.push({ clock: withSeen(clock, one.lane, one.seq), plain: next });
          } else {
            const other = made[one.with % made.length]!;
            for (const [lane, seq] of other.plain) next.set(lane, Math.max(seq, plain.get(lane) ?? 0));
            made.push({ clock: join(clock, other.clock), plain: next });
          }
        }
        for (const pair of made) check(pair);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("is the same object where nothing was new to it", () => {
    let clock = EMPTY_CLOCK;
    for (const lane of LANES) clock = withSeen(clock, lane, 5);
    expect(withSeen(clock, 256, 5)).toBe(clock);
    expect(join(clock, clock)).toBe(clock);
    const older = withSeen(EMPTY_CLOCK, 16, 3);
    expect(join(clock, older)).toBe(clock);
    expect(join(older, clock)).toBe(clock);
  });

  it("costs a merge what differs, not the number of lanes", () => {
    let common = EMPTY_CLOCK;
    for (let lane = 0; lane < 4_096; lane++) common = withSeen(common, lane, 1);
    const joined = join(withSeen(common, 7, 2), withSeen(common, 4_000, 2));
    // Of 256 stretches of 16 lanes all but the two that changed are the very same objects.
    const leaves = ({ root }: Clock) => root.nodes.flatMap(node => node!.nodes);
    const kept = new Set(leaves(common));
    expect(leaves(joined).filter(leaf => !kept.has(leaf))).toHaveLength(2);
  });
});
