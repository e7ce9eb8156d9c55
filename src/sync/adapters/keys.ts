// The device's key: one per browser profile, for all documents. Best is a WebCrypto key that no script can read out,
// kept in IndexedDB; then a seed in IndexedDB; then a key for as long as the page lives. Which one it became is told
// to the caller, because people should know how well they are kept.

import { equalBytes } from "../../crdt/index.ts";
import type { Bytes, DeviceKey } from "../ports.ts";
import { DATABASE_NAME, Database } from "./database.ts";

/** A profile has one key, under this name in the object store `keys`. */
const SLOT = "device";
/** And one beside it for each document in which that one turned out to be two-faced (fresh-key.ts). */
const slotOf = (doc: string): string => `${SLOT} ${doc}`;

/** The part of WebCrypto that is used, so that a test can take it away. */
export type KeyMakingCrypto = Pick<SubtleCrypto, "generateKey" | "exportKey">;

export interface OpenedDeviceKey {
  readonly key: DeviceKey;
  /** Whether the key will be there when the page is opened again. */
  readonly kept: boolean;
  /** Whether a script that gets into the page could carry the key away. */
  readonly extractable: boolean;
}

type KeyRecord =
  | { readonly kind: "platform"; readonly publicKey: Bytes; readonly privateKey: CryptoKey }
  | { readonly kind: "seed"; readonly seed: Bytes };

/** The key of this profile, made if there is none. Two tabs that open at once get the same. Never rejects. */
export async function openDeviceKey(
  database = DATABASE_NAME,
  subtle: KeyMakingCrypto | null = platformCrypto(),
): Promise<OpenedDeviceKey> {
  const kept = await keptKey(database, subtle);
  return opened(kept ?? (await makeKey(subtle)), kept !== null);
}

/** The key that took the place of the profile's in a document; null where none did, or nothing can be read. */
export async function documentKey(doc: string, database = DATABASE_NAME): Promise<DeviceKey | null> {
  let opened: Database | null = null;
  try {
    opened = await Database.open(database);
    const found = await opened.read(["keys"], transaction =>
      transaction.objectStore("keys").get(slotOf(doc)),
    );
    return isKeyRecord(found) ? await deviceKey(found) : null;
  } catch {
    // As for the profile's: without storage there was no page before this one, and so no second face.
    return null;
  } finally {
    opened?.close();
  }
}

/** A key to go on under in a document, and how it is kept once others know of it: in place of `retired`, unless another tab was
 * faster; what is kept is answered. Null where it cannot be kept. */
export async function freshDocumentKey(
  doc: string,
  database = DATABASE_NAME,
  subtle: KeyMakingCrypto | null = platformCrypto(),
): Promise<{ readonly key: DeviceKey; keep(retired: Bytes): Promise<DeviceKey | null> }> {
  const made = await makeKey(subtle);
  const keep = async (retired: Bytes): Promise<DeviceKey | null> => {
    let opened: Database | null = null;
    try {
      opened = await Database.open(database);
      return await deviceKey(await keepInPlace(opened, slotOf(doc), made, retired));
    } catch {
      return null;
    } finally {
      opened?.close();
    }
  };
  return { key: await deviceKey(made), keep };
}

/** Keeps `made` in a slot that holds nothing, or what is retired. */
async function keepInPlace(
  database: Database,
  slot: string,
  made: KeyRecord,
  retired: Bytes,
): Promise<KeyRecord> {
  // Fetched before: nothing may be waited for inside of the transaction.
  const { seedKey } = await import("./seed-key.ts");
  const publicKeyOf = (record: KeyRecord): Bytes =>
    record.kind === "seed" ? seedKey(record.seed).publicKey : record.publicKey;
  return await database.write(["keys"], async transaction => {
    const keys = transaction.objectStore("keys");
    const found = await keys.get(slot);
    if (isKeyRecord(found) && !equalBytes(publicKeyOf(found), retired)) return found;
    await keys.put(made, slot);
    return made;
  });
}

/** A new key that nothing keeps: it lives as long as this object. Never rejects. */
export async function newDeviceKey(
  subtle: KeyMakingCrypto | null = platformCrypto(),
): Promise<OpenedDeviceKey> {
  return opened(await makeKey(subtle), false);
}

/** Null if the profile cannot keep one. A key that is there but cannot be read now is left alone. */
async function keptKey(name: string, subtle: KeyMakingCrypto | null): Promise<KeyRecord | null> {
  let database: Database | null = null;
  try {
    database = await Database.open(name);
    const found = await database.read(["keys"], transaction => transaction.objectStore("keys").get(SLOT));
    if (isKeyRecord(found)) return found;
    const made = await makeKey(subtle);
    return await keepFirst(database, made).catch(error => {
      // Some browsers have the algorithm but cannot store its keys. A seed they can.
      if (made.kind === "seed" || database === null) throw error;
      return keepFirst(database, makeSeed());
    });
  } catch {
    // No storage, or none that works today: the answer is `kept: false`, and the person is told.
    return null;
  } finally {
    database?.close();
  }
}

/**
 * Keeps `made` unless another tab was faster, and gives back what is kept. The key was made before: awaiting WebCrypto
 * inside of the transaction would end it, and two tabs would each go on with a key of their own.
 */
function keepFirst(database: Database, made: KeyRecord): Promise<KeyRecord> {
  return database.write(["keys"], async transaction => {
    const keys = transaction.objectStore("keys");
    const found = await keys.get(SLOT);
    if (isKeyRecord(found)) return found;
    await keys.put(made, SLOT);
    return made;
  });
}

async function makeKey(subtle: KeyMakingCrypto | null): Promise<KeyRecord> {
  if (subtle === null) return makeSeed();
  try {
    const pair = (await subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
    const publicKey = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
    return { kind: "platform", publicKey, privateKey: pair.privateKey };
  } catch {
    // NotSupportedError: the browser is older than its Ed25519.
    return makeSeed();
  }
}

function makeSeed(): KeyRecord {
  return { kind: "seed", seed: randomSeed() };
}

async function opened(record: KeyRecord, kept: boolean): Promise<OpenedDeviceKey> {
  return { key: await deviceKey(record), kept, extractable: record.kind === "seed" };
}

async function deviceKey(record: KeyRecord): Promise<DeviceKey> {
  if (record.kind === "seed") return (await import("./seed-key.ts")).seedKey(record.seed);
  const { publicKey, privateKey } = record;
  return {
    publicKey,
    sign: async message => new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, message)),
  };
}

/** A damaged record is as good as none: what it kept cannot sign any more. */
function isKeyRecord(value: unknown): value is KeyRecord {
  if (typeof value !== "object" || value === null) return false;
  const { kind, seed, publicKey, privateKey } = value as Record<string, unknown>;
  if (kind === "seed") return isKeyBytes(seed);
  return kind === "platform" && isKeyBytes(publicKey) && isSigningKey(privateKey);
}

function isKeyBytes(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === 32;
}

function isSigningKey(value: unknown): boolean {
  return typeof CryptoKey !== "undefined" && value instanceof CryptoKey && value.usages.includes("sign");
}

/** Null outside of secure contexts. */
function platformCrypto(): KeyMakingCrypto | null {
  return (globalThis.crypto as Crypto | undefined)?.subtle ?? null;
}

function randomSeed(): Bytes {
  return crypto.getRandomValues(new Uint8Array(32));
}
