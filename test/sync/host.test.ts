// Goal: what a host waits for comes in any order, and closing leaves nothing behind: what was typed is stored and signed,
// and no network stays open. Method: a real host on a store in memory, with the platform's clock.
import { expect, test, vi } from "vitest";
import { type Bytes, joinMessage, Replica } from "../../src/crdt/index.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { Host } from "../../src/sync/adapters/host.ts";
import { memoryLinks } from "../../src/sync/adapters/memory-link.ts";
import { Memory, openMemoryStore } from "../../src/sync/adapters/memory-store.ts";
import { Peer } from "../../src/sync/peer.ts";
import { bodyText, editBody } from "../../src/sync/text.ts";
import { Key, verify } from "../crdt/people.ts";

const alice = new Key("Alice");
const passed = (ms: number) => new Promise(done => setTimeout(done, ms));

function host(memory = new Memory()) {
  const { replica, genesis } = Replica.create(alice.id, ciphers.random(16), 1);
  const opened = hostOf(replica, memory);
  opened.session.adopt(genesis.id);
  return { opened, replica, memory };
}

function hostOf(replica: Replica, memory: Memory, key = alice, inviteSeed: Bytes | null = null): Host {
  return new Host(
    {
      replica,
      store: openMemoryStore(memory),
      key: { publicKey: new Uint8Array(32), sign: async message => key.sign(message) },
      verifier: {
        verify: async checks => {
          await passed(5);
          return checks.map(verify);
        },
      },
      ciphers,
      inviteSeed,
      delivered: {},
    },
    { changed: () => undefined, presence: () => undefined, stored: () => undefined },
  );
}

/** Typed, and not only drafted. */
function write(opened: Host, text: string): void {
  opened.act(session => {
    session.edit(root => editBody(root, [{ from: 0, to: 0, insert: text }]));
    session.flush();
  });
}

/** Another tab says that it wrote, and a transaction ends before the store has answered what there is. */
async function lookLate(opened: Host): Promise<void> {
  opened.act(session => session.lookInStore());
  write(opened, "b");
  await opened.settled();
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

test("a document is closed while somebody else goes on writing in it, and what was written here has gone out", async () => {
  const link = new Key("a link");
  const { opened, replica } = host();
  opened.act(session => session.amend(({ people }) => people.invite(link.id, "editor")));
  write(opened, "a");
  const bob = new Key("Bob");
  const ticket = { invite: link.id, signature: link.sign(joinMessage(replica.doc, bob.id)) };
  const other = hostOf(Replica.open(bob.id, replica.doc, ticket), new Memory(), bob, link.seed);
  const [first, second] = memoryLinks();
  opened.act(session => session.link(first, Peer));
  other.act(session => session.link(second, Peer));
  await vi.waitFor(() => expect(bodyText(other.session.replica)).toBe("a"), 10_000);
  let isWriting = true;
  const writing = (async () => {
    for (; isWriting; await passed(1)) write(other, "b");
  })();
  await vi.waitFor(() => expect(bodyText(replica).length).toBeGreaterThan(3), 10_000);
  write(opened, "the end");
  await opened.close();
  isWriting = false;
  await writing;
  await vi.waitFor(() => expect(bodyText(other.session.replica)).toContain("the end"));
  await other.close();
}, 20_000);

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

test("what the store holds is known to be there, also where it was asked before a transaction and answers behind it", async () => {
  const { opened, replica, memory } = host();
  write(opened, "a");
  await opened.settled();
  await lookLate(opened);
  expect(memory.journal(replica.doc).rows).toHaveLength(3);
  expect(opened.session.storedHeads).toEqual(replica.heads);
  await opened.close();
});

test("the same where an image stands for what there was: the page goes on storing", async () => {
  const { opened, replica, memory } = host();
  write(opened, "a");
  await opened.settled();
  const { bytes, position } = opened.session.image!.image;
  await opened.close();
  const again = hostOf(Replica.ofImage(alice.id, replica.doc, bytes.slice(), null)!, memory);
  again.act(session => session.restored([], position));
  await lookLate(again);
  write(again, "c");
  await again.settled();
  expect(memory.journal(replica.doc).rows).toHaveLength(4);
  await again.close();
});
