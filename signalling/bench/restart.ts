// The server is killed under thousands of clients and started again: with the real client and its real backoff, how
// long until all are back. Then it is asked to go. Node signs for them, because here one processor does what each of them
// would do on its own.
import { createPrivateKey, randomBytes, sign } from "node:crypto";
import { WebSocket } from "ws";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { type NetworkOptions, openNetwork } from "../../src/sync/adapters/network.ts";
import type { Network } from "../../src/sync/ports.ts";
import { SIGNAL_PATH } from "../frames.ts";
import { addressOf, pause } from "./crowd.ts";
import { type ServerProcess, startProcess } from "./process.ts";

export interface RestartResult {
  readonly clients: number;
  readonly backMs: number;
  readonly missing: number;
  readonly drainMs: number;
  readonly drainCode: number | null;
}

/** Milliseconds after which those who are not back are counted as missing. */
const PATIENCE_MS = 30_000;

/** Ends the server that it is given. */
export async function restart(
  script: string,
  server: ServerProcess,
  clients: number,
): Promise<RestartResult> {
  let opened = 0;
  class Local extends WebSocket {
    constructor(url: string) {
      super(url, { localAddress: addressOf(opened++ % clients), perMessageDeflate: false });
    }
  }
  const url = server.url.replace("http", "ws").replace(/\/$/, "") + SIGNAL_PATH;
  const networks = Array.from({ length: clients }, () =>
    openNetwork(
      {
        roomSecret: new Uint8Array(randomBytes(32)),
        url,
        iceServers: [],
        ciphers: {
          ...ciphers,
          seedSign: (seed, message) => new Uint8Array(sign(null, message, keyOf(seed))),
        },
        WebSocket: Local as unknown as NonNullable<NetworkOptions["WebSocket"]>,
      },
      { link: link => link.close(), changed: () => undefined },
    ),
  );
  await until(() => missing(networks) === 0);
  await server.end("SIGKILL");
  await until(() => missing(networks) === clients);
  const diedAt = performance.now();
  const again = await startProcess(script, { PORT: String(server.port) });
  await until(() => missing(networks) === 0);
  const backMs = performance.now() - diedAt;
  const left = missing(networks);

  const askedAt = performance.now();
  const drainCode = await again.end("SIGTERM");
  const drainMs = performance.now() - askedAt;
  for (const network of networks) network.close();
  return { clients, backMs, missing: left, drainMs, drainCode };
}

/** PKCS #8 around an Ed25519 seed (RFC 8410). */
function keyOf(seed: Uint8Array) {
  const head = Buffer.from("302e020100300506032b657004220420", "hex");
  return createPrivateKey({ key: Buffer.concat([head, seed]), format: "der", type: "pkcs8" });
}

function missing(networks: readonly Network[]): number {
  return networks.filter(({ reachable }) => !reachable).length;
}

async function until(isSo: () => boolean): Promise<void> {
  const endsAt = performance.now() + PATIENCE_MS;
  while (!isSo() && performance.now() < endsAt) await pause(20);
}
