// The golden bytes between peers, and between a peer and the server, are read as what they say, and written so today. Nothing
// writes the file but `VECTORS=write npx vitest run --project=unit test/vectors`.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeClientFrame, decodeServerFrame } from "../../signalling/frames.ts";
import { type Bytes, type ChangeId, mustFromHex, Replica, toHex } from "../../src/crdt/index.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { Channel } from "../../src/sync/channel.ts";
import { decodeEnvelope, openEnvelope } from "../../src/sync/envelope.ts";
import { decodeDeviceLink, decodeLink } from "../../src/sync/link.ts";
import { decodeAnswer, decodeOffer } from "../../src/sync/pairing.ts";
import { decodeMessage } from "../../src/sync/protocol.ts";
import { verify } from "../crdt/people.ts";
import { inHex, makeBetween, PAIRED, READER, type Told } from "./make-between.ts";

type Vectors = ReturnType<typeof makeBetween>;

const FILE = new URL("./between-1.json", import.meta.url);

if (process.env.VECTORS === "write") {
  writeFileSync(FILE, `${JSON.stringify(makeBetween(), null, 1)}\n`);
  console.log("vectors: wrote between-1.json");
}

const vectors = JSON.parse(readFileSync(FILE, "utf8")) as Vectors;

function expectRead(things: readonly Told[], read: (bytes: Bytes) => unknown): void {
  expect(things.length).toBeGreaterThan(0);
  for (const { is, bytes } of things) expect(inHex(read(mustFromHex(bytes)))).toEqual(is);
}

const typesOf = (things: readonly Told[]) =>
  [...new Set(things.map(({ is }) => (is as { readonly type: string }).type))].sort();

describe("the vectors of what travels between peers and to the server", () => {
  it("are what this version writes", () => {
    expect(makeBetween()).toEqual(vectors);
  });

  it("are read as what they say", () => {
    expectRead(vectors.messages, decodeMessage);
    expectRead(vectors.envelopes, plain => {
      const opened = decodeEnvelope(plain);
      return opened.ok ? opened.envelope : opened.code;
    });
    for (const [things, decode] of [
      [vectors.server, decodeServerFrame],
      [vectors.client, decodeClientFrame],
    ] as const)
      expectRead(things, bytes => {
        const decoded = decode(bytes);
        return decoded.ok ? decoded.frame : decoded.code;
      });
  });

  it("have every type there is", () => {
    expect(new Set(vectors.messages.map(({ bytes }) => Number.parseInt(bytes.slice(0, 2), 16)))).toEqual(
      new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    );
    expect(new Set(vectors.envelopes.map(({ bytes }) => Number.parseInt(bytes.slice(0, 2), 16)))).toEqual(
      new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    );
    expect(typesOf(vectors.server)).toHaveLength(7);
    expect(typesOf(vectors.client)).toHaveLength(3);
    for (const type of [13, 0, 255]) expect(decodeMessage(Uint8Array.of(type))).toBe(null);
  });

  it("open: frames under their key in their order, envelopes under the room's", () => {
    const { key, ping, sealed } = vectors.frames;
    const keys = { send: mustFromHex(key), receive: mustFromHex(key), tags: mustFromHex(key) };
    const channel = new Channel(ciphers, keys, true);
    for (const frame of sealed) {
      const message = channel.receive(mustFromHex(frame));
      expect(message).toEqual(mustFromHex(ping[0]!).slice(1));
    }
    const { room } = vectors as { readonly room: Record<string, string> };
    const opened = openEnvelope(
      ciphers,
      mustFromHex(room.signalKey!),
      room.from!,
      room.to!,
      mustFromHex(room.sealed!),
    );
    expect(opened).toEqual({ ok: true, envelope: (vectors.envelopes[0] as Told).is });
  });

  it("lead through the handshake to the same keys at both ends", () => {
    const { initiator, responder } = vectors.handshake as unknown as Record<
      "initiator" | "responder",
      { outcome: { type: string; keys: { send: string; receive: string; tags: string } } }
    >;
    expect([initiator.outcome.type, responder.outcome.type]).toEqual(["done", "done"]);
    expect(initiator.outcome.keys.send).toBe(responder.outcome.keys.receive);
    expect(initiator.outcome.keys.receive).toBe(responder.outcome.keys.send);
    expect(initiator.outcome.keys.tags).toBe(responder.outcome.keys.tags);
  });

  it("prove two faces to somebody who holds one of them", () => {
    const { doc, held, proof, device, seq, ids } = vectors.forks;
    const replica = Replica.open(READER.id, doc as Replica["doc"]);
    for (const { bytes, signature } of held) {
      const inspected = replica.inspect(mustFromHex(bytes), mustFromHex(signature));
      if (!inspected.ok) throw new Error(inspected.code);
      expect(replica.admit(inspected, inspected.questions.map(verify), "vectors").refused).toEqual([]);
    }
    const inspected = replica.forks.inspect(mustFromHex(proof));
    if (inspected === null || !inspected.ok) throw new Error("Expected a proof that says something");
    expect(replica.forks.admit(inspected, inspected.questions.map(verify))).toBe(null);
    expect(replica.forks.all).toEqual([{ device, seq, ids }]);
    expect(
      replica.people.aside.map(({ id }) => id).some(id => (ids as readonly ChangeId[]).includes(id)),
    ).toBe(true);
  });

  it("are links that open what they say", () => {
    const { share, device, pairing } = vectors.links;
    for (const { is, text } of share) expect(inHex(decodeLink(text))).toEqual(is);
    expect(inHex(decodeDeviceLink(device.text))).toEqual(device.is);
    expect(inHex(decodeOffer(pairing.offer.split(".")[2]!))).toEqual(pairing.is);
    expect(inHex(decodeAnswer(pairing.answer, PAIRED.pairing))).toEqual(pairing.is);
    expect(toHex(PAIRED.pairing)).toBe("0001020304050607");
  });
});
