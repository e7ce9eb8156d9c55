// A long document as it lies on a disk, without anybody who had to type it: a recorded paper where the recordings are at
// hand, else the made-up typing of the bench.

import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type DeviceId, Replica, seedPublicKey, seedSign, toHex } from "../../../src/crdt/index.ts";
import type { Person } from "../people.ts";

const TRACE = new URL("../../../../shared/traces/sequential/automerge-paper.json.gz", import.meta.url);
const SEED = 20_2611;
/** Of a link of the document, by which whoever has it on disk may write. */
const LINK_SEED = new Uint8Array(32).fill(8);

/** `[position, deleted, inserted]`, several where they are one edit. */
type Patch = readonly [number, number, string];

function recorded(count: number): readonly (readonly Patch[])[] {
  const { txns } = JSON.parse(gunzipSync(readFileSync(TRACE)).toString()) as {
    readonly txns: readonly { readonly patches: readonly Patch[] }[];
  };
  return txns.slice(0, count).map(({ patches }) => patches);
}

async function madeUp(count: number): Promise<readonly (readonly Patch[])[]> {
  // By a computed name: the bench is plain JavaScript without declarations.
  const bench: { synthesize(seed: number, count: number): { readonly edits: readonly Patch[] } } =
    await import(String(new URL("../../../bench/synthetic.mjs", import.meta.url)));
  return bench.synthesize(SEED, count).edits.map(edit => [edit]);
}

/** What a device's disk would hold of a long text, each edit a signed change of somebody else. */
export async function written(count: number): Promise<Replica> {
  const edits = existsSync(TRACE) ? recorded(count) : await madeUp(count);
  const seed = new Uint8Array(32).fill(7);
  const author = toHex(seedPublicKey(seed)) as DeviceId;
  let now = 1_700_000_000;
  const { replica, genesis } = Replica.create(author, new Uint8Array(16), now);
  const sign = (id: typeof genesis.id, message: Uint8Array<ArrayBuffer>) =>
    replica.sign(id, count > 30_000 ? new Uint8Array(64) : seedSign(seed, message));
  sign(genesis.id, genesis.message);
  replica.invite(toHex(seedPublicKey(LINK_SEED)) as DeviceId, "editor");
  for (const [i, patches] of edits.entries()) {
    replica.edit(root => {
      for (const [at, deleted, inserted] of patches) {
        if (deleted > 0) root.text("body").delete(at, deleted);
        if (inserted !== "") root.text("body").insert(at, inserted);
      }
    });
    if (i % 20 === 0) now += 6;
    if (i % 5_000 === 0) now += 1_000;
    for (const { id, message } of replica.closeDraft(now)) sign(id, message);
  }
  return replica;
}

/** Puts it there, in pieces: a page takes no string of a hundred megabytes. */
export async function store(person: Person, replica: Replica): Promise<void> {
  const rows: (readonly [string, string, string])[] = [];
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  let position = 0;
  const flush = async () => {
    await person.page.evaluate(
      async ({ doc, first, some, linkSeed }) => {
        const opening = indexedDB.open("chirograph");
        await new Promise(resolve => opening.addEventListener("success", resolve));
        const changes = opening.result.transaction(["changes", "documents"], "readwrite");
        const bytes = (text: string) => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
        const table = changes.objectStore("changes");
        for (const [i, [id, body, signature]] of some.entries())
          table.put({ doc, position: first + i, id, bytes: bytes(body), signature: bytes(signature) });
        changes.objectStore("documents").put({
          id: doc,
          title: "",
          updatedAt: Date.now(),
          unshared: 0,
          roomSecret: null,
          inviteSeed: Uint8Array.from(linkSeed),
          delivered: {},
          removedAt: null,
        });
        await new Promise(resolve => changes.addEventListener("complete", resolve));
        opening.result.close();
      },
      { doc: replica.doc as string, first: position, some: rows, linkSeed: [...LINK_SEED] },
    );
    position += rows.length;
    rows.length = 0;
  };
  for (const { id, bytes, signature } of replica.changes()) {
    rows.push([id, base64(bytes), base64(signature!)]);
    if (rows.length === 4_000) await flush();
  }
  await flush();
}
