// Goal: closing a document leaves nothing behind: what was typed is stored and signed, and no network stays open.
// Method: a real host on a store in memory, with the platform's clock.
import { expect, test, vi } from "vitest";
import { Replica } from "../../src/crdt/index.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { Host } from "../../src/sync/adapters/host.ts";
import { Memory, openMemoryStore } from "../../src/sync/adapters/memory-store.ts";
import { editBody } from "../../src/sync/text.ts";
import { Key, verify } from "../crdt/people.ts";

const key = new Key("Alice");

function host(memory = new Memory()) {
  const { replica, genesis } = Replica.create(key.id, ciphers.random(16), 1);
  const opened = new Host(
    {
      replica,
      store: openMemoryStore(memory),
      key: { publicKey: new Uint8Array(32), sign: async message => key.sign(message) },
      verifier: { verify: async checks => checks.map(verify) },
      ciphers,
      inviteSeed: null,
      delivered: {},
    },
    { changed: () => undefined, presence: () => undefined, stored: () => undefined },
  );
  opened.session.adopt(genesis.id);
  return { opened, replica, memory };
}

test("what was typed in the last moment is stored and signed when close answers", async () => {
  const { opened, replica, memory } = host();
  const type = (text: string) =>
    opened.act(session => session.edit(root => editBody(root, [{ from: 0, to: 0, insert: text }])));
  type("a");
  opened.act(session => session.flush());
  // Inside of the transaction the draft is closed; this one comes behind it.
  await Promise.resolve();
  type("b");
  await opened.close();
  const { rows } = memory.journal(replica.doc);
  // The genesis and the first letter were stored together, and are signed together.
  expect(rows.map(row => row?.signature?.length)).toEqual([undefined, 64, 64]);
});

test("a network that is reached after the document was closed is closed too", async () => {
  const { opened } = host();
  await opened.close();
  let isClosed = false;
  opened.attach({
    reachable: true,
    search: "nobody",
    nudge: () => undefined,
    close: () => {
      isClosed = true;
    },
  });
  expect(isClosed).toBe(true);
});

test("a clock that is set back by an hour does not keep what is typed from being saved", async () => {
  const { opened, replica, memory } = host();
  const setBack = vi
    .spyOn(Date, "now")
    .mockImplementation(() => performance.timeOrigin + performance.now() - 3_600_000);
  opened.act(session => session.edit(root => editBody(root, [{ from: 0, to: 0, insert: "a" }])));
  await vi.waitFor(() => expect(memory.journal(replica.doc).rows).toHaveLength(2), 3_000);
  setBack.mockRestore();
  await opened.close();
});

test("what a listener does at once is no time at which more is taken in: it would change what the next listener hears of", async () => {
  const { opened, replica } = host();
  const tick = vi.spyOn(opened.session, "tick");
  let told = 0;
  replica.subscribe(() => {
    told++;
    opened.act(session => session.setPresence(() => null));
  });
  opened.act(session => session.edit(root => editBody(root, [{ from: 0, to: 0, insert: "a" }])));
  expect([told, tick.mock.calls.length]).toEqual([1, 1]);
  await opened.close();
});

test("what was made of the document as it shows is done before what is due", async () => {
  const { opened } = host();
  const done: string[] = [];
  vi.spyOn(opened.session, "tick").mockImplementation(() => void done.push("tick"));
  opened.edit(() => done.push("edit"));
  opened.act(() => done.push("act"));
  expect(done).toEqual(["edit", "tick", "act"]);
  vi.restoreAllMocks();
  await opened.close();
});
