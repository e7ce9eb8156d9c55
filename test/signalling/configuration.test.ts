// Goal: a wrong environment is named in one sentence, a right one is read whole. Addresses are judged here too, since
// what they mean depends on TRUST_PROXY.
import { describe, expect, it } from "vitest";
import { addressKey } from "../../signalling/address.ts";
import { describeConfiguration, readConfiguration, VARIABLES } from "../../signalling/configuration.ts";

describe("the environment", () => {
  it("may be empty", () => {
    expect(readConfiguration({})).toEqual({
      ok: true,
      value: {
        host: "127.0.0.1",
        port: 8080,
        basePath: "",
        allowedOrigins: [],
        trustProxy: 0,
        iceServers: [],
        turn: null,
        redisUrl: null,
        logLevel: "info",
      },
    });
  });

  it("may be full", () => {
    const read = readConfiguration({
      HOST: "0.0.0.0",
      PORT: "65535",
      ALLOWED_ORIGINS: "https://a.example, http://b.example:8081",
      ICE_SERVERS: '[{"urls":["turn:t.example"],"username":"u","credential":"c"}]',
      TRUST_PROXY: "1",
      BASE_PATH: "/notes/",
      TURN_URLS: "turn:t.example:3478, turns:t.example",
      TURN_SECRET: "between us",
      TURN_TTL: "600",
      REDIS_URL: "rediss://user:hush@redis.example:6380/1",
      LOG_LEVEL: "debug",
    });
    expect(read).toMatchObject({
      ok: true,
      value: {
        port: 65535,
        allowedOrigins: ["https://a.example", "http://b.example:8081"],
        trustProxy: 1,
        basePath: "/notes",
        turn: {
          urls: ["turn:t.example:3478", "turns:t.example"],
          secret: "between us",
          lifetimeSeconds: 600,
        },
        redisUrl: "rediss://user:hush@redis.example:6380/1",
        logLevel: "debug",
      },
    });
    if (!read.ok) return;
    const lines = describeConfiguration(read.value).split("\n");
    expect(lines).toHaveLength(VARIABLES.length);
    expect(lines.join()).toContain("turn:t.example");
    expect(lines.join()).toContain("redis.example:6380");
    expect(lines.join()).not.toMatch(/credential|between us|hush/);
  });

  it.each([
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["PORT", "http"],
    ["TRUST_PROXY", "17"],
    ["TRUST_PROXY", "yes"],
    ["ALLOWED_ORIGINS", "notes.example"],
    ["ALLOWED_ORIGINS", "https://notes.example/"],
    ["ICE_SERVERS", "stun:stun.example"],
    ["ICE_SERVERS", "{}"],
    ["ICE_SERVERS", '[{"urls":"https://stun.example"}]'],
    ["ICE_SERVERS", '[{"urls":[]}]'],
    ["ICE_SERVERS", "[null]"],
    ["BASE_PATH", "notes"],
    ["BASE_PATH", "/notes/../x"],
    ["BASE_PATH", "/no tes"],
    ["BASE_PATH", "//notes"],
    ["TURN_URLS", "stun:t.example"],
    ["TURN_SECRET", "without any TURN_URLS"],
    ["TURN_TTL", "59"],
    ["REDIS_URL", "redis.example:6379"],
    ["REDIS_URL", "http://redis.example"],
    ["LOG_LEVEL", "loud"],
  ])("is refused with %s=%s, in a sentence that names the variable", (name, value) => {
    const read = readConfiguration({ [name]: value });
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.sentence).toMatch(new RegExp(`^${name} must .*\\.$`));
  });
});

it("does not repeat a password of Redis in what it says is wrong", () => {
  const read = readConfiguration({ REDIS_URL: "http://user:hush@redis.example" });
  expect(JSON.stringify(read)).not.toContain("hush");
});

describe("addresses", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0DB8:0001:0002::9", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0"],
    ["unknown", "unknown"],
  ])("counts %s as %s", (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
