// Goal: two people with browsers who are never there together write one text, since a peer is. Method: the built command in a
// process of its own, by the link that Share gives.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PATIENCE_MS, setStage } from "./people.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "chirograph-peer-e2e-"));
const stage = setStage();
let child: ChildProcess | null = null;

beforeAll(async () => {
  const { buildCommand } = (await import("../../scripts/build.mjs" as string)) as {
    buildCommand(outDir: string): Promise<void>;
  };
  await buildCommand(join(folder, "cli"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
});

afterAll(async () => {
  // Its folder goes with it: first it has to be gone itself.
  if (child?.kill("SIGKILL")) await once(child, "close");
  rmSync(folder, { recursive: true });
});

it("a peer hands a text from one browser to another that comes when the first is gone", async () => {
  const alice = await stage.person();
  await alice.open();
  await alice.type("Alice was here. ");
  const link = await alice.share();
  let said = "";
  child?.kill("SIGKILL");
  child = spawn(process.execPath, [
    join(folder, "cli/main.js"),
    "peer",
    link,
    "--data",
    join(folder, "data"),
  ]);
  child.stdout!.on("data", data => (said += data));
  child.stderr!.on("data", data => (said += data));
  await alice.isSharedWith(1);
  await expect.poll(() => said, { timeout: PATIENCE_MS }).toMatch(/: 1 device here; \d+ changes\n/);
  await alice.page.context().close();

  const bob = await stage.person();
  await bob.open(link);
  await bob.sees("Alice was here. ");
  await bob.press("Control+End");
  await bob.type("And Bob. ");
  await bob.isSharedWith(1);
});
