// All that this device holds, newest first. Fetched when the panel is first opened.
import type { DocumentEntry, Workspace } from "../../sync/view.ts";
import { useDocuments } from "../stores.ts";
import { DocumentItem } from "./document-item.tsx";

interface Properties {
  readonly workspace: Workspace;
  readonly openId: string | null;
  readonly onRemove: (entry: DocumentEntry) => void;
  readonly onLeave: () => void;
}

// The default export is what `latePart` asks for.
export default function DocumentList({ workspace, openId, onRemove, onLeave }: Properties) {
  const entries = useDocuments(workspace);
  if (entries.length === 0) {
    return <p className="documents-none">Nothing here yet. A document appears once you write in it.</p>;
  }
  return (
    <ul>
      {entries.map(entry => (
        <DocumentItem
          key={entry.id}
          entry={entry}
          isOpen={entry.id === openId}
          onOpen={onLeave}
          onRemove={() => onRemove(entry)}
        />
      ))}
    </ul>
  );
}
