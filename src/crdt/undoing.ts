// What undo takes back and redo brings back, read from the device's own chain, newest first, the open draft included. So
// it is the same after a reload and in every tab of the device; nothing is remembered but where a pause was. The law:
//
//     undo and redo retract own changes and nothing else: they never change what others wrote
//
//     chain    typed "Hel"  typed "lo" │ typed "\n"  typed "you" │ retract of the last two
//              └──────── a step ─────┘   └───────── a step ────┘   └─ undone: redo retracts it
//
// A step is what only went on with itself: typing behind the letter typed before, deleting beside what was deleted, a paste
// over several changes, one edit at many places. It ends at a pause, where the page told of one, before a line break,
// and when it grows long. Undo takes the newest step that is not taken back; redo the newest undo that no edit followed.

import { type LocalOps, localize } from "./authority/admission.ts";
import type { Drafting } from "./drafting.ts";
import type { DeviceId } from "./graph/change.ts";
import type { Holding } from "./holding.ts";
import {
  RETRACT_REACH_MAX,
  RUN_UNITS_MAX,
  UNDO_PASTE_UNITS,
  UNDO_RUN_CHANGES_MAX,
  UNDO_STEP_UNITS_MAX,
} from "./limits.ts";
import type { Patch } from "./types/document.ts";
import type { Dot, Slot } from "./types/dot.ts";
import { type ContentOp, type Path, samePath } from "./types/op.ts";

/** `edit`: of what undo is about, and of nothing else. `other`: of something else too, or it also retracts. */
type Kind = "edit" | "other" | "retract" | "nothing";

/** Half of what one change may reach, so that a redo may reach the undo with all that it reached. */
const STEP_OPS_MAX = RETRACT_REACH_MAX / 2 - UNDO_RUN_CHANGES_MAX;

export class Undoing {
  readonly #holding: Holding;
  readonly #drafting: Drafting;
  readonly #device: DeviceId;
  #within: Path = [];
  #along: readonly string[] = [];
  /** After these a step ends. */
  readonly #breaks = new Set<Slot>();
  /** Of changes, not of drafts, which grow. */
  readonly #kinds = new Map<Slot, Kind>();

  constructor(holding: Holding, drafting: Drafting, device: DeviceId) {
    this.#holding = holding;
    this.#drafting = drafting;
    this.#device = device;
  }

  /** `along`: keys of the root. What is written there in one change with an edit of the node is taken back with it. */
  about(path: Path, along: readonly string[]): void {
    this.#within = path;
    this.#along = along;
    this.#kinds.clear();
  }

  get canUndo(): boolean {
    for (const slot of this.#chain()) if (this.#isUndoable(slot)) return true;
    return false;
  }

  get canRedo(): boolean {
    for (const slot of this.#chain()) {
      if (this.#kindOf(slot) === "edit") return false;
      if (this.#isUndo(slot)) return true;
    }
    return false;
  }

  break(): void {
    const { value: newest } = this.#chain().next();
    if (newest === undefined || this.#breaks.has(newest)) return;
    this.#drafting.seal();
    this.#breaks.add(newest);
  }

  /** The changes of the newest step, but for what is taken back already. */
  undoable(): Slot[] {
    const run: Slot[] = [];
    for (const slot of this.#chain()) {
      const after = run.at(-1);
      if (after === undefined) {
        if (this.#isUndoable(slot)) run.push(slot);
        continue;
      }
      const kind = this.#kindOf(slot);
      if (this.#breaks.has(slot) || run.length === UNDO_RUN_CHANGES_MAX) break;
      // A merge, or a name: retracting it along takes nothing back.
      if (kind === "nothing") continue;
      if (kind !== "edit" || !this.#goesOn(slot, after)) break;
      run.push(slot);
    }
    return this.#lastStep(run.reverse()).filter(slot => !this.#holding.retracts.isRetracted(slot));
  }

  /** The undo that no edit followed and that is not taken back itself; with others of the same step, made in other tabs. */
  redoable(): Slot[] {
    const { retracts } = this.#holding;
    const found: Slot[] = [];
    const undone = new Set<Slot>();
    for (const slot of this.#chain()) {
      if (this.#kindOf(slot) === "edit") break;
      if (!this.#isUndo(slot)) continue;
      const named = retracts.namedBy(slot);
      if (found.length > 0 && !named.some(other => undone.has(other))) continue;
      found.push(slot);
      for (const other of named) undone.add(other);
    }
    return found;
  }

  /** As part of the draft. What shows differently. */
  retract(slots: readonly Slot[]): readonly Patch[] {
    const patches: Patch[] = [];
    const slot = this.#drafting.retract(slots);
    this.#holding.masking.retract(slot, slots, patches, other => this.#drafting.opsOf(other));
    return patches;
  }

  // --------------------------------------------------------------------------------------------- the own chain

  /** The parts of the draft and the changes of this device, the newest first. */
  *#chain(): Generator<Slot, undefined> {
    const { graph } = this.#holding;
    if (this.#drafting.isOpen) yield* this.#drafting.slots.toReversed();
    for (let slot = graph.newestSlotOf(this.#device) ?? -1; slot >= 0; slot = graph.prevOf(slot)) yield slot;
  }

  #isUndoable(slot: Slot): boolean {
    return this.#kindOf(slot) === "edit" && !this.#holding.retracts.isRetracted(slot);
  }

  /** Whether it counts and took an edit back. A redo took only retracts back. */
  #isUndo(slot: Slot): boolean {
    const { retracts } = this.#holding;
    if (this.#kindOf(slot) !== "retract" || retracts.isRetracted(slot)) return false;
    return retracts.namedBy(slot).some(other => this.#kindOf(other) === "edit");
  }

  #kindOf(slot: Slot): Kind {
    const known = this.#kinds.get(slot);
    if (known !== undefined) return known;
    const kind = this.#readKind(slot);
    if (!this.#drafting.slots.includes(slot)) this.#kinds.set(slot, kind);
    return kind;
  }

  #readKind(slot: Slot): Kind {
    const { ops } = this.#opsOf(slot);
    const isRetracting = this.#holding.retracts.namedBy(slot).length > 0;
    if (ops.length === 0) return isRetracting ? "retract" : "nothing";
    const isEdit = !isRetracting && ops.every(op => this.#isWithin(op));
    return isEdit && ops.some(({ path }) => path.length >= this.#within.length) ? "edit" : "other";
  }

  /** Of the node, of something in it, or the making of it or of what it is in, which comes along with a first edit. */
  #isWithin(op: ContentOp): boolean {
    const within = this.#within;
    const { path } = op;
    if (path.length >= within.length) return samePath(path.slice(0, within.length), within);
    const isMade = op.type === "set" && op.value !== null && typeof op.value === "object";
    const step = within[path.length]!;
    if (isMade && samePath(path, within.slice(0, path.length)) && op.key === step.at) return true;
    return op.type === "set" && path.length === 0 && op.key !== null && this.#along.includes(op.key);
  }

  #opsOf(slot: Slot): LocalOps {
    const drafted = this.#drafting.opsOf(slot);
    if (drafted !== null) return drafted;
    const { graph } = this.#holding;
    if (graph.seqAt(slot) === 0) return { ops: [], starts: [] };
    const { change } = this.#holding.at(slot);
    return localize(change, slot, graph.ancestorsOf(change), graph);
  }

  // -------------------------------------------------------------------------------------------------- steps

  /** Whether all that a change does goes on with what the one before it did. */
  #goesOn(before: Slot, after: Slot): boolean {
    if (this.#drafting.isOverflown(after)) return true;
    const earlier = this.#opsOf(before);
    return this.#opsOf(after).ops.every(op =>
      earlier.ops.some((other, i) => {
        if (!samePath(op.path, other.path)) return false;
        if (op.type === "insertText" && other.type === "insertText")
          return isTypedOn(op, other, { change: before, index: earlier.starts[i]! + other.text.length - 1 });
        return op.type === "delete" && other.type === "delete" && this.#isBeside(op, other);
      }),
    );
  }

  /** Whether nothing shows between what two deletes took away. */
  #isBeside(op: DeleteOp, other: DeleteOp): boolean {
    const node = this.#holding.tree.find(op.path);
    if (node?.kind !== "text") return false;
    const indexOf = ({ change, start }: DeleteOp["spans"][number]) =>
      node.text.indexOf({ change, index: start });
    const at = indexOf(other.spans[0]!);
    return [...op.spans, ...other.spans].every(span => indexOf(span) === at);
  }

  /** Cuts a run, the oldest first, where a step has grown long, and answers the last piece. */
  #lastStep(run: readonly Slot[]): Slot[] {
    let step: Slot[] = [];
    let units = 0;
    let count = 0;
    let isFull = false;
    for (const slot of run) {
      const { ops } = this.#opsOf(slot);
      // Of an edit at many places one counts.
      const size = Math.max(...ops.map(unitsOf));
      const isPiece = isFull || this.#drafting.isOverflown(slot);
      const isLong =
        units + size > UNDO_STEP_UNITS_MAX || (units >= UNDO_STEP_UNITS_MAX / 2 && beginsWord(ops));
      if ((isLong && !isPiece) || count + ops.length > STEP_OPS_MAX) {
        step = [];
        units = count = 0;
      }
      step.push(slot);
      units += size;
      count += ops.length;
      isFull = ops.some(op => op.type === "insertText" && isFullRun(op));
    }
    return step;
  }
}

type InsertOp = Extract<ContentOp, { type: "insertText" }>;
type DeleteOp = Extract<ContentOp, { type: "delete" }>;

/** Whether a run goes on behind `last`, the last letter of another. A piece of a paste goes on with one that is full. */
function isTypedOn({ parent, side, text }: InsertOp, before: InsertOp, last: Dot): boolean {
  if (side !== "right" || parent?.change !== last.change || parent.index !== last.index) return false;
  if (isFullRun(before)) return true;
  return text.length < UNDO_PASTE_UNITS && before.text.length < UNDO_PASTE_UNITS && !text.includes("\n");
}

/** One less than the limit where that would have split a character. */
function isFullRun({ text }: InsertOp): boolean {
  return text.length >= RUN_UNITS_MAX - 1;
}

function unitsOf(op: ContentOp): number {
  if (op.type === "insertText") return op.text.length;
  return op.type === "delete" ? op.spans.reduce((sum, { length }) => sum + length, 0) : 1;
}

function beginsWord(ops: readonly ContentOp[]): boolean {
  return ops.some(op => op.type === "insertText" && /^\s/u.test(op.text));
}
