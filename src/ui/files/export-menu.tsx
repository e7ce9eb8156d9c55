// A copy of the document for elsewhere: its text, its data, or all of its signed history; or on paper. The button is there
// from the beginning, so that nothing moves; what it opens is fetched when it is first pressed.
import { useId, useRef, useState } from "react";
import type { OpenDocument } from "../../sync/view.ts";
import { useDismiss } from "../dismiss.ts";
import { Icon } from "../icons.tsx";
import { latePart } from "../late-part.tsx";

const ExportKinds = latePart(() => import("./export-kinds.tsx"));

interface Properties {
  readonly document: OpenDocument;
  readonly title: string;
}

export function ExportMenu({ document, title }: Properties) {
  const [isOpen, setOpen] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useId();
  useDismiss(isOpen, () => setOpen(false), frame, button);
  const leave = () => {
    // The button that was pressed is gone in a moment; who went elsewhere while a long file was made is left there.
    if (frame.current!.contains(window.document.activeElement)) button.current!.focus();
    setOpen(false);
  };
  return (
    <div className="export" ref={frame}>
      <button
        ref={button}
        type="button"
        className="button"
        aria-label="Export"
        title="Export"
        aria-expanded={isOpen}
        aria-controls={isOpen ? panel : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="download" />
      </button>
      {isOpen && (
        <div className="island export-panel" id={panel}>
          <ExportKinds document={document} title={title} onDone={leave} />
        </div>
      )}
    </div>
  );
}
