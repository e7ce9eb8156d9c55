// Goal: a folder belongs to one process at a time, and to none that is dead; what a process said to be saved is there after
// it was killed. Method: real processes, killed at random moments. KILLS=50 for many rounds.

import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openFolder } from "../../../src/sync/adapters/node/open-folder.ts";
import { codeOf, DOC, documentRecord } from "../store-notation.ts";
import { makeFolder, openIn } from "./folders.ts";

const KILLS = Number(process.env.KILLS ?? 3);

const built = mkdtempSync(join(tmpdir(), "chirograph-writer-"));
const children: ChildProcess[] = [];

beforeAll(async () => {
  await build({
    root: fileURLToPath(new URL("../../../", import.meta.url)),
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: "test/sync/node/writer.ts",
      outDir: built,
      emptyOutDir: true,
      target: "node20",
      rollupOptions: { output: { entryFileNames: "writer.mjs" } },
    },
  });
}, 60_000);

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(built, { recursive: true }));

interface Started {
  readonly said: string[];
  /** Resolves when it has said so many words, or ended. */
  until(count: number): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

function start(folder: string, mode: "hold" | "write"): Started {
  const child = spawn(process.execPath, [join(built, "writer.mjs"), folder, mode]);
  children.push(child);
  let text = "";
  let look: () => void = () => undefined;
  const ended = new Promise<void>(resolve => child.once("close", () => resolve()));
  child.stdout.on("data", data => {
    text += data;
    look();
  });
  child.stderr.on("data", data => {
    text += `${data}\n`;
  });
  return {
    get said() {
      // What stands behind the last line break was cut off.
      return text.split("\n").slice(0, -1);
    },
    until(count) {
      const isEnough = new Promise<void>(resolve => {
        look = () => {
          if (text.split("\n").length > count) resolve();
        };
        look();
      });
      return Promise.race([isEnough, ended]);
    },
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

describe("a process that is killed", () => {
  it(
    `has all on disk that it said was saved, ${KILLS} times`,
    async () => {
      const folder = makeFolder();
      const promised = new Set<string>();
      for (let round = 0; round < KILLS; round++) {
        const writer = start(folder, "write");
        await writer.until(2);
        await new Promise(later => setTimeout(later, Math.random() * 100));
        await writer.kill("SIGKILL");
        expect(writer.said[0]).toBe("open");
        const numbers = writer.said.slice(1);
        expect(numbers.length).toBeGreaterThan(0);
        for (const number of numbers) promised.add(number);
        const saved = Number(numbers.at(-1));
        // It held the folder to its last moment, and nobody has to tidy up behind it.
        const { store } = await openFolder(folder);
        const { records } = await store.read(DOC, 0);
        expect([saved, saved + 1]).toContain(records.length);
        for (const [i, { id, bytes, signature }] of records.entries()) {
          expect(Number.parseInt(id, 16)).toBe(i + 1);
          const written = new Uint8Array(50 + (((i + 1) * 131) % 3_000)).fill(i + 1);
          expect(Buffer.compare(bytes, written)).toBe(0);
          if (promised.has(String(i + 1))) expect(signature).not.toBe(null);
        }
        await store.append(DOC, 0, head => {
          expect(head).toEqual({ seq: records.length, id: records.at(-1)!.id });
          return { records: [], head };
        });
        store.close();
      }
      expect(promised.size).toBeGreaterThanOrEqual(KILLS);
    },
    KILLS * 10_000,
  );
});

describe("a folder", () => {
  it("is refused while another process has it, and is free when that is killed", async () => {
    const folder = makeFolder();
    const holder = start(folder, "hold");
    await holder.until(1);
    expect(await codeOf(openFolder(folder))).toBe("blocked");
    const other = start(folder, "hold");
    await other.until(1);
    expect(other.said).toEqual(["blocked"]);
    // A process that is stopped is not dead.
    await Promise.race([holder.kill("SIGSTOP"), new Promise(later => setTimeout(later, 50))]);
    expect(await codeOf(openFolder(folder))).toBe("blocked");
    await holder.kill("SIGKILL");
    await (await openIn(folder)).putDocument(documentRecord(DOC, "Draft"));
    expect(readdirSync(folder).filter(name => name.startsWith("lock-"))).toHaveLength(1);
  });

  it("is had by one of many that come at once", async () => {
    const folder = makeFolder();
    const holder = start(folder, "hold");
    await holder.until(1);
    const waiting = Array.from({ length: 6 }, () => start(folder, "hold"));
    await holder.kill("SIGKILL");
    await Promise.all(waiting.map(one => one.until(1)));
    const words = waiting.map(({ said }) => said[0]);
    expect(words.filter(word => word === "open").length).toBeLessThanOrEqual(1);
    expect(words.every(word => word === "open" || word === "blocked")).toBe(true);
  });

  it("is found by whatever path, however long", async () => {
    const folder = join(makeFolder(), "a".repeat(100), "b".repeat(100));
    const store = await openIn(folder);
    const [holder] = [start(folder, "hold")];
    await holder.until(1);
    expect(holder.said).toEqual(["blocked"]);
    const again = await openIn(join(folder, "..", "b".repeat(100)));
    await store.putDocument(documentRecord(DOC, "Draft"));
    expect(await again.documents()).toHaveLength(1);
  });

  it("is one device in one process, and free when the last store closes", async () => {
    const folder = makeFolder();
    const [first, second] = await Promise.all([openFolder(folder), openFolder(folder)]);
    expect(second.seed).toEqual(first.seed);
    first.store.close();
    const other = start(folder, "hold");
    await other.until(1);
    expect(other.said).toEqual(["blocked"]);
    second.store.close();
    // Closing takes a moment, which whoever opens it here waits for.
    const again = await openFolder(folder);
    expect(again.seed).toEqual(first.seed);
    again.store.close();
    await vi.waitFor(async () => {
      const next = start(folder, "hold");
      await next.until(1);
      expect(next.said).toEqual(["open"]);
    }, 10_000);
  });

  it("is not made where it may not be, and says so by a code", async () => {
    const file = join(makeFolder(), "file");
    writeFileSync(file, "");
    expect(await codeOf(openFolder(join(file, "folder")))).toBe("failed");
  });
});

describe("the key of a device", () => {
  it("is one for ever, for its owner alone", async () => {
    const folder = makeFolder();
    const first = await openFolder(folder);
    first.store.close();
    const path = join(folder, "device.key");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = await openFolder(folder);
    again.store.close();
    expect(again.seed).toEqual(first.seed);
    expect(first.seed).toHaveLength(32);
    expect(readFileSync(path, "latin1")).toContain(Buffer.from(first.seed).toString("hex"));
  });

  it("is refused, and not written over, where it is damaged or others may read it", async () => {
    const folder = makeFolder();
    (await openFolder(folder)).store.close();
    const path = join(folder, "device.key");
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 5) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1;
      writeFileSync(path, bytes);
      expect(await codeOf(openFolder(folder))).toBe("failed");
      expect(readFileSync(path)).toEqual(bytes);
    }
    for (const bytes of [whole.subarray(0, 40), Buffer.concat([whole, whole]), Buffer.alloc(0)]) {
      writeFileSync(path, bytes);
      expect(await codeOf(openFolder(folder))).toBe("failed");
    }
    writeFileSync(path, whole);
    chmodSync(path, 0o640);
    expect(await codeOf(openFolder(folder))).toBe("unavailable");
    chmodSync(path, 0o600);
    (await openFolder(folder)).store.close();
    // A folder in its place is no key either.
    rmSync(path);
    mkdirSync(path);
    expect(await codeOf(openFolder(folder))).toBe("unavailable");
  });
});
