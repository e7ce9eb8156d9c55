// Goal: every limit holds at the limit and bites at limit + 1. Where the clock or the kernel's buffers would blur the
// edge, the pure rule is tested at the edge and the server once above it.
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { CLOSE_CODES, type PeerId, TRAFFIC_LIMITS } from "../../signalling/frames.ts";
import { SERVER_LIMITS } from "../../signalling/limits.ts";
import { Allowance, mayWait, TokenBucket } from "../../signalling/pace.ts";
import { type MemberHere, Rooms } from "../../signalling/rooms.ts";
import { Client, createRoomKey, text, withServer } from "./client.ts";

const nobody = "0000000000000000" as PeerId;

const member = (i: number, address: string): MemberHere => ({
  id: i.toString(16).padStart(16, "0") as PeerId,
  address,
  deliver: () => true,
});

describe("places", () => {
  it("has room for the last connection and closes the next, until one leaves", () =>
    withServer({ limits: { connections: 2 } }, async url => {
      const [alice, bob] = [new Client(url), new Client(url)];
      await alice.join(createRoomKey());
      await bob.join(createRoomKey());
      expect(await new Client(url).closed).toBe(CLOSE_CODES.ServerFull.code);
      await bob.close();
      await new Client(url).join(createRoomKey());
    }));

  it("counts connections by address, as the trusted proxy tells it", () =>
    withServer({ limits: { connectionsPerAddress: 1 }, trustProxy: 1 }, async url => {
      const from = (hops: string) => new Client(url, { "X-Forwarded-For": hops });
      await from("192.0.2.1").join(createRoomKey());
      await from("192.0.2.2").join(createRoomKey());
      // What Mallory writes stands left of what the proxy saw.
      expect(await from("192.0.2.99, 192.0.2.1").closed).toBe(CLOSE_CODES.AddressFull.code);
      await from("2001:db8:1:2::1").join(createRoomKey());
      expect(await from("2001:db8:1:2:ffff::2").closed).toBe(CLOSE_CODES.AddressFull.code);
      await from("2001:db8:1:3::1").join(createRoomKey());
    }));

  it("does not believe X-Forwarded-For unless told to", () =>
    withServer({ limits: { connectionsPerAddress: 1 } }, async url => {
      await new Client(url, { "X-Forwarded-For": "192.0.2.1" }).join(createRoomKey());
      const again = new Client(url, { "X-Forwarded-For": "192.0.2.2" });
      expect(await again.closed).toBe(CLOSE_CODES.AddressFull.code);
    }));

  it("fills a room to the last place and closes the next", () =>
    withServer({ limits: { peersPerRoom: 2 } }, async url => {
      const room = createRoomKey();
      const [alice, bob, carol] = [new Client(url), new Client(url), new Client(url)];
      await alice.join(room);
      await bob.join(room);
      await expect(carol.join(room)).rejects.toThrow("closed");
      expect(await carol.closed).toBe(CLOSE_CODES.RoomFull.code);
      expect((await alice.settle()).map(frame => frame.type)).toEqual(["arrived"]);
    }));

  it("lets one address take half of a room's places, and leaves the rest to others", () =>
    withServer({ limits: { peersPerRoomFromAddress: 2 }, trustProxy: 1 }, async url => {
      const room = createRoomKey();
      const from = (address: string) => new Client(url, { "X-Forwarded-For": address });
      const mallory = [from("192.0.2.66"), from("192.0.2.66"), from("192.0.2.66")];
      await mallory[0]!.join(room);
      await mallory[1]!.join(room);
      await expect(mallory[2]!.join(room)).rejects.toThrow("closed");
      expect(await mallory[2]!.closed).toBe(CLOSE_CODES.AddressFull.code);
      // Others have places in this room, she in others, and in this one again when she gives one up.
      await from("192.0.2.1").join(room);
      await from("192.0.2.66").join(createRoomKey());
      await mallory[0]!.close();
      await from("192.0.2.66").join(room);
    }));

  it("opens the last room and refuses the next, but still lets people into open ones", () =>
    withServer({ limits: { rooms: 1 } }, async url => {
      const room = createRoomKey();
      await new Client(url).join(room);
      const carol = new Client(url);
      await expect(carol.join(createRoomKey())).rejects.toThrow("closed");
      expect(await carol.closed).toBe(CLOSE_CODES.TooManyRooms.code);
      await new Client(url).join(room);
    }));

  it("holds 256 peers in a room and refuses the 257th", () => {
    const rooms = new Rooms(SERVER_LIMITS);
    const members = Array.from({ length: 257 }, (_, i) => member(i, `192.0.2.${i % 3}`));
    for (const each of members.slice(0, 256)) expect(rooms.join("room", each)).toEqual({ ok: true });
    expect(rooms.join("room", members[256]!)).toEqual({ ok: false, code: "RoomFull" });
    for (const each of members.slice(0, 256)) rooms.leave("room", { ...each });
    expect(rooms.count).toBe(1);
  });

  it("holds 128 peers of one address in a room and refuses the 129th", () => {
    const rooms = new Rooms(SERVER_LIMITS);
    for (let i = 0; i < 128; i++) expect(rooms.join("room", member(i, "192.0.2.66"))).toEqual({ ok: true });
    expect(rooms.join("room", member(128, "192.0.2.66"))).toEqual({ ok: false, code: "AddressFull" });
    expect(rooms.join("room", member(128, "192.0.2.1"))).toEqual({ ok: true });
  });

  it("forgets a room with its last member", () => {
    const rooms = new Rooms(SERVER_LIMITS);
    const alice = member(0, "192.0.2.1");
    rooms.join("room", alice);
    rooms.leave("room", alice);
    rooms.leave("room", alice);
    expect(rooms.count).toBe(0);
  });

  it("drops plain sockets above connections and the slack beside them", () =>
    withServer({ limits: { connections: 1, socketsBeyondConnections: 1 } }, async url => {
      const open = () => connect(Number(new URL(url).port), "127.0.0.1").on("error", () => undefined);
      const held = [open(), open()];
      await new Promise(resolve => setTimeout(resolve, 30));
      const dropped = open();
      await new Promise(resolve => dropped.on("close", resolve));
      for (const socket of held) {
        expect(socket.destroyed).toBe(false);
        socket.destroy();
      }
    }));
});

describe("sockets of one address", () => {
  const open = (url: string) => connect(Number(new URL(url).port), "127.0.0.1").on("error", () => undefined);
  const isDropped = (socket: ReturnType<typeof open>) =>
    Promise.race([
      new Promise<boolean>(resolve => socket.resume().on("close", () => resolve(true))),
      new Promise<boolean>(resolve => setTimeout(() => resolve(false), 50)),
    ]);

  it("may be so many, and the next is dropped, until one ends", () =>
    withServer({ limits: { socketsPerAddress: 2 } }, async url => {
      const held = [open(url), open(url)];
      expect(await Promise.all(held.map(isDropped))).toEqual([false, false]);
      expect(await isDropped(open(url))).toBe(true);
      held[0]!.destroy();
      await new Promise(resolve => setTimeout(resolve, 20));
      const next = open(url);
      expect(await isDropped(next)).toBe(false);
      for (const socket of [...held, next]) socket.destroy();
    }));

  it("are not counted where all come from a proxy", () =>
    withServer({ limits: { socketsPerAddress: 1 }, trustProxy: 1 }, async url => {
      const held = [open(url), open(url), open(url)];
      expect(await Promise.all(held.map(isDropped))).toEqual([false, false, false]);
      for (const socket of held) socket.destroy();
    }));
});

describe("pace", () => {
  it("gives a burst, refuses one more, and gives again as time passes", () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect([bucket.take(1, 0), bucket.take(2, 0), bucket.take(1, 0)]).toEqual([true, true, false]);
    expect([bucket.take(1, 99), bucket.take(1, 100), bucket.take(1, 100)]).toEqual([false, true, false]);
    expect([bucket.take(4, 60_000), bucket.take(3, 60_000)]).toEqual([false, true]);
  });

  it("counts frames and bytes apart", () => {
    const frames = new Allowance(SERVER_LIMITS, 0);
    for (let i = 0; i < SERVER_LIMITS.framesBurst; i++) expect(frames.takeFrame(1, 0)).toBe(true);
    expect(frames.takeFrame(1, 0)).toBe(false);
    const bytes = new Allowance(SERVER_LIMITS, 0);
    for (let i = 0; i < 512; i++) expect(bytes.takeFrame(16 * 1024, 0)).toBe(true);
    expect(bytes.takeFrame(1, 0)).toBe(false);
  });

  it.each([
    ["frames", { framesPerSecond: 1, framesBurst: 4 }],
    // A join is 97 bytes, a send to nobody of one byte 10.
    ["bytes", { bytesPerSecond: 1, bytesBurst: 97 + 3 * 10 }],
  ])("lets a burst of %s through and closes on the next", (_, limits) =>
    withServer({ limits }, async url => {
      const mallory = new Client(url);
      await mallory.join(createRoomKey());
      const send = () => mallory.send({ type: "send", to: nobody, payload: text("x") });
      for (let i = 0; i < 3; i++) send();
      for (let i = 0; i < 3; i++) await mallory.next("unreachable");
      send();
      expect(await mallory.closed).toBe(CLOSE_CODES.TooFast.code);
    }),
  );

  it("counts the protocol's own pings as frames", () =>
    withServer({ limits: { framesPerSecond: 1, framesBurst: 4 } }, async url => {
      const mallory = new Client(url);
      await mallory.join(createRoomKey());
      for (let i = 0; i < 4; i++) mallory.webSocket.ping();
      expect(await mallory.closed).toBe(CLOSE_CODES.TooFast.code);
    }));

  it("counts the protocol's own pongs as frames, where it asked for none", () =>
    withServer({ limits: { framesPerSecond: 1, framesBurst: 4 } }, async url => {
      const mallory = new Client(url);
      await mallory.join(createRoomKey());
      for (let i = 0; i < 4; i++) mallory.webSocket.pong();
      expect(await mallory.closed).toBe(CLOSE_CODES.TooFast.code);
    }));

  it("counts no answer to a ping of its own", () =>
    withServer({ limits: { framesPerSecond: 0, framesBurst: 1, pingIntervalMs: 100 } }, async url => {
      const alice = new Client(url);
      await alice.join(createRoomKey());
      for (let i = 0; i < 3; i++) await new Promise(resolve => alice.webSocket.once("ping", resolve));
      await new Promise(resolve => setTimeout(resolve, 50));
      expect(alice.webSocket.readyState).toBe(WebSocket.OPEN);
    }));

  it("relays a pasted megabyte to seven others at once, unpaced", () =>
    withServer({}, async url => {
      const room = createRoomKey();
      const others = Array.from({ length: 7 }, () => new Client(url));
      const ids = [];
      for (const other of others) ids.push((await other.join(room)).self);
      const alice = new Client(url);
      await alice.join(room);
      const payload = new Uint8Array(TRAFFIC_LIMITS.payloadBytes);
      for (let i = 0; i < 64; i++) for (const to of ids) alice.send({ type: "send", to, payload });
      expect(await alice.settle()).toEqual([]);
      for (const other of others) {
        const heard = (await other.settle()).filter(frame => frame.type === "from");
        expect(heard).toHaveLength(64);
      }
    }));
});

describe("waiting bytes", () => {
  const limits = {
    ...SERVER_LIMITS,
    bufferedBytesPerReceiver: 100,
    bufferedBytes: 1000,
    bufferedBytesPerReceiverWhenFull: 10,
  };

  it.each([
    ["up to the limit of one receiver", 90, 90, 10, true],
    ["not one byte above it", 90, 90, 11, false],
    ["up to the limit of all", 50, 990, 10, true],
    ["not above it, for one who has much waiting", 50, 990, 11, false],
    ["above it still, for one who reads", 0, 1000, 10, true],
    ["and then not one byte more", 0, 1000, 11, false],
  ])("may wait %s", (_, waiting, waitingInAll, sizeBytes, expected) => {
    expect(mayWait(limits, waiting, waitingInAll, sizeBytes)).toBe(expected);
  });

  it("counts each waiting frame for what it takes in memory, however small it is", () =>
    withServer({ limits: { bytesBurst: 1e9, framesBurst: 1e6 } }, async url => {
      const room = createRoomKey();
      const [alice, mallory] = [new Client(url), new Client(url)];
      await alice.join(room);
      const { self: m } = await mallory.join(room);
      await alice.next("arrived");
      mallory.webSocket.pause();
      const waiting = async () => {
        expect(await alice.settle()).toEqual([]);
        const metrics = await (await fetch(`${url}metrics`)).text();
        return Number(/^chirograph_buffered_bytes (\d+)$/m.exec(metrics)![1]);
      };
      // First all that the operating system takes.
      let before = 0;
      for (let i = 0; i < 300 && before < 100_000; i++) {
        for (let j = 0; j < 16; j++) {
          const payload = new Uint8Array(TRAFFIC_LIMITS.payloadBytes);
          alice.send({ type: "send", to: m, payload });
        }
        before = await waiting();
      }
      expect(before).toBeGreaterThan(100_000);
      for (let i = 0; i < 500; i++) alice.send({ type: "send", to: m, payload: text("x") });
      const more = (await waiting()) - before;
      expect(more).toBeGreaterThan(450 * SERVER_LIMITS.waitingFrameBytes);
      mallory.webSocket.terminate();
    }));

  it("cuts off who does not read, tells the sender, and keeps relaying to who does", () =>
    withServer(
      {
        limits: {
          bufferedBytesPerReceiver: 256 * 1024,
          closeTimeoutMs: 100,
          bytesBurst: 1e9,
          framesBurst: 1e6,
        },
      },
      async url => {
        const room = createRoomKey();
        const [alice, bob, mallory] = [new Client(url), new Client(url), new Client(url)];
        const { self: a } = await alice.join(room);
        const { self: b } = await bob.join(room);
        const { self: m } = await mallory.join(room);
        expect((await alice.settle()).length).toBe(2);
        mallory.webSocket.pause();
        const payload = new Uint8Array(TRAFFIC_LIMITS.payloadBytes);
        let frames: { type: string }[] = [];
        for (let i = 0; i < 200 && frames.length === 0; i++) {
          for (let j = 0; j < 16; j++) alice.send({ type: "send", to: m, payload });
          frames = await alice.settle();
        }
        expect(frames[0]).toEqual({ type: "left", peer: m });
        expect(frames[1]).toEqual({ type: "unreachable", peer: m });
        alice.send({ type: "send", to: b, payload: text("still here") });
        await bob.next("arrived");
        await bob.next("left");
        expect(await bob.next("from")).toEqual({ type: "from", peer: a, payload: text("still here") });
        mallory.webSocket.resume();
        expect([CLOSE_CODES.TooSlow.code, 1006]).toContain(await mallory.closed);
      },
    ));

  it("lets a slow honest reader of a pasted megabyte live", () =>
    withServer({ limits: { pingIntervalMs: 100 } }, async url => {
      const room = createRoomKey();
      const [alice, bob] = [new Client(url), new Client(url)];
      await alice.join(room);
      const { self: b } = await bob.join(room);
      await alice.next("arrived");
      const payload = new Uint8Array(TRAFFIC_LIMITS.payloadBytes);
      for (let i = 0; i < 70; i++) alice.send({ type: "send", to: b, payload });
      for (let i = 0; i < 10; i++) {
        bob.webSocket.pause();
        await new Promise(resolve => setTimeout(resolve, 30));
        bob.webSocket.resume();
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      expect(await alice.settle()).toEqual([]);
      expect(await bob.settle()).toHaveLength(70);
    }));
});

describe("pieces", () => {
  it("takes a message in 64 pieces and closes on 65", () =>
    withServer({}, async url => {
      const sendInPieces = async (pieces: number) => {
        const client = new Client(url);
        await client.join(createRoomKey());
        // A ping frame, its one byte first, then empty pieces.
        for (let i = 0; i < pieces; i++) {
          client.webSocket.send(i === 0 ? Uint8Array.of(3) : new Uint8Array(0), { fin: i === pieces - 1 });
        }
        return client;
      };
      await (await sendInPieces(64)).next("pong");
      const code = await (await sendInPieces(65)).closed;
      expect([1008, 1006]).toContain(code);
    }));
});
