// People of a crowd to whom there is no link (overlay.ts): where they are and what they hold, by their own signed word, which
// whoever is linked with them passes on. A neighbour can withhold a word and not make one. Only members' words are taken, so
// there is something to look a key up in. Each word goes over each link once, since a number is taken once:
//
//     Alice ── word 7 ──▶ Bob ── word 7 ──▶ Carol ── word 7 ──▶ Dave       Dave ── word 7 ──▶ Bob: known, dropped
//
// A word is shown for a while and names its time, so that nobody who left is kept alive by playing old ones again.

import {
  type ChangeId,
  concat,
  type DeviceId,
  mustFromHex,
  type Replica,
  type SignatureQuestion,
  tag,
} from "../crdt/index.ts";
import type { Delivery } from "./delivery.ts";
import {
  CROWD_MS,
  DISTANT_GONE_MS,
  DISTANT_MAX,
  DISTANT_REPEAT_MS,
  DISTANT_SKEW_MS,
  MESH_OTHERS_MAX,
  WORD_HEADS_MAX,
  WORD_MS,
  WORD_SHARE_MS,
  WORDS_BURST,
  WORDS_PER_SECOND,
} from "./limits.ts";
import type { Bytes, PeerLink, Standing } from "./ports.ts";
import { encodeWord, type Presence, type UnsignedWord, type Word } from "./protocol.ts";
import { TheirCarets } from "./their-carets.ts";
import { TokenBucket } from "./token-bucket.ts";

const WORD_TAG = tag("chirograph word 1");

/** What a device signs. */
export function wordMessage(doc: Replica["doc"], word: UnsignedWord): Bytes {
  return concat(WORD_TAG, mustFromHex(doc), encodeWord(word));
}

/** Somebody who is linked (peer.ts). */
export interface Neighbour {
  readonly device: DeviceId | null;
  readonly link: Pick<PeerLink, "judged">;
  send(message: { readonly type: "word"; readonly word: Word }): void;
  demerit(): void;
}

/** The session around it. */
export interface DistantHost {
  readonly replica: Replica;
  readonly now: number;
  readonly delivery: Delivery;
  /** What is stored here, if nothing waits for it. */
  readonly storedHeads: readonly ChangeId[] | null;
  /** Who is linked and may read. */
  openPeers(): readonly Neighbour[];
  sign(message: Bytes, then: (signature: Bytes) => void): void;
  verify(questions: readonly SignatureQuestion[], then: (verdicts: readonly boolean[]) => void): void;
  /** Somebody's caret or holdings are others now. */
  moved(): void;
}

interface Heard {
  readonly word: Word;
  readonly at: number;
  readonly movedAt: number;
}

export class Distant {
  readonly #host: DistantHost;
  /** Of those with a link as well: nobody is seen before the first one. */
  readonly carets: TheirCarets;
  readonly #instance: string;
  /** Devices that said in an earlier session what they hold. */
  readonly #met: ReadonlySet<string>;
  readonly #heard = new Map<DeviceId, Heard>();
  /** Whose word is being judged. */
  readonly #judging = new Set<DeviceId>();
  readonly #paces = new WeakMap<Neighbour, TokenBucket>();
  readonly #judged = new WeakMap<Neighbour, Standing>();
  #own: Presence | null = null;
  #heads: readonly ChangeId[] = [];
  #said = "";
  #saidAt = 0;
  #number = 0;
  /** Until then there are people without a link to us, or to whom we are one. */
  #crowdUntil = 0;

  /** Before the first link. `instance`: 32 hex digits, of this open document. */
  constructor(host: DistantHost, instance: string) {
    this.#host = host;
    this.#instance = instance;
    this.carets = new TheirCarets(host.replica);
    this.#met = new Set(Object.keys(host.delivery.heldUpTo));
  }

  /** Tells who made the link who is at its other end, where that is not what it was: some are kept before others (overlay.ts). */
  judge(peer: Neighbour): void {
    const isMember = this.#host.replica.roleOf(peer.device!) !== null;
    const member = this.#met.size === 0 ? "member" : this.#met.has(peer.device!) ? "known" : "unknown";
    const standing = isMember ? member : "stranger";
    if (this.#judged.get(peer) === standing) return;
    this.#judged.set(peer, standing);
    peer.link.judged?.(standing);
  }

  /** What those who are linked were just told. */
  told(presence: Presence): void {
    this.#own = presence;
  }

  tick(): void {
    const { now, replica, storedHeads } = this.#host;
    for (const [device, { at }] of this.#heard)
      if (now - at > DISTANT_GONE_MS) {
        this.#heard.delete(device);
        if (!this.#linked.has(device)) this.carets.forget(device);
        this.#host.moved();
      }
    const peers = this.#host.openPeers();
    for (const peer of peers) this.judge(peer);
    if (peers.length > MESH_OTHERS_MAX) this.#crowdUntil = now + CROWD_MS;
    if (this.#own === null || this.#crowdUntil <= now || replica.roleOf(replica.device) === null) return;
    this.#heads = storedHeads ?? this.#heads;
    const said = JSON.stringify([this.#own, this.#heads]);
    const share = WORD_SHARE_MS * this.#heard.size;
    if (now - this.#saidAt < Math.max(share, said === this.#said ? DISTANT_REPEAT_MS : WORD_MS)) return;
    this.#said = said;
    this.#saidAt = now;
    this.#say(this.#own);
  }

  #say(presence: Presence): void {
    const { now, replica } = this.#host;
    // Some clocks count parts of a millisecond.
    this.#number = Math.max(this.#number + 1, Math.floor(now));
    const word: UnsignedWord = {
      device: replica.device,
      instance: this.#instance,
      number: this.#number,
      presence,
      heads: this.#heads.slice(0, WORD_HEADS_MAX),
    };
    this.#host.sign(wordMessage(replica.doc, word), signature => this.#pass({ ...word, signature }, null));
  }

  #pass(word: Word, from: Neighbour | null): void {
    for (const peer of this.#host.openPeers())
      if (peer !== from && peer.device !== word.device) peer.send({ type: "word", word });
  }

  /** Somebody passed a word on. */
  heard(from: Neighbour, word: Word): void {
    const { now, replica } = this.#host;
    const pace = this.#paces.get(from) ?? new TokenBucket(WORDS_BURST, WORDS_PER_SECOND, now);
    this.#paces.set(from, pace);
    const { device } = word;
    if (!pace.take(1, now) || !this.#host.openPeers().includes(from) || !this.#isNews(word)) return;
    this.#judging.add(device);
    const { signature, ...unsigned } = word;
    const question = { key: mustFromHex(device), message: wordMessage(replica.doc, unsigned), signature };
    this.#host.verify([question], ([holds]) => {
      this.#judging.delete(device);
      if (!holds) from.demerit();
      else if (this.#isNews(word)) {
        this.#take(word);
        this.#pass(word, from);
      }
    });
  }

  #isNews({ device, instance, number, presence }: Word): boolean {
    const { now, replica } = this.#host;
    if (device === replica.device || replica.roleOf(device) === null || this.#judging.has(device))
      return false;
    if (Math.abs(number - now) > DISTANT_SKEW_MS) return false;
    const last = this.#heard.get(device);
    if (last === undefined) return this.#heard.size < DISTANT_MAX;
    if (number <= last.word.number || now - last.at < WORD_MS / 2) return false;
    // Of two tabs of one device the one in which somebody writes.
    return instance === last.word.instance || (presence.caret !== null && last.word.presence.caret === null);
  }

  #take(word: Word): void {
    const { now, replica, delivery } = this.#host;
    const { device, presence, heads } = word;
    const last = this.#heard.get(device);
    const isSame =
      last !== undefined && JSON.stringify(last.word.presence.caret) === JSON.stringify(presence.caret);
    this.#heard.set(device, { word, at: now, movedAt: isSame ? last.movedAt : now });
    this.#crowdUntil = now + CROWD_MS;
    delivery.heard(device, ownSeqBelow(replica, heads));
    if (!this.#linked.has(device)) this.carets.heard(device, presence);
    this.#host.moved();
  }

  get #linked(): ReadonlySet<DeviceId> {
    return new Set(this.#host.openPeers().map(({ device }) => device!));
  }

  /** Those to whom there is no link, as `Session.presences` gives the others. */
  *presences(): Generator<{
    readonly device: DeviceId;
    readonly presence: Presence;
    readonly movedAt: number;
  }> {
    const linked = this.#linked;
    for (const [device, { word, movedAt }] of this.#heard) {
      if (linked.has(device) || this.#host.replica.roleOf(device) === null) continue;
      const caret = word.presence.caret && this.carets.caretOf(device);
      yield { device, presence: { ...word.presence, caret }, movedAt };
    }
  }
}

/** The highest number of the own device that is among some changes or below one of them; of those that are not here nothing
 * is known, so what comes out may be too low and never too high. */
function ownSeqBelow(replica: Replica, heads: readonly ChangeId[]): number {
  const known = heads.filter(head => replica.get(head) !== undefined);
  let low = 0;
  let high = replica.ownHead?.seq ?? 0;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const isHeld = replica
      .numbered(replica.device, middle)
      .some(id => replica.people.isBelow(replica.ground.graph.slotOf(id)!, known));
    if (isHeld) low = middle;
    else high = middle - 1;
  }
  return low;
}
