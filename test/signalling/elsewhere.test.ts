// Goal: people at several instances are together as if they were at one, and whatever is lost on the way is repaired
// once the way is open. Method: the real servers with a hub in memory between them; then, without sockets, random comings
// and goings with losses, after which everybody's view has to be what is the case.
import { afterAll, describe, expect, it, vi } from "vitest";
import { Elsewhere } from "../../signalling/elsewhere.ts";
import { decodeExchangeFrame, encodeExchangeFrame } from "../../signalling/exchange-frames.ts";
import { CLOSE_CODES, type PeerId, type ServerFrame } from "../../signalling/frames.ts";
import { SERVER_LIMITS, type ServerLimits } from "../../signalling/limits.ts";
import { type MemberHere, Rooms } from "../../signalling/rooms.ts";
import type { ServerOptions } from "../../signalling/server.ts";
import { Client, createRoomKey, text, withServer } from "./client.ts";
import { Hub } from "./exchange-hub.ts";
import { exchangeSuite } from "./exchange-suite.ts";

const FAST = { limits: { beatIntervalMs: 50, silenceMs: 250 } };
vi.setConfig({ testTimeout: 20_000 });
/** Random runs; `RUNS=3000` for a long night. */
const RUNS = Number(process.env.RUNS ?? 40);

describe("an exchange in memory", () => exchangeSuite(new Hub().open));

/** Two instances, and a third address to ask for readiness. */
function withTwo(
  body: (one: string, two: string, hub: Hub) => Promise<void>,
  options: Partial<ServerOptions> = {},
): Promise<void> {
  const hub = new Hub();
  const all = { exchange: hub.open, ...options };
  return withServer(all, one => withServer(all, two => body(one, two, hub)));
}

/** Alice at one instance and Bob at the other, who have heard of each other. */
async function meet(one: string, two: string) {
  const room = createRoomKey();
  const [alice, bob] = [new Client(one), new Client(two)];
  const { self: a } = await alice.join(room);
  const { self: b, peers } = await bob.join(room);
  expect(await alice.next("arrived")).toEqual({ type: "arrived", peer: b });
  // Known with the welcome, or told right after it.
  if (peers.length === 0) expect(await bob.next("arrived")).toEqual({ type: "arrived", peer: a });
  else expect(peers).toEqual([a]);
  return { room, alice, bob, a, b };
}

describe("two instances", () => {
  it("bring Alice and Bob together, carry what they send in order, and tell who leaves", () =>
    withTwo(async (one, two) => {
      const { alice, bob, a, b } = await meet(one, two);
      for (const word of ["one", "two", ""]) alice.send({ type: "send", to: b, payload: text(word) });
      for (const word of ["one", "two", ""])
        expect(await bob.next("from")).toEqual({ type: "from", peer: a, payload: text(word) });
      bob.send({ type: "send", to: a, payload: text("back") });
      expect(await alice.next("from")).toEqual({ type: "from", peer: b, payload: text("back") });
      await bob.close();
      expect(await alice.next("left")).toEqual({ type: "left", peer: b });
    }));

  it("welcome a second comer with everybody, wherever they are", () =>
    withTwo(async (one, two) => {
      const { room, alice, bob, a, b } = await meet(one, two);
      const carol = new Client(two);
      const { self: c, peers } = await carol.join(room);
      expect(peers).toEqual([a, b].sort());
      expect(await alice.next("arrived")).toEqual({ type: "arrived", peer: c });
      expect(await bob.next("arrived")).toEqual({ type: "arrived", peer: c });
    }));

  it("keep two rooms apart", () =>
    withTwo(async (one, two) => {
      const { alice, a } = await meet(one, two);
      const mallory = new Client(two);
      const { peers } = await mallory.join(createRoomKey());
      expect(peers).toEqual([]);
      mallory.send({ type: "send", to: a, payload: text("psst") });
      expect(await mallory.next("unreachable")).toEqual({ type: "unreachable", peer: a });
      expect(await alice.settle()).toEqual([]);
    }));

  it("say so when what was sent met nobody any more", () =>
    withTwo(async (one, two, hub) => {
      const { alice, bob, b } = await meet(one, two);
      // Bob is gone, and the word of it is lost.
      const [line] = [...hub.lines].slice(0, 1);
      const channels = [...line!.channels];
      line!.channels.clear();
      await bob.close();
      await new Promise(resolve => setTimeout(resolve, 20));
      for (const channel of channels) line!.channels.add(channel);
      alice.send({ type: "send", to: b, payload: text("still there?") });
      expect(await alice.next("unreachable")).toEqual({ type: "unreachable", peer: b });
    }));

  it("count the places of a room together", () =>
    withTwo(
      async (one, two) => {
        const { room } = await meet(one, two);
        const carol = new Client(two);
        await expect(carol.join(room)).rejects.toThrow("closed");
        expect(await carol.closed).toBe(CLOSE_CODES.RoomFull.code);
      },
      { limits: { peersPerRoom: 2 } },
    ));

  it("tell at once that everybody at an instance that closes has left", () => {
    const hub = new Hub();
    const options = { limits: SERVER_LIMITS, exchange: hub.open };
    return withServer(options, async one => {
      let alice: Client | undefined;
      let b: PeerId | undefined;
      await withServer(options, async two => {
        const met = await meet(one, two);
        alice = met.alice;
        b = met.b;
      });
      expect(await alice!.next("left")).toEqual({ type: "left", peer: b });
    });
  });

  it("take everybody at an instance that fell silent for gone", () =>
    withTwo(async (one, two, hub) => {
      const { alice, b } = await meet(one, two);
      const line = hub.line(1);
      hub.lines.delete(line);
      hub.cut(line);
      expect(await alice.next("left")).toEqual({ type: "left", peer: b });
    }, FAST));

  it("go on each by itself while the exchange is lost, say that they are not ready, and mend it after", () =>
    withTwo(async (one, two, hub) => {
      const { room, alice, bob, a, b } = await meet(one, two);
      const lines = [...hub.lines];
      for (const line of lines) hub.cut(line);
      alice.send({ type: "send", to: b, payload: text("lost") });
      expect(await alice.next("unreachable")).toEqual({ type: "unreachable", peer: b });
      expect((await fetch(`${one}readyz`)).status).toBe(503);
      expect((await fetch(`${one}healthz`)).status).toBe(200);
      expect(await alice.next("left")).toEqual({ type: "left", peer: b });
      expect(await bob.next("left")).toEqual({ type: "left", peer: a });
      const carol = new Client(one);
      const { self: c } = await carol.join(room);
      expect(await alice.next("arrived")).toEqual({ type: "arrived", peer: c });

      for (const line of lines) hub.mend(line);
      expect((await fetch(`${one}readyz`)).status).toBe(200);
      expect(await alice.next("arrived")).toEqual({ type: "arrived", peer: b });
      const arrived = [await bob.next("arrived"), await bob.next("arrived")].map(({ peer }) => peer);
      expect(arrived.sort()).toEqual([a, c].sort());
    }, FAST));
});

describe("what comes through the exchange", () => {
  const id = "00000000000000aa" as PeerId;
  const room = "ab".repeat(32);
  const peers = ["0000000000000001", "0000000000000002"] as PeerId[];

  it.each([
    { type: "members", from: id, asks: true, room, peers },
    { type: "members", from: id, asks: false, room, peers: [] },
    { type: "relay", from: id, room, sender: peers[0]!, to: peers[1]!, payload: text("x") },
    { type: "unreachable", from: id, room, sender: peers[0]!, peer: peers[1]! },
    { type: "beat", from: id },
    { type: "gone", from: id },
    { type: "back", from: id },
  ] as const)("reads back $type as it was written, and nothing that is cut short", frame => {
    const bytes = encodeExchangeFrame(frame);
    expect(decodeExchangeFrame(bytes, 2)).toEqual(frame);
    const minimum = frame.type === "relay" ? bytes.length - 1 : bytes.length;
    for (let length = 0; length < minimum; length++) {
      const cut = decodeExchangeFrame(bytes.subarray(0, length), 2);
      // A list of members cut between two of them is a list.
      if (frame.type !== "members" || cut === null) expect(cut).toBeNull();
    }
  });

  it("takes a room's members up to the limit, in order, and once", () => {
    const members = (...names: string[]) =>
      encodeExchangeFrame({ type: "members", from: id, asks: false, room, peers: names as PeerId[] });
    expect(decodeExchangeFrame(members(...peers), 2)).not.toBeNull();
    expect(decodeExchangeFrame(members(...peers), 1)).toBeNull();
    expect(decodeExchangeFrame(members(peers[1]!, peers[0]!), 2)).toBeNull();
    expect(decodeExchangeFrame(members(peers[0]!, peers[0]!), 2)).toBeNull();
  });

  it("keeps a payload when the bytes that brought it are used again", () => {
    const frame = {
      type: "relay",
      from: id,
      room,
      sender: peers[0]!,
      to: peers[1]!,
      payload: text("x"),
    } as const;
    const bytes = Buffer.from(encodeExchangeFrame(frame));
    const decoded = decodeExchangeFrame(bytes, 2);
    bytes.fill(0);
    expect(decoded).toEqual(frame);
  });

  it("takes a relayed payload up to the limit", () => {
    const relay = (size: number) =>
      encodeExchangeFrame({
        type: "relay",
        from: id,
        room,
        sender: peers[0]!,
        to: peers[1]!,
        payload: new Uint8Array(size),
      });
    expect(decodeExchangeFrame(relay(16 * 1024), 2)).not.toBeNull();
    expect(decodeExchangeFrame(relay(16 * 1024 + 1), 2)).toBeNull();
  });
});

// ------------------------------------------------------------------------------------------------ without sockets

/** One instance and who is at it. */
class Instance {
  readonly rooms = new Rooms(SERVER_LIMITS);
  readonly elsewhere: Elsewhere;
  readonly people: Person[] = [];

  constructor(hub: Hub, limits: Partial<ServerLimits>, now: () => number) {
    this.elsewhere = new Elsewhere(hub.open, this.rooms, { ...SERVER_LIMITS, ...limits }, now);
  }
}

/** Believes what the server says, and notices when it contradicts itself. */
class Person implements MemberHere {
  readonly id: PeerId;
  readonly address = "192.0.2.1";
  readonly room: string;
  readonly sees = new Set<PeerId>();

  constructor(number: number, room: string) {
    this.id = number.toString(16).padStart(16, "0") as PeerId;
    this.room = room;
  }

  deliver(frame: ServerFrame): boolean {
    if (frame.type === "welcome") for (const peer of frame.peers) this.sees.add(peer);
    if (frame.type === "arrived") {
      expect(this.sees.has(frame.peer), "arrives once").toBe(false);
      expect(frame.peer).not.toBe(this.id);
      this.sees.add(frame.peer);
    }
    if (frame.type === "left") expect(this.sees.delete(frame.peer), "leaves after arriving").toBe(true);
    return true;
  }
}

function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0;
  return sides => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

async function microtasks(): Promise<void> {
  for (let i = 0; i < 8; i++) await Promise.resolve();
}

describe("three instances, at random", () => {
  let cuts = 0;

  afterAll(() => expect(cuts).toBeGreaterThan(RUNS));

  it.each(Array.from({ length: RUNS }, (_, i) => i + 1))("agree in the end, seed %i", async seed => {
    const roll = dice(seed);
    const hub = new Hub({ isManual: true });
    let now = 0;
    const instances = Array.from(
      { length: 3 },
      () => new Instance(hub, { beatIntervalMs: 1, silenceMs: 6 }, () => now),
    );
    const lines = [...hub.lines];
    const rooms = ["aa".repeat(32), "bb".repeat(32)];
    let born = 0;
    const tick = () => {
      now++;
      for (const { elsewhere } of instances) elsewhere.tick();
    };
    await microtasks();
    for (let step = 0; step < 150; step++) {
      const instance = instances[roll(3)]!;
      const line = lines[roll(3)]!;
      switch (roll(8)) {
        case 0:
        case 1: {
          const person = new Person(++born, rooms[roll(2)]!);
          instance.people.push(person);
          expect(instance.rooms.join(person.room, person)).toEqual({ ok: true });
          break;
        }
        case 2: {
          const [person] = instance.people.splice(roll(instance.people.length + 1), 1);
          if (person !== undefined) instance.rooms.leave(person.room, person);
          break;
        }
        case 3:
          if (roll(3) === 0 && line.isConnected) {
            cuts++;
            hub.cut(line);
          }
          break;
        case 4:
          hub.mend(line);
          break;
        case 5:
          tick();
          break;
        default:
          hub.carry();
      }
      if (roll(2) === 0) await microtasks();
    }
    for (const line of lines) hub.mend(line);
    for (let i = 0; i < 12; i++) {
      await microtasks();
      tick();
      hub.carry();
    }
    expect(born).toBeGreaterThan(10);
    const all = instances.flatMap(({ people }) => people);
    for (const person of all) {
      const others = all.filter(({ room, id }) => room === person.room && id !== person.id);
      expect([...person.sees].sort()).toEqual(others.map(({ id }) => id).sort());
    }
  });

  it("does not take the others for gone because it slept itself", async () => {
    const hub = new Hub({ isManual: true });
    let now = 0;
    const { elsewhere } = new Instance(hub, { beatIntervalMs: 1, silenceMs: 4 }, () => now);
    await microtasks();
    elsewhere.message(encodeExchangeFrame({ type: "beat", from: "00000000000000aa" as PeerId }));
    now = 100;
    elsewhere.tick();
    expect(elsewhere.count).toBe(1);
    now = 101;
    elsewhere.tick();
    expect(elsewhere.count).toBe(0);
  });

  it("remembers at most so many others, and forgets who is gone first", async () => {
    const hub = new Hub({ isManual: true });
    let now = 0;
    const { elsewhere } = new Instance(hub, { instances: 2, beatIntervalMs: 5, silenceMs: 5 }, () => now);
    await microtasks();
    const beat = (from: string) =>
      elsewhere.message(encodeExchangeFrame({ type: "beat", from: from.padStart(16, "0") as PeerId }));
    for (const from of ["a", "b", "c"]) beat(from);
    expect(elsewhere.count).toBe(2);
    now = 10;
    beat("b");
    elsewhere.tick();
    expect(elsewhere.count).toBe(1);
    beat("c");
    expect(elsewhere.count).toBe(2);
  });
});
