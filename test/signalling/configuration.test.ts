// Goal: a wrong environment is named in one sentence, a right one is read whole. Addresses are judged here too, since
// what they mean depends on TRUST_PROXY.
import { describe, expect, it } from "vitest";
import { addressKey } from "../../signalling/address.ts";
import { describeConfiguration, readConfiguration, VARIABLES } from "../../signalling/configuration.ts";

describe("the environment", () => {
  it("may be empty", () => {
    expect(readConfiguration({})).toEqual({
      ok: true,
      value: { host: "127.0.0.1", port: 8080, allowedOrigins: [], iceServers: [], trustProxy: 0 },
    });
  });

  it("may be full", () => {
    const read = readConfiguration({
      HOST: "0.0.0.0",
      PORT: "65535",
      ALLOWED_ORIGINS: "https://a.example, http://b.example:8081",
      ICE_SERVERS: '[{"urls":["turn:t.example"],"username":"u","credential":"c"}]',
      TRUST_PROXY: "1",
    });
    expect(read).toMatchObject({
      ok: true,
      value: { port: 65535, allowedOrigins: ["https://a.example", "http://b.example:8081"], trustProxy: 1 },
    });
    if (!read.ok) return;
    const lines = describeConfiguration(read.value).split("\n");
    expect(lines).toHaveLength(VARIABLES.length);
    expect(lines.join()).toContain("turn:t.example");
    expect(lines.join()).not.toContain("credential");
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
  ])("is refused with %s=%s, in a sentence that names the variable", (name, value) => {
    const read = readConfiguration({ [name]: value });
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.sentence).toMatch(new RegExp(`^${name} must .*\\.$`));
  });
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
