// Goal: changes that type on are made again, judged and taken in at once exactly as they are one by one. Method: each file
// is read twice, once with all such stretches taken apart before the replica sees them, and everything must be equal: what
// was taken, why it ended, and the image, in which all is that a replica holds.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { VerifiedChange, VerifiedTyping } from "../../../src/crdt/graph/verify.ts";
import { type Loaded, load, openFile, type Policy, Replica, save } from "../../../src/crdt/index.ts";
import { begin, clock, deliver, gather, Key, LINK, newcomer, type Person, SEED, verify } from "../people.ts";
import { events, happen, type } from "../typists.ts";
import { everything } from "./files.ts";

vi.setConfig({ testTimeout: 60_000 });

const READER = new Key("the reader of files");
/** Changes that came in stretches, and so many of them that were taken at once. */
let typed = 0;

const { step } = clock;
beforeAll(() => {
  // A change that states a time does more than to type on.
  clock.step = 0;
});
afterAll(() => {
  clock.step = step;
});

type Verified = VerifiedChange | VerifiedTyping;

function* apart(verified: Iterable<Verified>): Generator<VerifiedChange> {
  for (const one of verified)
    if ("text" in one) for (let i = 0; i < one.count; i++) yield one.read(i);
    else yield one;
}

function* counted(verified: Iterable<Verified>): Generator<Verified> {
  for (const one of verified) {
    if ("text" in one) typed += one.count;
    yield one;
  }
}

function readInto(
  replica: Replica,
  bytes: Uint8Array,
  order: (all: Iterable<Verified>) => Iterable<Verified>,
) {
  const file = openFile(bytes);
  if (!file.ok) throw new Error(file.code);
  const loading = load(file, {
    get heads() {
      return replica.heads;
    },
    admitVerified: (verified, source) => replica.admitVerified(order(verified), source),
    canonicalJson: () => replica.canonicalJson(),
    forks: replica.forks,
  });
  let next = loading.next();
  while (!next.done) next = loading.next(next.value.questions.map(verify));
  return next.value;
}

/** Reads a file both ways into replicas that `prepare` made alike. */
function readBothWays(
  bytes: Uint8Array,
  prepare: () => Replica,
): { readonly replica: Replica; readonly loaded: Loaded } {
  const [replica, slow] = [prepare(), prepare()];
  const loaded = readInto(replica, bytes, counted);
  const other = readInto(slow, bytes, apart);
  expect(loaded.taken).toBe(other.taken);
  expect(loaded.refusal).toEqual(other.refusal);
  expect(replica.heads).toEqual(slow.heads);
  expect(replica.canonicalJson()).toBe(slow.canonicalJson());
  expect(Buffer.from(replica.image!).equals(Buffer.from(slow.image!))).toBe(true);
  for (const id of replica.heads) expect(replica.proofOf(id)).toEqual(slow.proofOf(id));
  return { replica, loaded };
}

function empty({ replica }: Person): () => Replica {
  return () => Replica.open(READER.id, replica.doc);
}

describe("changes of a file that type on", () => {
  it("are what they are one by one, byte for byte, whatever stands around them", () => {
    typed = 0;
    fc.assert(
      fc.property(events, events, (all, later) => {
        const people = gather("Alice", "Bob");
        for (const event of all) happen(people, event);
        const [alice, bob] = people;
        deliver(bob, alice);
        const bytes = save(alice.replica);
        const { replica, loaded } = readBothWays(bytes, empty(alice));
        expect(loaded.refusal).toBeNull();
        expect(everything(replica.changes())).toEqual(everything(alice.replica.changes()));

        // Into one that holds a part, on top of which others have written.
        const part = bob.letters();
        for (const event of later) happen([bob, alice], { ...event, who: 0 });
        const more = [...part, ...bob.letters(alice.heads)];
        readBothWays(bytes, () => {
          const reader = newcomer("Carol", alice, null);
          reader.receiveAll(more);
          return reader.replica;
        });
      }),
      { seed: SEED, numRuns: 30 },
    );
    expect(typed).toBeGreaterThan(1_000);
  });

  it("are told to who listens as what shows", () => {
    const [alice] = gather("Alice", "Bob");
    type(alice, "so it begins, letter by letter");
    type(alice, "And ", 0);
    const replica = empty(alice)();
    let text = "";
    replica.subscribe(patches => {
      for (const patch of patches)
        if (patch.type === "text")
          text = text.slice(0, patch.index) + patch.inserted + text.slice(patch.index + patch.removed);
    });
    typed = 0;
    readInto(replica, save(alice.replica), counted);
    expect(typed).toBeGreaterThan(20);
    expect(text).toBe("And so it begins, letter by letter");
  });

  it("stop where the quota does", () => {
    for (const policy of [
      { editor: { keys: null, opsMax: 20, bytesMax: 10_000 } },
      { editor: { keys: null, opsMax: 10_000, bytesMax: 600 } },
    ] satisfies Policy[]) {
      const owner = begin("Alice", policy);
      owner.invite(LINK);
      const mallory = newcomer("Mallory", owner, LINK);
      deliver(owner, mallory);
      type(mallory, "on and on and on and on and on and on and on and on");
      typed = 0;
      const { loaded, replica } = readBothWays(save(mallory.replica), empty(owner));
      expect(typed).toBeGreaterThan(20);
      expect(loaded.refusal?.code).toBe("QuotaExceeded");
      const text = JSON.parse(replica.canonicalJson()).body as string;
      expect(text.length).toBeGreaterThan(10);
      expect(text.length).toBeLessThan(50);
    }
  });

  it("show nothing where they are masked, and are refused behind what was refused", () => {
    const [alice] = gather("Alice", "Bob");
    type(alice, "what somebody does not want to see");
    const ids = [...alice.replica.changes()].slice(-10).map(({ id }) => id);
    const { replica } = readBothWays(save(alice.replica), () => {
      const empty = Replica.open(READER.id, alice.replica.doc);
      empty.mask(ids, true);
      return empty;
    });
    expect(JSON.parse(replica.canonicalJson()).body).toBe("what somebody does not w");
  });

  it.each([
    [1_000, null],
    [4_500, "RunTooLong"],
  ])("are as many as a signature may cover: one for %i, %s", (each, code) => {
    const [alice] = gather("Alice", "Bob");
    for (let i = 1; i <= 4_500; i++) {
      alice.replica.edit(root => root.text("body").insert(i - 1, "x"));
      const closed = alice.replica.closeDraft(clock.now);
      if (i % each === 0) alice.sign(closed);
    }
    typed = 0;
    const { loaded } = readBothWays(save(alice.replica), empty(alice));
    expect(loaded.refusal?.code ?? null).toBe(code);
    expect(typed > 3_900).toBe(code === null);
  });
});
