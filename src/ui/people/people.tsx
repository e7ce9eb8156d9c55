// Who writes here: me first, then those who are here, then those who are not. The carets in the text are decoration;
// this list says the same in words. In the bar names share the room there is, and give way to the marks alone where that
// is too little; under the others lies a button that opens the same people with room for every name.
import { type CSSProperties, useId, useRef, useState } from "react";
import type { Person } from "../../sync/view.ts";
import { useDismiss } from "../dismiss.ts";
import { Mark } from "./mark.tsx";
import { MyName } from "./my-name.tsx";
import { type Label, labelsOf, labelText } from "./names.ts";

/** Marks in the bar, mine included; how many more there are is a number. */
const SHOWN_MAX = 5;

interface Properties {
  readonly people: readonly Person[];
  readonly onName: (name: string) => void;
}

export function People({ people, onName }: Properties) {
  const [isOpen, setOpen] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const toggle = useRef<HTMLButtonElement>(null);
  const panel = useId();
  useDismiss(isOpen, () => setOpen(false), frame, toggle);
  const shown = Math.min(people.length, SHOWN_MAX);
  const labels = labelsOf(people);
  const labelOf = (person: Person): Label => labels.get(person.key)!;
  return (
    <div className="people-place" ref={frame}>
      <div className="people-room">
        <div className="people-strip" data-shown={shown} style={{ "--others": shown - 1 } as CSSProperties}>
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
          {people.length > 1 && (
            <button
              ref={toggle}
              type="button"
              className="button people-all"
              aria-label="Who is here"
              title={people.slice(1).map(whoAndWhere).join("\n")}
              aria-expanded={isOpen}
              aria-controls={isOpen ? panel : undefined}
              onClick={() => setOpen(!isOpen)}
            />
          )}
        </div>
      </div>
      {isOpen && (
        <ul aria-label="Who is here" className="island people-panel" id={panel}>
          {people.map(person => (
            <li key={person.key} className="person-row" data-away={isAway(person) ? "" : undefined}>
              <Mark personKey={person.key} />
              <span className="person-name">
                <ShownLabel label={labelOf(person)} />
              </span>
              <span className="person-where">{person.me ? "you" : whereIs(person)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );

  function whoAndWhere(person: Person): string {
    return `${labelText(labelOf(person))}, ${whereIs(person)}`;
  }
}

function ShownLabel({ label }: { readonly label: Label }) {
  return (
    <>
      <bdi>{label.name}</bdi>
      {label.words !== null && <span className="person-words"> · {label.words}</span>}
    </>
  );
}

function isAway(person: Person): boolean {
  return !person.me && person.path === null;
}

function whereIs({ path }: Person): string {
  if (path === null) return "away";
  return path === "relay" ? "here, through the relay" : "here";
}
