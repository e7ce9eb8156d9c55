// Goal: a browser gets the built app with strict headers, and nobody gets anything else. Method: a folder made for the
// test, plain requests for the ordinary cases, raw ones for the paths that `fetch` would tidy up first.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServer, type Server } from "../../signalling/server.ts";

const script = `export const text = ${JSON.stringify("long enough to compress ".repeat(100))};\n`;
let parent: string;
let server: Server;
let url: string;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), "chirograph-http-"));
  const folder = join(parent, "app");
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(parent, "secret.txt"), "secret");
  writeFileSync(
    join(folder, "index.html"),
    '<meta name="csp-nonce" content="__CSP_NONCE__"><div id="root"></div>',
  );
  writeFileSync(join(folder, "sw.js"), "self;");
  writeFileSync(join(folder, "manifest.webmanifest"), "{}");
  writeFileSync(join(folder, "icon.svg"), "<svg/>");
  writeFileSync(join(folder, "assets", "main-abc123.js"), script);
  writeFileSync(join(folder, "assets", "main-abc123.js.map"), "{}");
  symlinkSync(join(parent, "secret.txt"), join(folder, "linked.txt"));
  server = createServer({ folder, port: 0, iceServers: [{ urls: "stun:stun.example:3478" }] });
  url = (await server.listen()).url;
});

afterAll(async () => {
  await server.close();
  rmSync(parent, { recursive: true });
});

describe("files", () => {
  it.each([
    ["/", "text/html; charset=utf-8", "no-cache"],
    ["/index.html", "text/html; charset=utf-8", "no-cache"],
    ["/?source=pwa", "text/html; charset=utf-8", "no-cache"],
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

  it("answers 404 to a plain request for the WebSocket's path", async () => {
    expect((await fetch(new URL("/signal", url))).status).toBe(404);
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
