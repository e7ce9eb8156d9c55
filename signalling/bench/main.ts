// `npm run bench:server`: the server in a process of its own against thousands of clients and everything hostile, on
// this machine alone and with all limits as they are. Prints one line for each figure with its bar; a bar that is missed
// makes the exit code 1. What is compared is compared within one run.
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { abuse, FULL, QUICK } from "./abuse.ts";
import { idle } from "./idle.ts";
import { startProcess } from "./process.ts";
import { relayBare, relayOurs } from "./relay.ts";
import { restart } from "./restart.ts";

const PARTS = ["idle", "relay", "abuse", "restart"] as const;
const MIB = 1024 * 1024;

const { values } = parseArgs({
  options: {
    server: { type: "string" },
    bare: { type: "string" },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: PARTS.join() },
  },
});
const { server: script, bare, quick: isQuick } = values;
if (script === undefined || bare === undefined) throw new Error("expected --server and --bare, as built");
const parts = values.only.split(",");
let missed = 0;
// Bars in seconds are for a machine that has nothing else to do.
console.log(`${availableParallelism()} processors, load ${loadavg()[0]!.toFixed(1)} before`);

if (parts.includes("idle")) {
  const server = await startProcess(script);
  const { connections, bytesEach, dropped, pingP99Ms, joinsPerSecond } = isQuick
    ? await idle(server, 500, 1_000)
    : await idle(server, 5_000, 30_000);
  await server.end("SIGKILL");
  const name = `idle, ${connections} connections`;
  bar(name, "KiB each", bytesEach / 1024, bytesEach <= 16 * 1024, "at most 16");
  bar(name, "dropped", dropped, dropped === 0, "none");
  bar(name, "ms for a ping (p99)", pingP99Ms, pingP99Ms <= 100, "at most 100");
  bar(name, "joins a second", joinsPerSecond, true, "no bar");
}

if (parts.includes("relay")) {
  const [rooms, ms] = isQuick ? [8, 1_000] : [40, 10_000];
  const plain = await startProcess(bare);
  const best = await relayBare(plain, rooms, ms);
  await plain.end("SIGKILL");
  const server = await startProcess(script);
  const ours = await relayOurs(server, rooms, ms);
  await server.end("SIGKILL");
  const ratio = ours.perCpuSecond / best.perCpuSecond;
  const name = `relay, ${rooms} rooms of 10`;
  bar(name, "a second by us", ours.perSecond, true, `no bar; by ws alone ${Math.round(best.perSecond)}`);
  bar(name, "for a second of processor time by ws alone", best.perCpuSecond, true, "no bar");
  bar(name, "for a second of processor time by us", ours.perCpuSecond, true, "no bar");
  const isFast = ours.perCpuSecond >= 50_000 || ratio >= 0.3;
  bar(name, "of ws alone", ratio, isFast, "at least 0.3, or 50,000 a second");
  bar(name, "lost", ours.lost, ours.lost === 0, "none");
}

if (parts.includes("abuse")) {
  const server = await startProcess(script);
  const result = await abuse(server, isQuick ? QUICK : FULL);
  await server.end("SIGKILL");
  for (const { name, bytes } of result.attacks)
    console.log(`  withstood: ${name} (${(bytes / MIB).toFixed(0)} MiB more)`);
  const name = `abuse, ${result.malformed} malformed frames`;
  bar(name, "alive", Number(result.isAlive), result.isAlive, "1");
  bar(
    name,
    `lost of ${result.told} between Alice and Bob`,
    result.lost,
    result.lost === 0 && result.told >= 200,
    "none",
  );
  bar(name, "MiB more at the worst", result.peakBytes / MIB, true, "no bar");
  bar(name, "MiB more at the end", result.endBytes / MIB, result.endBytes <= 64 * MIB, "at most 64");
}

if (parts.includes("restart")) {
  const server = await startProcess(script);
  const { clients, backMs, missing, drainMs, drainCode } = await restart(
    script,
    server,
    isQuick ? 100 : 2_000,
  );
  const name = `restart, ${clients} clients`;
  bar(name, "s until all are back", backMs / 1000, missing === 0 && backMs <= 10_000, "at most 10");
  bar(name, "not back", missing, missing === 0, "none");
  bar(name, "s from SIGTERM to the end", drainMs / 1000, drainMs <= 5_000, "at most 5");
  bar(name, "exit code", drainCode ?? -1, drainCode === 0, "0");
}

console.log(missed === 0 ? "every bar was reached" : `${missed} bars were missed`);
process.exit(missed === 0 ? 0 : 1);

function bar(name: string, what: string, value: number, isReached: boolean, wanted: string): void {
  if (!isReached) missed++;
  const figure = Number.isInteger(value) ? String(value) : value.toPrecision(3);
  console.log(`${isReached ? "✓" : "✗"} ${name}: ${figure} ${what} (${wanted})`);
}
