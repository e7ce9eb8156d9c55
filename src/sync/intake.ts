// What comes in: messages full of runs from peers, and files. Those of one source are taken one after another, since a run
// may go on from what the one before brings: unpacked, verified, and admitted once no draft is open. What was refused or
// is lacking is told; what follows from it, and for whom, is the session's affair.

import type {
  Bytes,
  ChangeId,
  DeviceId,
  InspectedRun,
  Loaded,
  Loading,
  OpenedFile,
  Reception,
  Refusal,
  Replica,
  SignatureQuestion,
  Taker,
} from "../crdt/index.ts";
import type { Keeper } from "./keeper.ts";
import { GATHER_MS, GATHERED_BYTES_MAX, UNPACKED_BYTES_MAX } from "./limits.ts";
import type { Peer } from "./peer.ts";
import type { SentRun } from "./protocol.ts";
import { packedOf } from "./sent-run.ts";
import { Throttle } from "./throttle.ts";

/** What an intake asks of the session around it. */
export interface IntakeHost {
  readonly now: number;
  verify(questions: readonly SignatureQuestion[], then: (verdicts: readonly boolean[]) => void): void;
  /** Everything that was judged is admitted, or refused. */
  admitted(): void;
  /** A peer sent what is refused; or something else was, by whoever wrote it, that had waited for what they sent. */
  refused(peer: Peer, refusal: Refusal): void;
  refusedOf(peer: Peer, device: DeviceId, refusal: Refusal): void;
  /** What a peer said of another device's faces is not so. */
  refusedProof(peer: Peer, refusal: Refusal): void;
  /** A peer believes that more is here than is. `hasLost`: so much so that what it sent could not be read. */
  lacks(peer: Peer, hasLost: boolean): void;
  isLinked(peer: Peer): boolean;
}

/** Told how a file is taken in. */
export interface FileListener {
  /** Changes of the file that are checked, and all that it says it holds. */
  progress(done: number, total: number): void;
  ended(result: Pick<Loaded, "taken" | "refusal">): void;
}

/** A message of changes, or of a proof of two faces. */
interface Delivered {
  readonly said: readonly SentRun[] | Bytes;
  readonly sizeBytes: number;
}

/** Verified, waiting for the draft to be closed. */
interface Judged {
  /** Null for a file, or the store. */
  readonly peer: Peer | null;
  readonly admit: () => void;
}

/** Names a file among the sources of changes. */
const FILE = "file";

export class Intake {
  readonly #replica: Replica;
  readonly #keeper: Keeper;
  readonly #host: IntakeHost;
  /** Of each peer whose message is being judged those behind it; bounded by what a peer may have unjudged. */
  readonly #waiting = new Map<Peer, Delivered[]>();
  #judged: Judged[] = [];
  readonly #throttle = new Throttle(GATHER_MS);

  constructor(replica: Replica, keeper: Keeper, host: IntakeHost) {
    this.#replica = replica;
    this.#keeper = keeper;
    this.#host = host;
  }

  // ------------------------------------------------------------------------------------------------ messages

  received(peer: Peer, said: readonly SentRun[] | Bytes, sizeBytes: number): void {
    const waiting = this.#waiting.get(peer);
    if (waiting !== undefined) {
      waiting.push({ said, sizeBytes });
      return;
    }
    this.#waiting.set(peer, [{ said, sizeBytes }]);
    this.#goOn(peer);
  }

  #goOn(peer: Peer): void {
    const waiting = this.#waiting.get(peer);
    for (let next = waiting?.shift(); next !== undefined; next = waiting?.shift()) {
      const { said, sizeBytes } = next;
      if (said instanceof Uint8Array) {
        if (this.#isProving(peer, said, sizeBytes)) return;
        peer.judged(sizeBytes);
        continue;
      }
      const inspected = this.#inspect(peer, said);
      if (inspected.length > 0) {
        const questions = inspected.flatMap(({ questions }) => questions);
        const mayWait = sizeBytes <= GATHERED_BYTES_MAX && waiting!.length === 0;
        this.#host.verify(questions, verdicts =>
          this.later(peer, () => this.#admit(peer, inspected, verdicts, sizeBytes), mayWait),
        );
        return;
      }
      peer.judged(sizeBytes);
    }
    this.#waiting.delete(peer);
    if (!this.#host.isLinked(peer)) this.#replica.forget(peer.source);
  }

  /** Whether a proof of two faces is worth asking about. */
  #isProving(peer: Peer, proof: Bytes, sizeBytes: number): boolean {
    const { forks } = this.#replica;
    const inspected = forks.inspect(proof);
    if (inspected !== null && !inspected.ok) this.#host.refusedProof(peer, inspected);
    if (inspected === null || !inspected.ok) return false;
    this.#host.verify(inspected.questions, verdicts =>
      this.later(peer, () => {
        const refusal = forks.admit(inspected, verdicts);
        if (refusal !== null) this.#host.refusedProof(peer, refusal);
        peer.judged(sizeBytes);
        this.#goOn(peer);
      }),
    );
    return true;
  }

  /** Those that bring something new. */
  #inspect(peer: Peer, runs: readonly SentRun[]): InspectedRun[] {
    const inspected: InspectedRun[] = [];
    let sizeBytes = 0;
    let hasLost = false;
    for (const run of runs) {
      const base = baseOf(peer, run);
      if (base === undefined || (base !== null && !this.#replica.has(base))) {
        hasLost = true;
        continue;
      }
      // A few bytes of a row may stand for many.
      const result =
        sizeBytes > UNPACKED_BYTES_MAX ? TOO_MUCH : this.#replica.runs.inspect(packedOf(run), base);
      if (!result.ok) {
        this.#host.refused(peer, result);
        if (result === TOO_MUCH) break;
        continue;
      }
      const { id } = result.changes.at(-1)!;
      peer.came(id);
      for (const { start, end } of result.changes) sizeBytes += end - start;
      if (!this.#replica.has(id)) inspected.push(result);
    }
    if (hasLost) this.#host.lacks(peer, true);
    return inspected;
  }

  #admit(
    peer: Peer,
    inspected: readonly InspectedRun[],
    verdicts: readonly boolean[],
    sizeBytes: number,
  ): void {
    const missing: ChangeId[] = [];
    let isWanting = false;
    let at = 0;
    for (const [i, run] of inspected.entries()) {
      if (this.#replica.hasDraft) {
        const rest = verdicts.slice(at);
        this.later(peer, () => this.#admit(peer, inspected.slice(i), rest, sizeBytes));
        return;
      }
      const own = verdicts.slice(at, at + run.questions.length);
      at += run.questions.length;
      // They send it again.
      if (this.#keeper.mustWait(run.changes.at(-1)!)) {
        isWanting = true;
        continue;
      }
      const reception = this.#replica.admitRun(run, own, peer.source);
      this.#admitted(peer, run, reception);
      if (reception.missing !== null) missing.push(reception.missing);
      isWanting ||= reception.isWanting;
    }
    peer.judged(sizeBytes);
    // What was left out of what they sent is below something that is taken.
    if (isWanting) this.#host.lacks(peer, true);
    // They sent a change without its past, which did not come behind it either.
    else if (missing.some(id => !this.#replica.has(id))) this.#host.lacks(peer, false);
    this.#goOn(peer);
  }

  #admitted(peer: Peer, { changes }: InspectedRun, { admitted, refused }: Reception): void {
    for (const verified of admitted) this.#keeper.keep(verified);
    for (const { id, author, refusal } of refused) {
      const isSent = changes.some(change => change.id === id);
      // What is left out for want of room is nobody's fault who passes it on.
      if (isSent && refusal.code !== "BranchesExceeded") this.#host.refused(peer, refusal);
      // It had waited for what this peer sent, which is not to blame for it.
      else this.#host.refusedOf(peer, author ?? changes[0]!.author, refusal);
    }
  }

  /** A peer is gone. What it said last is taken all the same, unless nothing can be stored. */
  left(peer: Peer, isStoring: boolean): void {
    this.#replica.forget(peer.source);
    if (isStoring) return;
    this.#waiting.delete(peer);
    this.#judged = this.#judged.filter(judged => judged.peer !== peer);
  }

  // --------------------------------------------------------------------------------------------------- files

  /**
   * Takes in what an opened file holds and is not here yet, as if it had come from a peer: it is stored and passed on.
   * `load` is the core's, which not every page has to fetch.
   */
  take(file: OpenedFile, load: (file: OpenedFile, taker: Taker) => Loading, listener: FileListener): void {
    if (file.doc !== this.#replica.doc) {
      listener.ended({
        taken: 0,
        refusal: { ok: false, code: "DocumentForeign", detail: file.doc.slice(0, 8) },
      });
      return;
    }
    const replica = this.#replica;
    const keeper = this.#keeper;
    const loading = load(file, {
      get heads() {
        return replica.heads;
      },
      admitVerified: (verified, source) => {
        const reception = replica.admitVerified(verified, source);
        for (const one of reception.admitted) keeper.keep(one);
        return reception;
      },
      canonicalJson: () => replica.canonicalJson(),
      get showsHeads() {
        return replica.showsHeads;
      },
      forks: replica.forks,
    });
    // Up to its first question it only reads.
    this.#step(loading, [], listener);
  }

  #step(loading: Loading, verdicts: readonly boolean[], listener: FileListener): void {
    const { done: isDone, value } = loading.next(verdicts);
    if (isDone) {
      this.#replica.forget(FILE);
      listener.ended(value);
      return;
    }
    listener.progress(value.done, value.total);
    this.#host.verify(value.questions, answers =>
      this.later(null, () => this.#step(loading, answers, listener)),
    );
  }

  // -------------------------------------------------------------------------------------------------- drafts

  /** Does something that no draft may be open for. `peer`: for whom; null for a file, or the store. `mayWait`: where others write
   * all the time, what comes shortly after what was taken in is taken in together, and stored and drawn once. */
  later(peer: Peer | null, admit: () => void, mayWait = false): void {
    this.#judged.push({ peer, admit });
    // The draft is closed in a transaction only, which then calls `admitJudged`.
    if (this.#replica.hasDraft) this.#keeper.append();
    else if (!mayWait || this.#throttle.take(this.#host.now)) this.admitJudged();
  }

  /** When `tick` has something to take in; Infinity if nothing waits for that. */
  get nextAt(): number {
    return this.#throttle.nextAt;
  }

  tick(): void {
    const { now } = this.#host;
    if (now < this.nextAt) return;
    this.#throttle.done(now);
    // A draft that is open is closed in a moment, and then `admitJudged` is called.
    if (!this.#replica.hasDraft) this.admitJudged();
  }

  /** Only while no draft is open. */
  admitJudged(): void {
    if (this.#judged.length === 0) return;
    this.#throttle.done(this.#host.now);
    while (this.#judged.length > 0 && !this.#replica.hasDraft) this.#judged.shift()!.admit();
    this.#host.admitted();
    // What came lets a held draft go: that is closed before more is taken in.
    if (this.#judged.length > 0) this.#keeper.append();
  }
}

const TOO_MUCH: Refusal = { ok: false, code: "RunTooLong", detail: "together" };

/** The change that a run goes on from; null if its first is written whole, undefined if the peer never heard of it here. */
function baseOf(peer: Peer, { start }: SentRun): ChangeId | null | undefined {
  return start.type === "whole" ? null : peer.named(start.tag);
}
