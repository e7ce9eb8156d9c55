// One signature for many changes: a device's chain is linked by hash, so whoever signed its newest change signed for
// those before. Every condition under which that holds has an attack here that breaks it alone (the conditions
// are listed in docs/wire-format.md §3.8). Mallory is an editor; nothing of what she sends may show, and what is
// honest must be taken afterwards.

import { describe, expect, it, vi } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import type { Bytes, ChangeId, DeviceId, RefusalCode } from "../../src/crdt/index.ts";
import { RUN_BODY_BYTES_MAX, RUN_CHANGES_MAX } from "../../src/crdt/limits.ts";
import { Keeper } from "../../src/sync/keeper.ts";
import { forge, gather, Key, type Letter, type Person } from "../crdt/people.ts";

vi.setConfig({ testTimeout: 60_000 });

/** A run of five keystrokes by Mallory, which Alice has not seen yet. */
function story(): { alice: Person; bob: Person; mallory: Person; run: Letter[] } {
  const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
  const run: Letter[] = [];
  for (let i = 0; i < 5; i++) run.push(...mallory.write(root => root.text("body").insert(i, `${i}`)));
  return { alice, bob, mallory, run };
}

/** Refused whole; nothing shows; and the honest run is taken afterwards. */
function refuses(victim: Person, letters: readonly Letter[], code: RefusalCode, signature?: Bytes): void {
  const { json, heads } = victim;
  const outcome = victim.receiveRun(letters, signature);
  expect(outcome).toEqual({ admitted: [], refused: [code], missing: null });
  expect(victim.json).toBe(json);
  expect(victim.heads).toEqual(heads);
}

function flipped(letter: Letter, at: number): Letter {
  const bytes = letter.bytes.slice();
  bytes[at]! ^= 1;
  return { ...letter, bytes };
}

describe("a run under one signature", () => {
  it("is taken whole, each change judged, the covered ones without a signature", () => {
    const { alice, run } = story();
    expect(alice.receiveRun(run).admitted).toEqual(run.map(({ id }) => id));
    expect(alice.text()).toBe("01234");
    const signed = run.map(({ id }) => alice.replica.get(id)!.signature !== null);
    expect(signed).toEqual([false, false, false, false, true]);
    expect(alice.receiveRun(run)).toEqual({ admitted: [], refused: [], missing: null });
  });

  it("is refused with a change of another device inside, at its beginning, or at its end", () => {
    const { alice, bob, mallory, run } = story();
    const [foreign] = bob.write(root => root.text("body").insert(0, "Bob"));
    for (const at of [0, 2, 5])
      refuses(alice, [...run.slice(0, at), foreign!, ...run.slice(at)], "RunBroken");
    // In the place of one of hers: her change built on his, and she cannot sign for him either.
    mallory.receive(foreign!);
    const [after] = mallory.write(root => root.text("body").insert(0, "x"));
    refuses(alice, [foreign!, after!], "RunBroken");
    expect(alice.receiveRun(run).admitted).toHaveLength(5);
  });

  it("is refused where she extends a chain that is not hers", () => {
    const { alice, bob, mallory } = story();
    const bobs = bob.write(root => root.text("body").insert(0, "Bob"));
    const { replica } = bob;
    const header = {
      author: bob.device,
      prev: bobs[0]!.id,
      parents: [bobs[0]!.id],
      seq: replica.ownHead!.seq + 1,
    };
    // In Bob's name, on top of Bob's change, signed by her: linked and well-formed, and not his.
    const forged = forge(mallory, {
      header: { ...header, depth: replica.get(bobs[0]!.id)!.change.depth + 1 },
    });
    refuses(alice, [...bobs, forged], "SignatureWrong");
    expect(alice.receiveRun(bobs).admitted).toHaveLength(1);
  });

  it("is refused with a gap, with a change twice, and in another order", () => {
    const { alice, run } = story();
    refuses(alice, [...run.slice(0, 2), ...run.slice(3)], "RunBroken");
    refuses(alice, [...run.slice(0, 3), run[2]!, ...run.slice(3)], "RunBroken");
    refuses(alice, [run[1]!, run[0]!, ...run.slice(2)], "RunBroken");
    refuses(alice, [], "BytesMalformed", run[4]!.signature);
    expect(alice.receiveRun(run).admitted).toHaveLength(5);
  });

  it("is refused with a sibling branch beside the path to what was signed", () => {
    const { alice, mallory, run } = story();
    const sibling = forge(mallory, {
      header: { seq: mallory.replica.ownHead!.seq - 1, prev: run[2]!.id, parents: [run[2]!.id] },
    });
    // Another number 4, where the signature is for a 5 that stands on the true one.
    refuses(alice, [...run.slice(0, 3), sibling, run[4]!], "RunBroken");
    refuses(alice, [...run.slice(0, 4), sibling, run[4]!], "RunBroken");
    refuses(alice, [...run, sibling], "RunBroken", run[4]!.signature);
    expect(alice.receiveRun(run).admitted).toHaveLength(5);
  });

  it("is refused with changes after the signed one, and with the signature of an inner one", () => {
    const { alice, run } = story();
    for (const signed of [0, 2, 3]) refuses(alice, run, "SignatureWrong", run[signed]!.signature);
    expect(alice.receiveRun(run.slice(0, 3)).admitted).toHaveLength(3);
    // And nothing was remembered against the honest ones.
    expect(alice.receiveRun(run).admitted).toHaveLength(2);
  });

  it("is refused with one byte altered in any change of it", () => {
    const { alice, run } = story();
    const before = alice.heads;
    for (const [i, letter] of run.entries()) {
      for (let at = 0; at < letter.bytes.length; at += 3) {
        const altered = run.map((other, j) => (i === j ? flipped(other, at) : other));
        expect(alice.receiveRun(altered).admitted).toEqual([]);
      }
    }
    expect(alice.heads).toEqual(before);
    expect(alice.receiveRun(run).admitted).toHaveLength(5);
  });

  it("is refused for a key or a point of small order, whatever is signed", () => {
    const { alice, mallory, run } = story();
    const weak = `01${"00".repeat(31)}` as DeviceId;
    const letter = forge(mallory, { header: { author: weak } });
    // A signature that any message has under such a key, where the rule is lax.
    const universal = new Uint8Array(64) as Bytes;
    universal[0] = 1;
    refuses(alice, [letter], "KeyInadmissible", universal);
    refuses(alice, run, "SignatureWrong", universal);
    refuses(alice, run, "BytesMalformed", universal.slice(0, 63));
    const invite: Op = { type: "invite", key: weak, role: "editor", label: "", expires: 0, uses: 0 };
    refuses(alice, [forge(mallory, { ops: () => [invite] })], "KeyInadmissible");
    expect(alice.receiveRun(run).admitted).toHaveLength(5);
  });

  it("is refused where a join in it is not vouched for, though the author signed", () => {
    const [alice] = gather("Alice");
    const stranger = new Key("a stranger");
    const person = { device: stranger.id, key: stranger, replica: alice.replica } as unknown as Person;
    const join: Op = {
      type: "join",
      invite: new Key("the link").id,
      signature: stranger.sign(new Uint8Array(1)),
    };
    refuses(alice, [forge(person, { ops: () => [join] })], "SignatureWrong");
  });

  it("is refused for another document", () => {
    const { alice } = story();
    const [carol] = gather("Carol");
    refuses(alice, carol.letters().slice(0, 1), "DocumentForeign");
  });

  it("is refused with one change more than RUN_CHANGES_MAX, or more bytes than RUN_BODY_BYTES_MAX before the last", () => {
    const { alice, mallory, run } = story();
    expect(alice.receiveRun(run).admitted).toHaveLength(5);
    const most: Letter[] = [];
    const bodies = (letters: readonly Letter[]): number =>
      letters.reduce((sum, { id }) => sum + mallory.replica.get(id)!.change.bodyBytes, 0);
    for (let i = 0; i <= RUN_CHANGES_MAX; i++)
      most.push(...mallory.write(root => root.counter("n").increment(1)));
    // Increments are small: the number of changes is what limits them.
    expect(bodies(most)).toBeLessThan(RUN_BODY_BYTES_MAX);
    refuses(alice, most, "RunTooLong");
    expect(alice.receiveRun(most.slice(0, RUN_CHANGES_MAX)).admitted).toHaveLength(RUN_CHANGES_MAX);
    expect(alice.receiveRun(most.slice(RUN_CHANGES_MAX)).admitted).toHaveLength(1);

    const large: Letter[] = [];
    for (let i = 0; i < 4; i++)
      large.push(...mallory.write(root => root.text("body").insert(0, "x".repeat(30_000))));
    expect(bodies(large.slice(0, 2))).toBeLessThan(RUN_BODY_BYTES_MAX);
    expect(bodies(large.slice(0, 3))).toBeGreaterThan(RUN_BODY_BYTES_MAX);
    refuses(alice, large, "RunTooLong");
    // What stands before the last one is within the limit; the last may have any size.
    expect(alice.receiveRun(large.slice(0, 3)).admitted).toHaveLength(3);
    expect(alice.receiveRun(large.slice(3)).admitted).toHaveLength(1);
    expect(alice.json).toBe(mallory.json);
  });
});

describe("a run with parents that are written out", () => {
  it("is refused where these and the bodies are more than RUN_BODY_BYTES_MAX before the last", () => {
    const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
    const bobs: Letter[] = [];
    const run: Letter[] = [];
    let runBytes = 0;
    // One more than may be, before the last.
    while (runBytes <= RUN_BODY_BYTES_MAX) {
      bobs.push(...bob.write(root => root.counter("n").increment(1)));
      mallory.receive(bobs.at(-1)!);
      const [letter] = mallory.write(root => root.counter("n").increment(1));
      run.push(letter!);
      const { change } = mallory.replica.get(letter!.id)!;
      expect(change.runBytes).toBe(change.bodyBytes + change.parentCount * 32);
      runBytes += change.runBytes;
    }
    run.push(...mallory.write(root => root.counter("n").increment(1)));
    expect(alice.receiveRun(bobs).admitted).toHaveLength(bobs.length);
    refuses(alice, run, "RunTooLong");
    expect(alice.receiveRun(run.slice(0, -1)).admitted).toHaveLength(run.length - 1);
    expect(alice.receiveRun(run.slice(-1)).admitted).toHaveLength(1);
  });
});

describe("a session with covered changes in its replica", () => {
  it("signs none of them, and passes them on only when they are stored", () => {
    const { alice, run } = story();
    const asked: ChangeId[] = [];
    const nothing = (): void => undefined;
    const keeper = new Keeper(alice.replica, {
      now: 0,
      append: nothing,
      read: nothing,
      signChange: id => asked.push(id),
      putSignature: nothing,
      draftClosed: nothing,
      overtaken: nothing,
      stored: nothing,
      released: nothing,
    });
    alice.receiveRun(run);
    const slots = run.map(({ id }) => alice.replica.ground.graph.slotOf(id)!);
    for (const { id } of run) keeper.keep(alice.replica.get(id)!);
    keeper.append();
    const { records } = keeper.closeInTransaction(alice.replica.ownHead, []);
    expect(records.map(({ signature }) => signature !== null)).toEqual([false, false, false, false, true]);
    expect(slots.map(slot => keeper.maySend(slot))).toEqual(Array(5).fill(false));
    keeper.appended(5);
    expect(asked).toEqual([]);
    expect(slots.map(slot => keeper.maySend(slot))).toEqual(Array(5).fill(true));
  });
});

describe("what proves a covered change", () => {
  it("is the run up to the next signature, and another reader takes it", () => {
    const { alice, bob, run } = story();
    alice.receiveRun(run);
    const proof = alice.replica.proofOf(run[1]!.id)!;
    expect(proof.changes).toEqual(run.slice(1).map(({ bytes }) => bytes));
    bob.receiveRun(run.slice(0, 1));
    const letters = proof.changes.map((bytes, i) => ({ ...run[i + 1]!, bytes }));
    expect(bob.receiveRun(letters, proof.signature).admitted).toHaveLength(4);
    expect(bob.json).toBe(alice.json);
  });

  it("is shorter once its own signature is at hand", () => {
    const { alice, run } = story();
    alice.receiveRun(run);
    expect(alice.receive(run[1]!)).toEqual({ admitted: [], refused: [], missing: null });
    expect(alice.replica.proofOf(run[0]!.id)!.changes).toHaveLength(2);
    expect(alice.replica.proofOf(run[1]!.id)).toEqual({
      changes: [run[1]!.bytes],
      signature: run[1]!.signature,
    });
  });

  it("is kept where she lets the end of a run be refused: honest replicas go on agreeing", () => {
    const { alice, bob, mallory, run } = story();
    // Signed and well linked, but its totals are wrong: refused by everybody, with what stands on it.
    const bad = forge(mallory, { header: { opTotal: 99 } });
    const seq = mallory.replica.ownHead!.seq + 2;
    const worse = forge(mallory, { header: { seq, prev: bad.id, parents: [bad.id] } });
    const outcome = alice.receiveRun([...run, bad, worse]);
    expect(outcome.admitted).toEqual(run.map(({ id }) => id));
    expect(outcome.refused).toEqual(["CountsWrong", "ParentRefused"]);
    // Nobody else has a signature for what Alice holds now. She can prove it with what was refused.
    expect(alice.replica.get(run[4]!.id)!.signature).toBe(null);
    const proof = alice.replica.proofOf(run[0]!.id)!;
    expect(proof.changes).toHaveLength(7);
    const letters = [...run, bad, worse].map((letter, i) => ({ ...letter, bytes: proof.changes[i]! }));
    expect(bob.receiveRun(letters, proof.signature).admitted).toEqual(run.map(({ id }) => id));
    expect(bob.json).toBe(alice.json);
  });

  it("is kept while the end of a run waits for somebody else's change, even if it is forgotten meanwhile", () => {
    const { alice, bob, mallory, run } = story();
    const [bobs] = bob.write(root => root.text("body").insert(0, "Bob"));
    mallory.receive(bobs!);
    const [last] = mallory.write(root => root.text("body").insert(0, "x"));
    expect(alice.receiveRun([...run, last!])).toMatchObject({ missing: bobs!.id, refused: [] });
    alice.replica.forget("somebody");
    expect(alice.replica.proofOf(run[4]!.id)!.changes).toEqual([run[4]!.bytes, last!.bytes]);
    expect(alice.receive(bobs!).admitted).toEqual([bobs!.id]);
    expect(alice.receive(last!).admitted).toEqual([last!.id]);
    expect(alice.json).toBe(mallory.json);
  });

  it("is nothing for an own change that was not signed yet", () => {
    const [alice] = gather("Alice");
    alice.replica.edit(root => root.set("key", 1));
    const [closed] = alice.replica.closeDraft(1);
    expect(alice.replica.proofOf(closed!.id)).toBe(null);
    alice.sign([closed!]);
    expect(alice.replica.proofOf(closed!.id)!.changes).toEqual([closed!.bytes]);
  });
});
