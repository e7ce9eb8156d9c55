// Goal: through a real Redis several processes are one server, and neither the death of one of them nor of Redis itself
// takes the others along. Method: redis-server and the built server as processes of their own; SIGKILL.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ServerProcess, startProcess } from "../../signalling/bench/process.ts";
import { SERVER_LIMITS } from "../../signalling/limits.ts";
import { createLog } from "../../signalling/log.ts";
import { redisExchange } from "../../signalling/redis.ts";
import { built, freePort, programOrSkip, type Running, run } from "./built.ts";
import { Client, createRoomKey, text } from "./client.ts";
import { exchangeSuite } from "./exchange-suite.ts";

/** Machines that run tests are busy. */
const PATIENCE = { timeout: 10_000 };
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const program = programOrSkip("REDIS_SERVER", "tests through a real Redis");

let server: Awaited<ReturnType<typeof built>>;

beforeAll(async () => {
  server = await built("main.ts");
});

afterAll(() => server?.remove());

describe.skipIf(program === null)("Redis", () => {
  let port: number;
  let redis: Running;
  let url: string;

  async function startRedis() {
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    redis = await run(program!, [...args, "--requirepass", "hush"], /Ready to accept connections/);
  }

  beforeAll(async () => {
    port = await freePort();
    url = `redis://:hush@127.0.0.1:${port}/3`;
    await startRedis();
  });

  afterAll(() => redis?.kill());

  describe("as an exchange", () =>
    exchangeSuite(listener => redisExchange(url, SERVER_LIMITS, listener, () => undefined)));

  it("drops what is above the limit of what may wait, and not at it", async () => {
    let isConnected = false;
    const limits = { ...SERVER_LIMITS, exchangeBufferedBytes: 10 };
    const listener = {
      message: () => undefined,
      connected: () => {
        isConnected = true;
      },
    };
    const exchange = redisExchange(url, limits, listener, () => undefined);
    await vi.waitFor(() => expect(isConnected).toBe(true), PATIENCE);
    expect(exchange.publish("all", text("0123456789"))).toBe(true);
    expect(exchange.publish("all", text("x"))).toBe(false);
    await vi.waitFor(() => expect(exchange.publish("all", text("x"))).toBe(true), PATIENCE);
    await exchange.close();
  });

  it("that cannot be reached is told once, without the password, and tried again", async () => {
    const lines: string[] = [];
    const nowhere = `redis://:hush@127.0.0.1:${await freePort()}`;
    const limits = { ...SERVER_LIMITS, exchangeRetryMs: 5, exchangeRetryMsMax: 10 };
    const listener = { message: () => undefined, connected: () => undefined };
    const exchange = redisExchange(
      nowhere,
      limits,
      listener,
      createLog("info", line => lines.push(line)),
    );
    await new Promise(resolve => setTimeout(resolve, 150));
    expect(exchange.isConnected).toBe(false);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("Redis lost");
    expect(lines[0]).not.toContain("hush");
    await exchange.close();
  });

  describe("between two processes", () => {
    let one: ServerProcess;
    let two: ServerProcess;

    beforeAll(async () => {
      [one, two] = await Promise.all([start(), start()]);
    });

    afterAll(async () => {
      await Promise.all([one, two].filter(each => each?.isAlive()).map(each => each.end("SIGKILL")));
    });

    async function start(): Promise<ServerProcess> {
      const started = await startProcess(server.script, { REDIS_URL: url });
      await vi.waitFor(async () => expect((await fetch(`${started.url}readyz`)).status).toBe(200), PATIENCE);
      return started;
    }

    async function meet(room = createRoomKey()) {
      const [alice, bob] = [new Client(one.url), new Client(two.url)];
      const { self: a } = await alice.join(room);
      const { self: b, peers } = await bob.join(room);
      expect(await alice.next("arrived")).toEqual({ type: "arrived", peer: b });
      if (peers.length === 0) expect(await bob.next("arrived")).toEqual({ type: "arrived", peer: a });
      return { room, alice, bob, a, b };
    }

    it("Alice and Bob meet, and everything arrives in order", async () => {
      const { alice, bob, a, b } = await meet();
      for (let i = 0; i < 300; i++) alice.send({ type: "send", to: b, payload: text(`${i}`) });
      for (let i = 0; i < 300; i++)
        expect(await bob.next("from")).toEqual({ type: "from", peer: a, payload: text(`${i}`) });
      expect(await one.metric("chirograph_instances")).toBe(1);
      await Promise.all([alice.close(), bob.close()]);
    });

    it("when Bob's process is killed, Alice is told, and he finds her again through the other", async () => {
      const { room, alice, bob, a, b } = await meet();
      await two.end("SIGKILL");
      expect(await bob.closed).toBe(1006);
      expect(await alice.next("left")).toEqual({ type: "left", peer: b });
      const back = new Client(one.url);
      const { self, peers } = await back.join(room);
      expect(peers).toEqual([a]);
      expect(await alice.next("arrived")).toEqual({ type: "arrived", peer: self });
      two = await start();
    });

    it("when Redis is killed each process goes on, unready, and both are one again when it is back", async () => {
      const readiness = async () => (await fetch(`${one.url}readyz`)).status;
      await redis.kill();
      await vi.waitFor(async () => expect(await readiness()).toBe(503), PATIENCE);
      const room = createRoomKey();
      const [alice, carol] = [new Client(one.url), new Client(one.url)];
      await alice.join(room);
      const { self: c } = await carol.join(room);
      expect(await alice.next("arrived")).toEqual({ type: "arrived", peer: c });
      await startRedis();
      await vi.waitFor(async () => expect(await readiness()).toBe(200), PATIENCE);
      const bob = new Client(two.url);
      const { self: b } = await bob.join(room);
      expect(await alice.next("arrived")).toEqual({ type: "arrived", peer: b });
      alice.send({ type: "send", to: b, payload: text("again") });
      for (let frame = await bob.any(); frame.type !== "from"; frame = await bob.any())
        expect(frame.type).toBe("arrived");
    });
  });
});

it("is read by no server that has no REDIS_URL", async () => {
  // One late import, and no other word of the package in the file that starts.
  const main = readFileSync(server.script, "utf8");
  expect(main.match(/import\("\.\/redis\.js"\)/g)).toHaveLength(1);
  expect(main).not.toMatch(/from\s*"\.\/(redis|client)\.js"|@redis/);
});
