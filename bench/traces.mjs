// Recorded editing (josephg's editing-traces), in the form that every contestant replays: `[position, deleted,
// inserted]`, positions in UTF-16 units for those who count as JavaScript does and in code points for the others. The
// recordings are not part of this tree; where they are missing, made-up ones of the same length stand in.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { synthesize, synthesizeTogether } from "./synthetic.mjs";

/** The sequential recordings, and how many edits a made-up one has in its place. */
export const SEQUENTIAL = new Map([
  ["automerge-paper", 259_778],
  ["rustcode", 40_173],
  ["sveltecomponent", 19_749],
  ["friendsforever_flat", 26_078],
]);

/** The recording of two people, and how many edits a made-up one has in its place. */
const CONCURRENT = ["friendsforever", 26_078];

const SEED = 20_2611;

/** Writes what the children read into `folder`. Answers where each trace came from: "recorded" or "made up". */
export function prepareTraces(source, folder) {
  const origin = new Map();
  for (const [name, count] of SEQUENTIAL) {
    const file = join(source, "sequential", `${name}.json.gz`);
    const isRecorded = existsSync(file);
    const trace = isRecorded ? sequential(readRecorded(file)) : synthetic(name, count);
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(trace));
    origin.set(name, isRecorded ? "recorded" : "made up");
  }
  const [name, count] = CONCURRENT;
  const file = join(source, "concurrent", `${name}.json.gz`);
  const isRecorded = existsSync(file);
  const trace = isRecorded ? concurrent(readRecorded(file)) : synthesizeTogether(SEED, count);
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(trace));
  origin.set(`${name} (concurrent)`, isRecorded ? "recorded" : "made up");
  return origin;
}

/** In a child. */
export function readTrace(name) {
  return JSON.parse(readFileSync(join(process.env.BENCH_TRACES, `${name}.json`), "utf8"));
}

/** In a child. Each transaction: who, how many of the other's were seen, position, deleted, inserted. */
export function readConcurrent(name) {
  return readTrace(name);
}

/** The edits of a trace as a contestant counts positions. */
export function editsFor(trace, { counts }) {
  return trace[counts] ?? trace.points;
}

function readRecorded(file) {
  return JSON.parse(gunzipSync(readFileSync(file)).toString());
}

function sequential({ startContent, txns, endContent }) {
  const start = startContent === "" ? [] : [[0, 0, startContent]];
  const points = [...start, ...txns.flatMap(({ patches }) => patches)];
  return { points, units: inUnits(points), end: endContent };
}

/** Two people, each of whom knew all of their own and a beginning of the other's: transactions name their parents. */
export function concurrent({ txns, endContent }) {
  const known = [];
  const made = [0, 0];
  const flat = txns.map(({ parents, agent, patches }, i) => {
    const seen = [0, 0];
    for (const parent of parents)
      for (const who of [0, 1]) seen[who] = Math.max(seen[who], known[parent][who]);
    if (seen[agent] !== made[agent]) throw new Error(`Expected a chain per person, at ${i}`);
    if (patches.length !== 1 || !/^[\0-\u{ffff}]*$/u.test(patches[0][2]))
      throw new Error(`Expected one patch whose characters are single units, at ${i}`);
    known.push(seen.map((count, who) => (who === agent ? ++made[agent] : count)));
    return [agent, seen[1 - agent], ...patches[0]];
  });
  return { txns: flat, end: endContent };
}

function synthetic(name, count) {
  const { edits, end } = synthesize(SEED + name.length, count);
  return { points: edits, units: null, end };
}

/** The same edits by UTF-16 units; null where no character has two, so that both are the same. */
export function inUnits(edits) {
  if (!edits.some(([, , inserted]) => /[\u{10000}-\u{10ffff}]/u.test(inserted))) return null;
  const text = [];
  return edits.map(([position, deleted, inserted]) => {
    const before = unitsOf(text.slice(0, position));
    const gone = unitsOf(text.splice(position, deleted, ...inserted));
    return [before, gone, inserted];
  });
}

function unitsOf(characters) {
  return characters.reduce((sum, character) => sum + character.length, 0);
}
