// Whether somebody is who I think: both read the same two rows of words from their screens.
import { useEffect, useState } from "react";
import type { Comparison, DocumentPeople, Person } from "../../sync/view.ts";
import { Modal } from "../modal.tsx";

interface Properties {
  readonly people: DocumentPeople;
  /** Null once they are listed no more. */
  readonly person: Person | null;
  readonly name: string;
  readonly onClose: () => void;
}

export function VerifyDialog({ people, person, name, onClose }: Properties) {
  const [words, setWords] = useState<Comparison | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [differs, setDiffers] = useState(false);
  const key = person?.key ?? null;
  useEffect(() => {
    if (key === null) return;
    people
      .compare(key)
      .then(setWords, () => setProblem("The words could not be fetched. Close this and try again."));
  }, [people, key]);
  return (
    <Modal
      title={
        <>
          Verify <bdi>{name}</bdi>
        </>
      }
      className="share"
      onClose={onClose}
    >
      {close => (
        <>
          <p>
            Anybody can call themselves so. To be sure, meet, or call each other; let <bdi>{name}</bdi> open
            this under your name too, and read the words to each other.
          </p>
          <dl className="verify-words">
            <dt>Yours</dt>
            <dd className="device-words">{words?.mine.join(" ")}</dd>
            <dt>
              Those of <bdi>{name}</bdi>
            </dt>
            <dd className="device-words">{words?.theirs.join(" ")}</dd>
          </dl>
          {person?.verification === "new-device" && (
            <p className="remove-warning">
              You have verified them before. Since then one of their devices took in another one, which is all
              that is new: if they tell you so, there is nothing to compare again.
            </p>
          )}
          {person?.verification === "other-key" && (
            <p className="remove-warning">
              Somebody else goes by this name, or they began anew with another key: on a new device, or in
              another browser.
            </p>
          )}
          <div aria-live="polite">
            {problem !== null && <p className="bad">{problem}</p>}
            {differs && (
              <p className="bad">
                Then this is not the key of the person you speak with, and somebody may be pretending. Nothing
                was remembered. Whoever manages the document can remove them under People.
              </p>
            )}
          </div>
          <div className="row remove-actions">
            {person?.verification === "verified" ? (
              <button
                type="button"
                className="button button-line"
                onClick={() => {
                  people.unverify(person.key);
                  close();
                }}
              >
                Forget that I verified them
              </button>
            ) : (
              <>
                <button type="button" className="button button-line" onClick={() => setDiffers(true)}>
                  They differ
                </button>
                <button
                  type="button"
                  className="button button-primary"
                  disabled={words === null || person === null || differs}
                  onClick={() => {
                    people.verify(person!.key);
                    close();
                  }}
                >
                  Both are the same
                </button>
              </>
            )}
          </div>
          <p className="quiet">A tick then stands beside their name, on this device alone.</p>
        </>
      )}
    </Modal>
  );
}
