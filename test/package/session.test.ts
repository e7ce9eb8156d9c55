// Goal: what `chirograph/sync` promises in Node. Method: sessions over memory stores, linked in memory or by the real
// signalling server through the package ws.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { createServer } from "../../signalling/server.ts";
import { defineSchema, Identity, text } from "../../src/index.ts";
import {
  Memory,
  memoryLinks,
  openMemoryStore,
  openSession,
  openStore,
  type Session,
  type SessionOptions,
} from "../../src/package/sync.ts";
import { GATHER_MS } from "../../src/sync/limits.ts";

const opened: Session[] = [];

async function open(options: Omit<SessionOptions, "identity" | "schema"> & { identity?: Identity } = {}) {
  const session = await openSession({ identity: await Identity.create(), ...options });
  opened.push(session);
  return session;
}

afterEach(async () => {
  for (const session of opened.splice(0)) await session.close();
});

const passed = (ms: number) => new Promise(done => setTimeout(done, ms));

function link(a: Session, b: Session): void {
  const [first, second] = memoryLinks();
  a.attach(first);
  b.attach(second);
}

function equal(...sessions: Session[]): Promise<void> {
  return vi.waitFor(
    () => {
      const [first, ...others] = sessions.map(({ doc }) => JSON.stringify([doc.toJson(), doc.heads]));
      for (const other of others) expect(other).toBe(first);
    },
    { timeout: 10_000 },
  );
}

describe("two sessions", () => {
  it("share a document over a link of one's own", async () => {
    const alice = await open({ name: "Alice" });
    alice.doc.edit(root => root.text("body").insert(0, "Hello"));
    const bob = await open({ link: await alice.link(), name: "Bob" });
    expect(() => bob.doc.edit(root => root.set("a", 1))).toThrow(/has not arrived/);
    link(alice, bob);
    await bob.arrived();
    await equal(alice, bob);
    bob.doc.edit(root => root.text("body").insert(5, ", Alice"));
    await equal(alice, bob);
    expect(alice.doc.get(["body"])).toBe("Hello, Alice");
    await vi.waitFor(() => {
      expect(alice.view().people.map(({ name }) => name)).toEqual(["Alice", "Bob"]);
      expect(alice.view().status.kind).toBe("not-saved");
    });
    expect(alice.view()).toBe(alice.view());
  });

  it("put each letter where its writer saw it, also where what others wrote has waited for that", async () => {
    const alice = await open();
    alice.doc.edit(root => root.text("body").insert(0, "Alice: "));
    const [bob, carol] = [await open({ link: await alice.link() }), await open({ link: await alice.link() })];
    for (const other of [bob, carol]) {
      link(alice, other);
      await other.arrived();
    }
    await equal(alice, bob, carol);
    const mine = alice.doc.text(["body"]);
    const letters = "abcdefghijklmnopqrstuvwxyz";
    for (const [i, letter] of [...letters].entries()) {
      for (const { doc } of [bob, carol]) doc.text(["body"]).edit([{ from: 0, to: 0, insert: "." }]);
      // What comes second is gathered with what might follow; when its time has come Alice is still busy.
      await passed(50 + 2 * i);
      const start = performance.now();
      while (performance.now() - start < GATHER_MS * 1.5);
      mine.edit([{ from: mine.length, to: mine.length, insert: letter }]);
    }
    await equal(alice, bob, carol);
    expect(mine.toString()).toBe(`${"..".repeat(letters.length)}Alice: ${letters}`);
  }, 30_000);

  it("meet at a signalling server whose address is in the link", async () => {
    const server = createServer({ folder: "none", port: 0 });
    try {
      const { port } = await server.listen();
      const signalling = `ws://127.0.0.1:${port}/signal`;
      const alice = await open({ signalling, WebSocket });
      alice.doc.edit(root => root.text("body").insert(0, "Hello"));
      const bob = await open({
        link: `https://notes.example/#${await alice.link()}`,
        WebSocket,
      });
      await bob.arrived();
      await equal(alice, bob);
      expect(bob.view().people.map(({ path }) => path)).toEqual([null, "relay"]);
    } finally {
      for (const session of opened.splice(0)) await session.close();
      await server.close();
    }
  }, 30_000);

  it("see each other's carets in the text they stand in", async () => {
    const alice = await open({ name: "Alice" });
    alice.doc.edit(root => {
      root.text("one").insert(0, "abc");
      root.text("two").insert(0, "xyz");
    });
    const bob = await open({ link: await alice.link() });
    link(alice, bob);
    await bob.arrived();
    await equal(alice, bob);
    alice.setCaret(alice.doc.text(["one"]), { anchor: 1, head: 3 });
    await vi.waitFor(() => expect(bob.carets(bob.doc.text(["one"]))).toHaveLength(1), { timeout: 10_000 });
    expect(bob.carets(bob.doc.text(["one"]))[0]).toMatchObject({ anchor: 1, head: 3, name: "Alice" });
    expect(bob.carets(bob.doc.text(["two"]))).toEqual([]);
  });

  describe("one of which is observed by somebody who makes a mistake", () => {
    const reported = vi.fn();
    const mistake = (): never => {
      throw new Error("a mistake of the program");
    };

    beforeEach(() => {
      // The test runner's own would end it.
      const others = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
      process.removeAllListeners("unhandledRejection");
      process.on("unhandledRejection", reported);
      return () => {
        process.off("unhandledRejection", reported);
        for (const other of others) process.on("unhandledRejection", other);
        reported.mockClear();
      };
    });

    it("go on hearing of each other, store what they hear, and report the mistake", async () => {
      const [identity, memory] = [await Identity.create(), new Memory()];
      const alice = await open();
      alice.doc.edit(root => root.text("body").insert(0, "Hello"));
      const bob = await open({ link: await alice.link(), identity, store: openMemoryStore(memory) });
      link(alice, bob);
      await bob.arrived();
      await equal(alice, bob);
      bob.doc.observe([], mistake);
      bob.subscribe(mistake);
      for (const word of ["1", "2"]) {
        alice.doc.edit(root => root.text("body").insert(0, word));
        await equal(alice, bob);
      }
      // Of one's own edit the program hears at once.
      expect(() => bob.doc.edit(root => root.text("body").insert(0, "B"))).toThrow("a mistake");
      await equal(alice, bob);
      await bob.close();
      expect(reported.mock.calls[0]?.[0]).toEqual(new Error("a mistake of the program"));
      const again = await open({ doc: bob.id, identity, store: openMemoryStore(memory) });
      expect(again.doc.get(["body"])).toBe("B21Hello");
    });

    it("over one store go on storing", async () => {
      const [identity, memory] = [await Identity.create(), new Memory()];
      const bob = await open({ identity, store: openMemoryStore(memory) });
      bob.doc.edit(root => root.text("body").insert(0, "Hello"));
      await bob.flush();
      const twin = await open({ doc: bob.id, identity, store: openMemoryStore(memory) });
      twin.doc.edit(root => root.text("body").insert(0, "t"));
      twin.doc.observe([], mistake);
      // The twin hears of it within its own transaction.
      bob.doc.edit(root => root.text("body").insert(0, "b"));
      await bob.flush();
      await equal(bob, twin);
      expect(reported).toHaveBeenCalled();
      expect(() => twin.doc.edit(root => root.text("body").insert(0, "u"))).toThrow("a mistake");
      await equal(bob, twin);
    });
  });
});

describe("a session", () => {
  it("finds its document in the store again, and its link", async () => {
    const memory = new Memory();
    const identity = await Identity.create();
    const first = await open({ identity, store: openMemoryStore(memory) });
    first.doc.edit(root => root.set("a", 1));
    const made = await first.link();
    await first.close();
    expect(() => first.doc.edit(root => root.set("a", 2))).toThrow(/closed/);
    const second = await open({ identity, store: openMemoryStore(memory), doc: first.id });
    expect(second.doc.toJson()).toEqual({ a: 1 });
    expect(await second.link()).toBe(made);
  });

  it("leaves the link that another one over the same store has made meanwhile", async () => {
    const memory = new Memory();
    const identity = await Identity.create();
    const first = await open({ identity, store: openMemoryStore(memory) });
    first.doc.edit(root => root.set("a", 1));
    await first.flush();
    const second = await open({ identity, store: openMemoryStore(memory), doc: first.id });
    const made = await first.link();
    await first.close();
    second.doc.edit(root => root.set("b", 2));
    await second.close();
    const third = await open({ identity, store: openMemoryStore(memory), doc: first.id });
    expect(third.doc.toJson()).toEqual({ a: 1, b: 2 });
    expect(await third.link()).toBe(made);
  });

  it("has stored and signed what was edited when it is flushed", async () => {
    const memory = new Memory();
    const alice = await open({ store: openMemoryStore(memory) });
    alice.doc.edit(root => root.set("a", 1));
    await alice.flush();
    // And is listed, or nobody would find it after a crash.
    expect((await openMemoryStore(memory).documents()).map(({ id }) => id)).toEqual([alice.id]);
    const { records } = await openMemoryStore(memory).read(alice.id, 0);
    expect(records.length).toBe(2);
    // The last one stands for both.
    expect(records.map(({ signature }) => signature !== null)).toEqual([false, true]);
  });

  it("takes a name that the document takes, and no other, before anything is looked at", async () => {
    const longest = "я".repeat(42);
    const alice = await open({ name: longest });
    alice.doc.edit(root => root.set("a", 1));
    await alice.flush();
    expect(alice.doc.members.map(({ name }) => name)).toEqual([longest]);
    const store = openMemoryStore();
    const documents = vi.spyOn(store, "documents");
    for (const name of [`${longest}я`, "\ud800"])
      await expect(open({ name, store })).rejects.toMatchObject({ code: "NameRefused" });
    expect(documents).not.toHaveBeenCalled();
  });

  it("rejects with a code", async () => {
    await expect(open({ doc: "00".repeat(32) })).rejects.toMatchObject({ code: "DocumentUnknown" });
    await expect(open({ link: "#e.x" })).rejects.toMatchObject({ code: "LinkMalformed" });
    await expect(open({ signalling: "https://notes.example/signal" })).rejects.toThrow(RangeError);
    await expect(openStore()).rejects.toMatchObject({ code: "StoreUnavailable" });
    vi.stubGlobal("WebSocket", undefined);
    const somewhere = open({ signalling: "ws://127.0.0.1:9/signal" });
    await expect(somewhere).rejects.toMatchObject({ code: "WebSocketMissing" });
    vi.unstubAllGlobals();
    const waiting = await open({ link: await (await open()).link() });
    const arrived = expect(waiting.arrived()).rejects.toMatchObject({ code: "Closed" });
    await expect(waiting.link()).rejects.toMatchObject({ code: "NotArrived" });
    await waiting.close();
    await arrived;
  });

  it("is typed by a schema and disposed by the language", async () => {
    const schema = defineSchema({ body: text() });
    const session = await openSession({ identity: await Identity.create(), schema });
    session.doc.change(root => root.body.insert(0, "Hello"));
    expect(session.doc.read()).toEqual({ ok: true, value: { body: "Hello" } });
    await session[Symbol.asyncDispose]();
    expect(() => session.doc.change(root => root.body.insert(0, "x"))).toThrow(/closed/);
  });
});
