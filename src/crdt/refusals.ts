// The closed list of reasons for which a change or a file is refused, each with one sentence for the person here. Apart from
// refusal.ts, since a page needs sentences only once it speaks with others or opens a file.

import type { Refusal, RefusalCode } from "./refusal.ts";

/** One sentence per code; what follows the colon names the offender in the caller's words. */
export const REFUSALS = {
  BytesMalformed: "the bytes are cut short, too long or not in canonical form",
  BytesTooLarge: "the change is larger than any honest one",
  VersionUnknown: "it was written by a newer version of the app",
  DocumentForeign: "it belongs to another document",
  KeyInadmissible: "its author's key is not a sound Ed25519 key",
  RunBroken: "it is not one unbroken stretch of one device's changes",
  RunTooLong: "more stands under one signature than any honest device puts there",
  SignatureWrong: "the signature does not match",
  ParentRefused: "it builds on something that was refused",
  ParentsUnordered: "its parents are not independent of each other",
  ChainBroken: "it does not continue its author's own chain",
  DepthWrong: "its depth is not one more than its deepest parent's",
  CountsWrong: "its running totals do not add up",
  QuotaExceeded: "its author has used up what the document allows",
  BranchesExceeded: "its author's device is two-faced, and has used up what its branches may hold together",
  ReachTooWide: "it takes back more at once than any honest change does",
  GenesisMisplaced: "a document has exactly one beginning",
  AuthorUnknown: "its author is not a member",
  AuthorRemoved: "its author had been removed",
  DeviceDisowned: "the device that wrote it had been disowned by its person",
  RightMissing: "its author's role does not allow this",
  InviteUnknown: "it refers to an invitation that its author cannot have seen",
  InviteEnded: "the link by which its author came had been revoked",
  JoinMisplaced: "a membership begins with the first change of a device and nowhere else",
  ReferenceUnseen: "it refers to something its author cannot have seen",
  ReferenceWrong: "it refers to something that is not of the right kind",
  OrderWrong: "its neighbours are named in the wrong order",
  ForkUnproven: "it does not show two changes of one device with one number",
  TextSplit: "it would split a character in two",
  ValueWrong: "it contains a value that the document cannot hold",
  FileForeign: "it is not a Chirograph file",
  FileVersionUnknown: "the file was written by a newer version of the app",
  FileTooLarge: "the file is larger than any that is opened here",
  FileCutShort: "the file ends too early",
  FileDamaged: "bytes of the file were altered",
  FileEmpty: "the file holds no document",
  FileSnapshotWrong: "what the file shows first is not what its history says",
} as const satisfies Readonly<Record<RefusalCode, string>>;

/** "the signature does not match", with the detail where there is one. */
export function describe(refusal: Refusal): string {
  const sentence = REFUSALS[refusal.code];
  return refusal.detail === "" ? sentence : `${sentence} (${refusal.detail})`;
}
