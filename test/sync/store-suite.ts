// One acceptance suite for every store: what the session relies on, as a table of facts. It is plain code without a
// test runner, so that the very same cases run here in Node and inside of a real browser.

import type { ChainHead, Store } from "../../src/sync/ports.ts";
import {
  add,
  change,
  changes,
  codeOf,
  DOC,
  documentRecord,
  extend,
  idsOf,
  OTHER,
  same,
  until,
} from "./store-notation.ts";

/** Opens the same memory, empty at first, once more: each call is one more tab of the profile. */
export type OpenTab = () => Promise<Store>;

export interface StoreCase {
  readonly name: string;
  run(open: OpenTab): Promise<void>;
}

export const STORE_CASES: readonly StoreCase[] = [
  {
    name: "an empty store has no documents and no changes",
    async run(open) {
      const store = await open();
      same(await store.documents(), []);
      same(await store.read(DOC, 0), { records: [], position: 0 });
    },
  },
  {
    name: "keeps the head of another device's chain apart from that of the profile's own",
    async run(open) {
      const [store, other] = [await open(), await open()];
      const at = (seq: number): ChainHead => ({ seq, id: String(seq).padStart(64, "0") });
      const heads: (ChainHead | null)[] = [];
      const set = (tab: Store, head: ChainHead, chain?: string) =>
        tab.append(
          DOC,
          0,
          before => {
            heads.push(before);
            return { records: [], head };
          },
          chain,
        );
      const fresh = "ab".repeat(32);
      await set(store, at(1));
      await set(other, at(2), fresh);
      await set(store, at(3));
      await set(other, at(4), fresh);
      same(heads, [null, null, at(1), at(2)]);
      await store.deleteDocument(DOC);
      await set(store, at(5));
      await set(other, at(6), fresh);
      same(heads.slice(4), [null, null]);
    },
  },
  {
    name: "keeps one proof of two faces for each device and document, and none of a deleted one",
    async run(open) {
      const [store, other] = [await open(), await open()];
      const proof = (device: string, byte: number) => ({
        device: device.repeat(64),
        proof: Uint8Array.of(byte),
        held: ["ab".repeat(32)],
        after: byte,
      });
      same(await store.forks(DOC), []);
      for (const fork of [proof("a", 1), proof("f", 2), proof("a", 3)]) await store.putFork(DOC, fork);
      await store.putFork(OTHER, proof("a", 4));
      same(await other.forks(DOC), [proof("a", 3), proof("f", 2)]);
      await store.deleteDocument(DOC);
      same([await other.forks(DOC), await other.forks(OTHER)], [[], [proof("a", 4)]]);
    },
  },
  {
    name: "remembers some fields of a document and leaves the others as another tab wrote them",
    async run(open) {
      const [store, other] = [await open(), await open()];
      const secret = new Uint8Array(32).fill(7);
      await store.putDocument({ id: DOC, title: "Draft", updatedAt: 3 });
      await Promise.all([
        other.putDocument({ id: DOC, roomSecret: secret, delivered: { [OTHER]: 2 } }),
        store.putDocument({ id: DOC, title: "Minutes", unshared: 1 }),
        store.putDocument({ id: DOC, asking: undefined, delivered: {} }),
      ]);
      same(await other.documents(), [
        {
          id: DOC,
          title: "Minutes",
          updatedAt: 3,
          unshared: 1,
          roomSecret: secret,
          inviteSeed: null,
          asking: undefined,
          delivered: {},
          removedAt: null,
        },
      ]);
    },
  },
  {
    name: "lists what has changes and was never remembered, between and around what was",
    async run(open) {
      const store = await open();
      const ids = ["0", "3", "5", "7", "8", "f"].map(digit => digit.repeat(64));
      const [first, second, third, fourth, fifth, last] = ids as [
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      for (const id of [first, third, fourth, last]) await add(store, id, changes(1, 2, 3));
      for (const id of [second, third, fifth]) await store.putDocument(documentRecord(id, id));
      const documents = await store.documents();
      same(
        documents.map(({ id }) => id),
        ids,
      );
      same(
        documents.filter(({ title }) => title === "").map(({ id, updatedAt }) => [id, updatedAt]),
        [first, fourth, last].map(id => [id, 0]),
      );
      await store.putDocument({ id: first, title: "Found" });
      await store.deleteDocument(last);
      await store.deleteDocument(second);
      same(
        (await store.documents()).map(({ title }) => title),
        ["Found", third, "", fifth],
      );
    },
  },
  {
    name: "gives documents back whole, each replaced as one value",
    async run(open) {
      const store = await open();
      await store.putDocument(documentRecord(OTHER, "Notes"));
      await store.putDocument(documentRecord(DOC, "Draft"));
      await store.putDocument({ ...documentRecord(DOC, "Minutes"), removedAt: 5 });
      same(await store.documents(), [
        { ...documentRecord(DOC, "Minutes"), removedAt: 5 },
        documentRecord(OTHER, "Notes"),
      ]);
    },
  },
  {
    name: "reads changes in the order they were stored, from any position",
    async run(open) {
      const store = await open();
      same(await add(store, DOC, changes(3, 1)), 2);
      same(await add(store, DOC, changes(2)), 3);
      await add(store, OTHER, changes(9));
      same(await store.read(DOC, 0), { records: changes(3, 1, 2), position: 3 });
      same(await store.read(DOC, 2), { records: changes(2), position: 3 });
      same(await store.read(DOC, 3), { records: [], position: 3 });
    },
  },
  {
    name: "reads a thousand changes in order",
    async run(open) {
      const store = await open();
      const many = changes(...Array.from({ length: 1000 }, (_, i) => i));
      same(await add(store, DOC, many), 1000);
      same(
        await idsOf(store),
        many.map(({ id }) => id),
      );
      same((await idsOf(store, DOC, 511)).length, 489);
    },
  },
  {
    name: "reads the changes before a position, and says where the last is all the same",
    async run(open) {
      const store = await open();
      await add(store, DOC, changes(...Array.from({ length: 600 }, (_, i) => i)));
      const { records, position } = await store.read(DOC, 100, 400);
      same(position, 600);
      same(records, changes(...Array.from({ length: 300 }, (_, i) => 100 + i)));
      same(await store.read(DOC, 599, 700), { records: changes(599), position: 600 });
    },
  },
  {
    name: "keeps one image of a document, the last that was put, and tells no tab",
    async run(open) {
      const [store, other] = [await open(), await open()];
      const told: (string | null)[] = [];
      await store.putDocument(documentRecord(DOC, "Draft"));
      await add(store, DOC, changes(1, 2, 3));
      await until(() => true);
      other.watch(doc => told.push(doc));
      same(await other.image(DOC), null);
      await store.putImage(DOC, { bytes: Uint8Array.of(1, 2), position: 2 }, 2);
      await store.putImage(DOC, { bytes: Uint8Array.of(3), position: 3 }, 3);
      same(await other.image(DOC), { bytes: Uint8Array.of(3), position: 3 });
      same(await other.image(OTHER), null);
      same(told, []);
      await store.dropImage(DOC);
      same(await other.image(DOC), null);
    },
  },
  {
    name: "keeps no image that stands for more or less than the log, nor one of a document that is not there",
    async run(open) {
      const store = await open();
      await add(store, DOC, changes(1, 2, 3));
      await store.putImage(DOC, { bytes: Uint8Array.of(1), position: 3 }, 3);
      same(await store.image(DOC), null);
      await store.putDocument(documentRecord(DOC, "Draft"));
      await store.putImage(DOC, { bytes: Uint8Array.of(1), position: 3 }, 2);
      await store.putImage(DOC, { bytes: Uint8Array.of(1), position: 3 }, 4);
      await store.putImage(DOC, { bytes: Uint8Array.of(1), position: 4 }, 4);
      same(await store.image(DOC), null);
    },
  },
  {
    name: "deletes the image with its document, and gives none for a log that is shorter",
    async run(open) {
      const store = await open();
      await store.putDocument(documentRecord(DOC, "Draft"));
      await add(store, DOC, changes(1, 2, 3));
      await store.putImage(DOC, { bytes: Uint8Array.of(1), position: 3 }, 3);
      await store.deleteDocument(DOC);
      await add(store, DOC, changes(1, 2, 3));
      same(await store.image(DOC), null);
    },
  },
  {
    name: "skips a change that is stored already, also twice in one batch",
    async run(open) {
      const store = await open();
      await add(store, DOC, changes(1, 2));
      same(await add(store, DOC, changes(2, 3, 3, 1)), 3);
      same(await store.read(DOC, 0), { records: changes(1, 2, 3), position: 3 });
    },
  },
  {
    name: "replaces what stands under an id with other bytes",
    async run(open) {
      const store = await open();
      await add(store, DOC, [{ ...change(1), bytes: Uint8Array.of(99) }, change(2)]);
      same(await add(store, DOC, changes(1)), 3);
      same(await store.read(DOC, 0), { records: changes(2, 1), position: 3 });
      same(await add(store, DOC, changes(1)), 3);
    },
  },
  {
    name: "passes the head of the chain and what other tabs stored since",
    async run(open) {
      const [alice, again] = [await open(), await open()];
      const first = await extend(alice, 0, 1);
      same(first, { seen: [], before: null, position: 1 });
      const second = await extend(again, 0, 2);
      same(second, { seen: [change(1001).id], before: { seq: 1, id: change(1001).id }, position: 2 });
      const third = await extend(alice, first.position, 1);
      same(third, { seen: [change(2002).id], before: { seq: 2, id: change(2002).id }, position: 3 });
    },
  },
  {
    name: "two tabs racing end with one chain, each having seen the other's changes",
    async run(open) {
      const tabs = [await open(), await open()];
      const lists = await Promise.all(
        tabs.map(async (tab, salt) => {
          const seen: string[] = [];
          let position = 0;
          for (let i = 0; i < 10; i++) {
            const step = await extend(tab, position, salt);
            seen.push(...step.seen, change((step.before?.seq ?? 0) * 1000 + 1000 + salt).id);
            position = step.position;
          }
          return seen;
        }),
      );
      const stored = await idsOf(tabs[0]!);
      same(stored.length, 20);
      // Numbers 1 to 20, each used once.
      same(
        stored.map(id => Math.floor(Number.parseInt(id, 16) / 1000)),
        stored.map((_, i) => i + 1),
      );
      for (const seen of lists) same(seen, stored.slice(0, seen.length));
    },
  },
  {
    name: "calls append once and before anybody else can write",
    async run(open) {
      const [alice, again] = [await open(), await open()];
      let calls = 0;
      let rival: Promise<unknown> = Promise.resolve();
      await alice.append(DOC, 0, () => {
        calls++;
        rival = extend(again, 0, 7);
        return { records: [change(1001)], head: { seq: 1, id: change(1001).id } };
      });
      await rival;
      same(calls, 1);
      same(await idsOf(alice), [change(1001).id, change(2007).id]);
    },
  },
  {
    name: "a callback that throws changes nothing and its error comes back",
    async run(open) {
      const store = await open();
      await extend(store, 0, 1);
      const error = new Error("the draft was withdrawn");
      let caught: unknown = null;
      try {
        await store.append(DOC, 0, () => {
          throw error;
        });
      } catch (thrown) {
        caught = thrown;
      }
      same(caught === error, true);
      same(await idsOf(store), [change(1001).id]);
      same(await extend(store, 1, 1), { seen: [], before: { seq: 1, id: change(1001).id }, position: 2 });
    },
  },
  {
    name: "an append of nothing stores nothing",
    async run(open) {
      const store = await open();
      same(await add(store, DOC, []), 0);
      await extend(store, 0, 1);
      same(await add(store, DOC, []), 1);
      same((await extend(store, 1, 1)).before, { seq: 1, id: change(1001).id });
    },
  },
  {
    name: "forgets the head when told so",
    async run(open) {
      const store = await open();
      await extend(store, 0, 1);
      await store.append(DOC, 1, () => ({ records: [], head: null }));
      same((await extend(store, 1, 2)).before, null);
    },
  },
  {
    name: "keeps the chains of two documents apart",
    async run(open) {
      const store = await open();
      await extend(store, 0, 1);
      let head: ChainHead | null = { seq: 99, id: "99" };
      await store.append(OTHER, 0, (found, unseen) => {
        head = found;
        same(unseen, []);
        return { records: changes(1001), head: null };
      });
      same(head, null);
      same(await idsOf(store, OTHER), [change(1001).id]);
    },
  },
  {
    name: "adds a signature once, and to nothing that is not there",
    async run(open) {
      const store = await open();
      await add(store, DOC, [change(1, false), change(2)]);
      await store.putSignature(DOC, change(1).id, change(1).signature!);
      await store.putSignature(DOC, change(1).id, change(5).signature!);
      await store.putSignature(DOC, change(2).id, change(5).signature!);
      await store.putSignature(DOC, change(3).id, change(3).signature!);
      await store.putSignature(OTHER, change(1).id, change(1).signature!);
      same(await store.read(DOC, 0), { records: changes(1, 2), position: 2 });
      same(await store.read(OTHER, 0), { records: [], position: 0 });
    },
  },
  {
    name: "keeps what proves a covered change beside it",
    async run(open) {
      const store = await open();
      const tail = { changes: [change(6).bytes, change(7).bytes], signature: change(7).signature! };
      await add(store, DOC, [change(1, false), { ...change(2, false), tail }]);
      const records = [change(1, false), { ...change(2, false), tail }];
      same(await store.read(DOC, 0), { records, position: 2 });
    },
  },
  {
    name: "deletes a document with its changes and its chain, and no other",
    async run(open) {
      const store = await open();
      for (const id of [DOC, OTHER]) await store.putDocument(documentRecord(id, id));
      await extend(store, 0, 1);
      await add(store, OTHER, changes(1, 2));
      await store.deleteDocument(DOC);
      same(await store.documents(), [documentRecord(OTHER, OTHER)]);
      same(await idsOf(store, OTHER), [change(1).id, change(2).id]);
      // Who is ahead of the store starts anew.
      same(await store.read(DOC, 1), { records: [], position: 0 });
      same(await extend(store, 1, 2), { seen: [], before: null, position: 1 });
    },
  },
  {
    name: "deletes for a removal only what still is removed by it",
    async run(open) {
      const store = await open();
      await store.putDocument(documentRecord(DOC, "Draft"));
      await extend(store, 0, 1);
      for (const removedAt of [null, 5, 7]) {
        await store.putDocument({ id: DOC, removedAt });
        await store.deleteDocument(DOC, 6);
        same((await store.documents()).length, 1);
      }
      await store.deleteDocument(DOC, 7);
      same(await store.documents(), []);
      // What was written since is not listed yet.
      await extend(store, 0, 2);
      await store.deleteDocument(DOC, 7);
      same((await store.documents()).length, 1);
    },
  },
  {
    name: "tells the other tabs what was written, and not the writer",
    async run(open) {
      const [alice, again] = [await open(), await open()];
      const [own, heard]: (string | null)[][] = [[], []];
      alice.watch(doc => own!.push(doc));
      const stop = again.watch(doc => heard!.push(doc));
      await alice.putDocument(documentRecord(DOC, "Draft"));
      await add(alice, DOC, [change(1, false)]);
      await alice.putSignature(DOC, change(1).id, change(1).signature!);
      // These write nothing, so there is nothing to look at.
      await add(alice, DOC, changes(1));
      await alice.putSignature(DOC, change(1).id, change(1).signature!);
      await alice.deleteDocument(DOC);
      await until(() => heard!.length >= 5);
      same(heard, [null, DOC, DOC, DOC, null]);
      stop();
      await alice.putDocument(documentRecord(DOC, "Draft"));
      await add(again, OTHER, changes(1));
      await until(() => own!.length >= 1);
      same([own, heard!.length], [[OTHER], 5]);
    },
  },
  {
    name: "refuses every call after close, and leaves the other tab alone",
    async run(open) {
      const [alice, again] = [await open(), await open()];
      await add(alice, DOC, changes(1));
      alice.close();
      alice.close();
      const calls = [
        () => alice.documents(),
        () => alice.putDocument(documentRecord(DOC, "Draft")),
        () => alice.deleteDocument(DOC),
        () => alice.read(DOC, 0),
        () => add(alice, DOC, changes(2)),
        () => alice.putSignature(DOC, change(1).id, change(1).signature!),
      ];
      for (const call of calls) same(await codeOf(call()), "closed");
      same(await idsOf(again), [change(1).id]);
    },
  },
  {
    name: "finishes what was begun before close",
    async run(open) {
      const [alice, again] = [await open(), await open()];
      const begun = add(alice, DOC, changes(1));
      // One turn, so that the call is under way.
      await alice.read(DOC, 0);
      alice.close();
      same(await begun, 1);
      same(await idsOf(again), [change(1).id]);
    },
  },
];
