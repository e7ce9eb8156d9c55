// Goal: what the bench replays and what it says about it can be trusted, whoever is measured. Method: its parts that
// measure nothing, on small data; the peers need not be installed. No time is asserted here.
import { describe, expect, it } from "vitest";

type Edit = [position: number, deleted: number, inserted: string];
type Together = [agent: 0 | 1, seen: number, ...Edit];
interface Figure {
  readonly wall: number;
  readonly cpu: number | null;
}
interface Target {
  readonly of: readonly [string, string];
  readonly by?: readonly [string, string];
  readonly unit?: string;
  readonly now?: number;
  readonly goal?: number;
}
interface Bench {
  synthesize(seed: number, count: number): { edits: Edit[]; end: string };
  synthesizeTogether(seed: number, count: number): { txns: Together[]; end: null };
  inUnits(edits: readonly Edit[]): Edit[] | null;
  concurrent(trace: { txns: object[]; endContent: string }): { txns: Together[]; end: string };
  median(values: readonly number[]): number;
  table(header: readonly string[], rows: readonly (readonly string[])[]): string;
  Results: new () => {
    add(line: string, contestant: string, figure: Figure): void;
    fail(line: string, contestant: string, why: string): void;
  };
  figuresTable(results: object, contestants: readonly string[]): string;
  targetsTable(results: object, targets: readonly Target[]): string;
}

// The bench is plain JavaScript, started by Node without a build, so its types stand here.
const load = (name: string): Promise<object> => import(`../../bench/${name}.mjs`);
const parts = await Promise.all(["synthetic", "traces", "report"].map(load));
const bench = Object.assign({}, ...parts) as Bench;

function replay(edits: readonly Edit[]): string {
  const text: string[] = [];
  for (const [position, deleted, inserted] of edits) text.splice(position, deleted, ...inserted);
  return text.join("");
}

describe("made-up typing", () => {
  const { edits, end } = bench.synthesize(7, 5_000);

  it("is the same from the same seed, and another from another", () => {
    expect(bench.synthesize(7, 5_000)).toEqual({ edits, end });
    expect(bench.synthesize(8, 5_000).end).not.toBe(end);
  });

  it("has the length asked for, stays inside of the text and ends where it says", () => {
    expect(edits).toHaveLength(5_000);
    let length = 0;
    for (const [position, deleted, inserted] of edits) {
      expect(position + deleted).toBeLessThanOrEqual(length);
      length += inserted.length - deleted;
    }
    expect(replay(edits)).toBe(end);
  });

  it("deletes and jumps about as often as people do", () => {
    const deletes = edits.filter(([, deleted]) => deleted > 0).length / edits.length;
    const jumps =
      edits.filter(([position, deleted], i) => {
        const [before, , inserted] = edits[i - 1] ?? [0, 0, ""];
        return Math.abs(position + deleted - before - inserted.length) > 1;
      }).length / edits.length;
    expect(deletes).toBeGreaterThan(0.2);
    expect(deletes).toBeLessThan(0.4);
    expect(jumps).toBeGreaterThan(0.005);
    expect(jumps).toBeLessThan(0.05);
  });

  it("of two people names positions that each of them had, and is concurrent at times", () => {
    const { txns } = bench.synthesizeTogether(7, 2_000);
    const made: [number, number] = [0, 0];
    let behind = 0;
    for (const [agent, seen, position, deleted] of txns) {
      const other = made[1 - agent]!;
      expect(seen).toBeLessThanOrEqual(other);
      expect(position).toBeLessThanOrEqual(made[agent]! + seen);
      expect(deleted).toBe(0);
      if (seen < other) behind++;
      made[agent]!++;
    }
    expect(made[0] + made[1]).toBe(2_000);
    expect(behind).toBeGreaterThan(100);
  });
});

describe("a recording", () => {
  it("keeps its positions where no character has two units", () => {
    expect(bench.inUnits([[0, 0, "é—"]])).toBeNull();
  });

  it("is counted in units where one has", () => {
    const edits: Edit[] = [
      [0, 0, "🙂a"],
      [2, 0, "b"],
      [0, 1, ""],
      [1, 0, "🙃🙃"],
      [2, 1, "c"],
    ];
    const units = bench.inUnits(edits)!;
    expect(units).toEqual([
      [0, 0, "🙂a"],
      [3, 0, "b"],
      [0, 2, ""],
      [1, 0, "🙃🙃"],
      [3, 2, "c"],
    ]);
    let text = "";
    for (const [position, deleted, inserted] of units)
      text = text.slice(0, position) + inserted + text.slice(position + deleted);
    expect(text).toBe("a🙃cb");
  });

  const txn = (agent: number, parents: number[]) => ({ agent, parents, patches: [[0, 0, "x"]] });

  it("of two people says how much of the other's each had seen", () => {
    const txns = [txn(0, []), txn(0, [0]), txn(1, [0]), txn(1, [2]), txn(0, [1, 3]), txn(1, [3])];
    const read = bench.concurrent({ txns, endContent: "xxxxxx" });
    expect(read.txns.map(([agent, seen]) => [agent, seen])).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 2],
      [1, 1],
    ]);
  });

  it("in which somebody forgets what they wrote is no such recording", () => {
    expect(() => bench.concurrent({ txns: [txn(0, []), txn(0, [])], endContent: "xx" })).toThrow("chain");
  });
});

describe("the report", () => {
  const results = new bench.Results();
  for (const wall of [30, 10, 20]) results.add("paper", "ours", { wall, cpu: wall + 5 });
  results.add("paper", "yjs", { wall: 100, cpu: 50 });
  results.fail("paper", "automerge", "not finished in 60 s");
  results.add("memory", "ours", { wall: 3_000_000, cpu: null });
  results.fail("attack", "ours", "not finished in 60 s");
  results.add("attack", "yjs", { wall: 100, cpu: 100 });

  const cells = (text: string) =>
    text
      .split("\n")
      .slice(2)
      .map(line =>
        line
          .split("|")
          .slice(1, -1)
          .map(cell => cell.trim()),
      );
  const targets = (...rows: Target[]) => cells(bench.targetsTable(results, rows));

  it("takes the middle of the rounds", () => {
    expect(bench.median([3, 1, 2])).toBe(2);
    expect(bench.median([4, 1, 2, 3])).toBe(2.5);
  });

  it("shows who did not finish, and says where there was one round only", () => {
    expect(cells(bench.figuresTable(results, ["ours", "yjs", "automerge"]))).toEqual([
      ["paper", "20 ms (CPU 25 ms)", "100 ms (CPU 50 ms)¹", "not finished in 60 s"],
      ["memory", "3.0 MB", "–", "–"],
      ["attack", "not finished in 60 s", "100 ms (CPU 100 ms)¹", "–"],
    ]);
  });

  it("keeps the rounds before one that did not finish, and says so", () => {
    const some = new bench.Results();
    some.add("paper", "yjs", { wall: 10, cpu: 10 });
    some.add("paper", "yjs", { wall: 30, cpu: 10 });
    some.fail("paper", "yjs", "not finished in 60 s");
    expect(cells(bench.figuresTable(some, ["yjs"]))).toEqual([["paper", "20 ms (CPU 10 ms)²"]]);
  });

  it("divides the medians, and says yes and no", () => {
    expect(targets({ of: ["paper", "ours"], by: ["paper", "yjs"], now: 0.5, goal: 0.1 })).toEqual([
      ["paper: ours ÷ yjs", "0.200 ×", "0.500 ×", "≤ 0.5 ×", "yes", "≤ 0.1 ×", "**no**"],
    ]);
  });

  it("says so where the two clocks disagree", () => {
    const [row] = targets({ of: ["paper", "ours"], by: ["paper", "yjs"], now: 0.2 });
    expect(row![4]).toBe("not by CPU");
    const [inverse] = targets({ of: ["paper", "yjs"], by: ["paper", "ours"], now: 2 });
    expect(inverse![4]).toBe("by CPU only");
  });

  it("compares with an amount where there is nobody to compare with", () => {
    expect(targets({ of: ["paper", "ours"], unit: "ms", now: 150 })).toEqual([
      ["paper", "20 ms", "25 ms", "≤ 150 ms", "yes", "", ""],
    ]);
    expect(targets({ of: ["memory", "ours"], unit: "B", goal: 80 })).toEqual([
      ["memory", "3.0 MB", "", "", "", "≤ 80 B", "**no**"],
    ]);
  });

  it("says no where ours did not finish, and nothing where the other did not or was not there", () => {
    expect(targets({ of: ["attack", "ours"], by: ["attack", "yjs"], now: 1 })[0]).toEqual([
      ...["attack: ours ÷ yjs", "not finished in 60 s", "", "≤ 1 ×", "**no**", "", ""],
    ]);
    expect(targets({ of: ["paper", "ours"], by: ["paper", "automerge"], now: 1 })[0]).toEqual([
      ...["paper: ours ÷ automerge", "not finished in 60 s", "", "≤ 1 ×", "?", "", ""],
    ]);
    expect(targets({ of: ["paper", "ours"], by: ["paper", "json-joy"], now: 1 })[0]![1]).toContain(
      "not measured",
    );
  });

  it("passes over targets of lines that were left out", () => {
    expect(targets({ of: ["rustcode", "ours"], by: ["rustcode", "yjs"], now: 1 })).toEqual([]);
  });

  it("draws columns of one width", () => {
    expect(bench.table(["", "ours"], [["typing", "1 ×"]])).toBe(
      "|        | ours |\n| ------ | ---- |\n| typing | 1 ×  |",
    );
  });
});
