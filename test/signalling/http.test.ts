// Goal: a browser gets the built app with strict headers, and nobody gets anything else. Method: a folder made for the
// test, plain requests for the ordinary cases, raw ones for the paths that `fetch` would tidy up first.
import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServer, type Server } from "../../signalling/server.ts";
import { Client, createRoomKey, text } from "./client.ts";

const script = `export const text = ${JSON.stringify("long enough to compress ".repeat(100))};\n`;
let parent: string;
let server: Server;
let url: string;
/** The same below a path, behind a proxy, with TURN. */
let below: Server;
let urlBelow: string;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), "chirograph-http-"));
  const folder = join(parent, "app");
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(parent, "secret.txt"), "secret");
  writeFileSync(
    join(folder, "index.html"),
    '<meta name="csp-nonce" content="__CSP_NONCE__"><div id="root"></div>',
  );
  writeFileSync(join(folder, "doctor.html"), "<h1>Doctor</h1>");
  writeFileSync(join(folder, "sw.js"), "self;");
  writeFileSync(join(folder, "manifest.webmanifest"), "{}");
  writeFileSync(join(folder, "icon.svg"), "<svg/>");
  writeFileSync(join(folder, "assets", "main-abc123.js"), script);
  writeFileSync(join(folder, "assets", "main-abc123.js.map"), "{}");
  symlinkSync(join(parent, "secret.txt"), join(folder, "linked.txt"));
  const iceServers = [{ urls: "stun:stun.example:3478" }];
  server = createServer({ folder, port: 0, iceServers });
  url = (await server.listen()).url;
  const turn = { urls: ["turn:turn.example"], secret: "between us", lifetimeSeconds: 600 };
  below = createServer({ folder, port: 0, basePath: "/notes", trustProxy: 1, iceServers, turn });
  urlBelow = (await below.listen()).url;
});

afterAll(async () => {
  await server.close();
  await below.close();
  rmSync(parent, { recursive: true });
});

describe("files", () => {
  it.each([
    ["/", "text/html; charset=utf-8", "no-cache"],
    ["/index.html", "text/html; charset=utf-8", "no-cache"],
    ["/?source=pwa", "text/html; charset=utf-8", "no-cache"],
    ["/doctor", "text/html; charset=utf-8", "no-cache"],
    ["/sw.js", "text/javascript; charset=utf-8", "no-cache"],
    ["/manifest.webmanifest", "application/manifest+json; charset=utf-8", "no-cache"],
    ["/icon.svg", "image/svg+xml; charset=utf-8", "no-cache"],
    ["/assets/main-abc123.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"],
    [
      "/assets/main-abc123.js?__WB_REVISION__=1",
      "text/javascript; charset=utf-8",
      "public, max-age=31536000, immutable",
    ],
  ])("serves %s as %s, %s", async (path, type, caching) => {
    const response = await fetch(new URL(path, url));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("cache-control")).toBe(caching);
  });

  it.each([
    "/secret.txt",
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/assets/../../secret.txt",
    "/assets/..\\..\\secret.txt",
    "//secret.txt",
    "/linked.txt",
    "/assets",
    "/assets/",
    "/assets/main-abc123.js.map",
    "/index.html/",
    "/__proto__",
    "/constructor",
    "/%",
  ])("does not know %j", async path => {
    const { status, body } = await rawGet(path);
    expect([400, 404]).toContain(status);
    expect(body).not.toContain("secret");
  });

  it("answers HEAD with the same headers and no body, and other methods with 405", async () => {
    const head = await fetch(new URL("/assets/main-abc123.js", url), { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const response = await fetch(url, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toBe("GET, HEAD");
    }
  });

  it("compresses long text when asked, and answers 304 to who has it", async () => {
    const path = new URL("/assets/main-abc123.js", url);
    const response = await fetch(path, { headers: { "Accept-Encoding": "gzip" } });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(await response.text()).toBe(script);
    const plain = await fetch(path, { headers: { "Accept-Encoding": "identity" } });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(await plain.text()).toBe(script);
    const again = await fetch(path, { headers: { "If-None-Match": response.headers.get("etag")! } });
    expect(again.status).toBe(304);
  });
});

describe("headers", () => {
  it("sends exactly one policy with a page, with the nonce the page carries, new each time", async () => {
    const nonces = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const response = await fetch(url);
      const nonce = /content="([^"]*)"/.exec(await response.text())![1]!;
      expect(response.headers.get("content-security-policy")).toBe(
        "default-src 'none'; script-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; " +
          "worker-src 'self'; img-src 'self' data: blob:; " +
          `style-src 'self' 'nonce-${nonce}'; ` +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
          "require-trusted-types-for 'script'; trusted-types chirograph",
      );
      expect(Buffer.from(nonce, "base64")).toHaveLength(16);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
  });

  it.each(["/", "/sw.js", "/nothing", "/healthz", "/config.json"])("guards %s", async path => {
    const { headers } = await fetch(new URL(path, url));
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("permissions-policy")).toContain("microphone=()");
  });
});

describe("besides files", () => {
  it("is healthy", async () => {
    const response = await fetch(new URL("/healthz", url));
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
  });

  it("tells the app what was configured", async () => {
    const response = await fetch(new URL("/config.json", url));
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(await response.json()).toEqual({ iceServers: [{ urls: "stun:stun.example:3478" }] });
  });

  it("makes a new password for TURN at each request, good for as long as was said", async () => {
    const ask = async () => (await (await fetch(new URL("config.json", urlBelow))).json()).iceServers;
    const [stun, turn] = await ask();
    expect(stun).toEqual({ urls: "stun:stun.example:3478" });
    expect(turn.urls).toEqual(["turn:turn.example"]);
    expect(Number(turn.username.split(":")[0]) - Date.now() / 1000).toBeCloseTo(600, -1);
    // As coturn calculates it; that coturn takes it is in turn.test.ts.
    const expected = createHmac("sha1", "between us").update(turn.username).digest("base64");
    expect(turn.credential).toBe(expected);
    expect((await ask())[1].username).not.toBe(turn.username);
  });

  it("tells the doctor what arrived of its request", async () => {
    const own = await (await fetch(new URL("/doctor.json", url))).json();
    const { host } = new URL(url);
    expect(own).toEqual({ host, address: "127.0.0.1", hops: 0, trustProxy: 0 });
    const headers = { "X-Forwarded-For": "192.0.2.99, 192.0.2.1" };
    const proxied = await (await fetch(new URL("doctor.json", urlBelow), { headers })).json();
    expect(proxied).toMatchObject({ address: "192.0.2.1", hops: 2, trustProxy: 1 });
  });

  it("is ready while it listens", async () => {
    const response = await fetch(new URL("/readyz", url));
    expect([response.status, await response.text()]).toEqual([200, "ready"]);
  });

  it("tells Prometheus what happened, without an address, a room or a peer", async () => {
    const client = new Client(url);
    const room = createRoomKey();
    const { self } = await client.join(room);
    client.send({ type: "send", to: self, payload: text("to myself") });
    client.webSocket.send("{not json");
    await client.closed;
    await fetch(new URL("/nothing-here", url));
    const response = await fetch(new URL("/metrics", url));
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const metrics = await response.text();
    for (const row of [
      /^chirograph_connections 0$/m,
      /^chirograph_rooms 0$/m,
      /^chirograph_ready 1$/m,
      /^chirograph_connections_opened_total 1$/m,
      /^chirograph_connections_closed_total\{reason="BadFrame"\} 1$/m,
      /^chirograph_frames_received_total 3$/m,
      /^chirograph_frames_unreachable_total 1$/m,
      /^chirograph_http_answers_total\{status="404"\} [1-9]\d*$/m,
      /^process_resident_memory_bytes \d{7,}$/m,
    ])
      expect(metrics).toMatch(row);
    // Every row is a comment or a name, perhaps one label, and a number.
    for (const line of metrics.trimEnd().split("\n"))
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="\w+"\})? [\d.]+(e[+-]?\d+)?)$/);
    for (const secret of [self, Buffer.from(room.publicKey).toString("hex"), "127.0.0.1", "nothing-here"])
      expect(metrics).not.toContain(secret);
  });

  it("answers 404 to a plain request for the WebSocket's path", async () => {
    expect((await fetch(new URL("/signal", url))).status).toBe(404);
  });
});

describe("below a path", () => {
  it("serves everything there, sends who forgot the slash, and knows nothing beside it", async () => {
    expect(new URL(urlBelow).pathname).toBe("/notes/");
    for (const path of ["", "doctor", "sw.js", "config.json", "healthz", "assets/main-abc123.js"])
      expect((await fetch(new URL(path, urlBelow))).status).toBe(200);
    const moved = await fetch(new URL("/notes", urlBelow), { redirect: "manual" });
    expect([moved.status, moved.headers.get("location")]).toEqual([308, "/notes/"]);
    for (const path of ["/", "/sw.js", "/config.json", "/notesx/", "/doctor"])
      expect((await fetch(new URL(path, urlBelow))).status).toBe(404);
    // Those who ask from the inside need not know the path.
    for (const path of ["/healthz", "/readyz", "/metrics"])
      expect((await fetch(new URL(path, urlBelow))).status).toBe(200);
  });

  it("takes WebSockets there and nowhere else", async () => {
    await new Client(urlBelow).join(createRoomKey());
    const outside = new Client(urlBelow.replace("/notes/", "/"));
    await expect(outside.next("challenge")).rejects.toThrow("closed");
  });
});

/** A path exactly as written; `fetch` and `URL` would resolve the dots. */
function rawGet(path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const outgoing = request({ host: "127.0.0.1", port, path }, response => {
      let body = "";
      response.on("data", chunk => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
