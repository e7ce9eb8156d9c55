// Which signatures a file keeps (docs/wire-format.md §13.6). The signature of a change answers for those before it on its
// author's chain, so one at the end of a run will do, as long as the run is one that a reader takes (§3.8). Of a run
// whose signed change is not in the file, the changes up to it are kept beside it: its witnesses.
//
//     chain      o──o──s──o──s──o            s came with a signature of its own
//     kept       └───────────┘  └─ w ─ w ─ s       and w, w, s are what proves the last one

import { assert } from "../assert.ts";
import type { Bytes } from "../graph/bytes.ts";
import type { ChangeId } from "../graph/change.ts";
import type { SignedRun, VerifiedChange } from "../graph/verify.ts";
import { FILE_OPEN_BYTES_MAX, RUN_BODY_BYTES_MAX, RUN_CHANGES_MAX } from "../limits.ts";

/** A change at which a run ends, and what proves it. */
export interface Closing {
  readonly change: number;
  readonly signature: Bytes;
  readonly witnesses: readonly Bytes[];
}

interface Member {
  readonly change: number;
  readonly id: ChangeId;
  readonly runBytes: number;
  readonly size: number;
  readonly signature: Bytes | null;
}

/** Changes of one chain that no signature was kept for yet. */
interface OpenRun {
  members: Member[];
  runBytes: number;
}

export class Proofs {
  readonly #proofOf: (id: ChangeId) => SignedRun | null;
  /** By the change that is the last of each. */
  readonly #open = new Map<number, OpenRun>();
  #openBytes = 0;
  readonly #closings: Closing[] = [];

  constructor(proofOf: (id: ChangeId) => SignedRun | null) {
    this.#proofOf = proofOf;
  }

  /** The next change of a file; `prev` is the number of the author's change before it. */
  add(change: number, prev: number, verified: VerifiedChange, runBytes: number, size: number): void {
    const run = this.#open.get(prev) ?? { members: [], runBytes: 0 };
    this.#open.delete(prev);
    run.members.push({ change, id: verified.id, runBytes, size, signature: verified.signature });
    run.runBytes += runBytes;
    this.#openBytes += size;
    this.#open.set(change, run);
    if (run.members.length > RUN_CHANGES_MAX || run.runBytes - runBytes > RUN_BODY_BYTES_MAX)
      this.#shorten(run);
    if (this.#openBytes > FILE_OPEN_BYTES_MAX / 2) this.#closeAll();
  }

  /** wire §3.8: a run that has become too long by its last change ends at the last signature before that. */
  #shorten(run: OpenRun): void {
    const last = run.members.length - 1;
    let at = last - 1;
    while (at >= 0 && run.members[at]!.signature === null) at--;
    // Without one it came as a run of its own, or as part of one, and that was not too long up to here.
    this.#close(run, at < 0 ? last - 1 : at);
  }

  /** The members up to one are proven. */
  #close(run: OpenRun, at: number): void {
    const { change, id, signature } = run.members[at]!;
    if (signature !== null) this.#closings.push({ change, signature, witnesses: [] });
    else {
      const proof = this.#proofOf(id);
      assert(proof !== null, "what is saved can be proven");
      this.#closings.push({ change, signature: proof.signature, witnesses: proof.changes.slice(1) });
    }
    for (const member of run.members.splice(0, at + 1)) {
      run.runBytes -= member.runBytes;
      this.#openBytes -= member.size;
    }
  }

  /** Whatever is open ends here. */
  #closeAll(): void {
    for (const run of this.#open.values()) {
      // Witnesses lengthen a run, so what a signature of its own proves is not left to them.
      if (run.members.at(-1)?.signature === null) {
        const signed = run.members.findLastIndex(({ signature }) => signature !== null);
        if (signed >= 0) this.#close(run, signed);
      }
      if (run.members.length > 0) this.#close(run, run.members.length - 1);
    }
    this.#open.clear();
  }

  /** What a segment has to say, in the order of the changes. What comes after it stands on its own. */
  finish(): readonly Closing[] {
    this.#closeAll();
    return this.#closings.splice(0).sort((a, b) => a.change - b.change);
  }
}

/** Changes of this device that nobody has signed yet prove nothing: they are not in a file, nor is anything built on them. */
export function unproven(
  tips: Iterable<{ readonly id: ChangeId }>,
  get: (id: ChangeId) => VerifiedChange | undefined,
  proofOf: (id: ChangeId) => SignedRun | null,
): ReadonlySet<ChangeId> {
  const found = new Set<ChangeId>();
  for (const { id } of tips) {
    if (proofOf(id) !== null) continue;
    let verified = get(id);
    while (verified !== undefined && verified.signature === null) {
      found.add(verified.id);
      const { prev } = verified.change;
      verified = prev === null ? undefined : get(prev);
    }
  }
  return found;
}
