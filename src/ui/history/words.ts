// What the history says in words: who and when. Times are what people's devices stated, and are shown as such.
import type { HistoryEntry, NamedVersion, Person, Version } from "../../sync/view.ts";
import { type Label, labelsOf, labelText } from "../people/names.ts";

/** Everybody of whom something is said, also those who are no longer listed. */
export function labelsFor(
  people: readonly Person[],
  entries: readonly HistoryEntry[],
): ReadonlyMap<string, Label> {
  const known = new Set(people.map(({ key }) => key));
  const others = new Set(entries.flatMap(({ authors }) => authors).filter(key => !known.has(key)));
  return labelsOf([...people, ...[...others].map(key => ({ key, name: null }))]);
}

export function namesOf(keys: readonly string[], labels: ReadonlyMap<string, Label>): string {
  const names = keys.map(key => nameOf(key, labels));
  return new Intl.ListFormat("en").format(names);
}

export function nameOf(key: string, labels: ReadonlyMap<string, Label>): string {
  const label = labels.get(key) ?? labelsOf([{ key, name: null }]).get(key)!;
  return labelText(label);
}

/** "14:05" today, "yesterday, 14:05", "26 November, 14:05"; of a moment that nobody stated, nothing. Seconds since 1970. */
export function momentOf(time: number | null, now: number): string {
  if (time === null) return "";
  const then = new Date(time * 1000);
  const today = new Date(now);
  const clock = then.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((day(today) - day(then)) / 86_400_000);
  if (days === 0) return clock;
  if (days === 1) return `yesterday, ${clock}`;
  const isThisYear = then.getFullYear() === today.getFullYear();
  const date = then.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    ...(isThisYear ? {} : { year: "numeric" }),
  });
  return `${date}, ${clock}`;
}

/** "Alice and Bob, 14:05". */
export function entryWords(
  { authors, to }: HistoryEntry,
  labels: ReadonlyMap<string, Label>,
  now: number,
): string {
  const moment = momentOf(to, now);
  return moment === "" ? namesOf(authors, labels) : `${namesOf(authors, labels)}, ${moment}`;
}

export function nameOfVersion(version: Version, names: readonly NamedVersion[]): string | null {
  return names.find(each => isSameVersion(each.version, version))?.name ?? null;
}

export function isSameVersion(a: Version, b: Version): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
