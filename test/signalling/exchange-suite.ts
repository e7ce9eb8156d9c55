// What every exchange has to do, in memory as through Redis.
import { afterEach, expect, it, vi } from "vitest";
import type { Exchange, OpenExchange } from "../../signalling/elsewhere.ts";
import { text } from "./client.ts";

/** Machines that run tests are busy. */
const PATIENCE = { timeout: 10_000 };

export function exchangeSuite(open: OpenExchange): void {
  const opened: Exchange[] = [];

  afterEach(async () => {
    await Promise.all(opened.splice(0).map(exchange => exchange.close()));
  });

  async function connect() {
    const heard: string[] = [];
    let connections = 0;
    const exchange = open({
      message: bytes => heard.push(Buffer.from(bytes).toString()),
      connected: () => connections++,
    });
    opened.push(exchange);
    await vi.waitFor(() => expect(connections).toBe(1), PATIENCE);
    expect(exchange.isConnected).toBe(true);
    return { exchange, heard };
  }

  it("carries to all who listen to a channel, the sender included, in order, and to nobody else", async () => {
    const [alice, bob, carol] = [await connect(), await connect(), await connect()];
    await alice.exchange.subscribe("room:1");
    await bob.exchange.subscribe("room:1");
    await carol.exchange.subscribe("room:12");
    const words = Array.from({ length: 50 }, (_, i) => `word ${i}`);
    for (const word of words) expect(alice.exchange.publish("room:1", text(word))).toBe(true);
    await vi.waitFor(() => expect(bob.heard).toHaveLength(50), PATIENCE);
    expect(bob.heard).toEqual(words);
    await vi.waitFor(() => expect(alice.heard).toEqual(words), PATIENCE);
    expect(carol.heard).toEqual([]);
  });

  it("carries any bytes as they are", async () => {
    const alice = await connect();
    const bytes = Uint8Array.from({ length: 16_500 }, (_, i) => i % 256);
    const got: Uint8Array[] = [];
    let isConnected = false;
    const bob = open({
      message: message => got.push(Uint8Array.from(message)),
      connected: () => {
        isConnected = true;
      },
    });
    opened.push(bob);
    await vi.waitFor(() => expect(isConnected).toBe(true), PATIENCE);
    await bob.subscribe("bytes");
    alice.exchange.publish("bytes", bytes);
    await vi.waitFor(() => expect(got).toEqual([bytes]), PATIENCE);
  });

  it("does not carry to who no longer listens, and does again to who listens again", async () => {
    const [alice, bob] = [await connect(), await connect()];
    await bob.exchange.subscribe("room:1");
    bob.exchange.unsubscribe("room:1");
    await bob.exchange.subscribe("room:2");
    alice.exchange.publish("room:1", text("unheard"));
    alice.exchange.publish("room:2", text("heard"));
    await vi.waitFor(() => expect(bob.heard).toEqual(["heard"]), PATIENCE);
    await bob.exchange.subscribe("room:1");
    alice.exchange.publish("room:1", text("heard again"));
    await vi.waitFor(() => expect(bob.heard).toEqual(["heard", "heard again"]), PATIENCE);
  });

  it("refuses when it is closed, and gets out what was said before", async () => {
    const [alice, bob] = [await connect(), await connect()];
    await bob.exchange.subscribe("all");
    alice.exchange.publish("all", text("goodbye"));
    await alice.exchange.close();
    expect(alice.exchange.publish("all", text("late"))).toBe(false);
    await expect(alice.exchange.subscribe("all")).rejects.toThrow();
    await vi.waitFor(() => expect(bob.heard).toEqual(["goodbye"]), PATIENCE);
  });
}
