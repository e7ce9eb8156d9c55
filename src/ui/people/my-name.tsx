// My own name, edited where it stands. Enter or leaving keeps it, Escape does not; an empty one takes back what was given.
import { useRef, useState } from "react";
import { Mark } from "./mark.tsx";
import { type Label, labelText, shownName } from "./names.ts";

const NOT_SHOWN = "Nothing of this name would show.";

interface Properties {
  readonly personKey: string;
  readonly name: string | null;
  readonly label: Label;
  readonly onName: (name: string) => void;
}

export function MyName({ personKey, name, label, onName }: Properties) {
  const [draft, setDraft] = useState<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const end = (keep: boolean) => {
    const chosen = draft?.trim().toWellFormed() ?? "";
    if (keep && draft !== null && chosen !== (name ?? "") && isShown(chosen)) onName(chosen);
    setDraft(null);
  };
  const endByKey = (keep: boolean) => {
    end(keep);
    requestAnimationFrame(() => {
      // Unless somebody went on to the text meanwhile: in a busy page a frame is long.
      if (document.activeElement === document.body) button.current?.focus();
    });
  };
  if (draft === null) {
    return (
      <button
        ref={button}
        type="button"
        className="button my-name"
        title="Edit your name"
        aria-label={`${labelText(label)} (you), edit your name`}
        onClick={() => setDraft(name ?? "")}
      >
        <Mark personKey={personKey} />
        <span className="person-name">
          <bdi>{label.name}</bdi>
          {label.words !== null && <span className="person-words"> · {label.words}</span>}
        </span>
      </button>
    );
  }
  return (
    <form
      className="my-name"
      onSubmit={event => {
        event.preventDefault();
        endByKey(true);
      }}
    >
      <Mark personKey={personKey} />
      <input
        className="field name-field"
        aria-label="Your name"
        placeholder={label.name}
        dir="auto"
        ref={focusNew}
        autoComplete="nickname"
        maxLength={40}
        value={draft}
        onFocus={event => event.target.select()}
        onChange={({ target }) => {
          // Said by the browser, which does not let Enter keep it.
          target.setCustomValidity(isShown(target.value.trim()) ? "" : NOT_SHOWN);
          setDraft(target.value);
        }}
        onBlur={() => end(true)}
        onKeyDown={event => {
          if (event.key === "Escape") endByKey(false);
        }}
      />
    </form>
  );
}

/** Of one that is given; what is empty takes one back. */
function isShown(name: string): boolean {
  return name === "" || shownName(name) !== null;
}

/** It takes the place of the button that was just pressed, and with it the focus. */
function focusNew(field: HTMLInputElement | null): void {
  field?.focus();
}
