// Others' edits that the shared text has and the editor has not yet: held while an input method composes, or for the
// few milliseconds in which several arrive at once. Pure: knows positions, not views. The idea is that of operational
// transformation with one square:
//
//        editor's text ── held ──▶ shared text
//             │ local                  │ local.map(held, before)   what the shared text is told
//             ▼                        ▼
//        editor's text ── held' ─▶ shared text                     held' = held.map(local)
//
// Law: local then held' = held then local.map(held, before), which is ChangeSet's own law. Where both insert at one
// position the local letters come first: they go on a word whose last letter they see on their left, and what is held
// would split it.
import { ChangeSet, type Text } from "@codemirror/state";
import type { TextPatch } from "../../sync/view.ts";

/** The replacement of `is`, which begins at `from`, by `shall`: as short as prefix and suffix allow. */
export function narrowed(from: number, is: string, shall: string): TextPatch {
  let start = 0;
  const end = Math.min(is.length, shall.length);
  while (start < end && is.charCodeAt(start) === shall.charCodeAt(start)) start++;
  let same = 0;
  while (
    same < end - start &&
    is.charCodeAt(is.length - 1 - same) === shall.charCodeAt(shall.length - 1 - same)
  ) {
    same++;
  }
  const insert = shall.slice(start, shall.length - same);
  return { from: from + start, to: from + is.length - same, insert };
}

export class HeldSteps {
  /** From the editor's text to the shared text; null where they are equal. */
  private held: ChangeSet | null = null;

  get isEmpty(): boolean {
    return this.held === null;
  }

  /** How long the shared text must be if the editor's text has this length. */
  sharedLength(editorLength: number): number {
    return this.held === null ? editorLength : this.held.newLength;
  }

  /** Steps that have just happened to the shared text. `editorLength` is used only if nothing is held. */
  receive(steps: readonly TextPatch[], editorLength: number): void {
    let length = this.sharedLength(editorLength);
    const each = steps.map(step => {
      const change = ChangeSet.of({ ...step }, length, "\n");
      length = change.newLength;
      return change;
    });
    if (this.held !== null) each.unshift(this.held);
    const changes = composed(each);
    this.held = changes === null || changes.empty ? null : changes;
  }

  /** What went and came back as it was did not move, nor does a caret in it: so it is where a draft of mine is put on top of
   * what others wrote. `doc`: the editor's text. */
  narrow(doc: Text): void {
    if (this.held === null) return;
    const patches: TextPatch[] = [];
    this.held.iterChanges((from, to, _fromB, _toB, inserted) => {
      patches.push(narrowed(from, doc.sliceString(from, to), inserted.toString()));
    });
    const held = ChangeSet.of(patches, doc.length, "\n");
    this.held = held.empty ? null : held;
  }

  /** A local change of the editor's text; returns the same change as the shared text must be told of it. */
  local(changes: ChangeSet): ChangeSet {
    if (this.held === null) return changes;
    const told = changes.map(this.held, true);
    this.held = this.held.map(changes);
    return told;
  }

  /**
   * What the editor may apply now, and is no longer held. With `avoid`, a range of the editor's text, changes
   * that touch the range (its ends included) stay behind.
   */
  take(avoid: { readonly from: number; readonly to: number } | null): ChangeSet | null {
    const held = this.held;
    if (held === null) return null;
    if (avoid === null) {
      this.held = null;
      return held;
    }
    const apart: TextPatch[] = [];
    const touching: TextPatch[] = [];
    held.iterChanges((from, to, _fromB, _toB, inserted) => {
      const isApart = to < avoid.from || from > avoid.to;
      (isApart ? apart : touching).push({ from, to, insert: inserted.toString() });
    });
    const now = ChangeSet.of(apart, held.length, "\n");
    // Never at one position with `now`: iterChanges reports ranges with untouched text between them.
    const later = ChangeSet.of(touching, held.length, "\n").map(now);
    this.held = later.empty ? null : later;
    return now.empty ? null : now;
  }

  clear(): void {
    this.held = null;
  }

  toShared(position: number): number {
    return this.held === null ? position : this.held.mapPos(position, -1);
  }

  toEditor(position: number): number {
    if (this.held === null) return position;
    return this.held.invertedDesc.mapPos(Math.min(position, this.held.newLength), -1);
  }
}

/** One after the other, as one; null if there are none. By halves: each laid over all before it, as many as a word replaced
 * everywhere makes of them would take minutes. */
function composed(changes: readonly ChangeSet[]): ChangeSet | null {
  if (changes.length <= 1) return changes[0] ?? null;
  const middle = changes.length >> 1;
  return composed(changes.slice(0, middle))!.compose(composed(changes.slice(middle))!);
}
