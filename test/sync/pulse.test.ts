// Goal: a link is given up for the silence of its other end alone, whatever the clock does. Method: ticks by hand.
import { describe, expect, it } from "vitest";
import { IDLE_TICK_MS, LINK_PING_MS, LINK_SILENCE_MS, PONGS_A_TICK } from "../../src/sync/limits.ts";
import { Pulse } from "../../src/sync/pulse.ts";

const MINUTE_MS = 60_000;

describe("a pulse", () => {
  it("asks now and then, and calls silent who says nothing for long", () => {
    const pulse = new Pulse(0);
    const due: (string | null)[] = [];
    for (let now = IDLE_TICK_MS; due.at(-1) !== "silent"; now += IDLE_TICK_MS) due.push(pulse.tick(now));
    expect(due.length * IDLE_TICK_MS).toBe(LINK_SILENCE_MS + IDLE_TICK_MS);
    expect(due.filter(one => one === "ping")).toHaveLength(Math.floor(LINK_SILENCE_MS / LINK_PING_MS));
  });

  it("does not take a clock that is set forward for silence, nor a night's sleep, and asks at once", () => {
    for (const jump of [MINUTE_MS, 8 * 60 * MINUTE_MS]) {
      const pulse = new Pulse(0);
      pulse.heard();
      pulse.tick(IDLE_TICK_MS);
      expect(pulse.tick(IDLE_TICK_MS + jump)).toBe("ping");
      pulse.heard();
      expect(pulse.tick(2 * IDLE_TICK_MS + jump)).toBe(null);
    }
  });

  it("of a page that is woken once a minute calls silent who says nothing in four", () => {
    const pulse = new Pulse(0);
    const due = [1, 2, 3, 4].map(minute => pulse.tick(minute * MINUTE_MS));
    expect(due).toEqual(["ping", "ping", "ping", "silent"]);
  });

  it("answers some pings between two ticks", () => {
    const pulse = new Pulse(0);
    const answered = () => Array.from({ length: 100 }, () => pulse.answers()).filter(Boolean).length;
    expect(answered()).toBe(PONGS_A_TICK);
    pulse.tick(IDLE_TICK_MS);
    expect(answered()).toBe(PONGS_A_TICK);
  });
});
