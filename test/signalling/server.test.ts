// Goal: honest people find each other and nobody else, whatever Mallory sends. Method: the real server on a real
// loopback port, spoken to by real WebSockets, and by raw TCP where a WebSocket is too polite.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLOSE_CODES, FRAME_BYTES_MAX, type PeerId } from "../../signalling/frames.ts";
import { Client, createRoomKey, signJoin, text, withServer } from "./client.ts";

describe("joining", () => {
  it("welcomes Alice alone, then Bob with Alice, and tells Alice", () =>
    withServer({}, async url => {
      const room = createRoomKey();
      const alice = new Client(url);
      const { self: a, peers } = await alice.join(room);
      expect(peers).toEqual([]);
      const bob = new Client(url);
      const { self: b, peers: before } = await bob.join(room);
      expect(before).toEqual([a]);
      expect(await alice.next("arrived")).toEqual({ type: "arrived", peer: b });
      await bob.close();
      expect(await alice.next("left")).toEqual({ type: "left", peer: b });
    }));

  it("keeps two rooms apart", () =>
    withServer({}, async url => {
      const alice = new Client(url);
      const mallory = new Client(url);
      const { self: a } = await alice.join(createRoomKey());
      const { peers } = await mallory.join(createRoomKey());
      expect(peers).toEqual([]);
      mallory.send({ type: "send", to: a, payload: text("psst") });
      expect(await mallory.next("unreachable")).toEqual({ type: "unreachable", peer: a });
      expect(await alice.settle()).toEqual([]);
    }));

  it("refuses a signature by another key, over another nonce, or with one bit changed", () =>
    withServer({}, async url => {
      const room = createRoomKey();
      for (const forge of [
        (nonce: Uint8Array<ArrayBuffer>) =>
          signJoin(nonce, { ...createRoomKey(), publicKey: room.publicKey }),
        () => signJoin(new Uint8Array(32), room),
        (nonce: Uint8Array<ArrayBuffer>) =>
          signJoin(nonce, room).map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
      ]) {
        const mallory = new Client(url);
        const { nonce } = await mallory.next("challenge");
        mallory.send({ type: "join", room: room.publicKey, signature: forge(nonce) });
        expect(await mallory.closed).toBe(CLOSE_CODES.BadSignature.code);
      }
    }));

  it("refuses a room that is no key, without falling over", () =>
    withServer({}, async url => {
      for (const byte of [0xff, 0x02, 0x00]) {
        const mallory = new Client(url);
        await mallory.next("challenge");
        const room = new Uint8Array(32).fill(byte);
        mallory.send({ type: "join", room, signature: new Uint8Array(64).fill(7) });
        expect(await mallory.closed).toBe(CLOSE_CODES.BadSignature.code);
      }
    }));

  it("refuses to send before joining, and to join twice", () =>
    withServer({}, async url => {
      const early = new Client(url);
      await early.next("challenge");
      early.send({ type: "send", to: "0000000000000000" as PeerId, payload: text("hi") });
      expect(await early.closed).toBe(CLOSE_CODES.OutOfTurn.code);

      const twice = new Client(url);
      const { nonce } = await twice.next("challenge");
      const room = createRoomKey();
      const join = { type: "join", room: room.publicKey, signature: signJoin(nonce, room) } as const;
      twice.send(join);
      twice.send(join);
      expect(await twice.closed).toBe(CLOSE_CODES.OutOfTurn.code);
    }));

  it("closes who does not join in time", () =>
    withServer({ limits: { joinTimeoutMs: 50 } }, async url => {
      const slow = new Client(url);
      expect(await slow.closed).toBe(CLOSE_CODES.JoinTimeout.code);
    }));
});

describe("sending", () => {
  it("reaches the one it names, in order, and neither the sender nor a third", () =>
    withServer({}, async url => {
      const room = createRoomKey();
      const [alice, bob, carol] = [new Client(url), new Client(url), new Client(url)];
      const { self: a } = await alice.join(room);
      const { self: b } = await bob.join(room);
      await carol.join(room);
      await alice.settle();
      for (const word of ["one", "two", ""]) alice.send({ type: "send", to: b, payload: text(word) });
      alice.send({ type: "send", to: a, payload: text("to myself") });
      expect(await alice.settle()).toEqual([{ type: "unreachable", peer: a }]);
      expect(await bob.next("arrived")).toBeDefined();
      for (const word of ["one", "two", ""]) {
        expect(await bob.next("from")).toEqual({ type: "from", peer: a, payload: text(word) });
      }
      expect(await carol.settle()).toEqual([]);
    }));

  it("says so when the other has left", () =>
    withServer({}, async url => {
      const room = createRoomKey();
      const [alice, bob] = [new Client(url), new Client(url)];
      await alice.join(room);
      const { self: b } = await bob.join(room);
      await alice.next("arrived");
      await bob.close();
      await alice.next("left");
      alice.send({ type: "send", to: b, payload: text("still there?") });
      expect(await alice.next("unreachable")).toEqual({ type: "unreachable", peer: b });
    }));
});

describe("surviving", () => {
  it(
    "loses nothing between an honest pair while Mallory sends ten thousand random frames",
    () =>
      withServer({}, async url => {
        const room = createRoomKey();
        const [alice, bob] = [new Client(url), new Client(url)];
        const { self: a } = await alice.join(room);
        const { self: b } = await bob.join(room);
        await alice.next("arrived");

        let sent = 0;
        let cutOff = 0;
        const attack = async () => {
          while (sent < 10_000) {
            const mallory = new Client(url);
            // Half of them as a member of the same room, so that garbage also meets the joined state.
            if (cutOff % 2 === 0) await mallory.next("challenge");
            else await mallory.join(room);
            for (let i = 0; i < 100 && sent < 10_000; i++, sent++) {
              const frame = randomBytes(1 + Math.floor(Math.random() * 120));
              frame[0] = frame[0]! % 5;
              mallory.webSocket.send(frame, { binary: i % 10 !== 0 }, () => undefined);
            }
            expect(await mallory.closed).toBeGreaterThanOrEqual(1000);
            cutOff++;
          }
        };
        const talk = async () => {
          for (let i = 0; i < 200; i++) {
            alice.send({ type: "send", to: b, payload: text(`message ${i}`) });
            if (i % 10 === 0) await new Promise(resolve => setTimeout(resolve, 5));
          }
        };
        await Promise.all([attack(), attack(), talk()]);

        const heard = (await bob.settle()).filter(frame => frame.type === "from" && frame.peer === a);
        expect(heard).toHaveLength(200);
        expect(
          heard.every(
            (frame, i) => "payload" in frame && text(`message ${i}`).every((x, j) => x === frame.payload[j]),
          ),
        ).toBe(true);
        expect(sent).toBe(10_000);
        expect(cutOff).toBeGreaterThan(50);
      }),
    20_000,
  );

  it.each([
    ["a text frame", (client: Client) => client.webSocket.send("{not json"), CLOSE_CODES.BadFrame.code],
    ["an empty frame", (client: Client) => client.webSocket.send(Buffer.alloc(0)), CLOSE_CODES.BadFrame.code],
    [
      "a frame one byte too long",
      (client: Client) => client.webSocket.send(Buffer.alloc(FRAME_BYTES_MAX + 1, 2)),
      1009,
    ],
    ["a frame of 20 MB", (client: Client) => client.webSocket.send(Buffer.alloc(20_000_000, 2)), 1009],
  ])("closes on %s and goes on", (_, attack, code) =>
    withServer({}, async url => {
      const mallory = new Client(url);
      await mallory.next("challenge");
      attack(mallory);
      // A page that is still writing when it is cut off may see the socket go before the code.
      expect([code, 1006]).toContain(await mallory.closed);
      const alice = new Client(url);
      await alice.join(createRoomKey());
    }),
  );

  it.each([
    ["no HTTP at all", "\x00\x01\x02garbage\r\n\r\n"],
    ["an upgrade elsewhere", upgrade("/elsewhere")],
    ["an upgrade to a path with tricks", upgrade("/signal/../signal")],
    [
      "an upgrade without a key",
      "GET /signal HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
    ["an upgrade to something else", upgrade("/signal").replace("websocket", "h2c")],
    ["an upgrade followed by junk", upgrade("/signal") + "\xff\xff\xff\xff".repeat(100)],
    ["too many headers", `GET / HTTP/1.1\r\n${"X-Filler: aaaaaaaaaaaaaaaaaaaa\r\n".repeat(2000)}\r\n`],
  ])("answers %s by closing the socket, and goes on", (_, junk) =>
    withServer({}, async url => {
      await rawExchange(url, junk);
      expect((await fetch(`${url}healthz`)).status).toBe(200);
    }),
  );

  it("lets go of who was refused an upgrade and never ends their side", () =>
    withServer({ limits: { closeTimeoutMs: 60_000 } }, async (url, server) => {
      const mallory = connect({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen: true });
      mallory.write(upgrade("/elsewhere"));
      mallory.resume();
      await new Promise(resolve => mallory.on("end", resolve));
      await server.close();
      mallory.destroy();
    }));

  it("lets go of who was refused an upgrade and reads nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "chirograph-"));
    // More than the operating system holds for them, so that the refusal waits behind it.
    writeFileSync(join(folder, "long.png"), Buffer.alloc(16_000_000));
    await withServer({ folder, limits: { closeTimeoutMs: 100 } }, async (url, server) => {
      const mallory = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => undefined);
      mallory.write("GET /long.png HTTP/1.1\r\nHost: x\r\n\r\n");
      await new Promise(resolve => mallory.once("readable", resolve));
      mallory.write(upgrade("/elsewhere"));
      await new Promise(resolve => setTimeout(resolve, 100));
      await server.close();
      mallory.destroy();
    });
    rmSync(folder, { recursive: true });
  });

  it("goes on when sockets are reset in the middle of an upgrade", () =>
    withServer({}, async url => {
      for (let i = 0; i < 20; i++) {
        const socket = connect(Number(new URL(url).port), "127.0.0.1");
        socket.on("error", () => socket.destroy());
        socket.write(upgrade("/signal"));
        await new Promise(resolve => setTimeout(resolve, i % 4));
        socket.resetAndDestroy();
      }
      const alice = new Client(url);
      await alice.join(createRoomKey());
    }));
});

describe("origins", () => {
  const upgradeStatus = async (url: string, headers: Record<string, string>) => {
    const client = new Client(url, headers);
    return new Promise<number>(resolve => {
      client.webSocket.on("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
      client.webSocket.on("open", () => resolve(101));
    });
  };

  it("lets in our own pages, listed ones and programs, and nobody else's pages", () =>
    withServer({ allowedOrigins: ["https://notes.example"] }, async url => {
      const own = new URL(url).origin;
      expect(await upgradeStatus(url, {})).toBe(101);
      expect(await upgradeStatus(url, { Origin: own })).toBe(101);
      expect(await upgradeStatus(url, { Origin: "https://notes.example" })).toBe(101);
      expect(await upgradeStatus(url, { Origin: "https://notes.example.evil" })).toBe(403);
      expect(await upgradeStatus(url, { Origin: "http://127.0.0.1:1" })).toBe(403);
      expect(await upgradeStatus(url, { Origin: "null" })).toBe(403);
    }));
});

describe("going away", () => {
  it("says 1001 to everybody, frees its port, and starts again on it", () =>
    withServer({}, async (url, server) => {
      const room = createRoomKey();
      const alice = new Client(url);
      await alice.join(room);
      await server.close();
      expect(await alice.closed).toBe(1001);
      await withServer({ port: Number(new URL(url).port) }, async again => {
        expect(again).toBe(url);
        const back = new Client(again);
        const { peers } = await back.join(room);
        expect(peers).toEqual([]);
      });
    }));

  it("does not wait for a peer that never answers", () =>
    withServer({ limits: { closeTimeoutMs: 100 } }, async (url, server) => {
      const alice = new Client(url);
      await alice.join(createRoomKey());
      alice.webSocket.pause();
      const before = performance.now();
      await server.close();
      expect(performance.now() - before).toBeLessThan(2_000);
      alice.webSocket.terminate();
    }));

  it("ends who answers no ping, and tells the room", () =>
    withServer({ limits: { pingIntervalMs: 60 } }, async url => {
      const room = createRoomKey();
      const [alice, bob] = [new Client(url), new Client(url)];
      await alice.join(room);
      const { self: b } = await bob.join(room);
      await alice.next("arrived");
      bob.webSocket.pause();
      expect(await alice.next("left")).toEqual({ type: "left", peer: b });
      expect(await alice.settle()).toEqual([]);
      bob.webSocket.terminate();
    }));
});

function upgrade(path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    "Host: x",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "\r\n",
  ].join("\r\n");
}

/** Sends bytes over plain TCP and waits until the server has closed. */
function rawExchange(url: string, bytes: string): Promise<void> {
  return new Promise(resolve => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes, "latin1"));
    socket.on("data", () => undefined);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve());
  });
}
