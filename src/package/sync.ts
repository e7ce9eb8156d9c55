// `chirograph/sync`: documents that stay and find each other, and the ports for those who bring a store or a way of their
// own.

export { type MemoryFingerprints, memoryLinks } from "../sync/adapters/memory-link.ts";
export { Memory, openMemoryStore } from "../sync/adapters/memory-store.ts";
export type {
  Append,
  Bytes,
  ChainHead,
  ChangeRecord,
  DocumentRecord,
  LinkListener,
  PeerLink,
  Store,
  StoreError,
} from "../sync/ports.ts";
export type { Caret, Person, Search, SharedText, Status, TextPatch } from "../sync/view.ts";
export { openStore } from "./browser-store.ts";
export { openSession, type SessionOptions } from "./open-session.ts";
export {
  type IceServer,
  type Selection,
  Session,
  type SessionView,
  type WebSocketConstructor,
} from "./session.ts";
