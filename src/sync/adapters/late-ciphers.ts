// The ciphers of a page whose text is to stand before anything else is fetched. What a document alone asks for is there at
// once; what only those ask for who talk to others, or came by a link, comes later (`arrive`), for it weighs as much as the
// editor's own language.

import { assert, sha256 } from "../../crdt/index.ts";
import type { Ciphers } from "../ports.ts";

let arrived: Ciphers | null = null;

function late(): Ciphers {
  assert(arrived !== null, "nobody is talked to before the ciphers are here");
  return arrived;
}

export const lateCiphers: Ciphers = {
  random: length => globalThis.crypto.getRandomValues(new Uint8Array(length)),
  sha256,
  seedPublicKey: (...given) => late().seedPublicKey(...given),
  seedSign: (...given) => late().seedSign(...given),
  hkdf: (...given) => late().hkdf(...given),
  agreementKeys: () => late().agreementKeys(),
  agree: (...given) => late().agree(...given),
  seal: (...given) => late().seal(...given),
  open: (...given) => late().open(...given),
  sealRandom: (...given) => late().sealRandom(...given),
  openRandom: (...given) => late().openRandom(...given),
};

/** Fetches the rest; before anybody is linked, and before a link is looked at. Rejects where it cannot be fetched. */
export async function arrive(): Promise<void> {
  arrived ??= (await import("./ciphers.ts")).ciphers;
}
