// The name of a version: one line, Enter keeps it, Escape leaves things as they were.
import { useEffect, useId, useRef, useState } from "react";

interface Properties {
  readonly name: string;
  /** It can no longer be kept, though one could when one began. */
  readonly isReadOnly: boolean;
  /** Null: nothing was decided. */
  readonly onDone: (name: string | null) => void;
}

const NAME_LENGTH_MAX = 80;

export function NameForm({ name, isReadOnly, onDone }: Properties) {
  const [text, setText] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => field.current!.select(), []);
  return (
    <form
      className="history-naming"
      onSubmit={event => {
        event.preventDefault();
        if (!isReadOnly) onDone(text.trim());
      }}
      onKeyDown={event => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onDone(null);
      }}
    >
      <label htmlFor={id}>Name of this version</label>
      <div className="row">
        <input
          id={id}
          ref={field}
          className="field"
          maxLength={NAME_LENGTH_MAX}
          value={text}
          onChange={event => setText(event.target.value)}
        />
        <button type="submit" className="button button-line" disabled={isReadOnly}>
          Keep
        </button>
      </div>
    </form>
  );
}
