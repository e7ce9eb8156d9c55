// Who writes here: me first, then those who are here, then those who are not. The carets in the text are decoration;
// this list says the same in words.
import type { Person } from "../../sync/view.ts";
import { Mark } from "./mark.tsx";
import { MyName } from "./my-name.tsx";
import { type Label, labelsOf, labelText } from "./names.ts";

interface Properties {
  readonly people: readonly Person[];
  readonly onName: (name: string) => void;
}

export function People({ people, onName }: Properties) {
  const labels = labelsOf(people);
  return (
    <ul aria-label="People" className="people" data-crowd={people.length > 3 ? "" : undefined}>
      {people.map(person => {
        const label = labels.get(person.key)!;
        return person.me ? (
          <li key={person.key} className="person person-me">
            <MyName personKey={person.key} name={person.name} label={label} onName={onName} />
          </li>
        ) : (
          <OtherPerson key={person.key} person={person} label={label} />
        );
      })}
    </ul>
  );
}

function OtherPerson({ person, label }: { readonly person: Person; readonly label: Label }) {
  const where = person.path === null ? "away" : person.path === "relay" ? "here, through the relay" : "here";
  return (
    <li
      className="person"
      data-away={person.path === null ? "" : undefined}
      title={`${labelText(label)}, ${where}`}
    >
      <Mark personKey={person.key} />
      <span className="person-name">
        <bdi>{label.name}</bdi>
        {label.words !== null && <span className="person-words"> · {label.words}</span>}
        <span className="hidden">, {where}</span>
      </span>
    </li>
  );
}
