// The disk of a simulated profile: the contract of `Store` in src/sync/ports.ts as events of a simulated clock.
// Transactions run one after another, whichever tab asked; each may take long, fail before it sees anything, fail
// when it should complete, or be cut off by a crash. What was not complete then never happened.

import { type Bytes, equalBytes, type StoredFork } from "../../src/crdt/index.ts";
import type { ChainHead, ChangeRecord, StoreError } from "../../src/sync/ports.ts";

export interface Journal {
  head: ChainHead | null;
  readonly rows: ChangeRecord[];
  /** Proofs of two-faced devices, by device. */
  readonly forks?: ReadonlyMap<string, StoredFork>;
}

/** One transaction: `change` sees the journal and gives what it becomes; `done` or `failed` is told. */
interface Transaction {
  /** Whose it is; a tab that died takes its own with it. */
  readonly owner: object;
  readonly kind: "append" | "read" | "putSignature" | "putFork";
  /** Runs what its page does, at once or when the page no longer stands still. */
  readonly whenAwake: (run: () => void) => void;
  readonly change: (journal: Journal) => Journal;
  readonly done: (journal: Journal) => void;
  readonly failed: (code: StoreError) => void;
}

/** Runs something so many milliseconds later. */
export type After = (delayMs: number, run: () => void) => void;

/** Of bytes that are others now, those that were stored. */
const written = new WeakMap<Bytes, Bytes>();

/** The bytes of a row before bits of it rotted. */
export function asWritten(bytes: Bytes): Bytes {
  return written.get(bytes) ?? bytes;
}

export class Disk {
  /** What is complete, and nothing else. */
  journal: Journal = { head: null, rows: [] };
  /** Milliseconds from the start of a transaction to the call inside it, and as many again until it is complete. */
  delayMs: () => number = () => 2;
  /** The next transactions fail with this, before anybody sees the journal. */
  refuses: StoreError | null = null;
  /** The next ones fail with this after the call inside of them. */
  failsToComplete: StoreError | null = null;
  /** Signatures are refused, changes are not. */
  refusesSignatures = false;
  /** Bytes that there is room for. A transaction that needs more aborts when it should complete; reading needs none. */
  roomBytes = Number.POSITIVE_INFINITY;
  /** Told of the next write when it is half done, in place of its end: whoever sets it says what is left of it. */
  breaks: ((before: Journal, after: Journal) => void) | null = null;
  /** Nothing moves while this is set. */
  #isStalled = false;
  readonly #after: After;
  readonly #watchers = new Map<object, () => void>();
  #queue: Transaction[] = [];
  #isBusy = false;
  /** Grows with every crash: what was under way before it does not go on. */
  #life = 0;

  constructor(after: After) {
    this.#after = after;
  }

  watch(owner: object, told: () => void): void {
    this.#watchers.set(owner, told);
  }

  /** A tab is gone; what it had begun is not completed. */
  leave(owner: object): void {
    this.#watchers.delete(owner);
    const [current, ...rest] = this.#queue;
    if (current === undefined) return;
    this.#queue = [current, ...rest.filter(transaction => transaction.owner !== owner)];
    if (current.owner !== owner) return;
    this.#queue.shift();
    this.#life++;
    this.#isBusy = false;
    this.#next();
  }

  begin(transaction: Transaction): void {
    this.#queue.push(transaction);
    this.#next();
  }

  stall(): void {
    this.#isStalled = true;
  }

  resume(): void {
    this.#isStalled = false;
    this.#next();
  }

  /** As if another tab had removed the document. */
  remove(): void {
    this.journal = { head: null, rows: [] };
    this.#tell(this);
  }

  /** Bits rot: the bytes of a row are others now. */
  damage(row: number, at: number): void {
    const { rows } = this.journal;
    const { bytes } = rows[row]!;
    const altered = bytes.with(at % bytes.length, bytes[at % bytes.length]! ^ 1) as typeof bytes;
    written.set(altered, asWritten(bytes));
    this.journal = { ...this.journal, rows: rows.with(row, { ...rows[row]!, bytes: altered }) };
  }

  #next(): void {
    const transaction = this.#queue[0];
    if (this.#isBusy || this.#isStalled || transaction === undefined) return;
    this.#isBusy = true;
    const life = this.#life;
    const later = (run: () => void): void =>
      this.#after(this.delayMs(), () => {
        if (life === this.#life) run();
      });
    // A page that stands still holds up its transaction, and with it whoever comes behind.
    later(() => transaction.whenAwake(() => this.#change(transaction, life, later)));
  }

  #change(transaction: Transaction, life: number, later: (run: () => void) => void): void {
    if (life !== this.#life) return;
    const { kind, whenAwake } = transaction;
    const refusal = this.refuses ?? (this.refusesSignatures && kind === "putSignature" ? "failed" : null);
    if (refusal !== null) {
      this.#finish(() => whenAwake(() => transaction.failed(refusal)));
      return;
    }
    const changed = transaction.change(this.journal);
    later(() => {
      const isWritten = changed !== this.journal;
      const needsBytes = isWritten ? sizeOf(changed) - sizeOf(this.journal) : 0;
      const failure = kind === "read" ? null : needsBytes > this.roomBytes ? "quota" : this.failsToComplete;
      if (failure !== null) {
        this.#finish(() => whenAwake(() => transaction.failed(failure)));
        return;
      }
      const { breaks } = this;
      if (isWritten && breaks !== null) {
        this.breaks = null;
        breaks(this.journal, changed);
        return;
      }
      this.roomBytes -= needsBytes;
      this.journal = changed;
      if (isWritten) this.#tell(transaction.owner);
      this.#finish(() => whenAwake(() => transaction.done(changed)));
    });
  }

  #finish(answer: () => void): void {
    this.#queue.shift();
    this.#isBusy = false;
    answer();
    this.#next();
  }

  #tell(writer: object): void {
    for (const [owner, told] of this.#watchers) if (owner !== writer) this.#after(1, told);
  }
}

function sizeOf({ rows, forks }: Journal): number {
  const proofs = [...(forks?.values() ?? [])];
  return (
    rows.reduce((sum, { bytes, signature }) => sum + bytes.length + (signature?.length ?? 0), 0) +
    proofs.reduce((sum, { proof }) => sum + proof.length, 0)
  );
}

/** The rows after `position`; all of them for a caller that remembers more than there is. */
export function rowsFrom({ rows }: Journal, position: number): readonly ChangeRecord[] {
  return rows.slice(position <= rows.length ? position : 0);
}

/** With what an `Append` answered: a record that is there already, undamaged, is passed over. */
export function appended(
  journal: Journal,
  { records, head }: { readonly records: readonly ChangeRecord[]; readonly head: ChainHead | null },
): Journal {
  const { head: before, rows, forks } = journal;
  const known = new Map(rows.map(({ id, bytes }) => [id, bytes]));
  const added = records.filter(({ id, bytes }) => !known.has(id) || !equalBytes(known.get(id)!, bytes));
  if (added.length === 0 && before?.id === head?.id) return journal;
  return { head, rows: [...rows, ...added], ...(forks === undefined ? {} : { forks }) };
}

export function withFork(journal: Journal, fork: StoredFork): Journal {
  return { ...journal, forks: new Map(journal.forks).set(fork.device, fork) };
}

export function withSignature(journal: Journal, id: string, signature: ChangeRecord["signature"]): Journal {
  // A repaired row stands behind its damaged twin.
  const at = journal.rows.findLastIndex(row => row.id === id);
  if (at < 0 || journal.rows[at]!.signature !== null) return journal;
  return { ...journal, rows: journal.rows.with(at, { ...journal.rows[at]!, signature }) };
}

export function forksOf({ forks }: Journal): readonly StoredFork[] {
  return [...(forks?.values() ?? [])];
}
