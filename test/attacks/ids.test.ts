// Goal: no attack of the catalogue is silently passed over. Method: the titles of the tests are read from the files.

import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ELSEWHERE, IDS, PARTLY, WAITING } from "./ids.ts";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

/** The ids with which the titles of a file begin: "A1 A2 a change …". */
function idsIn(source: string): string[] {
  const titles = source.matchAll(/\b(?:it|test|describe)(?:\.each)?\(\s*["'`]((?:[A-G]\d+ )+)/g);
  return [...titles].flatMap(([, ids]) => ids!.trim().split(" "));
}

const files = readdirSync(new URL(".", import.meta.url)).filter(name => name.endsWith(".test.ts"));
const shownHere = new Set(files.flatMap(name => idsIn(read(name))));
const shownElsewhere = new Set(ELSEWHERE.map(([id]) => id));

it("every id of the catalogue has a test, or stands on the list of what waits with its reason; none on both", () => {
  const isShown = (id: string): boolean => shownHere.has(id) || shownElsewhere.has(id);
  expect(IDS.filter(id => !isShown(id) && !(id in WAITING))).toEqual([]);
  expect(IDS.filter(id => isShown(id) && id in WAITING)).toEqual([]);
  expect(Object.keys(PARTLY).filter(id => !isShown(id))).toEqual([]);
  console.log(
    `attacks: ${IDS.length} ids, ${IDS.filter(isShown).length} shown, ${Object.keys(WAITING).length} wait`,
  );
});

it("no title and no list names an id that the catalogue does not have", () => {
  const known = new Set(IDS);
  const named = [...shownHere, ...shownElsewhere, ...Object.keys(WAITING), ...Object.keys(PARTLY)];
  expect(named.filter(id => !known.has(id))).toEqual([]);
  expect(idsIn('it("A1 A2 x", f); test("Z9 y", f); describe("C5 an lww", f)')).toEqual(["A1", "A2", "C5"]);
});

it.each(ELSEWHERE)("%s is shown by %s: %s", (_, file, title) => {
  expect(read(`../${file}`)).toContain(title);
});
