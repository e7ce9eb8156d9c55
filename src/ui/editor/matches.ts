// Where a text has what is looked for: letter by letter, with or without regard to case. Ours and not @codemirror/search,
// whose cursor takes half a second for a megabyte where this takes a few milliseconds.

export interface Query {
  readonly search: string;
  readonly isCaseSensitive: boolean;
}

/** [from, to), in UTF-16 units. */
export interface Match {
  readonly from: number;
  readonly to: number;
}

/** All of them, in the order of the text; none overlaps another, none cuts a surrogate pair. */
export function matchesOf(text: string, { search, isCaseSensitive }: Query): readonly Match[] {
  if (search === "") return [];
  const literally = search.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const pattern = new RegExp(literally, isCaseSensitive ? "gu" : "giu");
  const matches: Match[] = [];
  for (const { index, 0: found } of text.matchAll(pattern))
    matches.push({ from: index, to: index + found.length });
  return matches;
}

/** How many begin before a position: the index of the first that does not. */
export function countBefore(matches: readonly Match[], position: number): number {
  let low = 0;
  let high = matches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (matches[middle]!.from < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first that begins at a position or behind it; behind the last comes the first again. */
export function matchFrom(matches: readonly Match[], position: number): Match | undefined {
  return matches[countBefore(matches, position)] ?? matches[0];
}

/** The last that begins before a position; before the first comes the last again. */
export function matchBefore(matches: readonly Match[], position: number): Match | undefined {
  return matches[countBefore(matches, position) - 1] ?? matches.at(-1);
}
