// Keys where there is no IndexedDB, as in Node: they sign soundly and say that they are not kept. What a browser
// keeps is tested in one (test/e2e/store.e2e.ts).

import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/crdt/graph/bytes.ts";
import { verifyInScript } from "../../src/crdt/graph/equation.ts";
import { openDeviceKey } from "../../src/sync/adapters/keys.ts";
import { memoryDeviceKey } from "../../src/sync/adapters/seed-key.ts";
import type { DeviceKey } from "../../src/sync/ports.ts";
import { RFC_8032 } from "../crdt/graph/ed25519-cases.ts";

const message = Uint8Array.of(1, 2, 3);

async function signsSoundly(key: DeviceKey): Promise<boolean> {
  return verifyInScript(key.publicKey, message, await key.sign(message));
}

describe("a device key", () => {
  it("is made by the platform and cannot be read out, but is not kept without IndexedDB", async () => {
    const { key, kept, extractable } = await openDeviceKey();
    expect({ kept, extractable }).toEqual({ kept: false, extractable: false });
    expect(await signsSoundly(key)).toBe(true);
  });

  it("is a seed where the platform has no Ed25519 or no WebCrypto at all", async () => {
    const ignorant = {
      generateKey: () => Promise.reject(new DOMException("what curve?", "NotSupportedError")),
      exportKey: crypto.subtle.exportKey.bind(crypto.subtle),
    };
    for (const subtle of [ignorant, null]) {
      const { key, kept, extractable } = await openDeviceKey("nowhere", subtle);
      expect({ kept, extractable }).toEqual({ kept: false, extractable: true });
      expect(await signsSoundly(key)).toBe(true);
    }
  });

  it("in memory is that of its seed", async () => {
    for (const { seed, key, message, signature } of RFC_8032) {
      const device = memoryDeviceKey(fromHex(seed)!);
      expect(toHex(device.publicKey)).toBe(key);
      expect(toHex(await device.sign(fromHex(message)!))).toBe(signature);
    }
  });

  it("in memory has a seed of 32 bytes", () => {
    expect(() => memoryDeviceKey(new Uint8Array(31))).toThrow(RangeError);
  });
});
