// Why a change or a file is refused: a value, never an exception, since bad input is the normal case.

/** Each has its sentence in refusals.ts. */
export type RefusalCode =
  | "BytesMalformed"
  | "BytesTooLarge"
  | "VersionUnknown"
  | "DocumentForeign"
  | "KeyInadmissible"
  | "RunBroken"
  | "RunTooLong"
  | "SignatureWrong"
  | "ParentRefused"
  | "ParentsUnordered"
  | "ChainBroken"
  | "DepthWrong"
  | "CountsWrong"
  | "QuotaExceeded"
  | "BranchesExceeded"
  | "ReachTooWide"
  | "GenesisMisplaced"
  | "AuthorUnknown"
  | "AuthorRemoved"
  | "DeviceDisowned"
  | "RightMissing"
  | "InviteUnknown"
  | "InviteEnded"
  | "JoinMisplaced"
  | "ReferenceUnseen"
  | "ReferenceWrong"
  | "OrderWrong"
  | "ForkUnproven"
  | "TextSplit"
  | "ValueWrong"
  | "FileForeign"
  | "FileVersionUnknown"
  | "FileTooLarge"
  | "FileCutShort"
  | "FileDamaged"
  | "FileEmpty"
  | "FileSnapshotWrong";

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** For logs and tests: which part of the input, in a few words. */
  readonly detail: string;
}

export function refuse(code: RefusalCode, detail = ""): Refusal {
  return { ok: false, code, detail };
}
