// Who writes: one Ed25519 key. Where the platform can, it signs inside WebCrypto and no script can read the secret.

import { type Bytes, type DeviceId, toHex } from "../crdt/index.ts";
import { newDeviceKey, openDeviceKey } from "../sync/adapters/keys.ts";
import { memoryDeviceKey } from "../sync/adapters/seed-key.ts";
import type { DeviceKey } from "../sync/ports.ts";

/** One Ed25519 key, which is one author: a device, or a program. */
export class Identity implements DeviceKey {
  /** The public key in lower-case hex: how others know this identity, in every document the same. */
  readonly id: DeviceId;
  /** 32 bytes. */
  readonly publicKey: Bytes;
  /** Whether a script that gets hold of this process or page could carry the secret away. */
  readonly extractable: boolean;
  /** Whether it will be there the next time `Identity.open` is called. */
  readonly kept: boolean;
  readonly #key: DeviceKey;

  private constructor(key: DeviceKey, extractable: boolean, kept: boolean) {
    this.#key = key;
    this.id = toHex(key.publicKey) as DeviceId;
    this.publicKey = key.publicKey;
    this.extractable = extractable;
    this.kept = kept;
  }

  /** A new one, which lives as long as this object. Not extractable where WebCrypto knows Ed25519. */
  static async create(): Promise<Identity> {
    const { key, extractable } = await newDeviceKey();
    return new Identity(key, extractable, false);
  }

  /**
   * The one of this browser profile, made if there is none and kept in the IndexedDB database `name`. Never rejects: where
   * nothing can be kept (Node, a private window) it is a new one, and `kept` is false.
   */
  static async open(name = "chirograph"): Promise<Identity> {
    const { key, extractable, kept } = await openDeviceKey(name);
    return new Identity(key, extractable, kept);
  }

  /** The one of 32 secret bytes: for tests, and for programs that keep the seed themselves. */
  static fromSeed(seed: Bytes): Identity {
    return new Identity(memoryDeviceKey(seed), true, false);
  }

  /** 64 bytes, by RFC 8032. */
  sign(message: Bytes): Promise<Bytes> {
    return this.#key.sign(message);
  }
}
