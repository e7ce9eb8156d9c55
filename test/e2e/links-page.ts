// Runs in the browser: opens networks against the server a test started, and the suite every link passes with both
// ends in one page.

// Loaded lazily by the app; here it must be in the one script that the test page is.
import "simple-peer/simplepeer.min.js";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { openNetwork } from "../../src/sync/adapters/network.ts";
import { constructedConnections } from "../../src/sync/adapters/webrtc.ts";
import { hexOf } from "../../src/sync/envelope.ts";
import type { Bytes, Network, PeerLink } from "../../src/sync/ports.ts";
import { linkCases } from "../sync/link-suite.ts";

interface Opened {
  readonly network: Network;
  readonly links: PeerLink[];
}

const closedLinks = new Set<PeerLink>();
let mine: Opened | null = null;

function openWith(url: string, roomSecret: Bytes): Opened {
  const links: PeerLink[] = [];
  const network = openNetwork(
    { roomSecret, url, iceServers: [], ciphers },
    { link: link => links.push(link), changed: () => undefined },
  );
  return { network, links };
}

/** `room` names the secret. */
function open(url: string, room: number): void {
  const opened = openWith(url, new Uint8Array(32).fill(room));
  mine = opened;
  setInterval(() => {
    for (const link of opened.links) {
      if (heard.has(link)) continue;
      const frames: string[] = [];
      heard.set(link, frames);
      link.listen({
        frame: bytes => frames.push(hexOf(bytes)),
        drained: () => undefined,
        closed: () => closedLinks.add(link),
      });
    }
  }, 5);
}

const heard = new Map<PeerLink, string[]>();

function links() {
  return (mine?.links ?? []).map(link => ({
    kind: link.kind,
    initiator: link.initiator,
    local: link.fingerprints && hexOf(link.fingerprints.local),
    remote: link.fingerprints && hexOf(link.fingerprints.remote),
    closed: closedLinks.has(link),
    frames: heard.get(link) ?? [],
  }));
}

function send(index: number, bytes: readonly number[]): void {
  mine?.links[index]?.send(Uint8Array.from(bytes));
}

function closeLink(index: number): void {
  mine?.links[index]?.close();
}

function close(): void {
  mine?.network.close();
}

async function runCase(url: string, index: number): Promise<void> {
  const secret = ciphers.random(32);
  const both: Opened[] = [];
  try {
    await linkCases[index]!.run(async () => {
      both.push(openWith(url, secret), openWith(url, secret));
      while (both.some(({ links }) => links.length === 0)) await new Promise(go => setTimeout(go, 5));
      return [both[0]!.links[0]!, both[1]!.links[0]!];
    });
  } finally {
    for (const { network } of both) network.close();
  }
}

/** How many connections the page has constructed, and whether it has what simple-peer's main file would need. */
function platform() {
  return {
    constructed: constructedConnections(),
    polyfilled: ["process", "Buffer", "global"].filter(name => name in globalThis),
  };
}

export const api = { open, links, send, closeLink, close, runCase, platform };
Object.assign(globalThis, { api });
