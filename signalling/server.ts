// The server: one process, one port. Introduces browsers to each other, relays what they send to one another, and
// serves the app. It writes nothing to disk and nothing about anyone to a log, so it can be killed and started again
// at will; rooms whose members are linked directly go on without it.
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { addressKey, clientAddress, forwardedAddresses, isOriginAllowed } from "./address.ts";
import { Connection, type Shared } from "./connection.ts";
import { Elsewhere, type OpenExchange } from "./elsewhere.ts";
import { type CloseReason, FRAME_BYTES_MAX, SIGNAL_PATH } from "./frames.ts";
import { createHttpHandler, type IceServer, pathWithin } from "./http.ts";
import { SERVER_LIMITS, type ServerLimits } from "./limits.ts";
import { type Log, silent } from "./log.ts";
import { Counters, increment, metricsText } from "./metrics.ts";
import { Rooms } from "./rooms.ts";
import { Summary } from "./summary.ts";
import { type Turn, turnCredentials } from "./turn.ts";

/**
 * Connections that the operating system keeps for us while we are busy: after a restart thousands come back at once, and
 * who finds no place there tries again only after a second, and then three.
 */
const BACKLOG = 4096;

export interface ServerOptions {
  /** Where the built app lies; a missing folder serves no app. */
  readonly folder: string;
  readonly host?: string;
  /** 0 lets the operating system choose. */
  readonly port?: number;
  /** Origins besides our own whose pages may connect, such as "https://notes.example". */
  readonly allowedOrigins?: readonly string[];
  readonly iceServers?: readonly IceServer[];
  /** How many proxies stand before us and append to X-Forwarded-For. */
  readonly trustProxy?: number;
  /** What stands before every path, such as "/notes"; "" for nothing. */
  readonly basePath?: string;
  readonly turn?: Turn | null;
  /** How other instances are reached; none without. */
  readonly exchange?: OpenExchange;
  readonly log?: Log;
  readonly limits?: Partial<ServerLimits>;
}

export interface Server {
  /** Rejects with the operating system's error (`EADDRINUSE` …) when the port cannot be had. */
  listen(): Promise<{ readonly port: number; readonly url: string }>;
  /** Says goodbye (1001) to everybody; resolves when the port is free, within `closeTimeoutMs`. */
  close(): Promise<void>;
}

export function createServer(options: ServerOptions): Server {
  const { folder, host = "127.0.0.1", basePath = "", trustProxy = 0, log = silent } = options;
  const limits: ServerLimits = { ...SERVER_LIMITS, ...options.limits };
  const counters = new Counters();
  const rooms = new Rooms(limits);
  const shared: Shared = { limits, rooms, counters, log, bufferedBytes: 0 };
  const connections = new Set<Connection>();
  const countByAddress = new Count();
  const socketsByAddress = new Count();
  const elsewhere = options.exchange
    ? new Elsewhere(options.exchange, rooms, limits, () => performance.now())
    : null;
  let isClosing = false;

  const http = createHttpServer(
    { headersTimeout: limits.requestHeadTimeoutMs, requestTimeout: limits.requestTimeoutMs },
    createHttpHandler({
      folder,
      basePath,
      configuration: () => ({
        iceServers: [
          ...(options.iceServers ?? []),
          ...(options.turn ? [turnCredentials(options.turn, Date.now())] : []),
        ],
      }),
      unreadiness,
      metrics: () =>
        metricsText(counters, {
          connections: connections.size,
          rooms: rooms.count,
          bufferedBytes: shared.bufferedBytes,
          isReady: unreadiness() === null,
          instances: elsewhere?.count ?? 0,
        }),
      seen: request => ({
        host: request.headers.host ?? "",
        address: clientAddress(request, trustProxy),
        hops: forwardedAddresses(request).length,
        trustProxy,
      }),
      answered: status => increment(counters.answered, status),
    }),
  );
  http.maxConnections = limits.connections + limits.socketsBeyondConnections;

  // `maxPayload` is enforced while the frame's head is read, before its bytes are kept: code 1009.
  const webSocketOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
    maxFragments: limits.messagePieces,
    closeTimeout: limits.closeTimeoutMs,
  };
  const webSockets = new WebSocketServer(webSocketOptions);

  http.on("clientError", (_error, socket) => socket.destroy());
  http.on("connection", socket => {
    // Behind a proxy all have its address.
    if (trustProxy > 0) return;
    const address = addressKey(socket.remoteAddress ?? "unknown");
    if (socketsByAddress.of(address) >= limits.socketsPerAddress) {
      counters.dropped++;
      socket.destroy();
      return;
    }
    socketsByAddress.add(address);
    socket.on("close", () => socketsByAddress.remove(address));
  });
  http.on("upgrade", (request, socket: Duplex, head) => {
    // The other end may be gone at any moment; "close" follows, and that is where we clean up.
    socket.on("error", () => socket.destroy());
    // With the upgrade it left the care of Node, whose time limits and `closeAllConnections` do not reach it any more. Until
    // it is a WebSocket it is in ours: who reads nothing, or never ends their side, would hold it for ever.
    const timer = setTimeout(() => socket.destroy(), limits.closeTimeoutMs);
    socket.on("close", () => clearTimeout(timer));
    const status = refusalStatus(request);
    if (status !== undefined) {
      increment(counters.refused, Number.parseInt(status, 10));
      socket.once("finish", () => socket.destroy());
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    webSockets.handleUpgrade(request, socket, head, webSocket => {
      clearTimeout(timer);
      const address = addressKey(clientAddress(request, trustProxy));
      const reason = fullReason(address);
      const connection = new Connection(webSocket, request.socket as Socket, address, shared);
      counters.opened++;
      log("debug", "opened", { peer: connection.id, address });
      connections.add(connection);
      countByAddress.add(address);
      webSocket.on("close", () => {
        connections.delete(connection);
        countByAddress.remove(address);
      });
      // Told over the open connection, because a page cannot see why an upgrade was refused.
      if (reason !== undefined) connection.close(reason);
    });
  });

  function unreadiness(): string | null {
    if (isClosing) return "closing";
    return elsewhere === null || elsewhere.isConnected ? null : "Redis cannot be reached";
  }

  function refusalStatus(request: IncomingMessage): string | undefined {
    if (isClosing) return "503 Service Unavailable";
    if (pathWithin(basePath, request.url) !== SIGNAL_PATH) return "404 Not Found";
    if (!isOriginAllowed(request, options.allowedOrigins ?? [])) return "403 Forbidden";
    return undefined;
  }

  function fullReason(address: string): CloseReason | undefined {
    if (connections.size >= limits.connections) return "ServerFull";
    if (countByAddress.of(address) >= limits.connectionsPerAddress) return "AddressFull";
    return undefined;
  }

  const timers: NodeJS.Timeout[] = [];
  const summary = new Summary(counters, log);

  function startTimers(): void {
    const each = (ms: number, body: () => void) => timers.push(setInterval(body, ms));
    each(limits.pingIntervalMs, () => {
      for (const connection of connections) connection.checkAlive();
    });
    each(limits.summaryIntervalMs, () => summary.tell(connections.size, rooms.count));
    if (elsewhere !== null) each(limits.beatIntervalMs, () => elsewhere.tick());
  }

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        http.once("error", reject);
        http.listen({ port: options.port ?? 8080, host, backlog: BACKLOG }, () => {
          http.off("error", reject);
          startTimers();
          const { port } = http.address() as AddressInfo;
          resolve({ port, url: urlOf(host, port, basePath) });
        });
      }),
    close: async () => {
      isClosing = true;
      for (const timer of timers) clearInterval(timer);
      for (const connection of connections) connection.close("GoingAway");
      const timer = setTimeout(() => http.closeAllConnections(), limits.closeTimeoutMs);
      const isFree = new Promise<void>(resolve => http.close(() => resolve()));
      http.closeIdleConnections();
      await Promise.all([isFree, elsewhere?.close()]);
      clearTimeout(timer);
      summary.tell(0, 0);
    },
  };
}

/** How many there are of each; what there is none of takes no room. */
class Count {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    increment(this.#counts, key);
  }

  remove(key: string): void {
    const count = this.of(key) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

/** An address a person can open: the wildcard addresses are none. */
function urlOf(host: string, port: number, basePath: string): string {
  const isAnywhere = host === "0.0.0.0" || host === "::";
  const name = isAnywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}${basePath}/`;
}
