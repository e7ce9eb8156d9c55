// Direct connections: whether this browser makes any, and whether the STUN and TURN servers that were configured answer.
import { bad, type Check, type Finding, good, pause, warning, within } from "./finding.ts";

/** Milliseconds for two ends in one page to meet. */
const MEET_MS = 8_000;
/** Milliseconds for the addresses that one server gives. */
const GATHER_MS = 8_000;

const direct: Check = {
  title: "Direct connections",
  run: async () => {
    if (!("RTCPeerConnection" in globalThis))
      return warning("This browser makes no direct connections, so everything goes through the server.");
    const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
    const opened = new Promise<true>(resolve => {
      here.createDataChannel("doctor").onopen = () => resolve(true);
    });
    here.onicecandidate = ({ candidate }) => void there.addIceCandidate(candidate ?? undefined);
    there.onicecandidate = ({ candidate }) => void here.addIceCandidate(candidate ?? undefined);
    await here.setLocalDescription();
    await there.setRemoteDescription(here.localDescription!);
    await there.setLocalDescription();
    await here.setRemoteDescription(there.localDescription!);
    const isOpen = await within(MEET_MS, opened, false);
    here.close();
    there.close();
    return isOpen
      ? good("This browser makes direct connections.")
      : warning("Direct connections are blocked in this browser, so everything goes through the server.");
  },
};

const servers: Check = {
  title: "STUN and TURN",
  run: async () => {
    const response = await fetch("config.json", { cache: "no-store" });
    const { iceServers } = (await response.json()) as { iceServers: readonly RTCIceServer[] };
    if (iceServers.length === 0)
      return good(
        "None are configured. People on one network connect directly, all others through the server.",
      );
    const urls = iceServers.flatMap(server => [server.urls].flat().map(url => ({ ...server, urls: url })));
    const answers = await Promise.all(urls.map(async server => [server.urls, await asks(server)] as const));
    const silent = answers.filter(([, isThere]) => !isThere).map(([url]) => url);
    return judge(urls.length, silent);
  },
};

export const webRtcChecks: readonly Check[] = [direct, servers];

function judge(count: number, silent: readonly string[]): Finding {
  if (silent.length === 0)
    return good(count === 1 ? "The one that is configured answers." : `All ${count} answer.`);
  const turn = silent.filter(url => /^turns?:/.test(url));
  if (turn.length > 0)
    return bad(
      `No address came from ${turn.join(", ")}: not reachable from here, or the credentials are wrong.`,
    );
  // Without an address translator in between, STUN finds the address that we already have, and browsers leave it out.
  return warning(
    `No new address came from ${silent.join(", ")}: not reachable from here, or not needed here.`,
  );
}

/** Whether the server gives us an address of the kind it is for. */
async function asks(server: RTCIceServer & { readonly urls: string }): Promise<boolean> {
  const isTurn = /^turns?:/.test(server.urls);
  const connection = new RTCPeerConnection({
    iceServers: [server],
    iceTransportPolicy: isTurn ? "relay" : "all",
  });
  connection.createDataChannel("doctor");
  const wanted = isTurn ? "relay" : "srflx";
  const found = new Promise<boolean>(resolve => {
    connection.onicecandidate = ({ candidate }) => {
      if (candidate?.type === wanted) resolve(true);
      // Gathering is over.
      if (candidate === null) resolve(false);
    };
  });
  await connection.setLocalDescription();
  const isThere = await Promise.race([found, pause(GATHER_MS).then(() => false)]);
  connection.close();
  return isThere;
}
