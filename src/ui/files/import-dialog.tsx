// A file is being opened: how far that is, once one would begin to wonder, and why it was not, where it was not. The work
// is the workspace's; closing the dialog ends it.
import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import type { Imported, ImportProgress, Workspace } from "../../sync/view.ts";
import { problemOf } from "../problem.ts";

/** Milliseconds after which people are told that something goes on. */
const LATE_MS = 300;

const STAGES: Readonly<Record<ImportProgress["stage"], string>> = {
  reading: "Reading the file…",
  checking: "Checking every signature in it…",
  storing: "Keeping it on this device…",
};

interface Properties {
  readonly workspace: Workspace;
  readonly files: readonly File[];
  /** Null: nothing came of it. */
  readonly onDone: (imported: Imported | null) => void;
}

// The default export is what `latePart` asks for.
export default function ImportDialog({ workspace, files, onDone }: Properties) {
  const [progress, setProgress] = useState<ImportProgress>({ stage: "reading", done: null });
  const [reason, setReason] = useState<string | null>(null);
  const [isLate, setLate] = useState(false);
  const cancelling = useRef(new AbortController());
  const done = useRef(onDone);
  done.current = onDone;
  useEffect(() => {
    const controller = new AbortController();
    cancelling.current = controller;
    const [file] = files;
    if (file === undefined || files.length > 1) {
      setReason("one file is opened at a time");
      return;
    }
    const timer = setTimeout(() => setLate(true), LATE_MS);
    workspace
      .import(file, setProgress, controller.signal)
      .then(
        imported => (imported?.kind === "refused" ? setReason(imported.reason) : done.current(imported)),
        error => setReason(problemOf(error)),
      )
      .finally(() => clearTimeout(timer));
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [workspace, files]);
  if (reason === null && !isLate) return null;
  const name = files.length === 1 ? files[0]!.name : "Several files";
  return (
    // A dialog of its own for each: whoever closes the first in the moment of a refusal still hears of it.
    <Shown
      key={reason === null ? "under way" : "refused"}
      onClose={() => (reason === null ? cancelling.current.abort() : onDone(null))}
    >
      {(heading, close) =>
        reason !== null ? (
          <>
            <h2 id={heading}>
              <bdi>{name}</bdi> cannot be opened
            </h2>
            <p>{sentence(reason)} Nothing of it was kept.</p>
            <button type="button" className="button button-primary" onClick={close}>
              Close
            </button>
          </>
        ) : (
          <>
            <h2 id={heading}>
              Opening <bdi>{name}</bdi>
            </h2>
            <p aria-live="polite">{STAGES[progress.stage]}</p>
            <progress aria-label="Opening the file" max={1} value={progress.done ?? undefined} />
            <button type="button" className="button button-line" onClick={close}>
              Cancel
            </button>
          </>
        )
      }
    </Shown>
  );
}

interface ShownProperties {
  readonly onClose: () => void;
  readonly children: (heading: string, close: () => void) => React.ReactNode;
}

/** The browser's own dialog: Escape closes it, and the focus goes back to where it was. */
function Shown({ onClose, children }: ShownProperties) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Closed before it leaves the page: a dialog that is taken away gives the focus back to nobody.
  useLayoutEffect(() => {
    const element = dialog.current!;
    if (!element.open) element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={heading} className="island import" onClose={onClose}>
      <div className="import-inside">{children(heading, () => dialog.current!.close())}</div>
      <div className="hidden said" aria-live="polite" aria-atomic="true" />
    </dialog>
  );
}

function sentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}
