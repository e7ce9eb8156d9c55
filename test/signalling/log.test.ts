// Goal: a log that helps, in which nobody's address or room stands unless it was asked for, and which a flood does not
// make long.
import { describe, expect, it } from "vitest";
import { createLog, type LogLevel } from "../../signalling/log.ts";
import { Counters, increment } from "../../signalling/metrics.ts";
import { Summary } from "../../signalling/summary.ts";
import { Client, createRoomKey, withServer } from "./client.ts";

/** What is logged while Alice comes and goes and Mallory is cut off. */
async function logged(level: LogLevel) {
  const lines: string[] = [];
  const room = createRoomKey();
  await withServer({ log: createLog(level, line => lines.push(line)) }, async url => {
    const alice = new Client(url);
    await alice.join(room);
    await alice.close();
    for (let i = 0; i < 20; i++) {
      const mallory = new Client(url);
      await mallory.next("challenge");
      mallory.webSocket.send("{not json\n");
      await mallory.closed;
    }
  });
  return { lines: lines.map(line => JSON.parse(line)), text: lines.join("\n"), room };
}

describe("the log", () => {
  it("says in one line how many were cut off and why, and no more by default", async () => {
    const { lines, text } = await logged("info");
    expect(lines).toEqual([
      expect.objectContaining({ level: "info", event: "turned away", reasons: { BadFrame: 20 } }),
    ]);
    expect(text).not.toContain("127.0.0.1");
  });

  it("says nothing below its level", async () => {
    expect((await logged("error")).lines).toEqual([]);
  });

  it("tells of each connection, with address and room, where that is asked for", async () => {
    const { lines, text, room } = await logged("debug");
    const events = lines.map(({ event }) => event);
    expect(events.filter(event => event === "opened")).toHaveLength(21);
    expect(events.filter(event => event === "ended")).toHaveLength(21);
    expect(text).toContain('"address":"127.0.0.1"');
    expect(text).toContain(Buffer.from(room.publicKey).toString("hex"));
  });

  it("is one line of JSON whatever stands in it", () => {
    const lines: string[] = [];
    createLog("info", line => lines.push(line))("info", "said", { words: 'a\n{"level":"error"}\u2028b' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("\n");
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: "info", event: "said" });
  });
});

describe("the summary", () => {
  it("counts from the last one on, and is silent when nobody was turned away", () => {
    const counters = new Counters();
    const told: unknown[] = [];
    const summary = new Summary(counters, (_level, _event, facts) => told.push(facts));
    increment(counters.closed, "Left");
    summary.tell(1, 1);
    expect(told).toEqual([]);
    increment(counters.closed, "TooFast");
    increment(counters.refused, 403);
    counters.dropped = 3;
    summary.tell(2, 1);
    increment(counters.closed, "TooFast");
    summary.tell(2, 1);
    summary.tell(2, 1);
    expect(told).toEqual([
      { connections: 2, rooms: 1, reasons: { TooFast: 1, "HTTP 403": 1, "too many sockets": 3 } },
      { connections: 2, rooms: 1, reasons: { TooFast: 1 } },
    ]);
  });
});
