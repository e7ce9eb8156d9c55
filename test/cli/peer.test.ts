// Goal: people who are never there together get each other's text through `chirograph peer`, whatever is killed in between, and
// who lies to it gets nothing kept. Method: the built commands in processes of their own, a real server, sessions of the
// package as people. All at the same time, since most of it is waiting for links.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocketServer, WebSocket as WsWebSocket } from "ws";
import { decodeServerFrame, encodeServerFrame } from "../../signalling/frames.ts";
import { createServer } from "../../signalling/server.ts";
import { type DeviceId, seedPublicKey, toHex } from "../../src/crdt/index.ts";
import { Identity } from "../../src/index.ts";
import { WebSocket } from "../../src/package/node.ts";
import { Memory, openMemoryStore, openSession, type Session } from "../../src/package/sync.ts";
import { decodeLink, encodeLink } from "../../src/sync/link.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000, maxConcurrency: 10 });

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "chirograph-peer-"));
const main = join(folder, "cli/main.js");
const children = new Set<ChildProcess>();

let page: string;

beforeAll(async () => {
  const { buildCommand } = (await import("../../scripts/build.mjs" as string)) as {
    buildCommand(outDir: string): Promise<void>;
  };
  await buildCommand(join(folder, "cli"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  mkdirSync(join(folder, "app"));
  writeFileSync(join(folder, "app/index.html"), "<title>Chirograph</title>");
  const server = start("serve", "--port", "0");
  await vi.waitFor(() => expect(server.said()).toMatch(/Open (\S+)/), 20_000);
  page = /Open (\S+)/.exec(server.said())![1]!;
});

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

interface Standing {
  readonly event: string;
  readonly here: number;
  readonly changes: number;
  readonly saved: boolean;
  readonly admitted: boolean;
  readonly reached: boolean;
  readonly notice: string | null;
}

interface Running {
  said(): string;
  /** What was said last of how things stand. */
  standing(): Standing;
  until(isTrue: (standing: Standing) => boolean): Promise<void>;
  /** Resolves to the exit code; null for who was killed. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

function start(...words: string[]): Running {
  return startAs([process.execPath], words);
}

function startAs([program, ...before]: string[], words: readonly string[]): Running {
  const child = spawn(program!, [...before, main, ...words], { cwd: folder });
  children.add(child);
  let text = "";
  const ended = new Promise<number | null>(resolve => child.once("close", code => resolve(code)));
  for (const stream of [child.stdout, child.stderr]) stream.on("data", data => (text += data));
  const standing = (): Standing => {
    const lines = text.split("\n").slice(0, -1);
    const parsed = lines.filter(line => line.startsWith("{")).map(line => JSON.parse(line) as Standing);
    return parsed.findLast(({ event }) => event === "standing") ?? ({} as Standing);
  };
  return {
    said: () => text,
    standing,
    until: async isTrue => {
      await vi.waitFor(() => expect([isTrue(standing()), text]).toEqual([true, text]), 25_000);
    },
    async kill(signal) {
      child.kill(signal);
      const code = await ended;
      children.delete(child);
      return code;
    },
  };
}

const peer = (data: string, ...words: string[]) => start("peer", "--data", data, "--json", ...words);

function signallingOf(address: string): string {
  return new URL("signal", address).href.replace("http", "ws");
}

/** Somebody with a memory of their own, who comes and goes. */
class Human {
  readonly #memory = new Memory();
  readonly #identity = Identity.create();
  readonly #sessions: Session[] = [];
  session!: Session;

  async come(options: { link?: string; doc?: string; signalling?: string } = {}): Promise<Session> {
    this.session = await openSession({
      identity: await this.#identity,
      store: openMemoryStore(this.#memory),
      signalling: signallingOf(page),
      WebSocket,
      ...options,
    });
    this.#sessions.push(this.session);
    return this.session;
  }

  write(text: string): void {
    this.session.doc.edit(root => root.text("body").insert(0, text));
  }

  get text(): unknown {
    return this.session.doc.hasArrived ? this.session.doc.get(["body"]) : undefined;
  }

  async reads(text: string): Promise<void> {
    await vi.waitFor(() => expect(this.text).toBe(text), 25_000);
  }

  async leave(): Promise<void> {
    for (const session of this.#sessions.splice(0)) await session.close();
  }
}

/** A whole link that lets read and nothing else, as the app makes it: the page tells the server. */
async function readersLink(owner: Session, seed = new Uint8Array(32).fill(9)): Promise<string> {
  const link = decodeLink(await owner.link());
  if ("error" in link) throw new Error(link.error);
  const invite = toHex(seedPublicKey(seed)) as DeviceId;
  owner.host.act(session => session.amend(replica => replica.invite(invite, "reader")));
  await owner.flush();
  return `${page}#${encodeLink({ ...link, inviteSeed: seed, server: null })}`;
}

describe.concurrent("chirograph peer", () => {
  it("brings two who are never there together each other's text by a reader's link, killed in between", async () => {
    const [alice, bob] = [new Human(), new Human()];
    await alice.come();
    alice.write("Hello from Alice. ");
    const link = await alice.session.link();
    const data = join(folder, "between");
    const first = peer(data, await readersLink(alice.session));
    await first.until(({ changes, saved }) => saved && changes >= alice.session.doc.replica.size);
    await alice.leave();
    expect(await first.kill("SIGKILL")).toBe(null);

    // Without words: it has kept its link.
    const second = peer(data);
    await bob.come({ link });
    await bob.reads("Hello from Alice. ");
    bob.write("Hello from Bob. ");
    await bob.session.flush();
    const all = bob.session.doc.replica.size;
    await second.until(({ changes, saved }) => saved && changes === all);
    await bob.leave();

    await alice.come({ doc: bob.session.id });
    await alice.reads("Hello from Bob. Hello from Alice. ");
    await alice.leave();
    const before = Date.now();
    expect(await second.kill("SIGTERM")).toBe(0);
    expect(Date.now() - before).toBeLessThan(5_000);
    expect(second.said()).toContain('{"event":"stopped","saved":true}');
    // The secrets are in a file for its owner alone, and were said nowhere.
    expect(statSync(join(data, "links")).mode & 0o777).toBe(0o600);
    const secret = readFileSync(join(data, "links"), "utf8").trim().split("#")[1]!;
    for (const one of [first, second]) expect(one.said()).not.toContain(secret);
  });

  it("keeps nothing that is not signed by its author, says so, and serves the honest on", async () => {
    const [alice, mallory] = [new Human(), await liar()];
    await alice.come();
    alice.write("honest");
    const link = await alice.session.link();
    const data = join(folder, "liar");
    const keeper = peer(data, await readersLink(alice.session));
    const size = alice.session.doc.replica.size;
    await keeper.until(({ changes }) => changes >= size);
    // She is alone with the peer, so that nobody else refuses it first.
    await alice.leave();
    const session = await openSession({ identity: mallory, link, WebSocket });
    await session.arrived();
    session.doc.edit(root => root.text("body").insert(0, "forged "));
    await keeper.until(({ notice }) => /was refused/.test(notice ?? ""));
    const { changes } = keeper.standing();
    await session.close();
    const carol = new Human();
    await carol.come({ link });
    await carol.reads("honest");
    expect(changes).toBe(carol.session.doc.replica.size);
    await carol.leave();
    await keeper.kill("SIGTERM");
  });

  it("takes nothing from a server that alters what it carries, and goes on when it stops", async () => {
    const alice = new Human();
    const proxy = await lyingServer(page);
    await alice.come();
    alice.write("unaltered");
    const keeper = peer(join(folder, "altered"), await readersLink(alice.session), "--server", proxy.url);
    await keeper.until(({ reached }) => reached);
    // A hello, or its answer.
    await vi.waitFor(() => expect(proxy.altered()).toBeGreaterThan(0), 25_000);
    expect(keeper.standing()).toMatchObject({ here: 0, changes: 0 });
    proxy.beHonest();
    const size = alice.session.doc.replica.size;
    await keeper.until(({ changes, saved }) => saved && changes === size);
    await alice.leave();
    await keeper.kill("SIGTERM");
    proxy.close();
  });

  it("says when its link was revoked", async () => {
    const alice = new Human();
    await alice.come();
    alice.write("x");
    const seed = new Uint8Array(32).fill(8);
    const keeper = peer(join(folder, "revoked"), await readersLink(alice.session, seed));
    await keeper.until(({ changes, admitted }) => changes > 0 && admitted);
    alice.session.doc.administer(people => people.revoke(toHex(seedPublicKey(seed)) as DeviceId));
    await keeper.until(({ admitted }) => !admitted);
    await alice.leave();
    await keeper.kill("SIGTERM");
  });

  it("says when the server is away, and finds it again", async () => {
    const first = createServer({ folder: "none", port: 0 });
    const { port } = await first.listen();
    await first.close();
    const signalling = `ws://127.0.0.1:${port}/signal`;
    const keeper = start("peer", "--data", join(folder, "away"), "--server", signalling, LINK);
    const isAway = /the server is not reached, it is tried again; waits for somebody who holds it\n$/;
    const isHere = /0 devices here; waits for somebody who holds it\n$/;
    await vi.waitFor(() => expect(keeper.said()).toMatch(isAway), 20_000);
    for (let i = 0; i < 2; i++) {
      const server = createServer({ folder: "none", port });
      await server.listen();
      await vi.waitFor(() => expect(keeper.said()).toMatch(isHere), 20_000);
      await server.close();
      await vi.waitFor(() => expect(keeper.said()).toMatch(isAway), 20_000);
    }
    expect(await keeper.kill("SIGINT")).toBe(0);
    expect(keeper.said()).toMatch(/^Keeps 1 document in \S+ as device [0-9a-f]{8}; SIGTERM ends it\n/);
    expect(keeper.said()).toMatch(/Stopped; everything is kept\n$/);
  });

  it("says that it is not saved what its folder does not take, tells nobody that it holds it, and ends with 1", async () => {
    const alice = new Human();
    await alice.come();
    alice.write("x");
    // Of files of 20 to 40 kB, as shells count.
    const limited = ["sh", "-c", 'ulimit -f 40 && exec "$0" "$@"', process.execPath];
    const words = ["peer", "--data", join(folder, "full"), "--json", await readersLink(alice.session)];
    const keeper = startAs(limited, words);
    await keeper.until(({ changes, saved }) => saved && changes > 0);
    await vi.waitFor(() => expect(alice.session.host.session.delivery.waiting).toBe(0), 10_000);
    alice.write(Array.from({ length: 60_000 }, (_, i) => String.fromCodePoint(97 + ((i * i) % 25))).join(""));
    await keeper.until(({ changes, saved }) => !saved && changes === alice.session.doc.replica.size);
    expect(alice.session.host.session.delivery.waiting).toBeGreaterThan(0);
    expect(await keeper.kill("SIGTERM")).toBe(1);
    expect(keeper.said()).toContain('{"event":"stopped","saved":false}');
    await alice.leave();
  });

  it("ends with 2 and one sentence where it cannot begin, and forgets what it could not open", async () => {
    const words = (...given: string[]) => ran(["peer", ...given]);
    const data = join(folder, "errors");
    const cases: [string[], RegExp][] = [
      [[], /^Say where it is to be kept/],
      [["--data", data], /^Say which document is to be kept/],
      [["--data", data, "--loud"], /^That was not understood/],
      [["--data", data, "e.x"], /^This link is not whole/],
      [["--data", data, "hello"], /^This link is of a kind/],
      [["--data", data, LINK], /^The link names no server/],
      [["--data", data, LINK, "--server", "http://x"], /^A server is named as wss:/],
      [["--data", join(main, "x"), LINK], /^The folder could not be read or written/],
      [["--data", data], /^Say which document is to be kept/],
    ];
    for (const [given, said] of cases) {
      const { code, out, err } = await words(...given);
      expect([given, code, out]).toEqual([given, 2, ""]);
      expect(err).toMatch(said);
      expect(err).toMatch(/^[^\n]+\n$/);
    }
    // From standard input, where nobody else on the machine sees it.
    expect(await ran(["peer", "-", "--data", data], `\n${LINK}\n`)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^The link names no server/),
    });
    const holder = start("peer", "--data", data, "--server", signallingOf(page), LINK);
    await vi.waitFor(() => expect(holder.said()).toContain("Keeps 1 document"), 20_000);
    const { code, err } = await words("--data", data);
    expect([code, err]).toEqual([2, expect.stringMatching(/^Another process uses the folder [^\n]+\.\n$/)]);
    await holder.kill("SIGTERM");
    writeFileSync(join(data, "links"), "e.broken\n");
    expect((await words("--data", data)).err).toMatch(/^Line 1 of \S+ is no link\.\n$/);
    rmSync(join(data, "links"));
    mkdirSync(join(data, "links"));
    expect((await words("--data", data)).err).toBe("The folder could not be read or written (EISDIR).\n");
  });
});

/** Whole, of a document that nobody has. */
const LINK = encodeLink({
  doc: "07".repeat(32) as Session["id"],
  roomSecret: new Uint8Array(32).fill(7),
  inviteSeed: new Uint8Array(32).fill(7),
  server: null,
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function ran(words: readonly string[], input = ""): Promise<Ran> {
  return new Promise(resolve => {
    const child = execFile(process.execPath, [main, ...words], { cwd: folder }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
    child.stdin!.end(input);
  });
}

/** Proves on every link who she is, and signs changes with nothing. */
async function liar(): Promise<Identity> {
  const identity = await Identity.create();
  const sign = async (message: Parameters<Identity["sign"]>[0]) => {
    const isProof = Buffer.from(message).includes("chirograph device proof");
    const signature = await identity.sign(message);
    if (!isProof) signature[3]! ^= 1;
    return signature;
  };
  return Object.create(identity, {
    sign: { value: sign },
    id: { value: identity.id },
    publicKey: { value: identity.publicKey },
  }) as Identity;
}

/** Stands before the server, and alters every payload that it hands on until it is told to be honest. */
async function lyingServer(address: string) {
  let isHonest = false;
  let altered = 0;
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise(listening => server.once("listening", listening));
  server.on("connection", client => {
    const upstream = new WsWebSocket(signallingOf(address));
    const early: Buffer[] = [];
    upstream.on("open", () => {
      for (const data of early.splice(0)) upstream.send(data);
    });
    client.on("message", (data: Buffer) => {
      if (upstream.readyState === WsWebSocket.OPEN) upstream.send(data);
      else early.push(data);
    });
    upstream.on("message", (data: Buffer) => {
      const frame = decodeServerFrame(new Uint8Array(data));
      if (!frame.ok || frame.frame.type !== "from" || isHonest) return client.send(data);
      const payload = frame.frame.payload.slice();
      payload[altered++ % payload.length]! ^= 1;
      client.send(encodeServerFrame({ ...frame.frame, payload }));
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("close", () => other.close());
      one.on("error", () => other.close());
    }
  });
  const { port } = server.address() as { readonly port: number };
  return {
    url: `ws://127.0.0.1:${port}/signal`,
    altered: () => altered,
    beHonest: () => {
      isHonest = true;
    },
    close: () => server.close(),
  };
}
