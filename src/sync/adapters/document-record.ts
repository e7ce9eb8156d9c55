// What is remembered of a document beside its changes, before anybody has remembered anything.

import type { DocumentRecord } from "../ports.ts";

/** Of a time that nobody knows. */
export function blankRecord(id: string): DocumentRecord {
  const secrets = { roomSecret: null, inviteSeed: null };
  return { id, title: "", updatedAt: 0, unshared: 0, ...secrets, delivered: {}, removedAt: null };
}
