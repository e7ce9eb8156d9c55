// What the promises of this package reject with. Refusals are no errors: what others send is judged, and the verdict is
// an answer. An error is what the caller has to do something about, and its code says what.

import type { StoreError } from "../sync/ports.ts";

/** One sentence per code, for the person who programs. */
const SENTENCES = {
  LinkMalformed: "The link is not one of this version's share links, or not whole",
  NameRefused: "A name is well-formed and has at most 42 UTF-16 code units",
  DocumentUnknown: "The store holds no such document",
  NotArrived: "The document has not arrived yet, so there is nothing to edit",
  RightMissing: "This identity may not do that in this document",
  FileRefused: "The file does not hold",
  Closed: "It was closed",
  WebSocketMissing: "This platform has no WebSocket: pass one, such as that of the package ws",
} as const;

/** What a `StoreError` of the store is called here. */
const STORE_CODES = {
  quota: "StoreFull",
  closed: "StoreClosed",
  blocked: "StoreBlocked",
  unavailable: "StoreUnavailable",
  failed: "StoreFailed",
} as const satisfies Record<StoreError, string>;

export type ChirographErrorCode = keyof typeof SENTENCES | (typeof STORE_CODES)[StoreError];

/** Misuse throws `TypeError`, `RangeError` or, at the wrong time, `Error` as everywhere; this is for what a correct program can meet. */
export class ChirographError extends Error {
  /** Stable: to be compared with, not shown. */
  readonly code: ChirographErrorCode;

  constructor(code: ChirographErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = "ChirographError";
    this.code = code;
  }
}

export function failure(code: keyof typeof SENTENCES, detail = "", cause?: unknown): ChirographError {
  const sentence = detail === "" ? `${SENTENCES[code]}.` : `${SENTENCES[code]}: ${detail}`;
  return new ChirographError(code, sentence, cause === undefined ? {} : { cause });
}

/** A rejection of a store, in the terms of this package; anything else as it is. */
export function storeFailure(error: unknown): unknown {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const known = typeof code === "string" ? STORE_CODES[code as StoreError] : undefined;
  return known === undefined ? error : new ChirographError(known, `${String(message)}.`, { cause: error });
}
