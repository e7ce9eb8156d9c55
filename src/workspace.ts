// What the page opens: everything that this browser holds. The page knows nothing else of the rings but types; people who
// build something of their own come in by the front door (index.ts).

export { openWorkspace } from "./sync/adapters/workspace.ts";
export type {
  Caret,
  DocumentEntry,
  DocumentView,
  ExportForm,
  OpenDocument,
  Person,
  SharedText,
  Status,
  TextPatch,
  Workspace,
} from "./sync/view.ts";
