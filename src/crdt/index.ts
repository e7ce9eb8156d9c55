// The public surface of the core, names listed one by one.

export { Anchor, anchorAt, anchorName, anchorNamed, indexOfAnchor } from "./api/anchors.ts";
export { Choice, type Conflict, conflicts, resolve, type Writing } from "./api/conflicts.ts";
export { Doc, docOf, TypedDoc } from "./api/doc.ts";
export type { Batch, DocEvent } from "./api/observe.ts";
export { beginOfWay, below, checkPath, type PlainPath, valueAt } from "./api/place.ts";
export { PlainCounter, PlainSet, PlainText } from "./api/plain-nodes.ts";
export type { Misfit, Reading } from "./api/read.ts";
export {
  counter,
  defineSchema,
  type Fields,
  type Guard,
  gcounter,
  isBoolean,
  isNumber,
  isScalar,
  isString,
  list,
  lww,
  type MapShape,
  map,
  register,
  type Shape,
  set,
  text,
  value,
} from "./api/schema.ts";
export type {
  Given,
  ListHandle,
  MapHandle,
  Plain,
  PlainItem,
  PlainList,
  PlainMap,
  View,
} from "./api/typed.ts";
export { assert, unreachable } from "./assert.ts";
export type { Reason } from "./authority/effects.ts";
export { fallenOf, fellBy } from "./authority/fallen.ts";
export { mayGive } from "./authority/fold.ts";
export { type Link, type Member, OPEN_POLICY } from "./authority/members.ts";
export { KeyForbidden } from "./authority/rights.ts";
export type { Closed } from "./closed.ts";
export type { Ticket } from "./closing.ts";
export {
  type Loaded,
  type Loading,
  type LoadingStep,
  load,
  type OpenedFile,
  openFile,
  type Taker,
} from "./file/loading.ts";
export { FileWriter, type Saving, type Source, save } from "./file/writing.ts";
export type { Forks, StoredFork } from "./forks.ts";
export type { Bytes } from "./graph/bytes.ts";
export { fromHex, Malformed, mustFromHex, Reader, toHex, Writer } from "./graph/bytes.ts";
export type { Change, ChangeId, DeviceId, DocId, PersonId, Policy, Role } from "./graph/change.ts";
export { concat, equalBytes, midstate, sha256, sha256Behind, tag } from "./graph/crypto.ts";
export { hasAdmissibleForm, KeyVerdicts } from "./graph/ed25519.ts";
export { equationHolds, seedPublicKey, seedSign, verifyInScript } from "./graph/equation.ts";
export type { Fork, InspectedFork } from "./graph/fork-bytes.ts";
export type { LaneTip } from "./graph/graph.ts";
export type { PackedRun } from "./graph/rows.ts";
export {
  type Inspected,
  type InspectedRun,
  introductionMessage,
  joinMessage,
  type SignatureQuestion,
  type SignedRun,
  type Stored,
  type VerifiedChange,
} from "./graph/verify.ts";
export type { Difference, Place } from "./history/diff.ts";
export type { Entry } from "./history/entries.ts";
export type { TextStep } from "./history/film.ts";
export { type Blame, History, type Version } from "./history/history.ts";
export { finish, type Progress } from "./history/progress.ts";
export { restore } from "./history/restore.ts";
export {
  ADMITTED_HEADS_MAX,
  CHANGE_BYTES_MAX,
  FILE_BYTES_MAX,
  KEYS_REMEMBERED_MAX,
  LABEL_BYTES_MAX,
  NAME_BYTES_MAX,
  RUN_CHANGES_MAX,
} from "./limits.ts";
export type { Listener, Origin } from "./listeners.ts";
export { isName, type People, type SetAside, type Uncounted } from "./people.ts";
export type { Reception, Refused } from "./receiving.ts";
export type { Refusal, RefusalCode } from "./refusal.ts";
export { describe, REFUSALS } from "./refusals.ts";
export { Replica } from "./replica.ts";
export type { Resumed } from "./resuming.ts";
export type { Outgoing, Runs } from "./runs.ts";
export type { Patch } from "./types/document.ts";
export type { Dot, Slot } from "./types/dot.ts";
export { ListEdit, MapEdit } from "./types/edit.ts";
export { TextEdit } from "./types/edit-text.ts";
export { CounterEdit, LwwEdit, RegisterEdit, SetEdit } from "./types/edit-values.ts";
export type { Input } from "./types/input.ts";
export { canonicalJson, fieldJson, fieldValue, type Json, textOf } from "./types/node.ts";
export type { CounterKind, Kind, Path, Scalar, SetKind, Step, Value } from "./types/op.ts";
