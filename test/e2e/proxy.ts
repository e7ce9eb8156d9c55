// A proxy in front of the server, right or wrong in the ways in which proxies are.
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface Faults {
  /** It does not pass on WebSockets. */
  readonly upgrade?: boolean;
  /** It tells the server its own idea of the host. */
  readonly host?: boolean;
  /** It keeps back the content policy. */
  readonly headers?: boolean;
}

/** Passes everything on to `target` but what is broken in it. */
export async function startProxy(
  target: string,
  faults: Faults,
): Promise<{ readonly url: string; close(): void }> {
  const { hostname, port } = new URL(target);
  const passOn = (incoming: IncomingMessage) =>
    request({
      hostname,
      port,
      path: incoming.url,
      method: incoming.method,
      headers: {
        ...incoming.headers,
        ...(faults.host ? { host: "inside.example" } : {}),
        "x-forwarded-for": incoming.socket.remoteAddress,
      },
    });
  const sockets = new Set<Socket>();
  const server = createServer((incoming, answer) => {
    const outgoing = passOn(incoming);
    outgoing.on("error", () => answer.destroy());
    outgoing.on("response", response => {
      const headers = { ...response.headers };
      if (faults.headers) delete headers["content-security-policy"];
      answer.writeHead(response.statusCode ?? 500, headers);
      response.pipe(answer);
    });
    incoming.pipe(outgoing);
  });
  server.on("connection", socket => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (incoming, socket: Socket) => {
    socket.on("error", () => socket.destroy());
    if (faults.upgrade) return socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    const outgoing = passOn(incoming);
    outgoing.on("response", ({ statusCode }) =>
      socket.end(`HTTP/1.1 ${statusCode} Refused\r\nConnection: close\r\n\r\n`),
    );
    outgoing.on("error", () => socket.destroy());
    outgoing.on("upgrade", (response, upstream, first) => {
      const head = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head.join("\r\n")}\r\n\r\n`);
      // The server speaks first, and often in the same packet.
      socket.write(first);
      upstream.on("error", () => socket.destroy());
      upstream.on("close", () => socket.destroy());
      socket.on("close", () => upstream.destroy());
      upstream.pipe(socket).pipe(upstream);
    });
    outgoing.end();
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
