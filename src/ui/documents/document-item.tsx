// One held document in the list. Removing asks only where something would be lost for good; else Undo is the answer.
import { useRef, useState } from "react";
import type { DocumentEntry } from "../../sync/view.ts";
import { Icon } from "../icons.tsx";
import { edits } from "../status/words.ts";
import { relativeDate } from "./relative-date.ts";
import { shownTitle } from "./shown-title.ts";

interface Properties {
  readonly entry: DocumentEntry;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
  readonly onRemove: () => void;
}

export function DocumentItem({ entry, isOpen, onOpen, onRemove }: Properties) {
  const [isAsking, setAsking] = useState(false);
  const asker = useRef<HTMLButtonElement>(null);
  const title = shownTitle(entry.title);
  return (
    <li className="document-item">
      <div className="document-row">
        <a href={`#${entry.id}`} aria-current={isOpen ? "page" : undefined} onClick={onOpen}>
          <bdi className="document-title">{title}</bdi>
          <span className="document-date">{relativeDate(entry.updatedAt, Date.now())}</span>
        </a>
        <button
          ref={asker}
          type="button"
          className="button button-icon"
          aria-label={`Remove from this device: ${title}`}
          title="Remove from this device"
          aria-expanded={entry.unshared > 0 ? isAsking : undefined}
          onClick={() => (entry.unshared > 0 ? setAsking(!isAsking) : onRemove())}
        >
          <Icon name="bin" />
        </button>
      </div>
      {isAsking && (
        <div className="document-warning">
          <p>{unsharedWarning(entry.unshared)}</p>
          <div className="row">
            <button
              type="button"
              className="button button-line"
              ref={focusNew}
              onClick={() => {
                setAsking(false);
                asker.current?.focus();
              }}
            >
              Keep
            </button>
            <button type="button" className="button button-bad" onClick={onRemove}>
              Remove anyway
            </button>
          </div>
        </div>
      )}
    </li>
  );
}

/** The safe answer has the focus when the question appears. */
function focusNew(button: HTMLButtonElement | null): void {
  button?.focus();
}

export function unsharedWarning(count: number): string {
  return `${edits(count)} here ${count === 1 ? "is" : "are"} shared with nobody.`;
}
