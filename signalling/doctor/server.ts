// What lies between this browser and the server: the proxy's headers, the WebSocket, and what goes through it.
import { ed25519 } from "@noble/curves/ed25519.js";
import {
  CLOSE_CODES,
  closeReason,
  decodeServerFrame,
  encodeClientFrame,
  joinMessage,
  type PeerId,
  type ServerFrame,
  SIGNAL_PATH,
  TRAFFIC_LIMITS,
} from "../frames.ts";
import { bad, type Check, type Finding, good, pause, warning, within } from "./finding.ts";

/** Full frames sent through the relay: enough that a proxy which gathers them first shows. */
const FRAMES = 16;
/** Milliseconds from opening to the welcome. */
const JOIN_MS = 10_000;
/** Milliseconds that a connection without a word from us has to stand: proxies commonly allow 60 s. */
const PATIENCE_MS = 65_000;

const proxy: Check = {
  title: "The proxy",
  run: async () => {
    const response = await fetch("doctor.json", { cache: "no-store" });
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok || !type.startsWith("application/json"))
      return bad(
        `The server was not reached at this path (${response.status}). A proxy that passes on the whole path needs BASE_PATH at the server.`,
      );
    return judgeSeen(await response.json());
  },
};

/** `seen` is what signalling/http.ts calls so. */
function judgeSeen(seen: { host: string; address: string; hops: number; trustProxy: number }): Finding {
  const { host, address, hops, trustProxy } = seen;
  if (host !== location.host)
    return bad(
      `The server is told that it was asked for as "${host}", not "${location.host}", and lets no page of another host connect. Have the proxy pass on the Host header.`,
    );
  if (hops > trustProxy)
    return warning(
      `${hops} ${hops === 1 ? "proxy stands" : "proxies stand"} in front, and TRUST_PROXY is ${trustProxy}: all visitors count as one address and share its connections. Set TRUST_PROXY=${hops}.`,
    );
  if (hops < trustProxy)
    return warning(
      `TRUST_PROXY is ${trustProxy}, but ${hops} proxies stand in front: visitors can make up their address. Set TRUST_PROXY=${hops}.`,
    );
  return good(`The server sees this browser at ${address}.`);
}

const headers: Check = {
  title: "Headers",
  run: async () => {
    const response = await fetch("./", { cache: "no-store" });
    const policy = response.headers.get("content-security-policy") ?? "";
    if (!policy.includes("default-src 'none'") || !response.headers.has("x-content-type-options"))
      return bad("The content policy did not arrive with the page. Have the proxy pass on all headers.");
    // Two policies are joined by a comma, and both are in force.
    if (policy.includes(","))
      return warning("Something adds a second content policy, which may keep the app from working.");
    return good("The content policy arrives as it was sent.");
  },
};

const webSocket: Check = {
  title: "WebSocket",
  run: async () => {
    const before = performance.now();
    const connection = new Connection(ed25519.keygen().secretKey);
    const welcome = await within(JOIN_MS, connection.welcome, null);
    connection.close();
    if (welcome !== null)
      return good(`The server answers after ${Math.round(performance.now() - before)} ms.`);
    if (connection.reason !== null) return bad(CLOSE_CODES[connection.reason].sentence);
    return bad(
      connection.isOpened
        ? "The WebSocket opened, but what goes through it is held back."
        : "The WebSocket did not open. The proxy has to pass on Upgrade, Connection and Host, and pages of this host must be allowed to connect.",
    );
  },
};

const relay: Check = {
  title: "Relay",
  run: async () => {
    const room = ed25519.keygen().secretKey;
    const [alice, bob] = [new Connection(room), new Connection(room)];
    try {
      const both = await within(JOIN_MS, Promise.all([alice.welcome, bob.welcome]), null);
      const [, selfOfBob] = both ?? [null, null];
      if (selfOfBob === null) return bad("Two WebSockets at once did not open.");
      const before = performance.now();
      const payload = crypto.getRandomValues(new Uint8Array(TRAFFIC_LIMITS.payloadBytes));
      for (let i = 0; i < FRAMES; i++) alice.send(selfOfBob, payload);
      const got = await within(JOIN_MS, bob.payloads(FRAMES), null);
      const isWhole = got?.every(each => each.every((byte, i) => byte === payload[i])) ?? false;
      if (!isWhole) return bad("What one WebSocket sent did not arrive whole at another.");
      const kilobytes = (FRAMES * payload.length) / 1024;
      return good(`${kilobytes} KiB went through in ${Math.round(performance.now() - before)} ms.`);
    } finally {
      alice.close();
      bob.close();
    }
  },
};

export const serverChecks: readonly Check[] = [proxy, headers, webSocket, relay];

/** Begins now, so that the wait runs beside the other checks. */
export function patience(): { readonly check: Check; readonly limitMs: number } {
  const connection = new Connection(ed25519.keygen().secretKey);
  const over = pause(PATIENCE_MS);
  const check: Check = {
    title: "A quiet WebSocket stays open",
    run: async () => {
      if ((await within(JOIN_MS, connection.welcome, null)) === null) return bad("It never opened.");
      await Promise.race([over, connection.closed]);
      const isOpen = connection.isOpen;
      connection.close();
      return isOpen
        ? good(`It stood for ${PATIENCE_MS / 1000} s.`)
        : bad(
            "It was closed within a minute. Raise the proxy's time-out, such as proxy_read_timeout, to 120 s.",
          );
    },
  };
  return { check, limitMs: PATIENCE_MS + JOIN_MS };
}

/** A WebSocket that joins the room of a key and takes down what comes. */
class Connection {
  /** Our id, or null when the connection ended before. */
  readonly welcome: Promise<PeerId | null>;
  readonly closed: Promise<void>;
  isOpened = false;
  reason: keyof typeof CLOSE_CODES | null = null;
  readonly #socket: WebSocket;
  readonly #secret: Uint8Array;
  readonly #payloads: Uint8Array[] = [];
  #arrived: () => void = () => undefined;
  #welcomed: (self: PeerId | null) => void = () => undefined;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
    const url = new URL(`.${SIGNAL_PATH}`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.#socket = new WebSocket(url.href.replace(/#.*$/, ""));
    this.#socket.binaryType = "arraybuffer";
    this.welcome = new Promise(resolve => {
      this.#welcomed = resolve;
    });
    this.#socket.onopen = () => {
      this.isOpened = true;
    };
    this.closed = new Promise(resolve => {
      this.#socket.onclose = ({ code }) => {
        this.reason = closeReason(code) ?? null;
        this.#welcomed(null);
        resolve();
      };
    });
    this.#socket.onmessage = ({ data }) => {
      const decoded = data instanceof ArrayBuffer ? decodeServerFrame(new Uint8Array(data)) : null;
      if (decoded?.ok) this.#receive(decoded.frame);
      else this.#socket.close();
    };
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(to: PeerId, payload: Uint8Array<ArrayBuffer>): void {
    this.#socket.send(encodeClientFrame({ type: "send", to, payload }));
  }

  async payloads(count: number): Promise<readonly Uint8Array[]> {
    while (this.#payloads.length < count)
      await new Promise<void>(resolve => {
        this.#arrived = resolve;
      });
    return this.#payloads;
  }

  close(): void {
    this.#socket.close();
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === "challenge") {
      const room = new Uint8Array(ed25519.getPublicKey(this.#secret));
      const signature = new Uint8Array(ed25519.sign(joinMessage(frame.nonce, room), this.#secret));
      this.#socket.send(encodeClientFrame({ type: "join", room, signature }));
    } else if (frame.type === "welcome") {
      this.#welcomed(frame.self);
    } else if (frame.type === "from") {
      this.#payloads.push(frame.payload);
      this.#arrived();
    }
  }
}
