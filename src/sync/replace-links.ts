// Which of several links to one tab is kept.

import type { PeerLink } from "./ports.ts";

interface Linked {
  readonly link: Pick<PeerLink, "kind">;
  readonly isOpen: boolean;
  readonly device: string | null;
  readonly instance: string | null;
  close(): void;
}

/** A direct one, and of two alike the newer: after an outage both ends dial anew. `peer` has just opened; `instance`: our own. */
export function replaceLinks(peers: readonly Linked[], peer: Linked, instance: string): void {
  for (const other of peers) {
    if (other === peer || !other.isOpen || other.device !== peer.device || other.instance !== peer.instance)
      continue;
    if (peer.link.kind === "relay" && other.link.kind === "webrtc") peer.close();
    // Two alike may open in another order over there: one end decides, or each would close the other's choice.
    else if (peer.link.kind !== other.link.kind || instance < peer.instance!) other.close();
  }
}
