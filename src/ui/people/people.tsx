// Who writes here: me first, then those who are here, then those who are not. The carets in the text are decoration;
// this list says the same in words. In the bar names share the room there is, and give way to the marks alone where that
// is too little; under the others lies a button that opens the same people with room for every name.
import { type CSSProperties, useId, useRef, useState } from "react";
import type { OpenDocument, Person } from "../../sync/view.ts";
import { useDismiss } from "../dismiss.ts";
import { latePart } from "../late-part.tsx";
import { Mark } from "./mark.tsx";
import { MyName } from "./my-name.tsx";
import { type Label, labelsOf, labelText } from "./names.ts";
import { isAway, ShownLabel, whereIs } from "./person-words.tsx";

/** Roles, and what may be done about them. */
const PeoplePanel = latePart(() => import("./people-panel.tsx"));

/** Marks in the bar, mine included; how many more there are is a number. */
const SHOWN_MAX = 5;

interface Properties {
  readonly document: OpenDocument;
  readonly people: readonly Person[];
  /** Changes that do not count. */
  readonly aside: number;
  readonly onName: (name: string) => void;
  readonly onAside: () => void;
  readonly onDevices: () => void;
}

export function People({ document, people, aside, onName, onAside, onDevices }: Properties) {
  const [isOpen, setOpen] = useState(false);
  const [hasFocus, setFocus] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const toggle = useRef<HTMLButtonElement>(null);
  const panel = useId();
  useDismiss(isOpen, () => setOpen(false), frame, toggle);
  const shown = Math.min(people.length, SHOWN_MAX);
  // Whoever else was here may leave while the panel is open: its button is not taken away under the keyboard.
  const hasPanel = people.length > 1 || aside > 0 || isOpen || hasFocus;
  const labels = labelsOf(people);
  const labelOf = (person: Person): Label => labels.get(person.key)!;
  return (
    <div className="people-place" ref={frame}>
      <div className="people-room">
        <div
          className="people-strip"
          data-shown={shown}
          style={{ "--others": Math.max(shown - 1, hasPanel ? 1 : 0) } as CSSProperties}
        >
          <ul aria-label="People" className="people">
            {people.map((person, place) =>
              person.me ? (
                <li key={person.key} className="person person-me">
                  <MyName personKey={person.key} name={person.name} label={labelOf(person)} onName={onName} />
                </li>
              ) : (
                <li
                  key={person.key}
                  className={place < SHOWN_MAX ? "person" : "hidden"}
                  data-away={isAway(person) ? "" : undefined}
                >
                  <Mark personKey={person.key} />
                  <span className="person-name">
                    <ShownLabel label={labelOf(person)} />
                    <span className="hidden">, {whereIs(person)}</span>
                  </span>
                </li>
              ),
            )}
          </ul>
          {people.length > shown && (
            <span className="people-more" aria-hidden="true">
              +{people.length - shown}
            </span>
          )}
          {hasPanel && (
            <button
              ref={toggle}
              type="button"
              className="button people-all"
              aria-label="Who is here"
              title={people.slice(1).map(whoAndWhere).join("\n")}
              aria-expanded={isOpen}
              aria-controls={isOpen ? panel : undefined}
              onClick={() => setOpen(!isOpen)}
              onFocus={() => setFocus(true)}
              onBlur={() => setFocus(false)}
            >
              {people.length === 1 && "…"}
            </button>
          )}
        </div>
      </div>
      {isOpen && (
        <div className="island people-panel" id={panel}>
          <PeoplePanel
            document={document}
            people={people}
            aside={aside}
            onAside={() => {
              setOpen(false);
              onAside();
            }}
            onDevices={() => {
              setOpen(false);
              // This button is gone in a moment; the dialog leads back to the one that stays.
              toggle.current?.focus();
              onDevices();
            }}
          />
        </div>
      )}
    </div>
  );

  function whoAndWhere(person: Person): string {
    return `${labelText(labelOf(person))}, ${whereIs(person)}`;
  }
}
