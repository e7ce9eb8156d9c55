// What the text that is looked at is laid over. One that was chosen is held itself, and not by where it stood in a list:
// places and entries move on while others write and name, and what is compared must stay what the box says.
import { useMemo } from "react";
import type { HistoryEntry, HistoryOrder, Version } from "../../sync/view.ts";
import type { Label } from "../people/names.ts";
import { entryWords } from "./words.ts";

/** The first three move with what is looked at, or with what is written. */
export type Base = "before" | "nothing" | "now" | Chosen;

interface Chosen {
  /** In the list of what may be chosen. */
  readonly key: string;
  readonly version: Version;
  readonly words: string;
}

interface Properties {
  readonly order: HistoryOrder;
  readonly base: Base;
  readonly labels: ReadonlyMap<string, Label>;
  readonly now: number;
  readonly onChoose: (base: Base) => void;
}

export function CompareWith({ order, base, labels, now, onChoose }: Properties) {
  const ends = useMemo(
    () => order.entries.map(entry => ({ entry, version: order.versionAt(entry.end) })),
    [order],
  );
  const listed: Chosen[] = [
    ...order.names.map(({ name, version }) => ({ key: keyOf("name", version), version, words: name })),
    ...ends.toReversed().map(({ entry, version }) => ({
      key: keyOf("end", version),
      version,
      words: entryWords(entry, labels, now),
    })),
  ];
  // The end of an entry is none any more once its author typed on, nor has a version a name that was taken away.
  const isGone = typeof base !== "string" && !listed.some(({ key }) => key === base.key);
  const choices = isGone ? [base, ...listed] : listed;
  const choose = (value: string) => {
    const chosen = choices.find(({ key }) => key === value);
    if (chosen !== undefined) onChoose(chosen);
    else if (value === "before" || value === "nothing" || value === "now") onChoose(value);
  };
  return (
    <label className="history-compare">
      Compare with
      <select
        className="field"
        value={typeof base === "string" ? base : base.key}
        onChange={event => choose(event.target.value)}
      >
        <option value="before">what was before</option>
        <option value="nothing">nothing</option>
        <option value="now">the text as it is now</option>
        {choices.map(({ key, words }) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A name and the end of an entry may be one version, and are two choices. */
function keyOf(kind: "name" | "end", version: Version): string {
  return `${kind} ${version.join(" ")}`;
}

/** `version`: what is looked at, and `entry`: where it stands. */
export function baseVersion(
  order: HistoryOrder,
  base: Base,
  version: Version,
  entry: HistoryEntry | null,
): Version {
  if (typeof base !== "string") return base.version;
  if (base === "now") return order.versionAt(order.length);
  return base === "nothing" || entry === null ? order.versionAt(0) : order.partOf(version, entry.first);
}
