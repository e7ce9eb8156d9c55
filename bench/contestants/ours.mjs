// Chirograph: every change hashed, chained and signed. The core is bundled from the sources as they are (bundle.mjs).
// Signatures are made and judged by the platform's Ed25519, WebCrypto's, as in the app: it works beside the script, and
// every answer is awaited before the clock stops.

const { Replica, toHex } = await import(process.env.BENCH_CORE);

export const name = "ours";
export const counts = "units";

/** Edits between two flushes. Typing does not get that far within the 50 ms of the app; pasting and replaying do. */
const FLUSH_EDITS = 1_000;
const BODY = "text";

let now = 1_700_000_000;

/** One person, whose edits nobody hears of. */
export async function alone() {
  const key = await makeKey();
  const { replica, genesis } = Replica.create(key.device, nonce(), now);
  const doc = new Doc(key, replica);
  doc.sign(genesis);
  await doc.settle();
  return doc;
}

class Doc {
  #open = 0;
  #signing = [];

  constructor(key, replica) {
    this.key = key;
    this.replica = replica;
  }

  edit(position, deleted, inserted) {
    this.replica.edit(root => {
      const text = root.text(BODY);
      if (deleted > 0) text.delete(position, deleted);
      if (inserted !== "") text.insert(position, inserted);
    });
    if (++this.#open === FLUSH_EDITS) this.#flush();
  }

  #flush() {
    this.#open = 0;
    for (const closed of this.replica.closeDraft(++now)) this.sign(closed);
  }

  sign({ id, message }) {
    this.#signing.push(this.key.sign(message).then(signature => this.replica.sign(id, signature)));
  }

  /** Everything closed and signed. */
  async settle() {
    this.#flush();
    await Promise.all(this.#signing);
    this.#signing = [];
  }

  text() {
    return JSON.parse(this.replica.canonicalJson())[BODY] ?? "";
  }
}

async function makeKey() {
  const { publicKey, privateKey } = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const device = toHex(new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)));
  const sign = async message => new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, message));
  return { device, sign };
}

function nonce() {
  return crypto.getRandomValues(new Uint8Array(16));
}
