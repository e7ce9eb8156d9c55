// Goal: the server stands what it promises to stand. Method: a short round of `npm run bench:server` (signalling/bench)
// against the built server as a process. What is measured in time is printed and not judged, since other tests run beside
// it; what is lost, who lives and who comes back is judged.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { abuse, QUICK } from "../../signalling/bench/abuse.ts";
import { idle } from "../../signalling/bench/idle.ts";
import { type ServerProcess, startProcess } from "../../signalling/bench/process.ts";
import { relayOurs } from "../../signalling/bench/relay.ts";
import { restart } from "../../signalling/bench/restart.ts";
import { built } from "./built.ts";

// Elsewhere only 127.0.0.1 is this machine, and a crowd from one address is turned away.
describe.skipIf(process.platform !== "linux")("a crowd", () => {
  let server: Awaited<ReturnType<typeof built>>;

  beforeAll(async () => {
    server = await built("main.ts");
  }, 30_000);

  afterAll(() => server?.remove());

  async function against<T>(body: (process: ServerProcess) => Promise<T>): Promise<T> {
    const started = await startProcess(server.script);
    try {
      return await body(started);
    } finally {
      if (started.isAlive()) await started.end("SIGKILL");
    }
  }

  it("of 300 who only have a document open: nobody is dropped", async () => {
    const result = await against(process => idle(process, 300, 200, 90));
    console.log(`measured: ${(result.bytesEach / 1024).toFixed(1)} KiB for each of 300 connections`);
    expect(result.dropped).toBe(0);
  }, 30_000);

  it("of forty who all send to each other: nothing is lost", async () => {
    const result = await against(process => relayOurs(process, 4, 500));
    console.log(`measured: ${Math.round(result.perSecond)} payloads relayed a second`);
    expect(result.sent).toBeGreaterThan(200);
    expect(result.lost).toBe(0);
  }, 30_000);

  it("that sends twenty thousand malformed frames and more: the server lives, Alice and Bob lose nothing", async () => {
    const result = await against(process => abuse(process, QUICK));
    expect(result.attacks).toHaveLength(7);
    expect(result).toMatchObject({ isAlive: true, malformed: 20_000, lost: 0 });
    expect(result.told).toBeGreaterThanOrEqual(QUICK.messages);
    expect(result.endBytes).toBeLessThan(96 * 1024 * 1024);
  }, 60_000);

  it("of a hundred is back after a kill, and told goodbye when the server is asked to go", async () => {
    const process = await startProcess(server.script);
    const result = await restart(server.script, process, 100);
    console.log(`measured: all back after ${(result.backMs / 1000).toFixed(1)} s`);
    expect(result).toMatchObject({ missing: 0, drainCode: 0 });
    expect(result.drainMs).toBeLessThan(5_000);
  }, 60_000);
});
