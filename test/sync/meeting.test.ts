// Goal: a page whose network fails for a moment meets the others all the same, once and by the newest way. Method: a real host;
// the way to the others fails, or takes its time, as the test says.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Replica } from "../../src/crdt/index.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { Host } from "../../src/sync/adapters/host.ts";
import { Meeting } from "../../src/sync/adapters/meeting.ts";
import { openMemoryStore } from "../../src/sync/adapters/memory-store.ts";
import { SERVER_RETRY_MS, SERVER_RETRY_MS_MAX } from "../../src/sync/limits.ts";
import type { Network } from "../../src/sync/ports.ts";
import { Key, verify } from "../crdt/people.ts";

const SECRET = new Uint8Array(32);
const key = new Key("Alice");
const page = new EventTarget();

function network(): Network & { isClosed: boolean } {
  const made = {
    reachable: true,
    search: "nobody" as const,
    nudge: () => undefined,
    isClosed: false,
    close: () => {
      made.isClosed = true;
    },
  };
  return made;
}

/** `connect`: the way to the others, at its nth call from 0. */
function meeting(connect: (nth: number) => Promise<Network>) {
  const { replica } = Replica.create(key.id, ciphers.random(16), 1);
  const host = new Host(
    {
      replica,
      store: openMemoryStore(),
      key: { publicKey: new Uint8Array(32), sign: async message => key.sign(message) },
      verifier: { verify: async checks => checks.map(verify) },
      ciphers,
      inviteSeed: null,
      delivered: {},
    },
    { changed: () => undefined, presence: () => undefined, stored: () => undefined },
  );
  const calls = { count: 0 };
  const ground = { host, whole: Promise.resolve(), changed: () => undefined };
  const opened = new Meeting({ ...ground, connect: () => connect(calls.count++) });
  return { opened, host, calls };
}

const unreachable = async (): Promise<Network> => {
  throw new TypeError("Failed to fetch dynamically imported module");
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what could not be reached is tried again, ever more rarely and at most every 8 s, until it is", async () => {
  const found = network();
  const { opened, host, calls } = meeting(nth => (nth < 10 ? unreachable() : Promise.resolve(found)));
  await opened.begin(SECRET);
  expect([calls.count, opened.search]).toEqual([1, "unreachable"]);
  for (let waitMs = SERVER_RETRY_MS; calls.count <= 10; waitMs = Math.min(SERVER_RETRY_MS_MAX, 2 * waitMs)) {
    const before = calls.count;
    await vi.advanceTimersByTimeAsync(waitMs - 1);
    expect(calls.count).toBe(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls.count).toBe(before + 1);
  }
  expect([host.network, opened.search]).toEqual([found, "nobody"]);
  await vi.advanceTimersByTimeAsync(10 * SERVER_RETRY_MS_MAX);
  expect(calls.count).toBe(11);
});

test("what could not be reached is tried at once when the network is back, and no more once it is reached", async () => {
  const found = network();
  const { opened, host, calls } = meeting(nth => (nth < 1 ? unreachable() : Promise.resolve(found)));
  await opened.begin(SECRET);
  page.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(0);
  expect(host.network).toBe(found);
  page.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(SERVER_RETRY_MS);
  expect(calls.count).toBe(2);
});

test("nothing is tried any more once the document is closed", async () => {
  const { opened, calls } = meeting(unreachable);
  await opened.begin(SECRET);
  opened.close();
  page.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(SERVER_RETRY_MS_MAX);
  expect(calls.count).toBe(1);
});

test("of two ways that were begun the newer one stays, whichever is there first", async () => {
  const [older, newer] = [network(), network()];
  let arrive: (found: Network) => void = () => undefined;
  const late = new Promise<Network>(resolve => {
    arrive = resolve;
  });
  const { opened, host } = meeting(nth => (nth === 0 ? late : Promise.resolve(newer)));
  const first = opened.begin(SECRET);
  await opened.beginAnew();
  arrive(older);
  await first;
  expect([host.network, older.isClosed, newer.isClosed]).toEqual([newer, true, false]);
});
