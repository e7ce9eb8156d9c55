// What plain HTTP gets: the built app and the doctor with strict headers, and what machines ask for. The folder is read
// once, into a table from URL path to bytes; a path that is not in the table does not exist, so no request ever becomes
// a path on disk. It knows nothing of rooms.
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

export interface IceServer {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** What the app asks for at `/config.json`: the part of the configuration that is not known when it is built. */
export interface RuntimeConfiguration {
  readonly iceServers: readonly IceServer[];
}

/** What the doctor's page cannot know from its side: what arrived of its request behind the proxies. */
export interface Seen {
  readonly host: string;
  /** Of whoever asks, and told to nobody else. */
  readonly address: string;
  /** Addresses in X-Forwarded-For: one for each proxy, if nobody made any up. */
  readonly hops: number;
  readonly trustProxy: number;
}

export interface HttpOptions {
  readonly folder: string;
  /** What stands before every path, such as "/notes"; "" for nothing. */
  readonly basePath: string;
  configuration(): RuntimeConfiguration;
  /** Why nobody new should be sent here, or null. */
  unreadiness(): string | null;
  metrics(): string;
  seen(request: IncomingMessage): Seen;
  answered(status: number): void;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly gzip: Buffer | undefined;
  readonly etag: string;
  readonly caching: string;
}

const NONCE_PLACEHOLDER = "__CSP_NONCE__";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Pages by the address that people see. */
const PAGES: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  "/": "/index.html",
  "/doctor": "/doctor.html",
});

/** Sent with every answer, whatever it is. */
const HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  // The secret of a document stands behind the `#` of its address and is never sent; the rest is nobody's either.
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
};

/** The header that goes with a page; `nonce` is for the styles that CodeMirror adds while running. */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "img-src 'self' data: blob:",
    `style-src 'self' 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types chirograph",
  ].join("; ");
}

/**
 * The path below `basePath`, or null when it is not below it. Machines on the inside ask for `/healthz` and its like
 * without knowing where a proxy has put us.
 */
export function pathWithin(basePath: string, url: string | undefined): string | null {
  const path = (url ?? "/").split("?", 1)[0]!;
  if (path.startsWith(`${basePath}/`)) return path.slice(basePath.length);
  return path === "/healthz" || path === "/readyz" || path === "/metrics" ? path : null;
}

/** Answers requests with the files in the folder, read now. A folder that is missing is an empty one. */
export function createHttpHandler(options: HttpOptions): Handler {
  const assets = readAssets(options.folder);
  return (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    response.once("finish", () => options.answered(response.statusCode));
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return answer(request, response, 405, TYPES[".txt"]!, Buffer.from("method not allowed\n"));
    }
    const path = pathWithin(options.basePath, request.url);
    // Relative addresses in the page need the slash.
    if (path === null && request.url === options.basePath) {
      response.setHeader("Location", `${options.basePath}/`);
      return answer(request, response, 308, TYPES[".txt"]!, Buffer.from("moved\n"));
    }
    const asset = path === null ? undefined : assets.get(PAGES[path] ?? path);
    if (asset === undefined) {
      const [status, type, body] = machineAnswer(path, request, options);
      return answer(request, response, status, type, Buffer.from(body));
    }
    if (asset.type === TYPES[".html"]) return answerPage(request, response, asset);
    return answerAsset(request, response, asset);
  };
}

/** What machines ask for: status, content type and body. */
function machineAnswer(
  path: string | null,
  request: IncomingMessage,
  options: HttpOptions,
): readonly [status: number, type: string, body: string] {
  switch (path) {
    case "/healthz":
      return [200, TYPES[".txt"]!, "ok"];
    case "/readyz": {
      const reason = options.unreadiness();
      return [reason === null ? 200 : 503, TYPES[".txt"]!, reason ?? "ready"];
    }
    case "/metrics":
      return [200, METRICS_TYPE, options.metrics()];
    case "/config.json":
      return [200, TYPES[".json"]!, JSON.stringify(options.configuration())];
    case "/doctor.json":
      return [200, TYPES[".json"]!, JSON.stringify(options.seen(request))];
    default:
      return [404, TYPES[".txt"]!, "not found\n"];
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  body: Buffer,
): void {
  response.statusCode = status;
  if (!response.hasHeader("Cache-Control")) response.setHeader("Cache-Control", "no-cache");
  response.setHeader("Content-Type", type);
  response.setHeader("Content-Length", body.length);
  response.end(request.method === "HEAD" ? undefined : body);
}

function answerPage(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  const nonce = randomBytes(16).toString("base64");
  response.setHeader("Content-Security-Policy", contentSecurityPolicy(nonce));
  const body = Buffer.from(asset.body.toString("utf8").replaceAll(NONCE_PLACEHOLDER, nonce));
  answer(request, response, 200, asset.type, body);
}

function answerAsset(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  response.setHeader("Cache-Control", asset.caching);
  response.setHeader("ETag", asset.etag);
  response.setHeader("Vary", "Accept-Encoding");
  if (request.headers["if-none-match"] === asset.etag) {
    response.statusCode = 304;
    response.end();
    return;
  }
  const isGzip =
    asset.gzip !== undefined && /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  if (isGzip) response.setHeader("Content-Encoding", "gzip");
  answer(request, response, 200, asset.type, isGzip ? asset.gzip! : asset.body);
}

function readAssets(folder: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  const folders = [""];
  for (let under = folders.pop(); under !== undefined; under = folders.pop()) {
    for (const entry of entriesOf(join(folder, under))) {
      const path = `${under}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      // Only plain files of a known type: no links out of the folder, no maps or stamps by accident.
      else if (entry.isFile() && extname(entry.name) in TYPES) assets.set(path, readAsset(folder, path));
    }
  }
  return assets;
}

function readAsset(folder: string, path: string): Asset {
  const body = readFileSync(join(folder, path));
  const type = TYPES[extname(path)]!;
  const isText = type.includes("charset");
  return {
    type,
    body,
    gzip: isText && body.length > 1024 ? gzipSync(body) : undefined,
    // Weak, since the compressed and the plain form share it.
    etag: `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    // The build puts a hash of the content into every name under /assets; everything else keeps its name.
    caching: path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
  };
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
