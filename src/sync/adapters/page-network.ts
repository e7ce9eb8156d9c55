// How a page reaches the others: by the server that it came from, and by the ICE servers that this one names in its run-time
// configuration. Whoever learns of none meets without them, for only addresses on the same network are tried then, and the
// relay; they are asked for again at each attempt to meet until they are told.

import { CONFIGURATION_MS } from "../limits.ts";
import type { Bytes, Ciphers, Network, NetworkListener } from "../ports.ts";
import { makesDirectLinks } from "./directness.ts";
import { openNetwork } from "./network.ts";
import { once } from "./once.ts";

export async function openPageNetwork(
  roomSecret: Bytes,
  ciphers: Ciphers,
  listener: NetworkListener,
): Promise<Network> {
  // Each network asks by itself: passwords for TURN servers end.
  let iceServers: readonly RTCIceServer[] = [];
  const ask = once(async () => {
    iceServers = await toldIceServers();
  });
  // What failed is asked for again at the next attempt.
  const attempting = () => ask().catch(() => undefined);
  await attempting();
  const url = new URL("signal", document.baseURI.replace(/#.*$/, ""));
  url.protocol = url.protocol.replace("http", "ws");
  return openNetwork(
    {
      roomSecret,
      url: url.href,
      get iceServers() {
        return iceServers;
      },
      attempting: () => void attempting(),
      ciphers,
      isDirect: makesDirectLinks(),
    },
    listener,
  );
}

/** Rejects where the server cannot be asked, or says nothing in time. */
async function toldIceServers(): Promise<readonly RTCIceServer[]> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), CONFIGURATION_MS);
  try {
    const response = await fetch("config.json", { signal: controller.signal });
    const configuration: unknown = await response.json();
    const { iceServers } = configuration as { iceServers?: unknown };
    return Array.isArray(iceServers) ? (iceServers as RTCIceServer[]) : [];
  } finally {
    clearTimeout(timer);
  }
}
