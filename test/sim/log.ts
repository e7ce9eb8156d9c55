// What happened in a simulated world, a line for each thing, and three ways to look at it: one string for each line to
// compare and to hash, aligned columns for reading, a message sequence chart for the conversation. The legend stands in
// CONTRIBUTING.md.

import { createHash } from "node:crypto";

export interface Line {
  /** Milliseconds since the world began. */
  readonly at: number;
  readonly who: string;
  readonly what: string;
  /** Whom it is said to; null for what somebody does alone. */
  readonly to: string | null;
}

/** What links say to keep themselves up, without which a chart can be read. */
const CHATTER = /^(ping|pong|took|presence|relay-frame|hello|hello-back|offer|answer|candidate)\b/;
/** Lines of a chart: more than these no renderer draws. */
const CHART_LINES_MAX = 400;

export class Log {
  readonly lines: Line[] = [];

  add(at: number, who: string, what: string, to: string | null = null): void {
    this.lines.push({ at, who, what, to });
  }

  /** Each line as one string. */
  get texts(): string[] {
    return this.lines.map(({ at, who, what, to }) => `${at} ${who} ${what}${to === null ? "" : ` to ${to}`}`);
  }

  /** Equal runs have equal hashes: 16 hex digits. */
  get hash(): string {
    return createHash("sha256").update(this.texts.join("\n")).digest("hex").slice(0, 16);
  }

  /** Seconds, who, what, to whom, one under the other; of several equal lines in a row the first, with their number. */
  aligned(last = Number.POSITIVE_INFINITY): string {
    const lines = this.lines.slice(-last);
    const whoWidth = Math.max(0, ...lines.map(({ who }) => who.length));
    return runsOf(lines)
      .map(({ line: { at, who, what, to }, count }) => {
        const times = count === 1 ? "" : ` (${count} times)`;
        const whom = to === null ? "" : `  → ${to}`;
        return `${(at / 1000).toFixed(3).padStart(9)}  ${who.padEnd(whoWidth)}  ${what.padEnd(24)}${whom}${times}`;
      })
      .join("\n");
  }

  /** Mermaid's sequenceDiagram: what people say to each other, and what befalls them. Its last lines where it is long. */
  chart(): string {
    const told = this.lines.filter(({ what, to }) => (to === null ? isEvent(what) : !CHATTER.test(what)));
    const shown = runsOf(told.slice(-CHART_LINES_MAX));
    const names = [
      ...new Set(shown.flatMap(({ line: { who, to } }) => (to === null ? [who] : [who, to]))),
    ].sort();
    const idOf = (name: string): string => `p${names.indexOf(name)}`;
    return [
      "sequenceDiagram",
      ...names.map(name => `  participant ${idOf(name)} as ${name}`),
      ...shown.map(({ line: { at, who, what, to }, count }) => {
        const words = `${(at / 1000).toFixed(1)} s: ${what.replace(/[;#:]/g, ",")}${count === 1 ? "" : ` × ${count}`}`;
        return to === null ? `  Note over ${idOf(who)}: ${words}` : `  ${idOf(who)}->>${idOf(to)}: ${words}`;
      }),
    ].join("\n");
  }
}

/** A word that an effect of a session has is its inner business. */
function isEvent(what: string): boolean {
  return !/^(append|read|sign|verify|putSignature)$/.test(what);
}

function runsOf(lines: readonly Line[]): { readonly line: Line; readonly count: number }[] {
  const runs: { line: Line; count: number }[] = [];
  for (const line of lines) {
    const before = runs.at(-1);
    const isSame =
      before !== undefined &&
      before.line.who === line.who &&
      before.line.what === line.what &&
      before.line.to === line.to;
    if (isSame) before.count++;
    else runs.push({ line, count: 1 });
  }
  return runs;
}
