// What people wrote, newest first. A name that somebody gave stands with the moment it was given to.
import type { HistoryEntry, HistoryOrder, Version } from "../../sync/view.ts";
import { Mark } from "../people/mark.tsx";
import type { Label } from "../people/names.ts";
import { isSameVersion, nameOf, namesOf } from "./words.ts";

interface Properties {
  readonly order: HistoryOrder;
  readonly current: HistoryEntry | null;
  readonly version: Version;
  readonly labels: ReadonlyMap<string, Label>;
  readonly when: (time: number | null) => string;
  /** `version`: where it is another one than that of the place. */
  readonly onPick: (place: number, version?: Version) => void;
}

export function Entries({ order, current, version, labels, when, onPick }: Properties) {
  return (
    <ol aria-label="Versions" className="history-entries">
      {order.entries.toReversed().map(entry => (
        <li key={entry.first}>
          <button
            type="button"
            className="history-entry"
            aria-current={entry === current ? "true" : undefined}
            onClick={() => onPick(entry.end)}
          >
            <span className="history-marks">
              {entry.authors.slice(0, 3).map(key => (
                <Mark key={key} personKey={key} />
              ))}
            </span>
            <span className="history-words">
              <bdi>{namesOf(entry.authors, labels)}</bdi>
              <span className="quiet">{when(entry.to)}</span>
            </span>
          </button>
          {order.names.map(
            named =>
              named.place > entry.first &&
              named.place <= entry.end && (
                <button
                  key={named.version.join(" ")}
                  type="button"
                  className="history-entry history-name"
                  aria-current={isSameVersion(named.version, version) ? "true" : undefined}
                  onClick={() => onPick(named.place, named.version)}
                >
                  <bdi>{named.name}</bdi>
                  <span className="quiet">named by {nameOf(named.by, labels)}</span>
                </button>
              ),
          )}
        </li>
      ))}
    </ol>
  );
}
