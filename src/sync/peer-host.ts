// What one end of a link (peer.ts) asks of the session around it.

import type { Bytes, Replica, SignatureQuestion, Slot } from "../crdt/index.ts";
import type { Distant } from "./distant.ts";
import type { Pack } from "./outbox.ts";
import type { Message } from "./protocol.ts";
import type { Claim } from "./reconcile.ts";
import type { Turns } from "./turns.ts";

export interface PeerHostOf<Peer> {
  readonly now: number;
  readonly replica: Replica;
  /** What they are to be told of what is held here. */
  claimFor(peer: Peer): readonly Claim[];
  /** Names the part of all changes that they may be told of: another part has another name. */
  reachOf(peer: Peer): string;
  /** The slots of all changes that may be sent to them; null for those who may not read at all. */
  heldFor(peer: Peer): readonly Slot[] | null;
  /** In which links list what is held (ranging.ts). */
  readonly lists: Turns;
  /** Who takes words of those to whom there is no link, if anybody does. */
  readonly distant?: Distant | null;
  sign(message: Bytes, then: (signature: Bytes) => void): void;
  verify(questions: readonly SignatureQuestion[], then: (verdicts: readonly boolean[]) => void): void;
  opened(peer: Peer): void;
  readonly pack: Pack;
  /** Something waits for a tick that is due sooner than the last one said (`nextAt`). */
  unfinished(peer: Peer): void;
  /** `sizeBytes`: of the message. Those of changes and proofs are to be answered with `judged`. */
  message(peer: Peer, message: Message, sizeBytes: number): void;
  /** Why a link was given up, for the log; null for a plain end. */
  closed(peer: Peer, reason: string | null): void;
}
