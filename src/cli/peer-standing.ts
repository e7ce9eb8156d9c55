// How a document stands with an always-on peer: as facts for machines, and as one line for people.

import { type DeviceId, seedPublicKey, toHex } from "../crdt/index.ts";
import type { Session } from "../package/sync.ts";
import type { ShareLink } from "../sync/link.ts";
import { harmless, plural } from "./speech.ts";

export interface Standing {
  readonly document: string;
  /** Whether the signalling server is reached. */
  readonly reached: boolean;
  /** Devices that are linked now. */
  readonly here: number;
  /** Changes that are held, all of them verified. */
  readonly changes: number;
  /** Whether all of them are on the disk. */
  readonly saved: boolean;
  /** False once the link was revoked: others give nothing new to who comes by it. */
  readonly admitted: boolean;
  /** What was refused a moment ago, in a sentence; or null. */
  readonly notice: string | null;
}

/** Of a session in which nothing is under way. */
export function standingOf(session: Session, { doc, inviteSeed }: ShareLink): Standing {
  const { people, status, notice, hasArrived } = session.view();
  const { replica } = session.doc;
  const invite = toHex(seedPublicKey(inviteSeed)) as DeviceId;
  const isReader = replica.roleOf(session.identity.id) !== null || replica.inviteRole(invite) !== null;
  return {
    document: doc,
    reached: session.host.network?.reachable ?? false,
    here: people.filter(({ path }) => path !== null).length,
    changes: replica.size,
    saved: status.kind !== "not-saved" && status.kind !== "saving",
    admitted: !hasArrived || isReader,
    notice,
  };
}

export function lineOf({ document, reached, here, changes, saved, admitted, notice }: Standing): string {
  const facts = [
    reached ? `${plural(here, "device")} here` : "the server is not reached, it is tried again",
    changes === 0 ? "waits for somebody who holds it" : plural(changes, "change"),
    saved ? "" : "NOT SAVED: the folder does not take them, it is tried again",
    admitted ? "" : "the link was revoked, nothing new comes by it",
    harmless(notice ?? ""),
  ];
  return `${document.slice(0, 8)}: ${facts.filter(fact => fact !== "").join("; ")}`;
}
