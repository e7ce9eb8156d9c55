// The history once it was read. One version is looked at, by slider or list; its text is laid over the text before, or over
// any other version. It is held itself, and not by its place: what others wrote offline comes in before it.
import { useCallback, useEffect, useId, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import type { HistoryEntry, Person, TextHistory, Version } from "../../sync/view.ts";
import { type Asked, WhoWrote } from "../authorship/who-wrote.tsx";
import { Icon } from "../icons.tsx";
import { type Base, baseVersion, CompareWith } from "./compare-with.tsx";
import { Entries } from "./entries.tsx";
import { NameForm } from "./name-form.tsx";
import { PastText } from "./past-text.ts";
import { entryWords, isSameVersion, labelsFor, momentOf, nameOfVersion } from "./words.ts";

/** Milliseconds without a move after which what changed is brought into view. */
const REST_MS = 150;

interface Properties {
  readonly history: TextHistory;
  readonly people: readonly Person[];
  /** As it is now. */
  readonly title: string;
  /** Nothing is restored, and no version named. */
  readonly isReadOnly: boolean;
  readonly onClose: (goesToText: boolean) => void;
}

export function HistoryView({ history, people, title, isReadOnly, onClose }: Properties) {
  const order = useSyncExternalStore(history.subscribe, history.order);
  /** Null is the end, also when more comes. */
  const [picked, setPicked] = useState<Version | null>(null);
  const [base, setBase] = useState<Base>("before");
  /** What is named is what was seen when that began. */
  const [naming, setNaming] = useState<Version | null>(null);
  const [hasAuthors, setAuthors] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const mount = useRef<HTMLDivElement>(null);
  const slider = useRef<HTMLInputElement>(null);
  const nameButton = useRef<HTMLButtonElement>(null);
  const past = useRef<PastText | null>(null);
  const shown = useRef<Version>([]);

  const { entries, names, length } = order;
  const labels = useMemo(() => labelsFor(people, entries), [people, entries]);
  const now = Date.now();
  const first = entries[0]!.first;
  const end = useMemo(() => order.versionAt(length), [order, length]);
  const version = naming ?? picked ?? end;
  const isNow = isSameVersion(version, end);
  const at = useMemo(() => order.placeOf(version), [order, version]);
  const entry = entryAt(entries, at);
  const before = useMemo(() => baseVersion(order, base, version, entry), [order, base, version, entry]);
  const prove = useCallback(
    (from: number, to: number) => history.prove(version, from, to),
    [history, version],
  );
  shown.current = version;

  useEffect(() => {
    const text = new PastText(
      mount.current!,
      "The text as it was",
      (from, to) => history.authors(shown.current, from, to),
      { at: setAsked },
    );
    past.current = text;
    slider.current?.focus();
    return () => text.destroy();
  }, [history]);
  useEffect(() => {
    past.current?.show(history.compare(before, version));
    const timer = setTimeout(() => past.current?.revealChange(), REST_MS);
    return () => clearTimeout(timer);
  }, [history, before, version]);

  const goTo = (place: number, named?: Version) => {
    setPicked(named ?? (place < length ? order.versionAt(place) : null));
    setNaming(null);
  };
  // What is typed into the field just now is no change yet.
  const titleThen = useMemo(() => (isNow ? title : history.title(version)), [history, version, isNow, title]);
  const titleLine = useId();
  const name = nameOfVersion(version, names);
  const moment = entry === null ? "Before anything was written" : entryWords(entry, labels, now);
  const words = isNow ? `Now: ${moment}` : moment;
  return (
    <>
      <div className="history-past">
        <div className="history-slider">
          <input
            ref={slider}
            type="range"
            aria-label="Moment"
            aria-valuetext={name === null ? words : `${name}: ${words}`}
            // A key goes from one change to the next, Page Up and Page Down further.
            min={first}
            max={length}
            value={at}
            onChange={event => goTo(event.target.valueAsNumber)}
          />
          <p className="history-moment" aria-hidden="true">
            {name !== null && <strong>{name} · </strong>}
            {words}
          </p>
          {titleThen !== title && (
            <p id={titleLine} className="history-title">
              {titleThen === "" ? (
                "It had no title then."
              ) : (
                <>
                  Its title was <bdi>{titleThen}</bdi>.
                </>
              )}
            </p>
          )}
        </div>
        <h2 className="hidden">{titleThen === "" ? "Untitled" : titleThen}, as it was</h2>
        <div className="editor history-text" data-who={hasAuthors ? "" : undefined} ref={mount} />
        {hasAuthors && <WhoWrote asked={asked} prove={prove} labels={labels} now={now} />}
      </div>
      <div className="history-panel">
        <header className="history-head">
          <h2>History</h2>
          <button
            type="button"
            className="button button-icon"
            aria-label="Close history"
            title="Close history"
            onClick={() => onClose(false)}
          >
            <Icon name="close" />
          </button>
        </header>
        <div className="history-actions">
          <button
            type="button"
            className="button button-primary"
            disabled={isReadOnly || isNow}
            // The title is brought back, too.
            aria-describedby={titleThen === title ? undefined : titleLine}
            onClick={() => {
              history.restore(version);
              onClose(true);
            }}
          >
            Restore this version
          </button>
          {naming !== null ? (
            <NameForm
              name={name ?? ""}
              isReadOnly={isReadOnly}
              onDone={given => {
                if (given !== null) {
                  history.name(naming, given);
                  setPicked(naming);
                }
                flushSync(() => setNaming(null));
                // One cannot stand on what can no longer be pressed.
                (isReadOnly ? slider : nameButton).current?.focus();
              }}
            />
          ) : (
            <button
              ref={nameButton}
              type="button"
              className="button button-line"
              disabled={isReadOnly}
              onClick={() => setNaming(version)}
            >
              Name this version
            </button>
          )}
          <button
            type="button"
            className="button button-line history-who"
            aria-pressed={hasAuthors}
            onClick={() => {
              setAuthors(!hasAuthors);
              past.current?.showAuthors(!hasAuthors);
            }}
          >
            Who wrote this
          </button>
          <CompareWith order={order} base={base} labels={labels} now={now} onChoose={setBase} />
        </div>
        <Entries
          order={order}
          current={entry}
          version={version}
          labels={labels}
          when={time => momentOf(time, now)}
          onPick={goTo}
        />
      </div>
    </>
  );
}

/** The one in which a place is, at its end too. */
function entryAt(entries: readonly HistoryEntry[], place: number): HistoryEntry | null {
  return entries.find(({ first, end }) => place > first && place <= end) ?? null;
}
