// The server: one process, one port. Introduces browsers to each other, relays what they send to one another, and
// serves the app. It writes nothing to disk and nothing about anyone to a log, so it can be killed and started again
// at will; rooms whose members are linked directly go on without it.
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { addressKey, clientAddress, isOriginAllowed } from "./address.ts";
import { Connection, type Shared } from "./connection.ts";
import { type CloseReason, FRAME_BYTES_MAX, SIGNAL_PATH } from "./frames.ts";
import { createHttpHandler, type IceServer } from "./http.ts";
import { SERVER_LIMITS, type ServerLimits } from "./limits.ts";
import { Rooms } from "./rooms.ts";

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
  readonly limits?: Partial<ServerLimits>;
}

export interface Server {
  /** Rejects with the operating system's error (`EADDRINUSE` …) when the port cannot be had. */
  listen(): Promise<{ readonly port: number; readonly url: string }>;
  /** Says goodbye (1001) to everybody; resolves when the port is free, within `closeTimeoutMs`. */
  close(): Promise<void>;
}

export function createServer(options: ServerOptions): Server {
  const host = options.host ?? "127.0.0.1";
  const limits: ServerLimits = { ...SERVER_LIMITS, ...options.limits };
  const shared: Shared = { limits, rooms: new Rooms(limits), bufferedBytes: 0 };
  const connections = new Set<Connection>();
  const countByAddress = new Map<string, number>();
  let isClosing = false;

  const http = createHttpServer(
    { headersTimeout: limits.requestHeadTimeoutMs, requestTimeout: limits.requestTimeoutMs },
    createHttpHandler(options.folder, { iceServers: options.iceServers ?? [] }),
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
  http.on("upgrade", (request, socket: Duplex, head) => {
    // The other end may be gone at any moment; "close" follows, and that is where we clean up.
    socket.on("error", () => socket.destroy());
    const status = refusalStatus(request);
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    webSockets.handleUpgrade(request, socket, head, webSocket => {
      const address = addressKey(clientAddress(request, options.trustProxy ?? 0));
      const reason = fullReason(address);
      const connection = new Connection(webSocket, request.socket as Socket, shared);
      connections.add(connection);
      countByAddress.set(address, (countByAddress.get(address) ?? 0) + 1);
      webSocket.on("close", () => {
        connections.delete(connection);
        const count = countByAddress.get(address)! - 1;
        if (count === 0) countByAddress.delete(address);
        else countByAddress.set(address, count);
      });
      // Told over the open connection, because a page cannot see why an upgrade was refused.
      if (reason !== undefined) connection.close(reason);
    });
  });

  function refusalStatus(request: IncomingMessage): string | undefined {
    if (isClosing) return "503 Service Unavailable";
    if ((request.url ?? "").split("?", 1)[0] !== SIGNAL_PATH) return "404 Not Found";
    if (!isOriginAllowed(request, options.allowedOrigins ?? [])) return "403 Forbidden";
    return undefined;
  }

  function fullReason(address: string): CloseReason | undefined {
    if (connections.size >= limits.connections) return "ServerFull";
    if ((countByAddress.get(address) ?? 0) >= limits.connectionsPerAddress) return "AddressFull";
    return undefined;
  }

  let pingTimer: NodeJS.Timeout | undefined;

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        http.once("error", reject);
        http.listen(options.port ?? 8080, host, () => {
          http.off("error", reject);
          pingTimer = setInterval(() => {
            for (const connection of connections) connection.checkAlive();
          }, limits.pingIntervalMs);
          const { port } = http.address() as AddressInfo;
          resolve({ port, url: urlOf(host, port) });
        });
      }),
    close: () =>
      new Promise(resolve => {
        isClosing = true;
        clearInterval(pingTimer);
        for (const connection of connections) connection.close("GoingAway");
        const timer = setTimeout(() => http.closeAllConnections(), limits.closeTimeoutMs);
        http.close(() => {
          clearTimeout(timer);
          resolve();
        });
        http.closeIdleConnections();
      }),
  };
}

/** An address a person can open: the wildcard addresses are none. */
function urlOf(host: string, port: number): string {
  const isAnywhere = host === "0.0.0.0" || host === "::";
  const name = isAnywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}/`;
}
