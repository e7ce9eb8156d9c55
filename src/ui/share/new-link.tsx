// A further link: what it gives, and a label by which people tell it from others.
import { useId, useState } from "react";
import type { Role } from "../../sync/view.ts";
import { roleWords } from "../people/words.ts";

/** UTF-16 code units; three bytes each fit into what an invite takes. */
const LABEL_LENGTH_MAX = 40;

interface Properties {
  readonly roles: readonly Role[];
  readonly isBusy: boolean;
  readonly onMake: (role: Role, label: string) => void;
}

export function NewLink({ roles, isBusy, onMake }: Properties) {
  const [role, setRole] = useState<Role>("editor");
  const [label, setLabel] = useState("");
  const id = useId();
  return (
    <form
      className="share-new"
      onSubmit={event => {
        event.preventDefault();
        onMake(role, label);
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
        <button type="submit" className="button button-line" disabled={isBusy}>
          Make link
        </button>
      </div>
    </form>
  );
}
