// The ways by which files come in: chosen, or dropped anywhere on the window. What is done with one is fetched with the
// first. A file is never left to the browser, which would open it in the place of the page, nor to the editor, which
// would paste it.
import { type RefObject, useEffect, useRef, useState } from "react";
import type { Imported, Workspace } from "../../sync/view.ts";
import { ComingDialog, latePart } from "../late-part.tsx";

const ImportDialog = latePart(
  () => import("./import-dialog.tsx"),
  (problem, { onDone }) => (
    <ComingDialog title="Opening a file" problem={problem} onClose={() => onDone(null)} />
  ),
);

const ENDINGS = ".chirograph,.md,.markdown,.txt,.text,.json";

interface Properties {
  readonly workspace: Workspace;
  /** Filled with what asks which file. */
  readonly choose: RefObject<(() => void) | null>;
  readonly onImported: (imported: Imported) => void;
}

export function FileDoor({ workspace, choose, onImported }: Properties) {
  const [files, setFiles] = useState<readonly File[] | null>(null);
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const isBusy = useRef(false);
  isBusy.current = files !== null;
  useEffect(() => {
    choose.current = () => input.current!.click();
    return watchForDrops(setOver, dropped => {
      if (!isBusy.current) setFiles(dropped);
    });
  }, [choose]);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={ENDINGS}
        aria-label="File to import"
        hidden
        onChange={({ target }) => {
          const chosen = [...(target.files ?? [])];
          // Or choosing the same file again would be no change.
          target.value = "";
          if (chosen.length > 0) setFiles(chosen);
        }}
      />
      {isOver && (
        <div className="drop-here" aria-hidden="true">
          <span className="island">Drop a file to open it</span>
        </div>
      )}
      {files !== null && (
        <ImportDialog
          workspace={workspace}
          files={files}
          onDone={made => {
            setFiles(null);
            if (made !== null) onImported(made);
          }}
        />
      )}
    </>
  );
}

/** Before anybody else in the page hears of it. */
function watchForDrops(onOver: (isOver: boolean) => void, onDrop: (files: readonly File[]) => void) {
  const watch = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    // Null where the pointer leaves the window.
    onOver(event.type !== "drop" && !(event.type === "dragleave" && event.relatedTarget === null));
    if (event.type === "drop") onDrop([...event.dataTransfer.files]);
  };
  const kinds = ["dragenter", "dragover", "dragleave", "drop"] as const;
  for (const kind of kinds) addEventListener(kind, watch, { capture: true });
  return () => {
    for (const kind of kinds) removeEventListener(kind, watch, { capture: true });
  };
}
