// A share link's fragment: everything that opens a document, and nothing that a server ever sees, since what stands
// after `#` is not sent. Form: `e.<document ‖ room secret ‖ invite seed in base64url>`, with `.<server in base64url>`
// behind it where the meeting place is not the page's own origin. What it lets people do is said by its invite.

import { type DeviceId, type DocId, fromHex, toHex } from "../crdt/index.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";
import type { Bytes } from "./ports.ts";

export interface ShareLink {
  readonly doc: DocId;
  /** 32 bytes: finds and hides the meeting place. */
  readonly roomSecret: Bytes;
  /** 32 bytes: the seed of the invite's key. */
  readonly inviteSeed: Bytes;
  /** Where the meeting place is; null for the page's own origin. */
  readonly server: string | null;
}

/** What another device of the same person opens: `d.<document ‖ room secret ‖ seed ‖ introducer in base64url>`. */
export interface DeviceLink {
  readonly doc: DocId;
  readonly roomSecret: Bytes;
  /** 32 bytes: the seed of a key that lives as long as the link is shown; it lets nobody in. */
  readonly seed: Bytes;
  /** The device that is to introduce the new one. */
  readonly introducer: DeviceId;
}

const PART = 32;
const SERVER_BYTES_MAX = 384;

/** Without the leading `#`. */
export function encodeLink(link: ShareLink): string {
  const secret = new Uint8Array(3 * PART);
  secret.set(fromHex(link.doc)!, 0);
  secret.set(link.roomSecret, PART);
  secret.set(link.inviteSeed, 2 * PART);
  const server = link.server === null ? "" : `.${toBase64Url(asciiBytes(link.server))}`;
  return `e.${toBase64Url(secret)}${server}`;
}

/** Whether a link can name it. */
export function isServer(address: string): boolean {
  return address.length <= SERVER_BYTES_MAX && /^wss?:\/\/[\x21-\x7e]+$/.test(address);
}

/** The link, or one sentence that says what is wrong with it. With or without the leading `#`. */
export function decodeLink(fragment: string): ShareLink | { readonly error: string } {
  const [kind, secret, server, ...rest] = fragment.replace(/^#/, "").split(".");
  if (kind !== "e")
    return {
      error:
        "This link is of a kind that this version does not know. Reload the page, or ask for a new link.",
    };
  const bytes = fromBase64Url(secret ?? "");
  if (bytes === null || bytes.length !== 3 * PART || rest.length > 0) {
    return { error: "This link is not whole. Ask for it again and copy all of it." };
  }
  let address: string | null = null;
  if (server !== undefined) {
    const decoded = server.length > (SERVER_BYTES_MAX / 3) * 4 ? null : fromBase64Url(server);
    address = decoded === null ? null : String.fromCharCode(...decoded);
    if (address === null || !isServer(address)) {
      return { error: "This link names a meeting place that cannot be understood. Ask for a new link." };
    }
  }
  return {
    doc: toHex(bytes.slice(0, PART)) as DocId,
    roomSecret: bytes.slice(PART, 2 * PART),
    inviteSeed: bytes.slice(2 * PART),
    server: address,
  };
}

/** Of an offer to pair without a server (pairing.ts), `p.<secret>.<offer>`: the link in it, and the rest. Null for what is
 * none. With or without the leading `#`. */
export function splitOffer(fragment: string): { readonly link: string; readonly offer: string } | null {
  const [kind, secret, offer, ...rest] = fragment.replace(/^#/, "").split(".");
  if (kind !== "p" || secret === undefined || offer === undefined || rest.length > 0) return null;
  return { link: `e.${secret}`, offer };
}

/** Without the leading `#`. */
export function encodeDeviceLink({ doc, roomSecret, seed, introducer }: DeviceLink): string {
  const parts = [fromHex(doc)!, roomSecret, seed, fromHex(introducer)!];
  const secret = new Uint8Array(parts.length * PART);
  for (const [place, part] of parts.entries()) secret.set(part, place * PART);
  return `d.${toBase64Url(secret)}`;
}

/** Null for a fragment of another kind. With or without the leading `#`. */
export function decodeDeviceLink(fragment: string): DeviceLink | { readonly error: string } | null {
  const [kind, secret, ...rest] = fragment.replace(/^#/, "").split(".");
  if (kind !== "d") return null;
  const bytes = fromBase64Url(secret ?? "");
  if (bytes === null || bytes.length !== 4 * PART || rest.length > 0)
    return { error: "This link is not whole. Show it again on your other device, and take all of it." };
  return {
    doc: toHex(bytes.slice(0, PART)) as DocId,
    roomSecret: bytes.slice(PART, 2 * PART),
    seed: bytes.slice(2 * PART, 3 * PART),
    introducer: toHex(bytes.slice(3 * PART)) as DeviceId,
  };
}

function asciiBytes(text: string): Bytes {
  return Uint8Array.from(text, character => character.charCodeAt(0));
}
