// What was measured, as tables: medians, what contestants who did not finish are called, and what became of the
// targets. Knows nothing of how it was measured.

/** Never measured here, and why. */
const ABSENT = new Map([["json-joy", "not measured: AGPL"]]);

/** What was left out of this run. */
const ABSENCE = "not measured";

/** Of the two in the middle, the mean. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Per line (a case, or one figure of it) and contestant: what the rounds gave, or why they gave nothing. */
export class Results {
  #cells = new Map();

  add(line, contestant, figure) {
    this.#cell(line, contestant).rounds.push(figure);
  }

  fail(line, contestant, why) {
    this.#cell(line, contestant).failure = why;
  }

  #cell(line, contestant) {
    if (!this.#cells.has(line)) this.#cells.set(line, new Map());
    const cells = this.#cells.get(line);
    if (!cells.has(contestant)) cells.set(contestant, { rounds: [], failure: null });
    return cells.get(contestant);
  }

  get lines() {
    return [...this.#cells.keys()];
  }

  has(line) {
    return this.#cells.has(line);
  }

  /** Medians, or the reason why there are none. */
  of([line, contestant]) {
    const cell = this.#cells.get(line)?.get(contestant);
    if (cell === undefined) return { failure: ABSENT.get(contestant) ?? ABSENCE };
    if (cell.rounds.length === 0) return { failure: cell.failure };
    const pick = clock => median(cell.rounds.map(round => round[clock]));
    const isTime = cell.rounds[0].cpu !== null;
    const marks = `${cell.rounds.length === 1 ? "¹" : ""}${cell.failure === null ? "" : "²"}`;
    return { wall: pick("wall"), cpu: isTime ? pick("cpu") : null, unit: cell.rounds[0].unit, marks };
  }
}

/** One line per case, one column per contestant. */
export function figuresTable(results, contestants) {
  return table(
    ["", ...contestants],
    results.lines.map(line => [
      line,
      ...contestants.map(contestant => cellOf(results.of([line, contestant]))),
    ]),
  );
}

function cellOf({ failure, wall, cpu, unit, marks }) {
  if (failure !== undefined) return failure === ABSENCE ? "–" : failure;
  if (cpu === null) return unit === "ms" ? milliseconds(wall) : bytes(wall);
  return `${milliseconds(wall)} (CPU ${milliseconds(cpu)})${marks}`;
}

/**
 * One line per target of what was measured: ours by somebody else's, or by a line of our own, or against an amount.
 */
export function targetsTable(results, targets) {
  return table(
    ["target", "measured", "by CPU", "now", "reached", "goal", "reached"],
    targets
      .filter(({ of }) => results.has(of[0]))
      .map(target => {
        const found = compare(results, target);
        const unit = target.by === undefined ? target.unit : "×";
        const show = amount => (amount === null ? "" : SHOW[unit](amount));
        const bound = amount => (amount === undefined ? "" : `≤ ${amount} ${unit}`);
        return [
          nameOf(target),
          found.failure ?? show(found.wall),
          found.failure === undefined ? show(found.cpu) : "",
          bound(target.now),
          verdict(found, target.now),
          bound(target.goal),
          verdict(found, target.goal),
        ];
      }),
  );
}

function nameOf({ name, of, by }) {
  if (name !== undefined) return name;
  return by === undefined ? of[0] : `${of[0]}: ${of[1]} ÷ ${by[1]}`;
}

/** By either clock; where there is nothing to compare, why, and whether ours is to blame. */
function compare(results, { of, by }) {
  const ours = results.of(of);
  if (ours.failure !== undefined) return { failure: ours.failure, isOurs: ours.failure !== ABSENCE };
  if (by === undefined) return { wall: ours.wall, cpu: ours.cpu };
  const theirs = results.of(by);
  if (theirs.failure !== undefined) return { failure: theirs.failure, isOurs: false };
  const isTime = ours.cpu !== null && theirs.cpu !== null;
  return { wall: ours.wall / theirs.wall, cpu: isTime ? ours.cpu / theirs.cpu : null };
}

/** Yes and no where both clocks agree. On a busy machine the wall is moody; by CPU what runs beside the script counts too. */
function verdict({ failure, isOurs, wall, cpu }, bound) {
  if (bound === undefined) return "";
  if (failure !== undefined) return isOurs ? "**no**" : "?";
  const byWall = wall <= bound;
  const byCpu = cpu === null ? byWall : cpu <= bound;
  if (byWall !== byCpu) return byWall ? "not by CPU" : "by CPU only";
  return byWall ? "yes" : "**no**";
}

const SHOW = { "×": ratio, ms: milliseconds, B: bytes };

function ratio(value) {
  return `${value.toPrecision(value < 10 ? 3 : 4)} ×`;
}

function milliseconds(value) {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

function bytes(value) {
  if (value < 10_000) return `${Math.round(value)} B`;
  return value < 1e6 ? `${Math.round(value / 1e3)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

/** Markdown with columns as wide as their widest cell, as the formatter wants it. */
export function table(header, rows) {
  const widths = header.map((_, column) =>
    Math.max(3, ...[header, ...rows].map(row => [...row[column]].length)),
  );
  const line = (cells, fill = " ") =>
    `| ${cells.map((cell, column) => cell + fill.repeat(widths[column] - [...cell].length)).join(" | ")} |`;
  const rule = line(
    header.map(() => ""),
    "-",
  );
  return [line(header), rule, ...rows.map(row => line(row))].join("\n");
}
