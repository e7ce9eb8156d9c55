// React's view of what changes outside it.
import { useCallback, useSyncExternalStore } from "react";
import type { DocumentEntry, DocumentView, OpenDocument, Workspace } from "../sync/view.ts";

export function useDocumentView(document: OpenDocument): DocumentView {
  return useSyncExternalStore(
    useCallback(listener => document.subscribe(listener), [document]),
    useCallback(() => document.view(), [document]),
  );
}

export function useDocuments(workspace: Workspace): readonly DocumentEntry[] {
  return useSyncExternalStore(
    useCallback(listener => workspace.subscribe(listener), [workspace]),
    useCallback(() => workspace.documents(), [workspace]),
  );
}
