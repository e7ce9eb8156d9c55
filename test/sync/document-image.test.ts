// Goal: a long document is opened from an image and the log behind it as if from the log alone, whatever became of either.
// Method: real hosts on stores over one memory, as tabs of one profile one after the other; the platform's clock is a fake.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ChangeId, Replica } from "../../src/crdt/index.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { DocumentImage } from "../../src/sync/adapters/document-image.ts";
import { Host } from "../../src/sync/adapters/host.ts";
import { Memory, openMemoryStore } from "../../src/sync/adapters/memory-store.ts";
import { FILL_RECORDS, IMAGE_CHANGES_MIN, IMAGE_GROWTH, IMAGE_IDLE_MS } from "../../src/sync/limits.ts";
import type { Store } from "../../src/sync/ports.ts";
import { bodyText, editBody } from "../../src/sync/text.ts";
import { Key, verify } from "../crdt/people.ts";

const key = new Key("Alice");

vi.setConfig({ testTimeout: 60_000 });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A tab of Alice's profile that has a document open. */
class Tab {
  readonly memory: Memory;
  readonly replica: Replica;
  readonly store: Store;
  readonly host: Host;
  readonly image: DocumentImage;

  private constructor(memory: Memory, replica: Replica, imagedTo: number) {
    this.memory = memory;
    this.replica = replica;
    this.store = openMemoryStore(memory);
    this.host = new Host(
      {
        replica,
        store: this.store,
        key: { publicKey: new Uint8Array(32), sign: async message => key.sign(message) },
        verifier: { verify: async checks => checks.map(verify) },
        ciphers,
        inviteSeed: null,
        delivered: {},
      },
      { changed: () => undefined, presence: () => undefined, stored: () => this.image.stored() },
    );
    this.image = new DocumentImage(this.store, replica, imagedTo, act => this.host.act(act));
  }

  /** A document of so many changes, the genesis among them, all stored. */
  static async create(count: number): Promise<Tab> {
    const memory = new Memory();
    const { replica, genesis } = Replica.create(key.id, ciphers.random(16), 1);
    const tab = new Tab(memory, replica, 0);
    await tab.list();
    tab.host.session.adopt(genesis.id);
    await tab.type(count - 1);
    return tab;
  }

  /** As the workspace does it. */
  static async open(memory: Memory, doc: Replica["doc"]): Promise<Tab> {
    const store = openMemoryStore(memory);
    const image = await store.image(doc);
    const loaded = image === null ? null : Replica.ofImage(key.id, doc, image.bytes);
    const imagedTo = loaded === null ? 0 : image!.position;
    const tab = new Tab(memory, loaded ?? Replica.open(key.id, doc), imagedTo);
    const { records, position } = await store.read(doc, imagedTo);
    tab.host.act(session => session.restored(records, position));
    tab.image.stored();
    return tab;
  }

  async list(): Promise<void> {
    await this.store.putDocument({
      id: this.replica.doc,
      title: "",
      updatedAt: 0,
      unshared: 0,
      roomSecret: null,
      inviteSeed: null,
      delivered: {},
      removedAt: null,
    });
  }

  /** Letters at the front, each a change of its own but for the first few, stored and signed. */
  async type(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const insert = String.fromCharCode(0x61 + (i % 26));
      this.host.act(session => session.edit(root => editBody(root, [{ from: 0, to: 0, insert }])));
      this.host.act(session => session.flush());
      await this.host.settled();
    }
  }

  get text(): string {
    return bodyText(this.replica);
  }

  get kept() {
    return this.memory.images.get(this.replica.doc);
  }

  async rest(ms = IMAGE_IDLE_MS): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  async close(): Promise<void> {
    this.image.close();
    await this.host.close();
  }

  async reopen(): Promise<Tab> {
    await this.close();
    return await Tab.open(this.memory, this.replica.doc);
  }
}

test("an image is kept once the log is long enough and nothing was stored for a while", async () => {
  const tab = await Tab.create(IMAGE_CHANGES_MIN - 1);
  await tab.rest();
  expect(tab.kept).toBeUndefined();
  await tab.type(1);
  expect(tab.replica.size).toBe(IMAGE_CHANGES_MIN);
  await tab.rest(IMAGE_IDLE_MS - 1);
  expect(tab.kept).toBeUndefined();
  await tab.rest(1);
  expect(tab.kept?.position).toBe(IMAGE_CHANGES_MIN);

  const first = tab.kept;
  await tab.type(IMAGE_CHANGES_MIN * IMAGE_GROWTH - 1);
  await tab.rest();
  expect(tab.kept).toBe(first);
  await tab.type(1);
  await tab.rest();
  expect(tab.kept?.position).toBe(IMAGE_CHANGES_MIN * (1 + IMAGE_GROWTH));
  await tab.close();
});

test("a document that is opened with one shows and is edited at once, and is whole a little later", async () => {
  const before = await Tab.create(IMAGE_CHANGES_MIN);
  await before.rest();
  await before.type(3);
  const tab = await before.reopen();
  expect(tab.text).toBe(before.text);
  expect(tab.replica.isWhole).toBe(false);
  await tab.type(2);
  expect(tab.host.session.statusWhile("nobody").kind).not.toBe("not saved");
  await tab.image.whole;
  expect(tab.replica.isWhole).toBe(true);
  expect(tab.replica.canUndo).toBe(true);

  const replayed = Replica.open(key.id, tab.replica.doc);
  const { records } = await tab.store.read(tab.replica.doc, 0);
  expect(replayed.restore(records, 1).damaged).toBe(0);
  expect(tab.replica.heads).toEqual(replayed.heads);
  expect(tab.replica.canonicalJson()).toBe(replayed.canonicalJson());
  expect([...tab.replica.changes()].map(({ bytes }) => bytes)).toEqual(records.map(({ bytes }) => bytes));
  // All of it can be passed on.
  expect(records.every(({ id }) => replayed.runs.isCovered(id as ChangeId))).toBe(true);
  await tab.close();
});

test("opening a document over and over adds nothing to the store", async () => {
  let tab = await Tab.create(IMAGE_CHANGES_MIN);
  await tab.rest();
  const first = tab.kept;
  const { length } = tab.memory.journal(tab.replica.doc).rows;
  for (let i = 0; i < 10; i++) {
    tab = await tab.reopen();
    await tab.image.whole;
    await tab.rest();
  }
  expect(tab.kept).toBe(first);
  expect(tab.memory.images.size).toBe(1);
  expect(tab.memory.journal(tab.replica.doc).rows.length).toBe(length);
  await tab.close();
});

test("an altered image is passed over, and the log replayed", async () => {
  const before = await Tab.create(IMAGE_CHANGES_MIN);
  await before.rest();
  before.kept!.bytes[before.kept!.bytes.length >> 1]! ^= 1;
  const tab = await before.reopen();
  expect(tab.replica.isWhole).toBe(true);
  expect(tab.text).toBe(before.text);
  await tab.close();
});

test("a record behind an image that is altered or gone drops it; the next opening reads what is whole", async () => {
  for (const damage of ["altered", "gone"] as const) {
    const before = await Tab.create(IMAGE_CHANGES_MIN);
    await before.rest();
    const { rows } = before.memory.journal(before.replica.doc);
    const at = FILL_RECORDS + 5;
    const bytes = rows[at]!.bytes.slice();
    bytes[9]! ^= 1;
    rows[at] = damage === "gone" ? null : { ...rows[at]!, bytes };
    const tab = await before.reopen();
    expect(tab.text).toBe(before.text);
    await tab.rest(100);
    expect(tab.kept).toBeUndefined();
    expect(tab.host.session.notice).toContain("damaged");
    const next = await tab.reopen();
    expect(next.text).toBe(before.text.slice(-at + 1));
    await next.close();
  }
});

test("what was closed and not signed when its page went away is signed though an image stands for it", async () => {
  const before = await Tab.create(IMAGE_CHANGES_MIN);
  await before.rest();
  const { rows } = before.memory.journal(before.replica.doc);
  const last = rows.length - 1;
  rows[last] = { ...rows[last]!, signature: null };
  const tab = await before.reopen();
  await tab.image.whole;
  await tab.host.settled();
  expect(rows[last]!.signature).toEqual(before.replica.get(rows[last]!.id as ChangeId)!.signature);
  await tab.close();
});

test("two tabs go on with one chain, whichever of them was opened with an image", async () => {
  const before = await Tab.create(IMAGE_CHANGES_MIN);
  await before.rest();
  const tab = await before.reopen();
  const other = await Tab.open(tab.memory, tab.replica.doc);
  await tab.type(1);
  await other.type(1);
  await tab.rest(100);
  await tab.type(1);
  await tab.rest(100);
  expect(other.text).toBe(tab.text);
  expect(other.text.length).toBe(before.text.length + 3);
  expect(tab.replica.laneTips.length).toBe(1);
  expect(tab.memory.journal(tab.replica.doc).rows.length).toBe(IMAGE_CHANGES_MIN + 3);
  await tab.close();
  await other.close();
});

test("a step undone after the image was made is gone when the document is opened", async () => {
  const before = await Tab.create(IMAGE_CHANGES_MIN);
  await before.rest();
  before.host.act(session => session.amend(replica => replica.undo()));
  before.host.act(session => session.flush());
  await before.host.settled();
  const tab = await before.reopen();
  expect(tab.replica.isSettled).toBe(false);
  await tab.image.whole;
  expect(tab.replica.isSettled).toBe(true);
  expect(tab.text).toBe(before.text);
  await tab.close();
});
