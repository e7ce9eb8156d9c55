// What the local author types and deletes in one text, as little as it comes to: which stretches of the text that stands in
// the tree are replaced, each by what. Keystrokes compose, and only what they leave is put into the tree, when something
// asks for it (`TextNode.text`) or the draft is closed. What was typed and deleted again before that was never written.
//
//     in the tree    The quick fox
//     typed                   brown ⌫ ⌫ ⌫ ⌫ ⌫red_
//     replaced       [10, 10) by "red "
//
// Pieces stand apart: between two of them at least one unit of the text stays. Positions are UTF-16 code units.

import type { Sequence } from "./sequence.ts";

/** A stretch of the text in the tree, and what stands in its place. */
export interface Piece {
  /** Where it begins in the tree. */
  at: number;
  removed: number;
  inserted: string;
}

/** So many pieces are gone through in a row; more are put into the tree. */
const PIECES_MAX = 32;
/** Inserting in the middle of a piece copies it. */
const PIECE_UNITS_MAX = 16_384;

const HALF = /[\ud800-\udfff]/;

export class Composition {
  readonly #text: Sequence<string>;
  /** Puts it into the tree. */
  readonly settle: () => void;
  readonly pieces: Piece[] = [];
  /** Visible units, what is held included. */
  length: number;
  /** Whether there may be positions inside of characters. */
  #hasHalves: boolean;
  /** The piece looked at last (the number of them behind the last), and by how much what stands in the tree there is moved. */
  #cursor = 0;
  #moved = 0;
  /** The visible end of that piece, where most edits go on; -1 behind the last. */
  #end = -1;
  /** What the edit under way does, which may yet fail: it composes with the others when that is done. */
  #held: Piece | null = null;

  /** `text`: as it stands in the tree, until this is put there. */
  constructor(text: Sequence<string>, settle: () => void) {
    this.#text = text;
    this.settle = settle;
    this.length = text.length;
    this.#hasHalves = text.hasHalves;
  }

  /** What an edit that is not done yet does. */
  get held(): Piece | null {
    return this.#held;
  }

  get isEmpty(): boolean {
    return this.pieces.length === 0 && this.#held === null;
  }

  /**
   * Replaces visible units, as part of the edit under way. False where that is no position between characters, or not one place
   * with what it did before: then nothing has happened.
   */
  hold(at: number, removed: number, inserted: string): boolean {
    const held = this.#held;
    if (held === null) {
      if (at !== this.#end || removed > 0 || at < 0) {
        if (at >>> 0 !== at || at + removed > this.length) return false;
        if (this.#hasHalves && (this.#isInside(at) || this.#isInside(at + removed))) return false;
      }
      this.#held = { at, removed, inserted };
    } else {
      if (removed > 0 || at !== held.at + held.inserted.length) return false;
      held.inserted += inserted;
    }
    if (inserted.length > 1 && HALF.test(inserted)) this.#hasHalves = true;
    this.length += inserted.length - removed;
    return true;
  }

  /** The edit under way is done. False if nothing is left, or so much that it should grow no more. */
  keep(): boolean {
    const held = this.#held;
    if (held === null) return this.pieces.length > 0;
    this.#held = null;
    const { at, removed, inserted } = held;
    const { pieces } = this;
    if (at !== this.#end) this.#seek(at);
    const piece = pieces[this.#cursor];
    if (at === this.#end && removed === 0) {
      piece!.inserted += inserted;
      this.#end += inserted.length;
      return piece!.inserted.length < PIECE_UNITS_MAX;
    }
    this.#replace(at, at + removed, inserted);
    const { length } = pieces;
    return length > 0 && length < PIECES_MAX && this.#units < PIECE_UNITS_MAX;
  }

  /** The edit under way has failed. */
  drop(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.length += held.removed - held.inserted.length;
  }

  /** Of the piece looked at last. */
  get #units(): number {
    return this.pieces[this.#cursor]?.inserted.length ?? 0;
  }

  /** To the first piece that ends at a visible position or behind it. */
  #seek(at: number): void {
    const { pieces } = this;
    let cursor = this.#cursor;
    let moved = this.#moved;
    for (; cursor < pieces.length; cursor++) {
      const piece = pieces[cursor]!;
      if (piece.at + moved + piece.inserted.length >= at) break;
      moved += piece.inserted.length - piece.removed;
    }
    for (; cursor > 0; cursor--) {
      const before = pieces[cursor - 1]!;
      if (before.at + before.removed + moved < at) break;
      moved -= before.inserted.length - before.removed;
    }
    this.#cursor = cursor;
    this.#moved = moved;
    this.#end = cursor === pieces.length ? -1 : pieces[cursor]!.at + moved + this.#units;
  }

  /** The visible units in [from, to) and the pieces that touch them become one piece; the cursor stands there. */
  #replace(from: number, to: number, inserted: string): void {
    const { pieces } = this;
    const cursor = this.#cursor;
    let moved = this.#moved;
    let begin = from - moved;
    let end = to - moved;
    let text = inserted;
    let next = cursor;
    for (; next < pieces.length && pieces[next]!.at + moved <= to; next++) {
      const piece = pieces[next]!;
      const start = piece.at + moved;
      if (start <= from) {
        begin = piece.at;
        text = piece.inserted.slice(0, from - start) + text;
      }
      moved += piece.inserted.length - piece.removed;
      const left = piece.at + piece.removed + moved - to;
      end = left > 0 ? piece.at + piece.removed : to - moved;
      if (left > 0) text += piece.inserted.slice(-left);
    }
    const removed = end - begin;
    this.#end = begin + this.#moved + text.length;
    if (removed === 0 && text === "") {
      pieces.splice(cursor, next - cursor);
      this.#end = -1;
      this.#cursor = this.#moved = 0;
    } else if (next === cursor + 1) {
      const piece = pieces[cursor]!;
      piece.at = begin;
      piece.removed = removed;
      piece.inserted = text;
    } else pieces.splice(cursor, next - cursor, { at: begin, removed, inserted: text });
  }

  /** Whether a visible position lies between two units that belong together. Where a piece begins or ends none does. */
  #isInside(at: number): boolean {
    this.#seek(at);
    const piece = this.pieces[this.#cursor];
    const offset = piece === undefined ? -1 : at - piece.at - this.#moved;
    if (piece === undefined || offset < 0) return this.#text.isInside(at - this.#moved);
    if (offset === 0 || offset === piece.inserted.length) return false;
    return (piece.inserted.charCodeAt(offset) & 0xfc00) === 0xdc00;
  }
}
