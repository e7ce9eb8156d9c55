// What a removal does, before it is signed.
import { useState } from "react";
import type { LinkEntry, PersonEntry, RemovalPreview } from "../../sync/view.ts";
import { Modal } from "../modal.tsx";
import { linkName, uncountedWords, unseenWords } from "./words.ts";

interface Properties {
  readonly person: PersonEntry;
  readonly name: string;
  readonly preview: RemovalPreview;
  readonly links: readonly LinkEntry[];
  /** Nobody else is linked at the moment. */
  readonly isAlone: boolean;
  /** True if it was done. */
  readonly onRemove: (links: readonly string[]) => Promise<boolean>;
  readonly onClose: () => void;
}

export function RemoveDialog({ person, name, preview, links, isAlone, onRemove, onClose }: Properties) {
  const [also, setAlso] = useState<readonly string[]>([]);
  const [isBusy, setBusy] = useState(false);
  const theirs = links.filter(({ key }) => person.links.includes(key));
  const others = links.filter(link => link.isReachable && !theirs.includes(link));
  return (
    <Modal
      title={
        <>
          Remove <bdi>{name}</bdi>?
        </>
      }
      className="share remove"
      onClose={onClose}
    >
      {close => (
        <>
          <p>
            What <bdi>{name}</bdi> has written here stays. What they write before they hear of it is set
            aside, and can be taken back in. They keep what they have read.
          </p>
          {preview.changes > 0 && <p>{uncountedWords(preview)}</p>}
          {preview.unseen > 0 && <p className="remove-warning">{unseenWords(preview)}</p>}
          {isAlone && (
            <p className="remove-warning">
              Nobody else is here now: what others have of theirs and you have not seen will be set aside too.
            </p>
          )}
          {theirs.length > 0 && (
            <p>
              The link by which they came is revoked with it: {theirs.map(nameOf).join(", ")}. Share makes a
              new one.
            </p>
          )}
          {others.length > 0 && (
            <fieldset className="remove-links">
              <legend>They may know other links. Revoke as well:</legend>
              {others.map(link => (
                <label key={link.key}>
                  <input
                    type="checkbox"
                    checked={also.includes(link.key)}
                    onChange={event =>
                      setAlso(
                        event.target.checked ? [...also, link.key] : also.filter(key => key !== link.key),
                      )
                    }
                  />
                  <bdi>{nameOf(link)}</bdi>
                </label>
              ))}
            </fieldset>
          )}
          <div className="row remove-actions">
            <button type="button" className="button button-line" onClick={close}>
              Cancel
            </button>
            <button
              type="button"
              className="button button-bad"
              disabled={isBusy}
              onClick={async () => {
                setBusy(true);
                await onRemove([...person.links, ...also]);
                close();
              }}
            >
              Remove from the document
            </button>
          </div>
        </>
      )}
    </Modal>
  );
}

function nameOf({ label, role }: LinkEntry): string {
  return label === "" ? linkName(role) : `${linkName(role)} (${label})`;
}
