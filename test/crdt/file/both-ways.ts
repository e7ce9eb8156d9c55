// A file read twice: as it is, and with all changes taken apart that type or delete on and come together. Everything must be
// equal: what was taken, why it ended, and the image, in which all is that a replica holds.

import { expect } from "vitest";
import type { VerifiedChange, VerifiedTyping } from "../../../src/crdt/graph/verify.ts";
import { type Loaded, load, openFile, Replica } from "../../../src/crdt/index.ts";
import { Key, type Person, verify } from "../people.ts";

export const READER = new Key("the reader of files");

/** Changes that came together since it was set to zero, and how many of them were looked at one by one all the same. */
export const together = { typed: 0, deleted: 0, apart: 0 };

type Verified = VerifiedChange | VerifiedTyping;

function* apart(verified: Iterable<Verified>): Generator<VerifiedChange> {
  for (const one of verified)
    if ("count" in one) for (let i = 0; i < one.count; i++) yield one.read(i);
    else yield one;
}

function* counted(verified: Iterable<Verified>): Generator<Verified> {
  for (const one of verified) {
    if (!("count" in one)) {
      yield one;
      continue;
    }
    const { count } = one;
    together[one.read(0).change.ops[0]!.type === "delete" ? "deleted" : "typed"] += count;
    yield {
      count,
      together: (first, slotOf) => one.together(first, slotOf),
      at: i => one.at(i),
      read: i => {
        if (i > 0 && i < count - 1) together.apart++;
        return one.read(i);
      },
    };
  }
}

export function readInto(
  replica: Replica,
  bytes: Uint8Array,
  order: (all: Iterable<Verified>) => Iterable<Verified> = counted,
): Loaded {
  const file = openFile(bytes);
  if (!file.ok) throw new Error(file.code);
  const loading = load(file, {
    get heads() {
      return replica.heads;
    },
    admitVerified: (verified, source) => replica.admitVerified(order(verified), source),
    canonicalJson: () => replica.canonicalJson(),
    showsHeads: replica.showsHeads,
    forks: replica.forks,
  });
  let next = loading.next();
  while (!next.done) next = loading.next(next.value.questions.map(verify));
  return next.value;
}

/** Reads a file both ways into replicas that `prepare` made alike. */
export function readBothWays(
  bytes: Uint8Array,
  prepare: () => Replica,
): { readonly replica: Replica; readonly loaded: Loaded } {
  const [replica, slow] = [prepare(), prepare()];
  const loaded = readInto(replica, bytes);
  const other = readInto(slow, bytes, apart);
  expect(loaded.taken).toBe(other.taken);
  expect(loaded.refusal).toEqual(other.refusal);
  expect(replica.heads).toEqual(slow.heads);
  expect(replica.canonicalJson()).toBe(slow.canonicalJson());
  expect(Buffer.from(replica.image!).equals(Buffer.from(slow.image!))).toBe(true);
  for (const id of replica.heads) expect(replica.proofOf(id)).toEqual(slow.proofOf(id));
  return { replica, loaded };
}

export function empty({ replica }: Person): () => Replica {
  return () => Replica.open(READER.id, replica.doc);
}
