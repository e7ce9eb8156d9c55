// The package's front door.

export { openWorkspace } from "./sync/adapters/workspace.ts";
export type {
  Caret,
  DocumentEntry,
  DocumentView,
  OpenDocument,
  Person,
  SharedText,
  Status,
  TextPatch,
  Workspace,
} from "./sync/view.ts";
