// Which address a connection counts for, and whether a page may connect at all. Addresses are counted and forgotten;
// they are never written anywhere.
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/**
 * The client's address. Behind `trustProxy` proxies it is the `trustProxy`-th from the right of X-Forwarded-For:
 * every proxy appends whom it saw, so what stands further left was written by the client and proves nothing.
 */
export function clientAddress(request: IncomingMessage, trustProxy: number): string {
  const direct = request.socket.remoteAddress ?? "unknown";
  if (trustProxy === 0) return direct;
  const hop = forwardedAddresses(request).at(-trustProxy);
  return hop !== undefined && isIP(hop) !== 0 ? hop : direct;
}

/** X-Forwarded-For as it came, the nearest proxy's word last; empty without one. */
export function forwardedAddresses(request: IncomingMessage): readonly string[] {
  const header = request.headers["x-forwarded-for"];
  const text = Array.isArray(header) ? header.join(",") : (header ?? "");
  return text === "" ? [] : text.split(",").map(hop => hop.trim());
}

/** What is counted: an IPv4 address whole, an IPv6 address by its /64, which is what one household is given. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  if (isIP(address) !== 6) return address;
  const [head, tail] = address.split("%")[0]!.split("::");
  const left = groups(head);
  const right = groups(tail);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...new Array<string>(Math.max(0, zeros)).fill("0"), ...right];
  return all
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(":");
}

/** A page may connect from the host it was served by, or from a listed origin; programs send no Origin at all. */
export function isOriginAllowed(request: IncomingMessage, allowedOrigins: readonly string[]): boolean {
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  if (allowedOrigins.includes(origin)) return true;
  const host = request.headers.host?.toLowerCase();
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host;
}

function groups(part: string | undefined): string[] {
  if (part === undefined || part === "") return [];
  // A dotted tail (`64:ff9b::192.0.2.1`) stands for two groups; it is never among the first four that count.
  return part.split(":").flatMap(group => (group.includes(".") ? ["0", "0"] : [group]));
}
