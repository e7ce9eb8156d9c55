// The notation of the store cases: numbered changes, one-line appends, and a comparison that runs in browsers too.

import type { ChainHead, ChangeRecord, DocumentRecord, Store } from "../../src/sync/ports.ts";

export const DOC = "d0";
export const OTHER = "d1";

/** Change `n`: its id is its number, its bytes repeat it. */
export function change(n: number, signed = true): ChangeRecord {
  const id = n.toString(16).padStart(8, "0");
  return { id, bytes: Uint8Array.of(n & 255, 1, 2), signature: signed ? new Uint8Array(64).fill(n) : null };
}

export function changes(...numbers: number[]): ChangeRecord[] {
  return numbers.map(n => change(n));
}

export function documentRecord(id: string, title: string): DocumentRecord {
  return {
    id,
    title,
    updatedAt: 1_700_000_000_000,
    unshared: 2,
    roomSecret: new Uint8Array(32).fill(3),
    inviteSeed: null,
    delivered: { ab: 4 },
    removedAt: null,
  };
}

/** Appends and leaves the chain as it is. */
export async function add(store: Store, doc: string, records: readonly ChangeRecord[]): Promise<number> {
  const { position } = await store.append(doc, 0, head => ({ records, head }));
  return position;
}

/** One own change on top of whatever the store knows: what the session does when a draft closes. */
export async function extend(store: Store, position: number, salt: number) {
  let seen: readonly ChangeRecord[] = [];
  let before: ChainHead | null = null;
  const after = await store.append(DOC, position, (head, unseen) => {
    seen = unseen;
    before = head;
    const seq = (head?.seq ?? 0) + 1;
    const record = change(seq * 1000 + salt, false);
    return { records: [record], head: { seq, id: record.id } };
  });
  return { seen: seen.map(({ id }) => id), before: before as ChainHead | null, position: after.position };
}

export async function idsOf(store: Store, doc = DOC, from = 0): Promise<string[]> {
  return (await store.read(doc, from)).records.map(({ id }) => id);
}

/** The code of the `StoreFailure` with which a call rejects; its string form for anything else. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "no failure";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** Equal in value; bytes are compared as numbers. */
export function same(actual: unknown, expected: unknown): void {
  const [found, wanted] = [canonical(actual), canonical(expected)];
  if (found !== wanted) throw new Error(`Expected ${wanted}\n     got ${found}`);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Uint8Array) return `bytes ${part.join(" ")}`;
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Messages between tabs take a moment; one that never comes shows in the comparison that follows. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !condition(); i++) await new Promise(resolve => setTimeout(resolve, 10));
  // What should not come has its chance to come.
  await new Promise(resolve => setTimeout(resolve, 20));
}
