// A device key computed in script: where the platform has no Ed25519, which most have, so that it is fetched when it is needed.

import { seedPublicKey, seedSign } from "../../crdt/index.ts";
import type { Bytes, DeviceKey } from "../ports.ts";

export function seedKey(seed: Bytes): DeviceKey {
  return { publicKey: seedPublicKey(seed), sign: async message => seedSign(seed, message) };
}

/** It lives as long as this object. */
export function memoryDeviceKey(seed: Bytes): DeviceKey {
  if (seed.length !== 32) throw new RangeError(`Expected a seed of 32 bytes, got ${seed.length}`);
  return seedKey(seed);
}
