// Goal: what two carry between them by hand comes out as it went in, says the same to a browser as what it was made of, and
// whatever else is pasted is refused with a sentence.

import { describe as about, expect, it } from "vitest";
import type { DocId } from "../../src/crdt/index.ts";
import { fingerprintOf } from "../../src/sync/adapters/webrtc.ts";
import { encodeLink, splitOffer } from "../../src/sync/link.ts";
import {
  type Description,
  decodeAnswer,
  decodeOffer,
  describe,
  encodeAnswer,
  encodeOffer,
  PAIRING_CANDIDATES_MAX,
  sdpOf,
} from "../../src/sync/pairing.ts";
import { Prng } from "../sim/prng.ts";

const PAIRING = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const FINGERPRINT = new Uint8Array(32).map((_, i) => i * 7);
const LINK = encodeLink({
  doc: "ab".repeat(32) as DocId,
  roomSecret: new Uint8Array(32).fill(1),
  inviteSeed: new Uint8Array(32).fill(2),
  server: null,
});

/** As browsers write it. */
const SDP = [
  "v=0",
  "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0",
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "c=IN IP4 0.0.0.0",
  "a=ice-ufrag:x7Zq",
  "a=ice-pwd:asd88fgpdd777uzjYhagZg/+",
  "a=ice-options:trickle",
  `a=fingerprint:sha-256 ${[...FINGERPRINT].map(byte => byte.toString(16).padStart(2, "0").toUpperCase()).join(":")}`,
  "a=setup:actpass",
  "a=mid:0",
  "a=sctp-port:5000",
  "",
].join("\r\n");

const LINES = [
  "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0",
  "candidate:3 1 UDP 2122252543 9b36eaac-bb2e-49bb-bb78-21c41c499900.local 54400 typ host",
  "candidate:4 1 udp 2122187007 2001:db8::7 9000 typ host generation 0 ufrag x7Zq",
  "candidate:5 1 tcp 1518280447 192.0.2.4 9 typ host tcptype active",
  "candidate:6 2 udp 1518280447 192.0.2.4 4711 typ host",
  "candidate:7 1 udp 1518280447 <script> 4711 typ host",
  "candidate:8 1 udp 1518280447 192.0.2.4 70000 typ host",
  "",
];

const DESCRIPTION = describe(PAIRING, SDP, FINGERPRINT, LINES)!;

/** The description of an offer, as it stands in the address. */
const inAddress = (description: Description) => splitOffer(`#${encodeOffer(LINK, description)}`)!;

about("what is carried by hand", () => {
  it("says which addresses there are, the likeliest first, and leaves out what leads nowhere", () => {
    expect(DESCRIPTION.candidates.map(({ kind, address, port }) => `${kind} ${address} ${port}`)).toEqual([
      "host 9b36eaac-bb2e-49bb-bb78-21c41c499900.local 54400",
      "host 2001:db8::7 9000",
      "srflx 203.0.113.7 46154",
    ]);
    const many = Array.from(
      { length: 40 },
      (_, i) => `candidate:${i} 1 udp ${i + 1} 192.0.2.4 ${i + 1} typ host`,
    );
    expect(describe(PAIRING, SDP, FINGERPRINT, many)!.candidates).toHaveLength(PAIRING_CANDIDATES_MAX);
    expect(describe(PAIRING, SDP.replace("a=ice-pwd", "a=pwd"), FINGERPRINT, LINES)).toBe(null);
  });

  it("comes out as it went in, with the link in the address, and however mail breaks its lines", () => {
    const { link, offer } = inAddress(DESCRIPTION);
    expect(link).toBe(LINK);
    expect(decodeOffer(offer)).toEqual(DESCRIPTION);
    const answer = encodeAnswer(DESCRIPTION);
    expect(
      decodeAnswer(` ${answer.slice(0, 50)}\r\n> `.replace(">", "") + answer.slice(50), PAIRING),
    ).toEqual(DESCRIPTION);
    // Short enough for a code that a camera reads.
    expect(encodeOffer(LINK, DESCRIPTION).length).toBeLessThan(500);
  });

  it("becomes a session description that says the same, the fingerprint included", () => {
    for (const type of ["offer", "answer"] as const) {
      const sdp = sdpOf(type, DESCRIPTION);
      expect(fingerprintOf(sdp)).toEqual(FINGERPRINT);
      const lines = sdp.split("\r\n").filter(line => line.startsWith("a=candidate:"));
      expect(
        describe(
          PAIRING,
          sdp,
          FINGERPRINT,
          lines.map(line => line.slice(2)),
        ),
      ).toEqual(DESCRIPTION);
      expect(sdp).toContain(type === "offer" ? "a=setup:actpass" : "a=setup:active");
    }
  });

  it("is refused with a sentence where it is something else", () => {
    const answer = encodeAnswer(DESCRIPTION);
    const other = encodeAnswer({ ...DESCRIPTION, pairing: Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1) });
    const newer = `a.${btoa("\u0009rest").replace(/=/g, "")}`;
    const cases: readonly (readonly [string, RegExp])[] = [
      ["", /not whole/],
      ["Hello, did you get it?", /not whole/],
      [answer.slice(0, -8), /not whole/],
      [`${answer}AAAA`, /not whole/],
      [`${answer}.${answer}`, /not whole/],
      [other, /answer to another invitation/],
      [newer, /newer version/],
      [`https://notes.example/#${encodeOffer(LINK, DESCRIPTION)}`, /This is an invitation/],
      [encodeOffer(LINK, DESCRIPTION), /This is an invitation/],
    ];
    for (const [text, sentence] of cases) {
      const read = decodeAnswer(text, PAIRING);
      expect("error" in read ? read.error : "taken", text).toMatch(sentence);
    }
    for (const fragment of ["#p.x", "#e.x.y", "#p.x.y.z", "#x"]) expect(splitOffer(fragment)).toBe(null);
  });

  it("throws for no bytes, and what is taken is bounded and safe to write into a description", () => {
    const luck = new Prng(6);
    const { offer } = inAddress(DESCRIPTION);
    const bytes = Buffer.from(offer, "base64url");
    let taken = 0;
    for (let i = 0; i < 20_000; i++) {
      const bad = Buffer.from(bytes);
      for (let left = 1 + luck.below(3); left > 0; left--) bad[luck.below(bad.length)] = luck.below(256);
      const read = decodeOffer(
        bad.subarray(0, luck.chance(0.2) ? luck.below(bad.length) : bad.length).toString("base64url"),
      );
      if ("error" in read) continue;
      taken++;
      const sdp = sdpOf("answer", read);
      expect(fingerprintOf(sdp)).toEqual(read.fingerprint);
      expect(sdp.split("\r\n").length).toBeLessThan(20 + PAIRING_CANDIDATES_MAX);
      expect(sdp).toMatch(/^[\x20-\x7e\r\n]*$/);
    }
    expect(taken).toBeGreaterThan(100);
  });
});
