// Edits drawn by fast-check as plain numbers and then made to fit whatever document they meet, so that one list of
// draws is a history of any replica and shrinks well.

import fc from "fast-check";
import type { Input, ListEdit, MapEdit, SetKind, TextEdit } from "../../src/crdt/index.ts";

export interface Draw {
  readonly kind: number;
  readonly at: number;
  readonly size: number;
  readonly key: number;
}

export const SETS = [
  "gset",
  "twophase",
  "lwwsetAdd",
  "lwwsetRemove",
  "set",
] as const satisfies readonly SetKind[];

/** How many kinds of edit there are: `kind` is below. */
export const EDITS = 26;

export const draws = (options: { readonly minLength: number; readonly maxLength: number }) =>
  fc.array(fc.record({ kind: fc.nat(EDITS - 1), at: fc.nat(200), size: fc.nat(8), key: fc.nat(3) }), options);

const KEYS = ["a", "b", "__proto__", "toString"] as const;
const WORDS = ["x", "yes", "🙂", "é\r\n", "👩‍👩‍👧", "line\n", "", "zz"] as const;
const NUMBERS = [0, -1, 1.5, 2 ** 53, -(2 ** 53), 1e300, 5e-324, 7] as const;

/** One edit, wherever it lands. Nested things are reached through the keys of the root. */
export function editBy({ kind, at, size, key: keyNumber }: Draw, root: MapEdit): void {
  const key = KEYS[keyNumber]!;
  switch (kind) {
    case 0:
    case 1:
    case 2:
    case 3:
      typeInto(root.text("body"), at, WORDS[size % WORDS.length]!);
      break;
    case 4:
      replaceIn(root.text("body"), at, size, "");
      break;
    case 5:
      replaceIn(root.text("body"), at, size, WORDS[(at + size) % WORDS.length]!);
      break;
    case 6:
      root.map("map").set(key, NUMBERS[size % NUMBERS.length]!);
      break;
    case 7:
      root.map("map").set(key, size % 2 === 0 ? { [KEYS[at % 4]!]: [size, { deep: "er" }] } : [at, []]);
      break;
    case 8:
      root.map("map").delete(key);
      break;
    case 9:
      root.register("register").set(size % 3 === 0 ? null : `value ${size}`);
      break;
    case 10:
      root.list("list").insert(at % (root.list("list").length + 1), at, { done: false }, [size]);
      break;
    case 11:
      if (size % 2 === 0) deleteFrom(root.list("list"), at, 1 + (size % 3));
      else replaceItems(root.list("list"), at, 1 + (size % 3), [at, { done: true }]);
      break;
    case 12:
      insideOf(root.list("list"), at, size, key);
      break;
    case 13:
      size < 2 ? root.delete(key === "a" ? "body" : "list") : typeInto(root.map("map").text(key), at, "in");
      break;
    case 14:
      typeInto(root.map("map").map(key).text("note"), at, WORDS[size % WORDS.length]!);
      break;
    case 15:
      root.counter("counter").increment((at % 2 === 0 ? 1 : -1) * (size < 8 ? size : 2 ** 53 - 1));
      break;
    case 16:
      if (size === 0) root.delete("values");
      else if (size < 5) root.map("values").counter("up", "gcounter").increment(at);
      else
        root
          .map("values")
          .lww("latest")
          .set(NUMBERS[size % NUMBERS.length]!);
      break;
    case 17:
    case 18:
    case 19:
      toggleIn(root.map("values"), SETS[at % SETS.length]!, size);
      break;
    case 20:
      countItem(root.list("counts"), at, size);
      break;
    case 21:
      moveWithin(root.list("list"), at, size);
      break;
    case 22:
    case 23:
    case 24:
      rearrange(root, at, size, keyNumber);
      break;
    default:
      root.set(KEYS[keyNumber]!, size % 2 === 0 ? "plain" : { body: size });
      break;
  }
}

/** The first boundary between characters from `at` on. */
function boundary(text: string, at: number): number {
  const index = Math.min(at % (text.length + 1), text.length);
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code < 0xe000 ? index - 1 : index;
}

function typeInto(text: TextEdit, at: number, word: string): void {
  if (word !== "") text.insert(boundary(text.toString(), at), word);
}

function replaceIn(text: TextEdit, at: number, size: number, word: string): void {
  const shown = text.toString();
  const from = boundary(shown, at);
  const to = boundary(shown, Math.min(from + size, shown.length));
  text.splice(from, Math.max(0, to - from), word);
}

function replaceItems(list: ListEdit, at: number, count: number, values: readonly Input[]): void {
  const index = at % (list.length + 1);
  list.splice(index, Math.min(count, list.length - index), ...values);
}

function deleteFrom(list: ListEdit, at: number, count: number): void {
  if (list.length === 0) return;
  const index = at % list.length;
  list.delete(index, Math.min(count, list.length - index));
}

/** Values of few, so that people meet; a set of each kind. */
function toggleIn(map: MapEdit, kind: SetKind, size: number): void {
  const set = map.setOf(kind, kind);
  const value = [1, "1", null][size % 3]!;
  if (size < 5 || kind === "gset") set.add(value);
  else set.delete(value);
}

function countItem(list: ListEdit, at: number, size: number): void {
  if (list.length === 0 || size === 0) list.insertNew(at % (list.length + 1), "counter");
  else if (size === 1) deleteFrom(list, at, 1);
  else list.counter(at % list.length).increment(size - 4);
}

function moveWithin(list: ListEdit, at: number, size: number): void {
  if (list.length > 0) list.move(at % list.length, (at + size) % list.length);
}

/** Lists in lists, from which and into which things are moved. */
function rearrange(root: MapEdit, at: number, size: number, key: number): void {
  const lists = [root.list("list"), ...outlineOf(root.list("outline"))];
  const [list, other] = [lists[at % lists.length]!, lists[(at + 1 + key) % lists.length]!];
  if (size < 2 || list.length === 0) list.insert(at % (list.length + 1), { under: size === 0 ? [at] : [] });
  else if (size === 2) deleteFrom(list, at, 1);
  else {
    try {
      list.moveTo(at % list.length, other, size % (other.length + (other === list ? 0 : 1)));
    } catch (error) {
      // Into itself, which is the caller's mistake: nothing has happened.
      if (!(error instanceof RangeError)) throw error;
    }
  }
}

/** A list and those inside its items, as they show. */
function outlineOf(list: ListEdit): ListEdit[] {
  const items = Array.from({ length: list.length }, (_, i) => list.shown(i));
  return [
    list,
    ...items.flatMap((value, i) => {
      const isMap = value !== null && typeof value === "object" && value?.make === "map";
      const under = isMap ? list.map(i) : null;
      return under?.get("under") === undefined ? [] : outlineOf(under.list("under"));
    }),
  ];
}

function insideOf(list: ListEdit, at: number, size: number, key: string): void {
  const maps = (list.toJSON() as unknown[]).flatMap((value, i) =>
    value !== null && typeof value === "object" && !Array.isArray(value) ? [i] : [],
  );
  if (maps.length === 0) return;
  const map = list.map(maps[at % maps.length]!);
  if (size % 3 === 0) map.set("done", true);
  else if (size % 3 === 1) map.text(key).insert(0, "t");
  else map.delete("done");
}
