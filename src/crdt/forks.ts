// Devices with two faces, as a replica knows them: by two changes that are here, or by a proof that came (equivocation.ts).
// A proof is looked at in two halves around the signatures, the cheap checks first; what it does not show is refused, and
// that is its sender's fault, not that of the device it is about.

import { assert } from "./assert.ts";
import { compareForks } from "./authority/equivocation.ts";
import type { Bytes } from "./graph/bytes.ts";
import type { ChangeId, DeviceId, DocId } from "./graph/change.ts";
import { decodeChange } from "./graph/codec.ts";
import { decodeFork, encodeFork, type Fork, type InspectedFork, type WholeRun } from "./graph/fork-bytes.ts";
import type { SignatureQuestion, SignedRun } from "./graph/verify.ts";
import type { Holding } from "./holding.ts";
import { FORK_BYTES_MAX } from "./limits.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Runs } from "./runs.ts";
import type { Patch } from "./types/document.ts";

/** A proof as a store keeps it. */
export interface StoredFork {
  readonly device: string;
  readonly proof: Bytes;
  /** The newest changes of the device that were here when the proof was met, and that the next own change is to name. */
  readonly held: readonly string[];
  /** The number of the own change before that. */
  readonly after: number;
}

interface ForksHost {
  /** Throws while a draft is open. */
  check(): void;
  /** Shows what is set aside by an act, or counts again. */
  show(act: (patches: Patch[]) => void): void;
}

export class Forks {
  readonly #holding: Holding;
  readonly #runs: Runs;
  readonly #device: DeviceId;
  readonly #doc: DocId;
  readonly #host: ForksHost;

  constructor(
    holding: Holding,
    runs: Runs,
    { device, doc }: { readonly device: DeviceId; readonly doc: DocId },
    host: ForksHost,
  ) {
    this.#holding = holding;
    this.#runs = runs;
    this.#device = device;
    this.#doc = doc;
    this.#host = host;
  }

  // ------------------------------------------------------------------------------------------------ looking

  /** Of each two-faced device the lowest number, and of its pairs the smallest that is known. Sorted by device. */
  get all(): readonly Fork[] {
    return [...this.#holding.effects.forks.keys()].sort().map(device => this.of(device)!);
  }

  /** Null of a device that has one face, as far as is known. */
  of(device: DeviceId): Fork | null {
    const { effects, equivocation, graph } = this.#holding;
    const seq = effects.forks.get(device);
    if (seq === undefined) return null;
    const proven = equivocation.of(device);
    const [a, b] = graph.numbered(device, seq).sort();
    const here: Fork | null = a === undefined || b === undefined ? null : { device, seq, ids: [a, b] };
    if (here !== null && (proven === null || compareForks(here, proven) <= 0)) return here;
    assert(proven !== null, "whoever is two-faced is known to be by changes or by a proof");
    return { device, seq: proven.seq, ids: proven.ids };
  }

  has(device: DeviceId): boolean {
    return this.#holding.effects.forks.has(device);
  }

  /** What shows anybody that a device is two-faced; null if it is not, or one face is an own change that is not signed yet,
   * or it would be longer than anybody reads. */
  proofOf(device: DeviceId): Bytes | null {
    const fork = this.of(device);
    if (fork === null) return null;
    const proven = this.#holding.equivocation.of(device);
    if (proven !== null && compareForks(proven, fork) === 0) return proven.bytes;
    const [a, b] = fork.ids.map(id => this.#runs.whole(id)) as [WholeRun | null, WholeRun | null];
    if (a === null || b === null) return null;
    const bytes = encodeFork([a, b]);
    return bytes.length > FORK_BYTES_MAX ? null : bytes;
  }

  /** The proofs of forks of which not both changes are here: those of the others follow from the changes. */
  get beside(): readonly Bytes[] {
    const { equivocation, graph } = this.#holding;
    return this.all
      .filter(({ ids }) => !ids.every(id => graph.has(id)))
      .map(({ device }) => equivocation.of(device)!.bytes);
  }

  /** The two changes of a fork, each with what answers for it; null for an own one that is not signed yet. */
  sidesOf(fork: Fork): readonly (SignedRun | null)[] {
    const proven = this.#holding.equivocation.of(fork.device);
    if (proven === null || compareForks(proven, fork) !== 0)
      return fork.ids.map(id => this.#holding.proofOf(id));
    return decodeFork(proven.bytes)!.map(side => {
      const run = this.#runs.inspect(side, null);
      assert(run.ok, "a proof was inspected before it was kept");
      return { changes: run.changes.map(({ bytes }) => bytes), signature: run.signature };
    });
  }

  // ----------------------------------------------------------------------------------------------- receiving

  /** First half: why the bytes prove nothing, or what must be asked. Null for what says nothing new here, or is about a device
   * of which nothing is here: so there are never more proofs than devices. */
  inspect(bytes: Uint8Array): InspectedFork | Refusal | null {
    const sides = decodeFork(bytes);
    if (sides === null) return refuse("BytesMalformed", "a proof of two faces");
    const [a, b] = sides.map(({ first }) => decodeChange(first));
    if ("ok" in a!) return a;
    if ("ok" in b!) return b;
    const { author: device, seq } = a!;
    if (device !== b!.author || seq !== b!.seq || a!.id >= b!.id) return refuse("ForkUnproven");
    if (a!.doc !== this.#doc) return refuse("DocumentForeign", a!.doc.slice(0, 8));
    const fork: Fork = { device, seq, ids: [a!.id, b!.id] };
    if (!this.#isNews(fork)) return null;
    const questions: SignatureQuestion[] = [];
    for (const side of sides) {
      const run = this.#runs.inspect(side, null);
      if (!run.ok) return run;
      questions.push(...run.questions);
    }
    return { ok: true, fork, bytes: bytes.slice(), questions };
  }

  #isNews(fork: Fork): boolean {
    if (this.#holding.graph.lanesOf(fork.device).length === 0) return false;
    const known = this.of(fork.device);
    return known === null || compareForks(fork, known) < 0;
  }

  /** Second half: the device is two-faced from now on. No draft may be open, as for `Replica.admit`. */
  admit({ fork, bytes, questions }: InspectedFork, verdicts: readonly boolean[]): Refusal | null {
    if (verdicts.length !== questions.length)
      throw new TypeError(`Expected ${questions.length} verdicts, got ${verdicts.length}`);
    if (!verdicts.every(verdict => verdict)) return refuse("SignatureWrong", fork.ids[0].slice(0, 8));
    if (this.#isNews(fork)) this.#learn(fork, bytes);
    return null;
  }

  #learn(fork: Fork, bytes: Bytes): void {
    this.#host.check();
    this.#host.show(patches => this.#holding.prove({ ...fork, bytes }, patches));
  }

  // ------------------------------------------------------------------------------------------------- keeping

  /** For this device's own store; null where there is no proof. */
  recordOf(device: DeviceId): StoredFork | null {
    const proof = this.proofOf(device);
    if (proof === null) return null;
    const { effects, graph } = this.#holding;
    const held = effects.inGoodFaith(device).map(slot => graph.idAt(slot));
    return { device, proof, held, after: graph.newestOf(this.#device)?.seq ?? 0 };
  }

  /** A record of the store, judged before it was stored; false if it is damaged. No draft may be open, and what the store holds
   * of changes is here. */
  recall({ device, proof, held, after }: StoredFork): boolean {
    const inspected = this.inspect(proof);
    if (inspected !== null && !inspected.ok) return false;
    const { effects, graph } = this.#holding;
    const before = inspected === null ? effects.inGoodFaith(device as DeviceId) : [];
    if (inspected !== null) this.#learn(inspected.fork, inspected.bytes);
    // What the own change after it named was named.
    const isOpen = after === (graph.newestOf(this.#device)?.seq ?? 0);
    const slots = isOpen ? held.flatMap(id => graph.slotOf(id as ChangeId) ?? []) : [];
    const theirs = slots.filter(slot => graph.authorAt(slot) === device);
    effects.recall(device as DeviceId, [...new Set([...before, ...theirs])]);
    return true;
  }
}
