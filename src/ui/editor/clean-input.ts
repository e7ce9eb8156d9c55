// What enters the shared text through this editor: only "\n" ends a line, no lone surrogate and no NUL is inserted, and no
// edit cuts a surrogate pair. CodeMirror counts UTF-16 units and would let all three happen (a DOM diff between two emoji
// of one plane touches only the second unit). Pure functions over patches; the transaction filter is a thin shell.
import {
  type Annotation,
  type ChangeSet,
  EditorSelection,
  EditorState,
  type Extension,
  type Text,
  Transaction,
  type TransactionSpec,
} from "@codemirror/state";
import type { TextPatch } from "../../sync/view.ts";
import { remote } from "./remote.ts";

/** The patches of a change set, in coordinates of the text before it, ascending, not touching each other. */
export function patchesOf(changes: ChangeSet): TextPatch[] {
  const patches: TextPatch[] = [];
  changes.iterChanges((from, to, _fromB, _toB, inserted) => {
    patches.push({ from, to, insert: inserted.toString() });
  });
  return patches;
}

/** Carriage returns become line feeds, lone surrogates and NUL, which files of text have not, U+FFFD. */
export function cleanText(text: string): string {
  return text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd").toWellFormed();
}

/**
 * The same edit without carriage returns, NULs, lone surrogates and cut pairs; the very array that was given if nothing
 * had to change. An edit that cuts a pair is widened over the whole pair, unless it only inserts: then it moves behind it.
 */
export function cleanPatches(patches: readonly TextPatch[], before: Text): readonly TextPatch[] {
  if (patches.every(patch => isClean(patch, before))) return patches;
  const clean: TextPatch[] = [];
  for (const group of groupsOverOnePair(patches, before)) clean.push(cleanGroup(group, before));
  return clean;
}

/** Cleans every local transaction before it takes effect. */
export const cleanInput: Extension = EditorState.transactionFilter.of(transaction => {
  if (!transaction.docChanged || transaction.annotation(remote) !== undefined) return transaction;
  const patches = patchesOf(transaction.changes);
  const clean = cleanPatches(patches, transaction.startState.doc);
  return clean === patches ? transaction : cleaned(transaction, clean);
});

function cleaned(transaction: Transaction, patches: readonly TextPatch[]): TransactionSpec {
  const changes = transaction.startState.changes(patches.map(patch => ({ ...patch })));
  const annotations: Annotation<unknown>[] = [];
  const userEvent = transaction.annotation(Transaction.userEvent);
  if (userEvent !== undefined) annotations.push(Transaction.userEvent.of(userEvent));
  // The wished selection counts in a text that will not exist: go back through the wished change, forth through ours.
  const back = transaction.changes.invertedDesc;
  const carry = (position: number) => changes.mapPos(back.mapPos(position, 1), 1);
  const wished = transaction.newSelection.main;
  return {
    changes,
    selection: EditorSelection.single(carry(wished.anchor), carry(wished.head)),
    effects: transaction.effects,
    annotations,
    scrollIntoView: transaction.scrollIntoView,
  };
}

function isClean({ from, to, insert }: TextPatch, before: Text): boolean {
  return !cutsPair(before, from) && !cutsPair(before, to) && !/[\r\0]/.test(insert) && insert.isWellFormed();
}

/** True if the position lies between the two units of one character. */
export function cutsPair(text: Text, position: number): boolean {
  if (position <= 0 || position >= text.length) return false;
  const around = text.sliceString(position - 1, position + 1);
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(around);
}

/** Patches whose widened ranges would meet inside one pair are cleaned as one. */
function groupsOverOnePair(patches: readonly TextPatch[], before: Text): TextPatch[][] {
  const groups: TextPatch[][] = [];
  let end = -1;
  for (const patch of patches) {
    const start = cutsPair(before, patch.from) ? patch.from - 1 : patch.from;
    const last = groups.at(-1);
    if (last !== undefined && start < end) last.push(patch);
    else groups.push([patch]);
    end = cutsPair(before, patch.to) ? patch.to + 1 : patch.to;
  }
  return groups;
}

function cleanGroup(group: readonly TextPatch[], before: Text): TextPatch {
  const first = group[0]!;
  const last = group.at(-1)!;
  let insert = "";
  let at = first.from;
  for (const patch of group) {
    insert += before.sliceString(at, patch.from) + patch.insert;
    at = patch.to;
  }
  const from = cutsPair(before, first.from) ? first.from - 1 : first.from;
  const to = cutsPair(before, last.to) ? last.to + 1 : last.to;
  if (insert === "") return { from: first.from === last.to ? to : from, to, insert: "" };
  const whole = before.sliceString(from, first.from) + insert + before.sliceString(last.to, to);
  const isPureInsertion = first.from === last.to;
  if (isPureInsertion && from < to && !whole.isWellFormed())
    return { from: to, to, insert: cleanText(insert) };
  return { from, to, insert: cleanText(whole) };
}
