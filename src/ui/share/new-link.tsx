// A further link: what it gives, when it ends, and a label by which people tell it from others.
import { useId, useState } from "react";
import type { LinkEnds, Role } from "../../sync/view.ts";
import { roleWords } from "../people/words.ts";
import { TERMS, USES } from "./link-ends.ts";

/** UTF-16 code units; three bytes each fit into what an invite takes. */
const LABEL_LENGTH_MAX = 40;

interface Properties {
  readonly roles: readonly Role[];
  readonly isBusy: boolean;
  readonly onMake: (role: Role, label: string, ends: LinkEnds) => void;
}

export function NewLink({ roles, isBusy, onMake }: Properties) {
  const [role, setRole] = useState<Role>("editor");
  const [label, setLabel] = useState("");
  const [term, setTerm] = useState(0);
  const [places, setPlaces] = useState(0);
  const id = useId();
  // Who comes is counted by what they write.
  const isCounted = role !== "reader";
  return (
    <form
      className="share-new"
      onSubmit={event => {
        event.preventDefault();
        if (isBusy) return;
        onMake(role, label, { afterSeconds: TERMS[term]![0], uses: isCounted ? USES[places]![0] : null });
        setLabel("");
      }}
    >
      <label htmlFor={id}>Another link, for</label>
      <div className="row">
        <input
          id={id}
          className="field share-field"
          placeholder="whom? (all here see it)"
          dir="auto"
          maxLength={LABEL_LENGTH_MAX}
          value={label}
          onChange={event => setLabel(event.target.value)}
        />
        <select
          className="field share-field share-role"
          aria-label="What it lets people do"
          value={role}
          onChange={event => setRole(event.target.value as Role)}
        >
          {roles.map(each => (
            <option key={each} value={each}>
              {roleWords(each)}
            </option>
          ))}
        </select>
      </div>
      <div className="row">
        <Choice name="How long it works" choices={TERMS} chosen={term} onChoose={setTerm} />
        {isCounted && (
          <Choice name="How many may come by it" choices={USES} chosen={places} onChoose={setPlaces} />
        )}
        <button type="submit" className="button button-line" aria-disabled={isBusy}>
          Make link
        </button>
      </div>
    </form>
  );
}

interface ChoiceProperties {
  readonly name: string;
  readonly choices: readonly (readonly [value: number | null, words: string])[];
  readonly chosen: number;
  readonly onChoose: (place: number) => void;
}

function Choice({ name, choices, chosen, onChoose }: ChoiceProperties) {
  return (
    <select
      className="field share-field share-end"
      aria-label={name}
      value={chosen}
      onChange={event => onChoose(Number(event.target.value))}
    >
      {choices.map(([, words], place) => (
        <option key={words} value={place}>
          {words}
        </option>
      ))}
    </select>
  );
}
