// The first words on every link, before any content: both ends prove their device keys, and a newcomer the key of
// the link it came by, over one transcript with the versions, the roles, both nonces, the document, both ephemeral
// keys and both DTLS fingerprints. A server that puts itself in between has other fingerprints or other keys, so
// the proofs do not verify and the link is closed: "connection intercepted". docs/wire-format.md §7.1.
//
//     I → R   hello: versions, nonce, X25519 key, document tag, tab     R → I   the same
//     both    transcript = H(document ‖ hello of I ‖ hello of R ‖ fingerprint of I ‖ fingerprint of R)
//     I → R   sealed proof: device, signature, [invite, signature]      R → I   the same
//
// The proofs are sealed under keys from X25519 and the transcript, so an outsider does not learn who is here.

import {
  type Bytes,
  concat,
  type DeviceId,
  type DocId,
  equalBytes,
  Malformed,
  mustFromHex,
  Reader,
  type SignatureQuestion,
  tag,
  toHex,
  Writer,
} from "../crdt/index.ts";
import { type ChannelKeys, nonce } from "./channel.ts";
import type { Ciphers } from "./ports.ts";
import { PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } from "./protocol.ts";

const KIND = { hello: 16, proof: 17 } as const;
const TRANSCRIPT_TAG = tag("chirograph transcript 1");
const DEVICE_TAG = tag("chirograph device proof 1");
const INVITE_TAG = tag("chirograph invite proof 1");
const DOCUMENT_TAG = tag("chirograph document 1");
const NOTHING: Bytes = new Uint8Array(0);
const NO_FINGERPRINT: Bytes = new Uint8Array(32);

export interface HandshakeOptions {
  readonly doc: DocId;
  readonly device: DeviceId;
  /** 16 random bytes, one value for each open document of each tab: tells two links to one page from links to two. */
  readonly instance: Bytes;
  /** The seed of the link this device came by, or null. */
  readonly inviteSeed: Bytes | null;
  readonly isInitiator: boolean;
  readonly fingerprints: { readonly local: Bytes; readonly remote: Bytes } | null;
  readonly ciphers: Ciphers;
  /** The lowest and the highest version that this end speaks; those of this code unless given. */
  readonly versions?: readonly [number, number];
}

/** Who is at the other end, once its proofs are verified. */
export interface Proven {
  readonly device: DeviceId;
  /** Which of the device's tabs; hex. */
  readonly instance: string;
  /** The key of the link it holds, if it showed one. */
  readonly invite: DeviceId | null;
}

export type HandshakeStep =
  | { readonly type: "send"; readonly frame: Bytes }
  /** Ask the device key; answer with `signed`. */
  | { readonly type: "sign"; readonly message: Bytes }
  /** Ask the signature rule; answer with `verified`. */
  | { readonly type: "verify"; readonly questions: readonly SignatureQuestion[] }
  | { readonly type: "done"; readonly proven: Proven; readonly keys: ChannelKeys; readonly version: number }
  | { readonly type: "failed"; readonly code: HandshakeFailure };

/** The closed list of reasons why a link gets no further. */
export type HandshakeFailure = "malformed" | "newer" | "older" | "document" | "intercepted";

interface Established {
  readonly transcript: Bytes;
  readonly keys: ChannelKeys;
  readonly version: number;
  /** As their hello said; part of the transcript, so proven with it. */
  readonly instance: string;
}

export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #secret: Bytes;
  readonly #hello: Bytes;
  #established: Established | null = null;
  #claimed: Proven | null = null;
  #hasProven = false;
  #isVerified = false;
  #isOver = false;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    const { secret, publicKey } = options.ciphers.agreementKeys();
    this.#secret = secret;
    const own = options.ciphers.random(32);
    const out = new Writer();
    out.byte(KIND.hello);
    for (const version of this.#versions) out.varint(version);
    out.bytes(own);
    out.bytes(publicKey);
    out.bytes(this.#documentTag(own));
    out.bytes(options.instance);
    this.#hello = out.finish();
  }

  get #versions(): readonly [number, number] {
    return this.#options.versions ?? [PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX];
  }

  /** The link is open. */
  start(): HandshakeStep[] {
    return [{ type: "send", frame: this.#hello }];
  }

  /** Whether the next frame belongs to the handshake; what comes after their proof is already conversation. */
  get wantsFrame(): boolean {
    return !this.#isOver && this.#claimed === null;
  }

  /** A frame came before the handshake was done. */
  frame(bytes: Bytes): HandshakeStep[] {
    if (this.#isOver) return [];
    try {
      return this.#established === null ? this.#helloCame(bytes) : this.#proofCame(bytes);
    } catch (error) {
      if (error instanceof Malformed) return this.#fail("malformed");
      throw error;
    }
  }

  /** The device key signed the transcript. */
  signed(signature: Bytes): HandshakeStep[] {
    if (this.#isOver || this.#established === null) return [];
    const { device, inviteSeed, ciphers, isInitiator } = this.#options;
    const { transcript, keys } = this.#established;
    const out = new Writer();
    out.byte(KIND.proof);
    out.bytes(mustFromHex(device));
    out.bytes(signature);
    out.byte(inviteSeed === null ? 0 : 1);
    if (inviteSeed !== null) {
      out.bytes(ciphers.seedPublicKey(inviteSeed));
      out.bytes(ciphers.seedSign(inviteSeed, inviteMessage(isInitiator, transcript, device)));
    }
    const sealed = ciphers.seal(keys.send, nonce(0), out.finish(), NOTHING);
    this.#hasProven = true;
    return [{ type: "send", frame: sealed }, ...this.#finish()];
  }

  /** The signature rule answered for the other end's proof. */
  verified(verdicts: readonly boolean[]): HandshakeStep[] {
    if (this.#isOver || this.#claimed === null || this.#established === null) return [];
    if (!verdicts.every(verdict => verdict)) return this.#fail("intercepted");
    this.#isVerified = true;
    return this.#finish();
  }

  /** Both ends have proven themselves: ours before anything else we send, theirs before anything we believe. */
  #finish(): HandshakeStep[] {
    if (!this.#hasProven || !this.#isVerified || this.#claimed === null || this.#established === null)
      return [];
    this.#isOver = true;
    const { keys, version } = this.#established;
    return [{ type: "done", proven: this.#claimed, keys, version }];
  }

  #helloCame(bytes: Bytes): HandshakeStep[] {
    const input = new Reader(bytes);
    if (input.byte() !== KIND.hello) return this.#fail("malformed");
    const lowest = input.varint(255);
    const highest = input.varint(255);
    const theirNonce = input.bytes(32);
    const theirKey = input.bytes(32);
    const theirDocument = input.bytes(32);
    const instance = toHex(input.bytes(16));
    input.end();
    const [ownLowest, ownHighest] = this.#versions;
    const version = Math.min(highest, ownHighest);
    if (version < lowest) return this.#fail("newer");
    if (version < ownLowest) return this.#fail("older");
    if (!equalBytes(theirDocument, this.#documentTag(theirNonce))) return this.#fail("document");
    const { ciphers, isInitiator, doc, fingerprints } = this.#options;
    const shared = ciphers.agree(this.#secret, theirKey);
    if (shared === null) return this.#fail("intercepted");
    const local = fingerprints?.local ?? NO_FINGERPRINT;
    const remote = fingerprints?.remote ?? NO_FINGERPRINT;
    const [first, second] = isInitiator ? [this.#hello, bytes] : [bytes, this.#hello];
    const [firstPrint, secondPrint] = isInitiator ? [local, remote] : [remote, local];
    const transcript = ciphers.sha256(
      concat(
        TRANSCRIPT_TAG,
        mustFromHex(doc),
        ciphers.sha256(first),
        ciphers.sha256(second),
        firstPrint,
        secondPrint,
      ),
    );
    const fromInitiator = ciphers.hkdf(shared, transcript, "chirograph initiator 1", 32);
    const fromResponder = ciphers.hkdf(shared, transcript, "chirograph responder 1", 32);
    const tags = ciphers.hkdf(shared, transcript, "chirograph lanes 1", 32);
    const keys = isInitiator
      ? { send: fromInitiator, receive: fromResponder, tags }
      : { send: fromResponder, receive: fromInitiator, tags };
    this.#established = { transcript, keys, version, instance };
    return [{ type: "sign", message: deviceMessage(isInitiator, transcript) }];
  }

  #proofCame(bytes: Bytes): HandshakeStep[] {
    if (this.#established === null || this.#claimed !== null) return this.#fail("malformed");
    const { ciphers, isInitiator } = this.#options;
    const { transcript, keys, instance } = this.#established;
    const opened = ciphers.open(keys.receive, nonce(0), bytes, NOTHING);
    if (opened === null) return this.#fail("intercepted");
    const input = new Reader(opened);
    if (input.byte() !== KIND.proof) return this.#fail("malformed");
    const key = input.bytes(32);
    const device = toHex(key) as DeviceId;
    const questions: SignatureQuestion[] = [
      { key, message: deviceMessage(!isInitiator, transcript), signature: input.bytes(64) },
    ];
    let invite: DeviceId | null = null;
    const hasInvite = input.byte();
    if (hasInvite > 1) throw new Malformed("neither yes nor no");
    if (hasInvite === 1) {
      const inviteKey = input.bytes(32);
      invite = toHex(inviteKey) as DeviceId;
      questions.push({
        key: inviteKey,
        message: inviteMessage(!isInitiator, transcript, device),
        signature: input.bytes(64),
      });
    }
    input.end();
    this.#claimed = { device, instance, invite };
    return [{ type: "verify", questions }];
  }

  /** Tells two documents apart without telling which: 32 bytes that only holders of the id can make. */
  #documentTag(salt: Bytes): Bytes {
    return this.#options.ciphers.sha256(concat(DOCUMENT_TAG, mustFromHex(this.#options.doc), salt));
  }

  #fail(code: HandshakeFailure): HandshakeStep[] {
    this.#isOver = true;
    return [{ type: "failed", code }];
  }
}

/** The role stands in what is signed: nobody's own proof can be played back to them. */
function deviceMessage(byInitiator: boolean, transcript: Bytes): Bytes {
  return concat(DEVICE_TAG, new Uint8Array([byInitiator ? 1 : 2]), transcript);
}

function inviteMessage(byInitiator: boolean, transcript: Bytes, device: DeviceId): Bytes {
  return concat(INVITE_TAG, new Uint8Array([byInitiator ? 1 : 2]), transcript, mustFromHex(device));
}
