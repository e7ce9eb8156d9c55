// Paths, ops and values ↔ canonical bytes (docs/wire-format.md §5-6), one after the other as body.ts asks for them.
// Each can be written in one way only; the reader refuses the others and is bounded before it allocates.

import {
  CHANGE_OPS_MAX,
  DEPTH_MAX,
  KEY_BYTES_MAX,
  RUN_UNITS_MAX,
  RUN_VALUES_MAX,
  STRING_BYTES_MAX,
  UNKNOWN_OP_BYTES_MAX,
} from "../limits.ts";
import type { Dot, Span } from "../types/dot.ts";
import {
  isOfKeys,
  type Kind,
  type Path,
  type Place,
  type Scalar,
  type Step,
  type Value,
} from "../types/op.ts";
import { type Bytes, Malformed, Reader, type Writer } from "./bytes.ts";
import { isContent, type Op } from "./change.ts";
import { PEOPLE_OP, readPeopleOp, writePeopleOp } from "./people-bytes.ts";

// wire §5: numbers of the node kinds are places in this list.
const KINDS: readonly Kind[] = [
  "map",
  "list",
  "text",
  "register",
  "counter",
  "gcounter",
  "lww",
  "gset",
  "twophase",
  "lwwsetAdd",
  "lwwsetRemove",
  "set",
];

// wire §6: numbers of the op kinds (those about people: people-bytes.ts); those from 32 on carry their length and may be unknown.
const OP = {
  set: 1,
  unset: 2,
  insertText: 4,
  insertList: 5,
  delete: 6,
  increment: 7,
  add: 8,
  remove: 9,
  move: 10,
  retract: 11,
  ...PEOPLE_OP,
} as const;
const FIRST_OPEN_KIND = 32;

// wire §6.1: tags of values.
const VALUE_NULL = 0;
const VALUE_FALSE = 1;
const VALUE_TRUE = 2;
const VALUE_DOUBLE = 3;
const VALUE_INTEGER = 4;
const VALUE_STRING = 5;
const VALUE_MAKE = 6;

// ------------------------------------------------------------------------------------------------- writing

export function writePath(out: Writer, path: Path): void {
  out.varint(path.length);
  for (const { at, kind } of path) {
    const isKey = typeof at === "string";
    out.byte(KINDS.indexOf(kind) * 2 + (isKey ? 0 : 1));
    if (isKey) out.string(at);
    else writeDot(out, at);
  }
}

/** `path` is the number of the op's path in the table, `from` that of the list which a move takes its item from. */
export function writeOp(out: Writer, op: Op, path: number, from = path): void {
  if (op.type === "unknown") {
    out.varint(op.kind);
    out.varint(op.elements);
    out.varint(op.payload.length);
    out.bytes(op.payload);
    return;
  }
  out.varint(OP[op.type]);
  if (isContent(op)) out.varint(path);
  switch (op.type) {
    case "set":
      if (op.key !== null) out.string(op.key);
      writeDots(out, op.replaces);
      writeValue(out, op.value);
      break;
    case "unset":
      if (op.key !== null) out.string(op.key);
      writeDots(out, op.replaces);
      break;
    case "insertText":
      writePlace(out, op);
      out.string(op.text);
      break;
    case "insertList":
      writePlace(out, op);
      out.varint(op.values.length);
      for (const value of op.values) writeValue(out, value);
      break;
    case "move":
      writePlace(out, op);
      out.varint(from);
      writeDot(out, op.item);
      break;
    case "increment":
      out.signed(op.by);
      break;
    case "add":
      writeValue(out, op.value);
      break;
    case "remove":
      writeDots(out, op.replaces);
      writeValue(out, op.value);
      break;
    case "delete":
      out.varint(op.spans.length);
      for (const span of op.spans) {
        out.varint(span.change);
        out.varint(span.start);
        out.varint(span.length);
      }
      break;
    case "retract":
      out.varint(op.first);
      out.varint(op.count);
      break;
    default:
      writePeopleOp(out, op);
  }
}

/** Equal for equal paths only: keys carry their length. */
export function nameOf(path: Path): string {
  let name = "";
  for (const { at, kind } of path)
    name += typeof at === "string" ? `${kind} ${at.length} ${at}/` : `${kind} ${at.change}:${at.index}/`;
  return name;
}

function writeDot(out: Writer, dot: Dot): void {
  out.varint(dot.change);
  out.varint(dot.index);
}

function writeDots(out: Writer, dots: readonly Dot[]): void {
  out.varint(dots.length);
  for (const dot of dots) writeDot(out, dot);
}

/** wire §6.2: bit 0 side right, bit 1 parent is the root, bit 2 right origin is the end. */
function writePlace(out: Writer, place: Place): void {
  const isRight = place.side === "right";
  const isEnd = isRight && place.rightOrigin === null;
  out.byte((isRight ? 1 : 0) | (place.parent === null ? 2 : 0) | (isEnd ? 4 : 0));
  if (place.parent !== null) writeDot(out, place.parent);
  if (place.rightOrigin !== null) writeDot(out, place.rightOrigin);
}

function writeValue(out: Writer, value: Value): void {
  if (value === null) out.byte(VALUE_NULL);
  else if (typeof value === "boolean") out.byte(value ? VALUE_TRUE : VALUE_FALSE);
  else if (typeof value === "string") {
    out.byte(VALUE_STRING);
    out.string(value);
  } else if (typeof value === "object") {
    out.byte(VALUE_MAKE);
    out.byte(KINDS.indexOf(value.make));
  } else if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    out.byte(VALUE_INTEGER);
    out.signed(value);
  } else {
    out.byte(VALUE_DOUBLE);
    out.double(value);
  }
}

// ------------------------------------------------------------------------------------------------- reading

const NOTHING: Bytes = new Uint8Array(0);
/** Longer ones come too seldom to be worth a copy. */
const TABLE_BYTES_KEPT_MAX = 256;

/** The table of paths and the ops of one change, in this order; `end` says whether the tables were used up. All throw
 * `Malformed`. */
export class OpReader {
  #input = new Reader(NOTHING);
  #hasPrev = false;
  /** References from here on stand in the change's own table; and all there are. */
  #listed = 0;
  #refs = 0;
  #isUsed: boolean[] = [];
  #paths: readonly Path[] = [];
  /** Paths that an op used, so far. */
  #usedPaths = 0;
  /** The table of paths read last, if it holds keys alone: most changes of a document have the same one. */
  #lastTable = NOTHING;
  #lastPaths: readonly Path[] = [];
  skimmed: Path = [];

  /** One after the other may be read with the same reader. */
  begin(input: Reader, hasPrev: boolean, listed: number, refs: number): void {
    this.#input = input;
    this.#hasPrev = hasPrev;
    this.#listed = listed;
    this.#refs = refs;
    if (this.#isUsed.length > 0) this.#isUsed = [];
    this.#usedPaths = 0;
  }

  /** wire §5: each path is there once. The paths of two changes are the same objects where their tables are the same. */
  paths(): void {
    const input = this.#input;
    if (this.#lastTable.length > 0 && input.passes(this.#lastTable)) {
      this.#paths = this.#lastPaths;
      return;
    }
    const start = input.position;
    const count = input.count(CHANGE_OPS_MAX);
    const paths: Path[] = [];
    for (let i = 0; i < count; i++) paths.push(this.#path());
    if (count > 1 && new Set(paths.map(nameOf)).size < count) throw new Malformed("path twice");
    this.#paths = paths;
    if (input.position - start > TABLE_BYTES_KEPT_MAX || !paths.every(isOfKeys)) return;
    this.#lastTable = input.since(start);
    this.#lastPaths = paths;
  }

  /** wire §4, §5: nothing stands in a table for nothing. */
  end(): void {
    if (this.#usedPaths < this.#paths.length) throw new Malformed("path not used");
    for (let ref = this.#listed; ref < this.#refs; ref++)
      if (this.#isUsed[ref - this.#listed] !== true) throw new Malformed("reference not used");
  }

  #path(): Path {
    const steps: Step[] = [];
    for (let left = this.#input.count(DEPTH_MAX); left > 0; left--) {
      const code = this.#input.byte();
      const kind = KINDS[code >> 1];
      if (kind === undefined) throw new Malformed("unknown node kind");
      steps.push({ at: code % 2 === 0 ? this.#input.string(KEY_BYTES_MAX) : this.#dot(), kind });
    }
    return steps;
  }

  /** wire §5: paths are listed in the order of their first use. */
  #pathInUse(): Path {
    const number = this.#input.varint();
    if (number > this.#usedPaths || number >= this.#paths.length) throw new Malformed("path out of order");
    if (number === this.#usedPaths) this.#usedPaths++;
    return this.#paths[number]!;
  }

  /** Of a change that was read before: the next op, or of a text that it puts somewhere how many units that has; the path
   * is `skimmed` then. */
  skim(): Op | number {
    const input = this.#input;
    const kind = input.varint();
    if (kind !== OP.insertText) return this.#op(kind);
    this.skimmed = this.#pathInUse();
    const flags = input.byte();
    input.passVarints(((flags & 2) === 0 ? 2 : 0) + ((flags & 1) !== 0 && (flags & 4) === 0 ? 2 : 0));
    return input.units();
  }

  op(): Op {
    return this.#op(this.#input.varint());
  }

  #op(kind: number): Op {
    const input = this.#input;
    if (kind >= FIRST_OPEN_KIND) {
      const elements = input.varint(RUN_UNITS_MAX);
      const length = input.count(UNKNOWN_OP_BYTES_MAX);
      return { type: "unknown", kind, elements, payload: input.bytes(length) };
    }
    switch (kind) {
      case OP.set: {
        const at = this.#pathInUse();
        return { type: "set", path: at, key: this.#key(at), replaces: this.#dots(), value: this.#value() };
      }
      case OP.unset: {
        const at = this.#pathInUse();
        return { type: "unset", path: at, key: this.#key(at), replaces: this.#dots() };
      }
      case OP.insertText: {
        const at = this.#pathInUse();
        const { parent, side, rightOrigin } = this.#place();
        const text = input.string(RUN_UNITS_MAX * 3);
        if (text.length === 0 || text.length > RUN_UNITS_MAX) throw new Malformed("length of a run");
        return { type: "insertText", path: at, parent, side, rightOrigin, text };
      }
      case OP.insertList: {
        const at = this.#pathInUse();
        const place = this.#place();
        const count = input.count(RUN_VALUES_MAX);
        if (count === 0) throw new Malformed("length of a run");
        return {
          type: "insertList",
          path: at,
          ...place,
          values: Array.from({ length: count }, () => this.#value()),
        };
      }
      case OP.increment: {
        const at = this.#pathInUse();
        const by = input.signed();
        if (by === 0 || !Number.isSafeInteger(by)) throw new Malformed("increment");
        return { type: "increment", path: at, by };
      }
      case OP.add:
        return { type: "add", path: this.#pathInUse(), value: this.#scalar() };
      case OP.remove: {
        const at = this.#pathInUse();
        const replaces = this.#dots();
        if (replaces.length === 0) throw new Malformed("remove of nothing");
        return { type: "remove", path: at, replaces, value: this.#scalar() };
      }
      case OP.delete:
        return { type: "delete", path: this.#pathInUse(), spans: this.#spans() };
      case OP.move: {
        const at = this.#pathInUse();
        const place = this.#place();
        return { type: "move", path: at, ...place, from: this.#pathInUse(), item: this.#dot() };
      }
      case OP.retract:
        return { type: "retract", first: input.varint(), count: input.varint() };
      default: {
        const op = readPeopleOp(input, kind);
        if (op === null) throw new Malformed(`unknown op ${kind}`);
        return op;
      }
    }
  }

  /** wire §6.1: only a map has keys. */
  #key(path: Path): string | null {
    return (path.at(-1)?.kind ?? "map") === "map" ? this.#input.string(KEY_BYTES_MAX) : null;
  }

  #ref(): number {
    const ref = this.#input.varint();
    // The number of the previous change stands for nothing where there is none.
    if (ref >= this.#refs || (ref === 1 && !this.#hasPrev)) throw new Malformed("no such reference");
    if (ref >= this.#listed) this.#isUsed[ref - this.#listed] = true;
    return ref;
  }

  #dot(): Dot {
    return { change: this.#ref(), index: this.#input.varint() };
  }

  #dots(): Dot[] {
    const dots: Dot[] = [];
    for (let left = this.#input.count(CHANGE_OPS_MAX); left > 0; left--) {
      const dot = this.#dot();
      const last = dots.at(-1);
      if (last !== undefined && compare(last, dot) >= 0) throw new Malformed("dots not sorted");
      dots.push(dot);
    }
    return dots;
  }

  #spans(): Span[] {
    const count = this.#input.count(CHANGE_OPS_MAX);
    if (count === 0) throw new Malformed("empty delete");
    const spans = [this.#span()];
    for (let i = 1; i < count; i++) {
      const span = this.#span();
      const last = spans[i - 1]!;
      // Touching spans are one span: there is one way to write each set of dots.
      if (
        last.change > span.change ||
        (last.change === span.change && last.start + last.length >= span.start)
      )
        throw new Malformed("spans not sorted");
      spans.push(span);
    }
    return spans;
  }

  #span(): Span {
    const span = { change: this.#ref(), start: this.#input.varint(), length: this.#input.varint() };
    if (span.length === 0 || !Number.isSafeInteger(span.start + span.length))
      throw new Malformed("length of a span");
    return span;
  }

  #place(): Place {
    const flags = this.#input.byte();
    const isRight = (flags & 1) !== 0;
    if (flags > 7 || (!isRight && flags !== 0)) throw new Malformed("no such place");
    const parent = (flags & 2) === 0 ? this.#dot() : null;
    const rightOrigin = isRight && (flags & 4) === 0 ? this.#dot() : null;
    return { parent, side: isRight ? "right" : "left", rightOrigin };
  }

  #scalar(): Scalar {
    const value = this.#value();
    if (value !== null && typeof value === "object") throw new Malformed("node as a plain value");
    return value;
  }

  #value(): Value {
    const input = this.#input;
    const kind = input.byte();
    switch (kind) {
      case VALUE_NULL:
        return null;
      case VALUE_FALSE:
        return false;
      case VALUE_TRUE:
        return true;
      case VALUE_INTEGER:
        return input.signed();
      case VALUE_STRING:
        return input.string(STRING_BYTES_MAX);
      case VALUE_DOUBLE: {
        const value = input.double();
        if (!Number.isFinite(value) || Object.is(value, -0)) throw new Malformed("number not finite or -0");
        if (Number.isSafeInteger(value)) throw new Malformed("integer as a double");
        return value;
      }
      case VALUE_MAKE: {
        const make = KINDS[input.byte()];
        if (make === undefined) throw new Malformed("unknown node kind");
        return { make };
      }
      default:
        throw new Malformed("unknown value");
    }
  }
}

/** Order of two dots by reference, then index. */
function compare(a: Dot, b: Dot): number {
  return a.change - b.change || a.index - b.index;
}
