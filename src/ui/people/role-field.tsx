// What somebody may do, to be chosen. A list that is opened with the pointer gives what is pressed in it; with the keyboard
// one comes by other roles on the way to the one that is meant, and each would be signed, so that a button asks for it.
import { useRef, useState } from "react";
import type { Role } from "../../sync/view.ts";
import { roleWords } from "./words.ts";

interface Properties {
  readonly name: string;
  readonly role: Role;
  /** Those that are mine to give. */
  readonly roles: readonly Role[];
  readonly isBusy: boolean;
  readonly onRole: (role: Role) => Promise<boolean>;
}

export function RoleField({ name, role, roles, isBusy, onRole }: Properties) {
  const [chosen, setChosen] = useState(role);
  const [before, setBefore] = useState(role);
  const field = useRef<HTMLSelectElement>(null);
  const isByKeys = useRef(false);
  if (role !== before) {
    // It was given, by whomever.
    setBefore(role);
    setChosen(role);
  }
  const give = async (one: Role) => {
    // Not disabled meanwhile: the keyboard would stand nowhere.
    if (isBusy || one === role) return;
    isByKeys.current = false;
    setChosen(one);
    field.current!.focus();
    if (!(await onRole(one))) setChosen(role);
  };
  return (
    <>
      <select
        ref={field}
        className="field person-role"
        aria-label={`What ${name} may do`}
        value={chosen}
        onPointerDown={() => {
          isByKeys.current = false;
        }}
        onKeyDown={({ key }) => {
          isByKeys.current = true;
          if (key === "Enter") void give(chosen);
        }}
        onChange={({ target }) => {
          const one = target.value as Role;
          if (isByKeys.current) setChosen(one);
          else void give(one);
        }}
      >
        {rolesFor(role, roles).map(one => (
          <option key={one} value={one}>
            {roleWords(one)}
          </option>
        ))}
      </select>
      {chosen !== role && !isBusy && (
        <button
          type="button"
          className="button button-line"
          aria-label={`Change what ${name} may do`}
          onClick={() => void give(chosen)}
        >
          Change
        </button>
      )}
    </>
  );
}

/** What they have is shown also where it is not mine to give. */
function rolesFor(role: Role, roles: readonly Role[]): readonly Role[] {
  return roles.includes(role) ? roles : [role, ...roles];
}
