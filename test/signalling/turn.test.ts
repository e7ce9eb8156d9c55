// Goal: coturn takes the passwords that we make, until they end, and no others. Method: coturn itself, asked for an
// allocation over UDP as a browser asks (RFC 8489, RFC 8656).
import { createHash, createHmac, randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IceServer } from "../../signalling/http.ts";
import { turnCredentials } from "../../signalling/turn.ts";
import { freePort, programOrSkip, type Running, run } from "./built.ts";

const SECRET = "between the two servers";
const REALM = "turn.example";

const program = programOrSkip("TURNSERVER", "TURN passwords before a real coturn");

describe.skipIf(program === null)("coturn", () => {
  let turnserver: Running;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    // The lines of docs/self-hosting.md, on this machine alone.
    const args = [
      ...["-n", "--use-auth-secret", `--static-auth-secret=${SECRET}`, `--realm=${REALM}`],
      ...["--listening-ip=127.0.0.1", `--listening-port=${port}`, "--relay-ip=127.0.0.1"],
      ...["--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", "--pidfile="],
    ];
    turnserver = await run(program!, args, /Total auth threads|Relay ports initialization done/i);
  }, 15_000);

  afterAll(() => turnserver?.kill());

  const credentials = (nowMs: number, secret = SECRET) =>
    turnCredentials({ urls: ["turn:127.0.0.1"], secret, lifetimeSeconds: 600 }, nowMs);

  it("gives an address for a password of now", async () => {
    expect(await allocate(port, credentials(Date.now()))).toBe("allocated");
  });

  it("gives none for a password that has ended", async () => {
    expect(await allocate(port, credentials(Date.now() - 700_000))).toBe(401);
  });

  it("gives none for a password made from another secret, or for a name that was made to last longer", async () => {
    expect(await allocate(port, credentials(Date.now(), "a guess"))).toBe(401);
    const { username, ...rest } = credentials(Date.now());
    const longer = username!.replace(/^\d+/, endsAt => String(Number(endsAt) + 86_400));
    expect(await allocate(port, { ...rest, username: longer })).toBe(401);
  });
});

// ------------------------------------------------------------------------------ as much of TURN as one question takes

const COOKIE = 0x2112a442;
const ALLOCATE = 0x0003;
const ALLOCATED = 0x0103;
const ATTRIBUTES = {
  username: 0x0006,
  integrity: 0x0008,
  error: 0x0009,
  realm: 0x0014,
  nonce: 0x0015,
  transport: 0x0019,
};

type Attribute = readonly [type: number, value: Uint8Array];

/** "allocated", or the code of the error. The first answer is always 401: it brings the nonce. */
async function allocate(
  port: number,
  { username = "", credential = "" }: IceServer,
): Promise<"allocated" | number> {
  const udp: Attribute = [ATTRIBUTES.transport, Uint8Array.of(17, 0, 0, 0)];
  // One socket for both: coturn knows a nonce by the address that it was given to.
  const socket = createSocket("udp4");
  const challenge = await exchange(socket, port, message([udp]));
  expect(errorOf(challenge)).toBe(401);
  const nonce = attribute(challenge, ATTRIBUTES.nonce)!;
  const key = createHash("md5").update(`${username}:${REALM}:${credential}`).digest();
  const attributes: Attribute[] = [
    udp,
    [ATTRIBUTES.username, Buffer.from(username)],
    [ATTRIBUTES.realm, Buffer.from(REALM)],
    [ATTRIBUTES.nonce, nonce],
  ];
  const answer = await exchange(socket, port, message(attributes, key));
  socket.close();
  return answer.readUInt16BE(0) === ALLOCATED ? "allocated" : errorOf(answer);
}

function message(attributes: readonly Attribute[], key?: Buffer): Buffer {
  const body = Buffer.concat(attributes.map(encodeAttribute));
  const head = Buffer.alloc(20);
  head.writeUInt16BE(ALLOCATE, 0);
  head.writeUInt32BE(COOKIE, 4);
  randomBytes(12).copy(head, 8);
  // The integrity counts itself into the length before it is calculated.
  head.writeUInt16BE(body.length + (key === undefined ? 0 : 24), 2);
  if (key === undefined) return Buffer.concat([head, body]);
  const integrity = createHmac("sha1", key)
    .update(Buffer.concat([head, body]))
    .digest();
  return Buffer.concat([head, body, encodeAttribute([ATTRIBUTES.integrity, integrity])]);
}

function encodeAttribute([type, value]: Attribute): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  bytes.set(value, 4);
  return bytes;
}

function attribute(answer: Buffer, wanted: number): Buffer | undefined {
  for (let at = 20; at + 4 <= answer.length; ) {
    const length = answer.readUInt16BE(at + 2);
    if (answer.readUInt16BE(at) === wanted) return answer.subarray(at + 4, at + 4 + length);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return undefined;
}

function errorOf(answer: Buffer): number {
  const error = attribute(answer, ATTRIBUTES.error);
  return error === undefined ? 0 : error[2]! * 100 + error[3]!;
}

function exchange(socket: Socket, port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const ask = () => socket.send(bytes, port, "127.0.0.1");
    // Over UDP questions are repeated: coturn does not hear those that come while it starts.
    const repeat = setInterval(ask, 300);
    const timer = setTimeout(() => reject(new Error("coturn did not answer")), 4_000);
    socket.once("message", answer => {
      clearInterval(repeat);
      clearTimeout(timer);
      resolve(answer);
    });
    ask();
  });
}
