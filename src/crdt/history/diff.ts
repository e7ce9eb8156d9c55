// What differs between two versions: of a text letter by letter, with who did it; of JSON the places.
//
//     diff(a, b) applied to at(a)  =  at(b)

import type { ChangeId, DeviceId } from "../graph/change.ts";
import type { Graph } from "../graph/graph.ts";
import type { Slot } from "../types/dot.ts";
import { canonicalJson, type Json } from "../types/node.ts";
import type { Marks } from "./effective.ts";
import type { Film, Kept } from "./film.ts";

/** A stretch of the two texts laid over each other. */
export interface Difference {
  readonly kind: Kept;
  readonly text: string;
  /** Who inserted or deleted it, and in which change, or in which first of several. Of what is gone because it is not part of the second version, who
   * wrote it. Null of what both have. */
  readonly author: DeviceId | null;
  readonly change: ChangeId | null;
}

export function differencesOf(
  film: Film,
  before: Marks,
  after: Marks,
  isOne: (a: Slot, b: Slot) => boolean,
  graph: Graph,
): Difference[] {
  const out: Difference[] = [];
  const compare = graph.compareDepths.bind(graph);
  film.compare(before, after, compare, isOne, (kind, text, change) => {
    const isSame = kind === "same";
    out.push({
      kind,
      text,
      author: isSame ? null : graph.authorAt(change),
      change: isSame ? null : graph.idAt(change),
    });
  });
  return out;
}

/** A place by keys and indices, with what stands there in the two versions; undefined where nothing does. */
export interface Place {
  readonly path: readonly (string | number)[];
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** Goes into maps, and into lists of equal length; any other difference is one of the whole value. Depth is bounded by
 * that of documents. */
export function placesOf(before: Json | undefined, after: Json | undefined): Place[] {
  const places: Place[] = [];
  collect([], before, after, places);
  return places;
}

function collect(
  path: readonly (string | number)[],
  before: Json | undefined,
  after: Json | undefined,
  places: Place[],
): void {
  if (isMap(before) && isMap(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    for (const key of [...keys].sort()) collect([...path, key], before[key], after[key], places);
  } else if (isList(before) && isList(after) && before.length === after.length) {
    for (const [i, item] of before.entries()) collect([...path, i], item, after[i], places);
  } else if (
    before === undefined || after === undefined
      ? before !== after
      : canonicalJson(before) !== canonicalJson(after)
  )
    places.push({ path, before, after });
}

function isMap(json: Json | undefined): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function isList(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}
