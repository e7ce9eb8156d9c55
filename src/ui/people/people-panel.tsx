// Everybody with room for every name, what they may do, and what may be done about it by who manages. Fetched when the
// panel is first opened.
import { useEffect, useRef, useState } from "react";
import type { OpenDocument, Person, PersonEntry } from "../../sync/view.ts";
import { Icon } from "../icons.tsx";
import { Mark } from "./mark.tsx";
import { labelsOf, labelText } from "./names.ts";
import { isAway, ShownLabel, whereIs } from "./person-words.tsx";
import { RemoveDialog } from "./remove-dialog.tsx";
import { RoleField } from "./role-field.tsx";
import { usePeople } from "./use-people.ts";
import { verificationWords } from "./verification-words.ts";
import { VerifyDialog } from "./verify-dialog.tsx";
import { changesWords, devicesWords, roleWords, seenWords } from "./words.ts";
import "./people-pages.css";

interface Properties {
  readonly document: OpenDocument;
  readonly people: readonly Person[];
  readonly aside: number;
  readonly onAside: () => void;
  readonly onDevices: () => void;
}

// The default export is what `latePart` asks for.
export default function PeoplePanel({ document, people, aside, onAside, onDevices }: Properties) {
  const { people: here, state, problem, isBusy, attempt } = usePeople(document);
  const [leaving, setLeaving] = useState<PersonEntry | null>(null);
  const [comparing, setComparing] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // What the keyboard stood on went with a person, or with what may be done about them. Not at once: on its way from one
    // to the next it stands on neither.
    const timer = setTimeout(() => {
      if (window.document.activeElement === window.document.body) list.current?.focus();
    });
    return () => clearTimeout(timer);
  });
  const labels = labelsOf(people);
  const entryOf = (key: string) => state?.persons.find(({ devices }) => devices.includes(key));
  return (
    <>
      {problem !== null && <p className="bad people-problem">That was not done: {problem}</p>}
      <ul ref={list} aria-label="Who is here" className="people-rows" tabIndex={-1}>
        {people.map(person => {
          const label = labels.get(person.key)!;
          const name = labelText({ ...label, isVerified: false });
          const news = verificationWords(person.verification);
          const entry = entryOf(person.key);
          const mayReach = entry?.isReachable && state?.mayRule;
          const seen = entry === undefined ? null : seenWords(entry);
          return (
            <li key={person.key} className="person-row" data-away={isAway(person) ? "" : undefined}>
              <Mark personKey={person.key} />
              <span className="person-name">
                <ShownLabel label={label} />
                {(entry?.devices.length ?? 1) > 1 && (
                  <span className="person-words">
                    {" "}
                    · device {entry!.devices.indexOf(person.key) + 1} of {entry!.devices.length}
                  </span>
                )}
              </span>
              <span className="person-where">
                {person.me ? "you" : entry?.me ? `yours, ${whereIs(person)}` : whereIs(person)}
              </span>
              {mayReach && entry.role !== null ? (
                <RoleField
                  name={name}
                  role={entry.role}
                  roles={state.roles}
                  isBusy={isBusy}
                  onRole={role => attempt(here => here.setRole(entry.key, role))}
                />
              ) : (
                <span className="person-role">
                  {entry === undefined ? "by a link" : roleWords(entry.role)}
                </span>
              )}
              {!person.me && !entry?.me && (
                <button
                  type="button"
                  className="button button-icon"
                  aria-label={`Verify: ${name}`}
                  title="Verify who this is"
                  onClick={() => setComparing(person.key)}
                >
                  <Icon name="verify" />
                </button>
              )}
              {mayReach && (
                <button
                  type="button"
                  className="button button-icon"
                  aria-label={`Remove from the document: ${name}`}
                  title="Remove from the document"
                  onClick={() => setLeaving(entry)}
                >
                  <Icon name="bin" />
                </button>
              )}
              {seen !== null && <span className="person-seen quiet">{seen}</span>}
              {news !== null && <span className="person-news">{news}</span>}
            </li>
          );
        })}
      </ul>
      {state?.mayRule && state.asking.length > 0 && (
        <ul aria-label="Who asks to edit" className="people-rows">
          {state.asking.map(({ key, name }) => {
            const label = labelsOf([...people, { key, name }]).get(key)!;
            return (
              <li key={key} className="person-row">
                <Mark personKey={key} />
                <span className="person-name">
                  <ShownLabel label={label} />
                </span>
                <span className="person-where">asks to edit</span>
                <button
                  type="button"
                  className="button button-line"
                  disabled={isBusy}
                  aria-label={`Let them edit: ${labelText(label)}`}
                  onClick={() => void attempt(here => here.letIn(key))}
                >
                  Let them edit
                </button>
              </li>
            );
          })}
        </ul>
      )}
      <button type="button" className="button people-aside" onClick={onDevices}>
        My devices
        <span className="quiet">
          {devicesWords(state?.persons.find(({ me }) => me)?.devices.length ?? 1)}
        </span>
      </button>
      {aside > 0 && (
        <button type="button" className="button people-aside" onClick={onAside}>
          Set aside
          <span className="quiet">{changesWords(aside)}</span>
        </button>
      )}
      {comparing !== null && here !== null && (
        <VerifyDialog
          people={here}
          person={people.find(({ key }) => key === comparing) ?? null}
          name={labelText(labels.get(comparing) ?? { name: "them", words: null })}
          onClose={() => setComparing(null)}
        />
      )}
      {leaving !== null && here !== null && state !== null && (
        <RemoveDialog
          person={leaving}
          name={labelText(
            labels.get(leaving.devices.find(key => labels.has(key)) ?? "") ?? { name: "them", words: null },
          )}
          preview={here.removal(leaving.key)}
          links={state.links}
          isAlone={people.every(person => person.me || person.path === null)}
          onRemove={links => attempt(here => here.remove(leaving.key, links))}
          onClose={() => setLeaving(null)}
        />
      )}
    </>
  );
}
