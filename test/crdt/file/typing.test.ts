// Goal: changes that type on are made again, judged and taken in at once exactly as they are one by one. Method: each file
// is read twice, once with all such stretches taken apart before the replica sees them, and everything must be equal: what
// was taken, why it ended, and the image, in which all is that a replica holds.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Policy, Replica, save } from "../../../src/crdt/index.ts";
import { begin, beyondQuota, clock, deliver, gather, LINK, newcomer, SEED } from "../people.ts";
import { events, happen, type } from "../typists.ts";
import { empty, READER, readBothWays, readInto, together } from "./both-ways.ts";
import { everything } from "./files.ts";

vi.setConfig({ testTimeout: 60_000 });

const { step } = clock;
beforeAll(() => {
  // A change that states a time does more than to type on.
  clock.step = 0;
});
afterAll(() => {
  clock.step = step;
});

describe("changes of a file that type on", () => {
  it("are what they are one by one, byte for byte, whatever stands around them", () => {
    together.typed = together.deleted = 0;
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
    expect(together.typed).toBeGreaterThan(1_000);
    expect(together.deleted).toBeGreaterThan(100);
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
    together.typed = 0;
    readInto(replica, save(alice.replica));
    expect(together.typed).toBeGreaterThan(20);
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
      beyondQuota(() => type(mallory, "on and on and on and on and on and on and on and on"));
      together.typed = 0;
      const { loaded, replica } = readBothWays(save(mallory.replica), empty(owner));
      expect(together.typed).toBeGreaterThan(20);
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
    together.typed = 0;
    const { loaded } = readBothWays(save(alice.replica), empty(alice));
    expect(loaded.refusal?.code ?? null).toBe(code);
    expect(together.typed > 3_900).toBe(code === null);
  });
});
