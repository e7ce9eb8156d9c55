// What travels between two peers, and between a peer and the server, as golden bytes: every type of message and frame, the
// handshake, links, proofs of two faces. Everything that is drawn at random comes from a counter here.

import {
  type ClientFrame,
  encodeClientFrame,
  encodeServerFrame,
  joinMessage,
  type PeerId,
  type ServerFrame,
} from "../../signalling/frames.ts";
import {
  type ChangeId,
  type DeviceId,
  type DocId,
  introductionMessage,
  toHex,
} from "../../src/crdt/index.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { Channel, type ChannelKeys } from "../../src/sync/channel.ts";
import { wordMessage } from "../../src/sync/distant.ts";
import { type Envelope, encodeEnvelope, roomKeys, sealEnvelope } from "../../src/sync/envelope.ts";
import { Handshake, type HandshakeStep } from "../../src/sync/handshake.ts";
import { encodeDeviceLink, encodeLink } from "../../src/sync/link.ts";
import { type Description, encodeAnswer, encodeOffer } from "../../src/sync/pairing.ts";
import type { Bytes } from "../../src/sync/ports.ts";
import { encodeMessage, type Message, PROTOCOL_VERSION_MAX } from "../../src/sync/protocol.ts";
import { Ranges } from "../../src/sync/ranges.ts";
import { claim, deviceTag, frontierOf, laneTag, rungsBelow } from "../../src/sync/reconcile.ts";
import { forkTag } from "../../src/sync/told-forks.ts";
import { begin, clock, copyOf, deliver, Key, LINK, newcomer, type Person, sync } from "../crdt/people.ts";

/** A thing and its bytes in hex; what is bytes in the thing is hex too. */
export interface Told {
  readonly is: unknown;
  readonly bytes: string;
}

/** In bytes, counted up: 00 01 02 … */
export function counted(length: number, from = 0): Bytes {
  return Uint8Array.from({ length }, (_, i) => (from + i) % 256);
}

/** What is bytes as hex. */
export function inHex(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(inHex);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inHex(one)]));
}

const told = <T>(things: readonly T[], encode: (thing: T) => Bytes): Told[] =>
  things.map(is => ({ is: inHex(is), bytes: toHex(encode(is)) }));

export function makeBetween() {
  const before = { ...clock };
  const { random } = ciphers;
  let drawn = 0;
  Object.assign(clock, { now: 1_800_000_000, step: 40 });
  Object.assign(ciphers, { random: (length: number) => counted(length, drawn++ * 16) });
  try {
    const people = gathered();
    return {
      protocol: PROTOCOL_VERSION_MAX,
      messages: told(messages(people), encodeMessage),
      frames: frames(),
      handshake: handshake(people),
      tags: tags(people),
      forks: forks(people),
      links: links(people),
      room: room(),
      envelopes: told(ENVELOPES, encodeEnvelope),
      server: told(SERVER_FRAMES, encodeServerFrame),
      client: told(CLIENT_FRAMES, encodeClientFrame),
    };
  } finally {
    Object.assign(clock, before);
    Object.assign(ciphers, { random });
  }
}

// ----------------------------------------------------------------------------------------------------- people

interface People {
  readonly alice: Person;
  readonly bob: Person;
  readonly mallory: Person;
}

const write = (person: Person, text: string) =>
  person.write(root => root.text("body").insert(root.text("body").length, text));

/** Alice holds both faces of Mallory, Bob one. */
function gathered(): People {
  const alice = begin("Alice");
  alice.invite(LINK);
  const [bob, mallory] = ["Bob", "Mallory"].map(name => newcomer(name, alice, LINK)) as [Person, Person];
  for (const person of [bob, mallory]) {
    deliver(alice, person);
    write(person, `${person.name} `);
  }
  sync([alice, bob, mallory]);
  for (const letter of ["a", "b", "c"]) write(alice, letter);
  const twin = copyOf(mallory);
  write(mallory, "left ");
  write(twin, "right ");
  deliver(mallory, bob);
  deliver(mallory, alice);
  deliver(twin, alice);
  return { alice, bob, mallory };
}

// --------------------------------------------------------------------------------------------------- messages

const LANE_KEY = counted(32, 200);
const ID = toHex(counted(32, 100)) as ChangeId;

function messages({ alice, bob }: People): Message[] {
  const lanes = claim(alice.replica, LANE_KEY, new Set()).map(({ device, seq, tag }) => ({
    device,
    seq,
    tag,
  }));
  const own = claim(alice.replica, LANE_KEY, new Set()).find(({ author }) => author === alice.device)!;
  const { graph } = alice.replica.ground;
  const queue = [...graph.order].filter(slot => graph.authorAt(slot) === alice.device);
  const room = { changes: 100, sizeBytes: 100_000 };
  const pack = (from: number, isNamed: (id: ChangeId) => boolean) => {
    const { packed } = alice.replica.runs.next(queue, from, () => true, isNamed, room)!;
    return packed;
  };
  const { first, ...whole } = pack(0, () => false);
  const base = graph.idAt(queue.at(-3)!);
  const { first: _, ...after } = pack(queue.length - 2, id => id === base);
  const ranges = new Ranges(LANE_KEY, alice.replica.ground.graph, [...alice.replica.ground.graph.order]);
  const split = ranges.answer([{ ...ranges.whole, says: { type: "sum", sum: counted(8) } }]).ranges!;
  const end = ranges.whole;
  const word = {
    device: bob.device,
    instance: toHex(counted(16, 70)),
    number: 1_700_000_000_123,
    presence: { name: "Bob", caret: { anchor: { id: ID, index: 0 }, head: null } },
    heads: [ID],
  };
  return [
    { type: "have", how: "all", lanes: [] },
    { type: "have", how: "all", lanes },
    { type: "have", how: "lost", lanes: lanes.slice(0, 1) },
    { type: "have", how: "more", lanes: lanes.slice(1, 2) },
    {
      type: "have",
      how: "rungs",
      lanes: rungsBelow(alice.replica, LANE_KEY, own).map(({ device, seq, tag }) => ({ device, seq, tag })),
    },
    { type: "changes", runs: [] },
    { type: "changes", runs: [{ ...whole, start: { type: "whole", bytes: first! } }] },
    {
      type: "changes",
      runs: [{ ...after, start: { type: "after", tag: laneTag(LANE_KEY, base) } }],
    },
    { type: "took", bytes: 0 },
    { type: "took", bytes: 2 ** 40 },
    { type: "presence", presence: { name: "", caret: null } },
    { type: "presence", presence: { name: "Bob 🙂", caret: { anchor: null, head: { id: ID, index: 300 } } } },
    { type: "ping" },
    { type: "pong" },
    { type: "forks", forks: [] },
    {
      type: "forks",
      forks: alice.replica.forks.all.map(({ device, seq, ids }) => ({
        device,
        seq,
        tag: forkTag(LANE_KEY, ids),
      })),
    },
    { type: "fork", proof: alice.replica.forks.proofOf(alice.replica.forks.all[0]!.device)! },
    {
      type: "introduction",
      signature: bob.key.sign(introductionMessage(alice.replica.doc, alice.device)),
    },
    { type: "frontier", digest: frontierOf(LANE_KEY, claim(alice.replica, LANE_KEY, new Set())) },
    { type: "ranges", ranges: [end] },
    { type: "ranges", ranges: split },
    {
      type: "ranges",
      ranges: [
        { depth: 3, tag: counted(8), says: { type: "nothing" } },
        { depth: 4, tag: counted(8), says: { type: "holds", tags: [counted(8, 8), counted(8, 16)] } },
        { ...end, says: { type: "lacks", tags: [counted(8, 24)] } },
      ],
    },
    { type: "word", word: { ...word, signature: bob.key.sign(wordMessage(alice.replica.doc, word)) } },
  ];
}

/** A long message in pieces, by their first bytes and hashes; a short one sealed. */
function frames() {
  const keys: ChannelKeys = { send: counted(32), receive: counted(32, 32), tags: LANE_KEY };
  const long = counted(40_000);
  const plain = new Channel(ciphers, keys, false);
  const sealed = new Channel(ciphers, keys, true);
  const ping = encodeMessage({ type: "ping" });
  return {
    message: { length: long.length, sha256: toHex(ciphers.sha256(long)) },
    pieces: plain.split(long).map(piece => ({
      length: piece.length,
      begins: toHex(piece.slice(0, 8)),
      sha256: toHex(ciphers.sha256(piece)),
    })),
    key: toHex(keys.send),
    ping: plain.split(ping).map(toHex),
    /** The first two frames after the proof. */
    sealed: [1, 2].flatMap(() => sealed.split(ping).map(piece => toHex(sealed.seal(piece)))),
  };
}

// -------------------------------------------------------------------------------------------------- handshake

/** Alice begins; Bob shows the key of a link. */
function handshake({ alice, bob }: People) {
  const prints = [counted(32, 1), counted(32, 2)] as const;
  const doc = alice.replica.doc;
  const ends = [alice, bob].map(
    ({ device }, i) =>
      new Handshake({
        doc,
        device,
        instance: counted(16, 50 + i),
        inviteSeed: i === 0 ? null : LINK.seed,
        isInitiator: i === 0,
        fingerprints: { local: prints[i as 0 | 1], remote: prints[(1 - i) as 0 | 1] },
        ciphers,
      }),
  ) as [Handshake, Handshake];
  const frames: [string[], string[]] = [[], []];
  const signed: [string[], string[]] = [[], []];
  const outcome: unknown[] = [null, null];
  const todo: { readonly at: 0 | 1; readonly step: HandshakeStep }[] = ends.flatMap((end, i) =>
    end.start().map(step => ({ at: i as 0 | 1, step })),
  );
  const go = (at: 0 | 1, steps: readonly HandshakeStep[]) => todo.push(...steps.map(step => ({ at, step })));
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    const { at, step } = next;
    const other = (1 - at) as 0 | 1;
    if (step.type === "send") {
      frames[at].push(toHex(step.frame));
      go(other, ends[other].frame(step.frame));
    } else if (step.type === "sign") {
      signed[at].push(toHex(step.message));
      go(at, ends[at].signed([alice, bob][at]!.key.sign(step.message)));
    } else if (step.type === "verify") {
      go(at, ends[at].verified(step.questions.map(() => true)));
    } else outcome[at] = inHex(step);
  }
  return {
    doc,
    fingerprints: prints.map(toHex),
    initiator: { frames: frames[0], signed: signed[0], outcome: outcome[0] },
    responder: { frames: frames[1], signed: signed[1], outcome: outcome[1] },
  };
}

// ---------------------------------------------------------------------------------------------- tags and forks

function tags({ alice }: People) {
  const lanes = claim(alice.replica, LANE_KEY, new Set());
  return {
    key: toHex(LANE_KEY),
    lanes: lanes.map(({ author, seq, id, device, tag }) => ({ author, seq, id, device, tag: toHex(tag) })),
    frontier: toHex(frontierOf(LANE_KEY, lanes)),
    device: { of: alice.device, tag: deviceTag(LANE_KEY, alice.device) },
    lane: { of: alice.replica.doc, tag: toHex(laneTag(LANE_KEY, alice.replica.doc as ChangeId)) },
  };
}

/** The proof of Mallory's two faces, and what a reader of it holds. */
function forks({ alice, bob }: People) {
  const [fork] = alice.replica.forks.all;
  const { device, seq, ids } = fork!;
  return {
    doc: alice.replica.doc,
    held: bob.letters().map(({ bytes, signature }) => ({ bytes: toHex(bytes), signature: toHex(signature) })),
    proof: toHex(alice.replica.forks.proofOf(device)!),
    device,
    seq,
    ids,
    tag: toHex(forkTag(LANE_KEY, ids)),
  };
}

// ------------------------------------------------------------------------------------------ links and envelopes

export const PAIRED: Description = {
  pairing: counted(8),
  ufrag: "ab+/",
  pwd: "0123456789abcdefghijKL",
  fingerprint: counted(32, 9),
  candidates: [
    { kind: "host", priority: 2_130_706_431, port: 50_000, address: "192.0.2.1" },
    { kind: "srflx", priority: 1, port: 1, address: "2001:db8::1" },
  ],
};

function links({ alice }: People) {
  const doc = alice.replica.doc as DocId;
  const link = { doc, roomSecret: counted(32, 10), inviteSeed: counted(32, 20) };
  const device = {
    doc,
    roomSecret: counted(32, 10),
    seed: counted(32, 30),
    introducer: alice.device as DeviceId,
  };
  const ways = [
    { ...link, server: null },
    { ...link, server: "wss://example.org/signal" },
  ];
  return {
    share: ways.map(is => ({ is: inHex(is), text: encodeLink(is) })),
    device: { is: inHex(device), text: encodeDeviceLink(device) },
    pairing: {
      is: inHex(PAIRED),
      offer: encodeOffer(encodeLink(ways[0]!), PAIRED),
      answer: encodeAnswer(PAIRED),
    },
  };
}

const PEERS = [1, 2].map(n => toHex(counted(8, n)) as PeerId) as [PeerId, PeerId];
const CONNECTION = toHex(counted(16, 5));

function room() {
  const secret = counted(32, 10);
  const keys = roomKeys(ciphers, secret);
  const hello: Envelope = { type: "hello", half: toHex(counted(8, 5)) };
  return {
    secret: toHex(secret),
    ...(inHex(keys) as object),
    from: PEERS[0],
    to: PEERS[1],
    hello: toHex(encodeEnvelope(hello)),
    /** The nonce is the first 24 bytes. */
    sealed: toHex(sealEnvelope(ciphers, keys.signalKey, PEERS[0], PEERS[1], hello)),
    join: toHex(joinMessage(counted(32), keys.room)),
  };
}

const ENVELOPES: readonly Envelope[] = [
  { type: "hello", half: toHex(counted(8, 5)) },
  { type: "hello-back", connection: CONNECTION },
  { type: "offer", connection: CONNECTION, sdp: "v=0\r\n" },
  { type: "answer", connection: CONNECTION, sdp: "v=0\r\n" },
  { type: "candidate", connection: CONNECTION, candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0 },
  { type: "candidate", connection: CONNECTION, candidate: "", sdpMid: null, sdpMLineIndex: 1 },
  { type: "close", connection: CONNECTION },
  { type: "relay-open", connection: CONNECTION },
  { type: "relay-frame", connection: CONNECTION, number: 258, last: false, bytes: counted(5) },
  { type: "relay-frame", connection: CONNECTION, number: 0, last: true, bytes: counted(0) },
  { type: "relay-close", connection: CONNECTION },
  { type: "call", connection: CONNECTION },
  { type: "decline", connection: CONNECTION },
];

const SERVER_FRAMES: readonly ServerFrame[] = [
  { type: "challenge", nonce: counted(32) },
  { type: "welcome", self: PEERS[0], peers: [] },
  { type: "welcome", self: PEERS[0], peers: [PEERS[1]] },
  { type: "arrived", peer: PEERS[1] },
  { type: "left", peer: PEERS[1] },
  { type: "from", peer: PEERS[1], payload: counted(3) },
  { type: "unreachable", peer: PEERS[1] },
  { type: "pong" },
];

const CLIENT_FRAMES: readonly ClientFrame[] = [
  { type: "join", room: counted(32), signature: counted(64) },
  { type: "send", to: PEERS[1], payload: counted(3) },
  { type: "ping" },
];

/** Somebody who holds what a reader of the proof holds. */
export const READER = new Key("the reader of proofs");
