// Goal: what a store in a folder said to be saved is there, whatever the disk did to the rest. Method: the suite of all
// stores; then its files are cut, flipped and left over by hand, at every byte of a small log.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { LOG_FRAME_BYTES_MAX } from "../../../src/sync/limits.ts";
import type { Store } from "../../../src/sync/ports.ts";
import { add, change, changes, DOC, documentRecord, extend, idsOf, OTHER } from "../store-notation.ts";
import { STORE_CASES } from "../store-suite.ts";
import { append, fileIn, makeFolder, openIn, read, write } from "./folders.ts";

// Every byte is many openings, and some disks sync slowly.
vi.setConfig({ testTimeout: 60_000 });

describe("the store in a folder", () => {
  for (const { name, run } of STORE_CASES) {
    it(name, async () => {
      const folder = makeFolder();
      await run(() => openIn(folder));
    });
  }
});

/** What `make` leaves in a folder that is closed again. */
async function leftBy(make: (store: Store) => Promise<unknown>): Promise<string> {
  const folder = makeFolder();
  const store = await openIn(folder);
  await make(store);
  store.close();
  return folder;
}

/** Opens the folder with other bytes in its log. */
async function withLog(folder: string, bytes: Uint8Array): Promise<Store> {
  write(fileIn(folder, "changes.log"), bytes);
  return openIn(folder);
}

const tail = { changes: [change(6).bytes, change(7).bytes], signature: change(7).signature! };

describe("a folder that is opened again", () => {
  it("has documents, changes, what proves them, the head and the image", async () => {
    const folder = await leftBy(async store => {
      await store.putDocument({ ...documentRecord(DOC, "bytes:Draft"), linkSeeds: [new Uint8Array(32)] });
      await extend(store, 0, 1);
      await store.putSignature(DOC, change(1001).id, change(1001).signature!);
      await add(store, DOC, [change(1), { ...change(2, false), tail }]);
      await store.putImage(DOC, { bytes: Uint8Array.of(1, 2, 3), position: 2 }, 2);
    });
    const store = await openIn(folder);
    expect(await store.documents()).toEqual([
      { ...documentRecord(DOC, "bytes:Draft"), linkSeeds: [new Uint8Array(32)] },
    ]);
    expect(await store.read(DOC, 0)).toEqual({
      records: [change(1001), change(1), { ...change(2, false), tail }],
      position: 3,
    });
    expect(await store.image(DOC)).toEqual({ bytes: Uint8Array.of(1, 2, 3), position: 2 });
    expect((await extend(store, 3, 1)).before).toEqual({ seq: 1, id: change(1001).id });
  });

  it("keeps positions where a change was replaced", async () => {
    const folder = await leftBy(async store => {
      await add(store, DOC, [{ ...change(1), bytes: Uint8Array.of(99) }, change(2)]);
      await add(store, DOC, changes(1));
    });
    expect(await (await openIn(folder)).read(DOC, 0)).toEqual({ records: changes(2, 1), position: 3 });
    expect(await (await openIn(folder)).read(DOC, 2)).toEqual({ records: changes(1), position: 3 });
  });

  it("lets its owner alone read what is in it", async () => {
    const folder = await leftBy(async store => {
      await store.putDocument(documentRecord(DOC, "Draft"));
      await add(store, DOC, changes(1));
    });
    const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map(name => join(folder, name));
    expect(paths.length).toBeGreaterThanOrEqual(5);
    const files = paths.filter(path => statSync(path).isFile());
    expect(files.map(path => statSync(path).mode & 0o777)).toEqual(files.map(() => 0o600));
    const folders = paths.filter(path => statSync(path).isDirectory());
    expect(folders.map(path => statSync(path).mode & 0o777)).toEqual(folders.map(() => 0o700));
  });

  it("does not grow by that", async () => {
    const folder = await leftBy(store => add(store, DOC, changes(1, 2, 3)));
    const before = read(fileIn(folder, "changes.log"));
    for (let i = 0; i < 10; i++) {
      const store = await openIn(folder);
      await add(store, DOC, changes(1, 2));
      store.close();
    }
    expect(read(fileIn(folder, "changes.log"))).toEqual(before);
  });

  it("removes what a process that was killed had not removed, and takes no file of others for a document", async () => {
    const folder = await leftBy(store => store.putDocument(documentRecord(DOC, "Draft")));
    write(join(folder, "documents", "notes.txt"), Uint8Array.of(1));
    write(join(folder, "deleted-1"), Uint8Array.of(1));
    write(`${fileIn(folder, "document")}.new`, Uint8Array.of(1));
    expect(await (await openIn(folder)).documents()).toEqual([documentRecord(DOC, "Draft")]);
    expect(readdirSync(folder)).not.toContain("deleted-1");
  });
});

describe("a log that was cut off", () => {
  it("loses the cut record alone, at every byte, and is written on", async () => {
    const folder = await leftBy(store => add(store, DOC, changes(1, 2)));
    const before = read(fileIn(folder, "changes.log")).length;
    const store = await openIn(folder);
    await add(store, DOC, [{ ...change(3, false), tail }]);
    store.close();
    const whole = read(fileIn(folder, "changes.log"));
    for (let length = before; length <= whole.length; length++) {
      const again = await withLog(folder, whole.subarray(0, length));
      const left = length === whole.length ? [1, 2, 3] : [1, 2];
      expect(await idsOf(again)).toEqual(changes(...left).map(({ id }) => id));
      await add(again, DOC, changes(4));
      again.close();
      const written = await openIn(folder);
      expect(await idsOf(written)).toEqual(changes(...left, 4).map(({ id }) => id));
      written.close();
    }
  });

  it("has the own change with its head or neither, at every byte", async () => {
    const folder = await leftBy(store => extend(store, 0, 1));
    const before = read(fileIn(folder, "changes.log")).length;
    const store = await openIn(folder);
    await extend(store, 0, 1);
    store.close();
    const whole = read(fileIn(folder, "changes.log"));
    for (let length = before; length <= whole.length; length++) {
      const again = await withLog(folder, whole.subarray(0, length));
      const { seen, before: head } = await extend(again, 0, 2);
      expect(seen).toHaveLength(length === whole.length ? 2 : 1);
      expect(head).toEqual({ seq: seen.length, id: seen.at(-1) });
      again.close();
    }
  });

  it("takes garbage behind its end for nothing", async () => {
    const folder = await leftBy(store => add(store, DOC, changes(1, 2)));
    const whole = read(fileIn(folder, "changes.log"));
    const garbage = [new Uint8Array(5_000), whole.slice(0, 40), whole.slice(16, 60), Uint8Array.of(255)];
    for (const bytes of garbage) {
      write(fileIn(folder, "changes.log"), whole);
      append(fileIn(folder, "changes.log"), bytes);
      const store = await openIn(folder);
      expect(await idsOf(store)).toEqual(changes(1, 2).map(({ id }) => id));
      await add(store, DOC, changes(3));
      store.close();
      const written = await openIn(folder);
      expect(await idsOf(written)).toEqual(changes(1, 2, 3).map(({ id }) => id));
      written.close();
    }
  });
});

describe("a log in which a bit was flipped", () => {
  it("refuses the record that it hit and keeps all others, at every byte", async () => {
    const folder = await leftBy(store => add(store, DOC, changes(1, 2, 3)));
    const whole = read(fileIn(folder, "changes.log"));
    let hits = 0;
    for (let at = 0; at < whole.length; at++) {
      const bytes = whole.slice();
      bytes[at]! ^= 1 << (at % 8);
      const store = await withLog(folder, bytes);
      const { records } = await store.read(DOC, 0);
      // In the header everything is kept, in a record that one is lost.
      expect([at, records.length >= (at < 16 ? 3 : 2)]).toEqual([at, true]);
      for (const record of records) expect(changes(1, 2, 3)).toContainEqual(record);
      hits += 3 - records.length;
      // Peers bring it again.
      await add(store, DOC, changes(1, 2, 3));
      store.close();
      const again = await openIn(folder);
      expect((await idsOf(again)).toSorted()).toEqual(changes(1, 2, 3).map(({ id }) => id));
      again.close();
    }
    expect(hits).toBe(whole.length - 16);
  });

  it("keeps a signed change of one's own though the unsigned one is gone, and forgets the head that it may have lost", async () => {
    const folder = await leftBy(async store => {
      await extend(store, 0, 1);
      await store.putSignature(DOC, change(1001).id, change(1001).signature!);
      await extend(store, 0, 1);
    });
    const whole = read(fileIn(folder, "changes.log"));
    for (let at = 16; at < whole.length; at++) {
      const bytes = whole.slice();
      bytes[at]! ^= 1 << (at % 8);
      const store = await withLog(folder, bytes);
      const { before, seen } = await extend(store, 0, 2);
      store.close();
      expect([at, ...seen]).toContain(change(1001).id);
      if (before !== null) expect(seen).toContain(before.id);
    }
  });

  it("gives the newest head or none, never one that others have built on", async () => {
    const folder = await leftBy(async store => {
      await extend(store, 0, 1);
      await extend(store, 0, 1);
      await add(store, DOC, changes(5));
    });
    const whole = read(fileIn(folder, "changes.log"));
    let none = 0;
    for (let at = 16; at < whole.length; at++) {
      const bytes = whole.slice();
      bytes[at]! ^= 1 << (at % 8);
      const store = await withLog(folder, bytes);
      const { before } = await extend(store, 0, 2);
      store.close();
      if (before === null) none++;
      else expect([at, before.id]).toEqual([at, change(2001).id]);
    }
    // Where the flip was in the newest head itself, or behind it.
    expect(none).toBeGreaterThan(20);
    expect(none).toBeLessThan(whole.length / 2);
  });

  it("is left out also when the bit flips while it is open", async () => {
    const folder = makeFolder();
    const store = await openIn(folder);
    await add(store, DOC, changes(1, 2));
    const bytes = read(fileIn(folder, "changes.log"));
    bytes[40]! ^= 1;
    write(fileIn(folder, "changes.log"), bytes);
    expect(await store.read(DOC, 0)).toEqual({ records: changes(2), position: 2 });
    await add(store, DOC, changes(1, 2));
    expect(await store.read(DOC, 0)).toEqual({ records: changes(2, 1), position: 3 });
  });

  it("is set aside where nothing in it can be read, and a new one is begun", async () => {
    const folder = await leftBy(store => add(store, DOC, changes(1)));
    const store = await withLog(folder, new Uint8Array(1000).fill(7));
    expect(await store.read(DOC, 0)).toEqual({ records: [], position: 0 });
    await add(store, DOC, changes(1));
    expect(await idsOf(store)).toEqual([change(1).id]);
    expect(readdirSync(join(folder, "documents", DOC)).filter(name => name.includes("damaged"))).toHaveLength(
      1,
    );
  });

  it("has no image any more, since that may stand for what is gone", async () => {
    const folder = await leftBy(async store => {
      await store.putDocument(documentRecord(DOC, "Draft"));
      await add(store, DOC, changes(1, 2, 3));
      await store.putImage(DOC, { bytes: Uint8Array.of(1), position: 3 }, 3);
    });
    const bytes = read(fileIn(folder, "changes.log"));
    bytes[60]! ^= 1;
    expect(await (await withLog(folder, bytes)).image(DOC)).toBe(null);
  });

  it("reads what a record says about itself before it makes room for it", async () => {
    const folder = await leftBy(store => add(store, DOC, changes(1, 2)));
    const bytes = read(fileIn(folder, "changes.log"));
    // The length of the first record: 4 GiB.
    bytes.fill(255, 24, 28);
    expect(await idsOf(await withLog(folder, bytes))).toEqual([change(2).id]);
  });
});

describe("a record of a kind that a later version writes", () => {
  it("is passed over, and stays where the log would have been written anew", async () => {
    const folder = await leftBy(async store => {
      await store.append(DOC, 0, () => ({ records: [], head: { seq: 1, id: "ab" } }));
      for (let i = 0; i < 40; i++)
        await add(store, DOC, [{ ...change(9), bytes: new Uint8Array(4_000).fill(i) }]);
    });
    const path = fileIn(folder, "changes.log");
    const whole = read(path);
    // The head, which comes first, is now of kind 7.
    const head = whole.slice(16, 16 + 16 + new DataView(whole.buffer).getUint32(24, true));
    head[16] = 7 | 0x80;
    new DataView(head.buffer).setUint32(12, crc32(head.subarray(16), crc32(head.subarray(0, 12))), true);
    whole.set(head, 16);
    const store = await withLog(folder, whole);
    expect((await store.read(DOC, 0)).position).toBe(40);
    expect(read(path)).toEqual(whole);
  });
});

describe("a record", () => {
  it("may be as long as the limit and no longer", async () => {
    const folder = makeFolder();
    const store = await openIn(folder);
    // Kind, position, id, the length of the bytes, signature.
    const length = LOG_FRAME_BYTES_MAX - (1 + 8 + 5 + 4 + 65);
    const longest = { ...change(1), bytes: new Uint8Array(length) };
    const longer = { ...change(2), bytes: new Uint8Array(length + 1) };
    await add(store, DOC, [longest]);
    await expect(add(store, DOC, [longer])).rejects.toThrow(RangeError);
    store.close();
    const { records } = await (await openIn(folder)).read(DOC, 0);
    expect(records.map(({ id, bytes }) => [id, bytes.length])).toEqual([[longest.id, length]]);
  });
});

describe("what stands beside the log", () => {
  it("is as good as not there when a bit was flipped, and the changes stay, and are found", async () => {
    const folder = await leftBy(async store => {
      await store.putDocument(documentRecord(DOC, "Draft"));
      await store.putDocument(documentRecord(OTHER, "Notes"));
      await add(store, DOC, changes(1));
      await store.putImage(DOC, { bytes: Uint8Array.of(1, 2), position: 1 }, 1);
    });
    for (const name of ["document", "image"] as const) {
      const path = fileIn(folder, name);
      const whole = read(path);
      for (let at = 0; at < whole.length; at++) {
        const bytes = whole.slice();
        bytes[at]! ^= 1 << (at % 8);
        write(path, bytes);
        const store = await openIn(folder);
        const blank = {
          ...documentRecord(DOC, ""),
          roomSecret: null,
          unshared: 0,
          delivered: {},
          updatedAt: 0,
        };
        if (name === "document")
          expect(await store.documents()).toEqual([blank, documentRecord(OTHER, "Notes")]);
        else expect(await store.image(DOC)).toBe(null);
        expect(await idsOf(store)).toEqual([change(1).id]);
        store.close();
      }
      write(path, whole);
    }
  });
});

describe("a log of which most stands for nothing", () => {
  it("is written anew when it is opened, with the same changes at the same positions", async () => {
    const folder = await leftBy(async store => {
      await store.putDocument(documentRecord(DOC, "Draft"));
      for (let i = 0; i < 40; i++) {
        await extend(store, i, 1);
        // The same again with other bytes: the one before stands for nothing.
        await add(store, DOC, [{ ...change(9), bytes: new Uint8Array(4_000).fill(i) }]);
      }
      await store.putImage(DOC, { bytes: Uint8Array.of(1), position: 3 }, 2);
    });
    const store = await openIn(folder);
    const size = statSync(fileIn(folder, "changes.log")).size;
    const before = await store.read(DOC, 0);
    expect(statSync(fileIn(folder, "changes.log")).size).toBeLessThan(size / 3);
    expect(before.position).toBe(80);
    expect(before.records).toHaveLength(41);
    expect(before.records.at(-1)!.bytes).toEqual(new Uint8Array(4_000).fill(39));
    expect(await store.image(DOC)).toEqual({ bytes: Uint8Array.of(1), position: 3 });
    store.close();
    const again = await openIn(folder);
    expect(await again.read(DOC, 0)).toEqual(before);
    expect((await extend(again, 0, 1)).before).toEqual({ seq: 40, id: change(40_001).id });
  });
});
