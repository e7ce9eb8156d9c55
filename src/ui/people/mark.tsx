// The small sign that stands for a key, the same wherever the person appears: five by five cells, mirrored left to
// right, because the eye tells symmetric figures apart best. Decoration: the name beside it says the same in words.
import type { CSSProperties } from "react";
import { hueOf } from "./colour.ts";
import { keyBits } from "./key-bits.ts";

const SIDE = 5;
const CELLS_FREE = 15;

/** An SVG path over a 5×5 grid. Between five and eleven of the free cells are set, so that no mark is bare or full. */
export function markPath(key: string): string {
  let bits = 0;
  for (let salt = 16; salt < 32; salt++) {
    bits = keyBits(key, salt) & ((1 << CELLS_FREE) - 1);
    const set = bits.toString(2).replaceAll("0", "").length;
    if (set >= 5 && set <= 11) break;
  }
  let path = "";
  for (let cell = 0; cell < CELLS_FREE; cell++) {
    if (((bits >>> cell) & 1) === 0) continue;
    const column = cell % 3;
    const row = Math.floor(cell / 3);
    path += `M${column} ${row}h1v1h-1z`;
    if (column < 2) path += `M${SIDE - 1 - column} ${row}h1v1h-1z`;
  }
  return path;
}

/** Custom properties set from script pass the content policy, unlike a style attribute in HTML. */
export function hueStyle(key: string): CSSProperties {
  return { "--hue": String(hueOf(key)) } as CSSProperties;
}

export function Mark({ personKey }: { readonly personKey: string }) {
  return (
    <span className="mark" style={hueStyle(personKey)} aria-hidden="true">
      <svg viewBox="0 0 5 5" aria-hidden="true" focusable="false">
        <path d={markPath(personKey)} />
      </svg>
    </span>
  );
}
