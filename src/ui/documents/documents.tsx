// The navigation: what this device holds, newest first, and the way to a new document. Always in the bar.
import { useId, useRef, useState } from "react";
import type { DocumentEntry, Workspace } from "../../sync/view.ts";
import { useDismiss } from "../dismiss.ts";
import { Icon } from "../icons.tsx";
import { latePart } from "../late-part.tsx";

const DocumentList = latePart(() => import("./document-list.tsx"));

interface Properties {
  readonly workspace: Workspace;
  readonly openId: string | null;
  readonly onNew: () => void;
  /** Asks which file. */
  readonly onImport: () => void;
  readonly onRemove: (entry: DocumentEntry) => void;
}

export function Documents({ workspace, openId, onNew, onImport, onRemove }: Properties) {
  const [isOpen, setOpen] = useState(false);
  const nav = useRef<HTMLElement>(null);
  const toggle = useRef<HTMLButtonElement>(null);
  const panel = useId();
  useDismiss(isOpen, () => setOpen(false), nav, toggle);
  const leave = () => {
    setOpen(false);
    // What was pressed is gone in a moment; what comes next begins at, or leads back to, the button that stays.
    toggle.current?.focus();
  };
  return (
    <nav aria-label="Documents" className="documents" ref={nav}>
      <button
        ref={toggle}
        type="button"
        className="button"
        aria-label="Documents"
        title="Documents"
        aria-expanded={isOpen}
        aria-controls={isOpen ? panel : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="documents" />
        <span className="button-words">Documents</span>
      </button>
      <button
        type="button"
        className="button"
        aria-label="New document"
        title="New document"
        onClick={() => {
          setOpen(false);
          onNew();
        }}
      >
        <Icon name="plus" />
        <span className="button-words">New document</span>
      </button>
      {isOpen && (
        <div className="island documents-panel" id={panel}>
          <DocumentList workspace={workspace} openId={openId} onRemove={onRemove} onLeave={leave} />
          <button
            type="button"
            className="button documents-import"
            onClick={() => {
              leave();
              onImport();
            }}
          >
            <Icon name="upload" />
            Import…
            <span className="quiet">a signed file, Markdown, text, JSON</span>
          </button>
        </div>
      )}
    </nav>
  );
}
