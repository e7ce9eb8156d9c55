// Two who can reach no server meet by carrying two short texts between them, whatever way they have: what their browsers
// would tell each other through the server, without all that follows from it. The first text is an address that also opens
// the document; the answer is of use to nobody but the page that offered, and only once.
//
//     offer       p.<document ‖ room secret ‖ invite seed>.<description>         both in base64url (`splitOffer` in link.ts)
//     answer      a.<description>
//     description version 1 · pairing 8 · ufrag · pwd · fingerprint 32 · count, of each candidate: kind · priority u32 ·
//                 port u16 · address                                            texts with their length in one byte
//
// Session descriptions are some 30 lines of which only these say anything where there is one data channel (RFC 8841); the
// others are the same for all. Candidates over TCP are left out: two browsers have none between them that work.

import { fromBase64Url, toBase64Url } from "./base64url.ts";
import type { Bytes } from "./ports.ts";

/** Of a browser with many networks; it tells the likeliest first. */
export const PAIRING_CANDIDATES_MAX = 16;
export const PAIRING_ID_BYTES = 8;

const VERSION = 1;
const FINGERPRINT_BYTES = 32;
/** RFC 8839 §5.4: of ice-char, so long at least; at most what fits one byte is more than any browser writes. */
const UFRAG = /^[A-Za-z0-9+/]{4,64}$/;
const PWD = /^[A-Za-z0-9+/]{22,128}$/;
/** IPv4, IPv6, or a name that is known on the local network alone (RFC 8828). */
const ADDRESS = /^[0-9A-Za-z.:-]{1,64}$/;
const KINDS = ["host", "srflx", "prflx", "relay"] as const;

export interface Candidate {
  readonly kind: (typeof KINDS)[number];
  readonly priority: number;
  readonly port: number;
  readonly address: string;
}

/** What one end has to know of the other. */
export interface Description {
  /** Drawn by who offers; the answer repeats it. */
  readonly pairing: Bytes;
  readonly ufrag: string;
  readonly pwd: string;
  /** SHA-256 of the certificate. */
  readonly fingerprint: Bytes;
  readonly candidates: readonly Candidate[];
}

/** Why a text is none of these. */
export interface PairingError {
  readonly error: string;
}

const NOT_WHOLE = "This text is not whole. Copy all of it, from the first letter to the last.";
const OTHER_VERSION = "The other side uses a newer version. Reload the page, then pair again.";

// ------------------------------------------------------------------------------------------- texts and back

/** `link`: the fragment of a share link of this page (`e.…`). */
export function encodeOffer(link: string, description: Description): string {
  return `p.${link.split(".")[1]}.${toBase64Url(encode(description))}`;
}

export function decodeOffer(offer: string): Description | PairingError {
  return decode(offer);
}

export function encodeAnswer(description: Description): string {
  return `a.${toBase64Url(encode(description))}`;
}

/** Spaces and line breaks, which mail puts anywhere, are passed over. */
export function decodeAnswer(text: string, pairing: Bytes): Description | PairingError {
  const letters = text.replace(/\s/g, "");
  const [kind, description, ...rest] = letters.slice(letters.indexOf("#") + 1).split(".");
  if (kind === "p")
    return { error: "This is an invitation. What is wanted here is the answer of who opened yours." };
  if (kind !== "a" || description === undefined || rest.length > 0) return { error: NOT_WHOLE };
  const answer = decode(description);
  if ("error" in answer) return answer;
  if (answer.pairing.every((byte, i) => byte === pairing[i])) return answer;
  return { error: "This is the answer to another invitation. Send them the one that stands here now." };
}

function encode({ pairing, ufrag, pwd, fingerprint, candidates }: Description): Bytes {
  const out: number[] = [VERSION, ...pairing];
  const text = (letters: string) =>
    out.push(letters.length, ...[...letters].map(letter => letter.charCodeAt(0)));
  text(ufrag);
  text(pwd);
  out.push(...fingerprint, candidates.length);
  for (const { kind, priority, port, address } of candidates) {
    out.push(
      KINDS.indexOf(kind),
      priority >>> 24,
      (priority >>> 16) & 255,
      (priority >>> 8) & 255,
      priority & 255,
    );
    out.push(port >> 8, port & 255);
    text(address);
  }
  return Uint8Array.from(out);
}

class Short extends Error {}

function decode(text: string): Description | PairingError {
  const bytes = fromBase64Url(text);
  if (bytes === null || bytes.length === 0) return { error: NOT_WHOLE };
  if (bytes[0] !== VERSION) return { error: OTHER_VERSION };
  try {
    return read(bytes) ?? { error: NOT_WHOLE };
  } catch (error) {
    if (error instanceof Short) return { error: NOT_WHOLE };
    throw error;
  }
}

function read(bytes: Bytes): Description | null {
  let at = 1;
  const take = (length: number): Bytes => {
    if (length > bytes.length - at) throw new Short();
    at += length;
    return bytes.slice(at - length, at);
  };
  const byte = (): number => take(1)[0]!;
  const letters = (): string => String.fromCharCode(...take(byte()));
  const pairing = take(PAIRING_ID_BYTES);
  const [ufrag, pwd] = [letters(), letters()];
  const fingerprint = take(FINGERPRINT_BYTES);
  const count = byte();
  if (!UFRAG.test(ufrag) || !PWD.test(pwd) || count > PAIRING_CANDIDATES_MAX) return null;
  const candidates: Candidate[] = [];
  for (let left = count; left > 0; left--) {
    const kind = KINDS[byte()];
    const [a, b, c, d] = take(4) as unknown as [number, number, number, number];
    const [high, low] = take(2) as unknown as [number, number];
    const candidate = {
      kind,
      priority: ((a << 24) | (b << 16) | (c << 8) | d) >>> 0,
      port: high * 256 + low,
      address: letters(),
    };
    if (kind === undefined || candidate.port === 0 || !ADDRESS.test(candidate.address)) return null;
    candidates.push({ ...candidate, kind });
  }
  return at === bytes.length ? { pairing, ufrag, pwd, fingerprint, candidates } : null;
}

// ------------------------------------------------------------------------------- what WebRTC says, and back

/** Of a local session description and what came behind it; null where it has what this file does not know. */
export function describe(
  pairing: Bytes,
  sdp: string,
  fingerprint: Bytes,
  lines: readonly string[],
): Description | null {
  const ufrag = /^a=ice-ufrag:(.*)$/m.exec(sdp)?.[1]?.trim();
  const pwd = /^a=ice-pwd:(.*)$/m.exec(sdp)?.[1]?.trim();
  if (ufrag === undefined || pwd === undefined || !UFRAG.test(ufrag) || !PWD.test(pwd)) return null;
  const candidates = lines
    .map(candidateOf)
    .filter(candidate => candidate !== null)
    .sort((a, b) => b.priority - a.priority)
    .slice(0, PAIRING_CANDIDATES_MAX);
  return { pairing, ufrag, pwd, fingerprint, candidates };
}

/** RFC 8839 §5.1: `candidate:foundation component transport priority address port typ kind …`. */
function candidateOf(line: string): Candidate | null {
  const [, component, transport, priority, address, port, , kind] = line.trim().split(" ");
  const known = KINDS.find(each => each === kind);
  if (component !== "1" || transport?.toLowerCase() !== "udp" || known === undefined) return null;
  const [rank, number] = [Number(priority), Number(port)];
  const isSound = rank >= 0 && rank < 2 ** 32 && number > 0 && number < 2 ** 16;
  if (!isSound || address === undefined || !ADDRESS.test(address)) return null;
  return { kind: known, priority: rank, port: number, address };
}

/** A session description that says this and nothing else. */
export function sdpOf(type: "offer" | "answer", description: Description): string {
  const { ufrag, pwd, fingerprint, candidates } = description;
  const hex = [...fingerprint].map(byte => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
  const lines = [
    "v=0",
    "o=- 1 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    ...candidates.map(
      ({ kind, priority, port, address }, i) =>
        `a=candidate:${i + 1} 1 udp ${priority} ${address} ${port} typ ${kind}${kind === "host" ? "" : " raddr 0.0.0.0 rport 9"}`,
    ),
    "a=end-of-candidates",
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    `a=fingerprint:sha-256 ${hex}`,
    `a=setup:${type === "offer" ? "actpass" : "active"}`,
    "a=mid:0",
    "a=sctp-port:5000",
    "a=max-message-size:262144",
  ];
  return `${lines.join("\r\n")}\r\n`;
}
