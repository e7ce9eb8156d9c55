// Runs in the browser: the store cases on IndexedDB, and what the tests of one profile over several pages and
// reloads call. Each case gets a database of its own.

import { deleteDB, openDB } from "idb";
import { fromHex, toHex } from "../../src/crdt/graph/bytes.ts";
import { verifyInScript } from "../../src/crdt/graph/equation.ts";
import { openIndexedDbStore } from "../../src/sync/adapters/indexeddb.ts";
import { openDeviceKey } from "../../src/sync/adapters/keys.ts";
import type { Bytes, ChangeRecord } from "../../src/sync/ports.ts";
import { change, codeOf, documentRecord, extend, idsOf } from "../sync/store-notation.ts";
import { STORE_CASES } from "../sync/store-suite.ts";

const DOC = "d0";

async function runCase(index: number): Promise<void> {
  const name = `case-${index}`;
  const tabs: { close(): void }[] = [];
  await STORE_CASES[index]!.run(async () => {
    const tab = await openIndexedDbStore(name);
    tabs.push(tab);
    return tab;
  });
  for (const tab of tabs) tab.close();
  await deleteDB(name);
}

/** `count` own changes one after another, as a person types; the positions reached. */
async function type(name: string, count: number, salt: number): Promise<number> {
  const store = await openIndexedDbStore(name);
  let position = 0;
  for (let i = 0; i < count; i++) ({ position } = await extend(store, position, salt));
  store.close();
  return position;
}

async function read(name: string) {
  const store = await openIndexedDbStore(name);
  const ids = await idsOf(store);
  const titles = (await store.documents()).map(({ title }) => title);
  store.close();
  return { ids, titles, damaged: store.damaged };
}

async function title(name: string, text: string): Promise<void> {
  const store = await openIndexedDbStore(name);
  await store.putDocument(documentRecord(DOC, text));
  store.close();
}

/** Appends `bytes` bytes that do not compress; the code of the failure. */
async function fill(name: string, bytes: number): Promise<string> {
  const store = await openIndexedDbStore(name);
  const records: ChangeRecord[] = [];
  for (let done = 0; done < bytes; done += 65536) {
    const piece = crypto.getRandomValues(new Uint8Array(65536));
    records.push({ id: toHex(piece.subarray(0, 16)), bytes: piece, signature: null });
  }
  const code = await codeOf(store.append(DOC, 0, () => ({ records, head: { seq: 1000, id: "ff" } })));
  store.close();
  return code;
}

/** Bytes that do not compress, the same on every page: compressed, Chromium would keep it with the small ones. */
function largeChange(): ChangeRecord {
  let state = 1;
  const bytes = Uint8Array.from({ length: 200_000 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  });
  return { id: "1a46e", bytes, signature: null };
}

/** A small change, one that Chromium keeps in a file of its own, and another small one. */
async function writeLarge(name: string): Promise<void> {
  const store = await openIndexedDbStore(name);
  await store.append(DOC, 0, head => ({ records: [change(1), largeChange(), change(2)], head }));
  store.close();
}

/** What is left when that file is gone, whether a chain goes on over it, and whether a peer can bring it again. */
async function readWithoutLarge(name: string) {
  const store = await openIndexedDbStore(name);
  const left = await idsOf(store);
  const { damaged } = store;
  const next = await extend(store, 0, 1);
  await store.append(DOC, 0, head => ({ records: [largeChange()], head }));
  const repaired = await idsOf(store);
  store.close();
  return { left, damaged, seen: next.seen, repaired };
}

/** A document and its image. */
async function writeImage(name: string): Promise<void> {
  const store = await openIndexedDbStore(name);
  await store.putDocument(documentRecord(DOC, "Draft"));
  await store.append(DOC, 0, head => ({ records: [change(1)], head }));
  await store.putImage(DOC, { bytes: new Uint8Array(100_000), position: 1 }, 1);
  store.close();
}

/** The bytes of an image that can be read, and the changes beside it; then of one put in its place. */
async function readImage(name: string) {
  const store = await openIndexedDbStore(name);
  const read = (await store.image(DOC))?.bytes.length ?? null;
  const changes = await idsOf(store);
  await store.putImage(DOC, { bytes: new Uint8Array(7), position: 1 }, 1);
  const anew = (await store.image(DOC))?.bytes.length ?? null;
  store.close();
  return { read, changes, anew };
}

/** What a bad disk leaves: rows that are not whole, of every kind. Then the repair, as a peer would bring it. */
async function damage(name: string) {
  const good = [1, 2, 3, 4, 5, 6].map(n => change(n));
  const store = await openIndexedDbStore(name);
  await store.append(DOC, 0, () => ({ records: good, head: { seq: 6, id: good[5]!.id } }));
  await store.putDocument(documentRecord(DOC, "Draft"));
  const raw = await openDB(name);
  await raw.put("changes", { doc: DOC, position: 1, id: good[1]!.id });
  await raw.put("changes", { doc: DOC, position: 2, id: 7, bytes: good[2]!.bytes, signature: null });
  await raw.put("changes", { doc: DOC, position: 3, id: good[3]!.id, bytes: "text", signature: null });
  await raw.put("changes", {
    doc: DOC,
    position: 5,
    id: good[5]!.id,
    bytes: new Uint8Array(0),
    signature: null,
  });
  await raw.put("documents", { id: "d1", title: null });
  raw.close();
  const left = await idsOf(store);
  const titles = (await store.documents()).map(document => document.title);
  const dropped = store.damaged;
  await store.append(DOC, 0, head => ({ records: good, head }));
  const repaired = await idsOf(store);
  const again = await store.append(DOC, 0, head => ({ records: good, head }));
  store.close();
  return { left, titles, dropped, repaired, position: again.position };
}

/** The durability of every transaction that may write, as the browser understood it. */
async function durabilities(name: string): Promise<string[]> {
  const seen: string[] = [];
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...call) {
    const begun = transaction.apply(this, call);
    if (begun.mode === "readwrite") seen.push(begun.durability);
    return begun;
  };
  const store = await openIndexedDbStore(name);
  await extend(store, 0, 1);
  await store.putSignature(DOC, change(1001).id, new Uint8Array(64));
  await store.putDocument(documentRecord(DOC, "Draft"));
  await store.deleteDocument(DOC);
  store.close();
  await openDeviceKey(name);
  IDBDatabase.prototype.transaction = transaction;
  return seen;
}

/** Another tab upgrades or deletes the database under an open store. */
async function overtaken(name: string) {
  const store = await openIndexedDbStore(name);
  await extend(store, 0, 1);
  await deleteDB(name);
  const afterDelete = (await extend(store, 1, 2)).before;
  const newer = await openDB(name, 4);
  const afterUpgrade = await codeOf(store.read(DOC, 0));
  newer.close();
  const openAfterUpgrade = await codeOf(openIndexedDbStore(name));
  store.close();
  return { afterDelete, afterUpgrade, openAfterUpgrade };
}

/** Another tab holds the database although a third wants to delete it: ours waits behind both. */
async function blocked(name: string): Promise<{ code: string; later: string }> {
  const stubborn = await openDB(name, 1);
  const deletion = deleteDB(name);
  const code = await codeOf(openIndexedDbStore(name));
  stubborn.close();
  await deletion;
  const later = await codeOf(openIndexedDbStore(name).then(store => store.close()));
  return { code, later };
}

const MESSAGE = Uint8Array.of(1, 2, 3);

/** The device key of the profile, and what a thief finds in the database. */
async function deviceKey(name: string) {
  const { key, kept, extractable } = await openDeviceKey(name);
  const signature: Bytes = await key.sign(MESSAGE);
  const raw = await openDB(name);
  const record = (await raw.get("keys", "device")) as { privateKey?: CryptoKey; kind: string };
  raw.close();
  let theft = "nothing to export";
  if (record.privateKey) {
    theft = await crypto.subtle.exportKey("pkcs8", record.privateKey).then(
      () => "exported",
      (error: Error) => error.name,
    );
  }
  const isSound = verifyInScript(key.publicKey, MESSAGE, signature);
  return { publicKey: toHex(key.publicKey), kept, extractable, theft, isSound, kind: record.kind };
}

/** Opens the key `count` times at once, as tabs restored together do. */
async function deviceKeys(name: string, count: number): Promise<string[]> {
  const opened = await Promise.all(Array.from({ length: count }, () => openDeviceKey(name)));
  return opened.map(({ key }) => toHex(key.publicKey));
}

/** A record that cannot sign any more is replaced, and only such a one. */
async function damagedKey(name: string): Promise<string[]> {
  const first = await openDeviceKey(name);
  const raw = await openDB(name);
  await raw.put("keys", { kind: "seed", seed: fromHex("00ff") }, "device");
  raw.close();
  const second = await openDeviceKey(name);
  const third = await openDeviceKey(name);
  return [first, second, third].map(({ key }) => toHex(key.publicKey));
}

export const api = {
  runCase,
  type,
  read,
  title,
  fill,
  damage,
  durabilities,
  writeLarge,
  readWithoutLarge,
  writeImage,
  readImage,
  overtaken,
  blocked,
  deviceKey,
  deviceKeys,
  damagedKey,
};

Object.assign(globalThis, { api });
