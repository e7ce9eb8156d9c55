// What is here and does not count, by author: why, what of it is text, the evidence where there is any, and the way back
// in for who may take it. In place of the text; fetched when it is first wanted.
import { useEffect, useRef } from "react";
import type { AsideEntry, OpenDocument, PeopleState, Person } from "../../sync/view.ts";
import { Icon } from "../icons.tsx";
import { fileName, saveFile } from "../save-file.ts";
import { Mark } from "./mark.tsx";
import { labelsOf, labelText } from "./names.ts";
import { usePeople } from "./use-people.ts";
import { changesWords, reasonWords } from "./words.ts";
import "./people-pages.css";

/** UTF-16 code units of a text that are shown; all of it can be saved. */
const SHOWN_LENGTH_MAX = 4_000;

interface Properties {
  readonly document: OpenDocument;
  readonly people: readonly Person[];
  readonly title: string;
  readonly onClose: () => void;
}

// The default export is what `latePart` asks for.
export default function SetAsidePage({ document, people, title, onClose }: Properties) {
  const { people: here, state, problem, isBusy, attempt } = usePeople(document);
  const section = useRef<HTMLElement>(null);
  useEffect(() => section.current?.focus(), []);
  const nameOf = namesIn(people, state);
  return (
    <section
      ref={section}
      aria-label="Set aside"
      className="set-aside"
      tabIndex={-1}
      onKeyDown={event => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        onClose();
      }}
    >
      <header className="share-head">
        <h2>Set aside</h2>
        <button
          type="button"
          className="button button-icon"
          aria-label="Close what is set aside"
          title="Close"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      <p className="quiet">
        Changes that arrived whole and rightly signed, and do not count by what is known about the people who
        made them. Nobody loses anything: they stay here.
      </p>
      {problem !== null && <p className="bad">That was not done: {problem}</p>}
      {state !== null && state.aside.length === 0 && <p>Nothing is set aside.</p>}
      <ul className="aside-entries">
        {state?.aside.map(entry => (
          <li key={`${entry.author} ${entry.reason}`} className="aside-entry">
            <h3>
              <Mark personKey={entry.author} />
              <bdi>{nameOf(entry.author)}</bdi>
              <span className="quiet">{changesWords(entry.changes)}</span>
            </h3>
            <p>{reasonWords(entry, nameOf(entry.author))}</p>
            {entry.text === "" ? (
              <p className="quiet">There is no text in it.</p>
            ) : (
              <Words text={entry.text} />
            )}
            <div className="aside-actions">
              {state.mayRule && entry.reason !== "two-faced" && (
                <button
                  type="button"
                  className="button button-primary"
                  disabled={isBusy}
                  onClick={() => void attempt(here => here.takeIn(entry))}
                >
                  Take back in
                </button>
              )}
              {state.mayRule && entry.reason === "never let in" && (
                <button
                  type="button"
                  className="button button-line"
                  disabled={isBusy}
                  onClick={() => void attempt(here => here.letIn(entry.author))}
                >
                  Let <bdi>{nameOf(entry.author)}</bdi> in to edit
                </button>
              )}
              {entry.text !== "" && (
                <button
                  type="button"
                  className="button button-line"
                  onClick={() => saveWords(entry, title, nameOf(entry.author))}
                >
                  Save the text
                </button>
              )}
            </div>
          </li>
        ))}
      </ul>
      {state?.twoFaced.map(device => (
        <div key={device} className="aside-entry">
          <p>
            Two versions of one edit were signed by <bdi>{nameOf(device)}</bdi>. Both signatures hold, so it
            is proven, and anybody can check it.
          </p>
          <div className="aside-actions">
            <button
              type="button"
              className="button button-line"
              onClick={() =>
                saveFile(here!.proof(device), `${fileName(title)}, two versions.json`, "application/json")
              }
            >
              Save the proof
            </button>
          </div>
        </div>
      ))}
    </section>
  );
}

function Words({ text }: { readonly text: string }) {
  const shown = text.slice(0, SHOWN_LENGTH_MAX).toWellFormed();
  return (
    <blockquote dir="auto">
      {shown}
      {shown.length < text.length && "…"}
    </blockquote>
  );
}

/** Also of those who are listed no more. */
function namesIn(people: readonly Person[], state: PeopleState | null): (key: string) => string {
  const listed = new Set(people.map(({ key }) => key));
  const others = (state?.persons ?? []).filter(({ key }) => !listed.has(key));
  const labels = labelsOf([...people, ...others]);
  return key => labelText(labels.get(key) ?? labelsOf([{ key, name: null }]).get(key)!);
}

function saveWords({ text }: AsideEntry, title: string, name: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  saveFile(bytes, `${fileName(title)}, set aside, ${fileName(name)}.md`, "text/markdown");
}
