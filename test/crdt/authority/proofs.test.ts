// Proofs that a device is two-faced, as state of their own: what follows from one is the same for who holds both faces, one
// of them or neither, in whatever order things come; a forged one is refused, and that is its sender's fault.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { beginFile, SEGMENT, writeSegment } from "../../../src/crdt/file/container.ts";
import { mustFromHex, Writer } from "../../../src/crdt/graph/bytes.ts";
import { encodeFork, type WholeRun } from "../../../src/crdt/graph/fork-bytes.ts";
import { type Bytes, type DeviceId, type RefusalCode, Replica, save } from "../../../src/crdt/index.ts";
import { FORK_BYTES_MAX, FORKS_IN_FILE_MAX } from "../../../src/crdt/limits.ts";
import { NaiveDocument } from "../../model/naive-document.ts";
import { asideOf } from "../../model/naive-effects.ts";
import { codeOf, mustRead, read } from "../file/files.ts";
import { copyOf, deliver, forge, Key, type Letter, newcomer, SEED } from "../people.ts";
import { asideIn, court, dismiss, outcomeOf, reasonOf, say } from "./court.ts";

vi.setConfig({ testTimeout: 20_000 });

/** Mallory's x for Bob and y for Alice, who hold one each; the proof. */
function twoFaces() {
  const people = court();
  const { alice, bob, mallory } = people;
  const twin = copyOf(mallory);
  const [x, y] = [say(mallory, "x "), say(twin, "y ")];
  bob.receive(x);
  alice.receive(y);
  const witness = copyOf(alice);
  witness.receive(x);
  return { ...people, twin, x, y, proof: witness.replica.forks.proofOf(mallory.device)! };
}

const sideOf = ({ bytes, signature }: Letter): WholeRun => ({
  first: bytes,
  count: 0,
  rows: new Uint8Array(0),
  signature,
});

/** The two letters as a proof, in the order of their ids. */
function proofOf(a: Letter, b: Letter): Bytes {
  const [first, second] = a.id < b.id ? [a, b] : [b, a];
  return encodeFork([sideOf(first), sideOf(second)]);
}

describe("a proof", () => {
  it("retires a device for who holds one face alone, and takes nothing that came before", () => {
    const { bob, mallory, x, proof } = twoFaces();
    const more = say(mallory, "more ");
    bob.receive(more);
    expect(bob.text()).toBe("more x -");
    expect(bob.receiveProof(proof)).toBe("taken");
    expect([x, more].map(letter => reasonOf(bob, letter))).toEqual(["two-faced", "two-faced"]);
    expect(bob.text()).toBe("-");
    expect(bob.replica.forks.all).toEqual([
      { device: mallory.device, seq: mallory.replica.get(x.id)!.change.seq, ids: expect.any(Array) },
    ]);
  });

  it("lets what was here before it count with the next own change, once, and nothing that comes later", () => {
    const { bob, mallory, x, proof } = twoFaces();
    bob.receiveProof(proof);
    const late = say(mallory, "late ");
    bob.receive(late);
    say(bob, "Bob ");
    expect([x, late].map(letter => reasonOf(bob, letter))).toEqual([null, "two-faced"]);
    const later = say(mallory, "later ");
    bob.receive(later);
    say(bob, "again ");
    expect([late, later].map(letter => reasonOf(bob, letter))).toEqual(["two-faced", "two-faced"]);
    expect(bob.text()).toBe("again Bob x -");
  });

  it("says the same before the changes and after them, and with both faces here or one", () => {
    const { alice, bob, carol, mallory, twin, x, y, proof } = twoFaces();
    const more = [say(mallory, "m "), say(twin, "t ")];
    deliver(bob, carol);
    const sets: readonly (readonly (Letter | Bytes)[])[] = [
      [proof, x, y, ...more],
      [x, y, ...more, proof],
      [y, more[1]!, proof, x, more[0]!],
    ];
    const readers = sets.map(items => {
      const reader = copyOf(alice, "Reader");
      for (const item of items)
        if (item instanceof Uint8Array) reader.receiveProof(item);
        else reader.receive(item);
      return reader;
    });
    for (const reader of readers) {
      expect(asideIn(reader)).toEqual(asideIn(readers[0]!));
      expect(reader.json).toBe(readers[0]!.json);
      expect(reader.replica.forks.all).toEqual(readers[0]!.replica.forks.all);
    }
    expect(asideIn(readers[0]!)).toHaveLength(4);
  });

  it("is kept with the lowest number, of equal ones with the smallest ids, in any order", () => {
    const { alice, bob, mallory } = court();
    const twin = copyOf(mallory);
    const faces = Array.from({ length: 3 }, (_, i) =>
      forge(mallory, { ops: () => [{ type: "set", path: [], key: "k", value: i, replaces: [] }] }),
    ).sort((a, b) => (a.id < b.id ? -1 : 1));
    say(twin, "on ");
    const higher = copyOf(twin);
    const later = proofOf(say(twin, "a "), say(higher, "b "));
    const proofs = [
      later,
      proofOf(faces[1]!, faces[2]!),
      proofOf(faces[0]!, faces[2]!),
      proofOf(faces[0]!, faces[1]!),
    ];
    const least = { device: mallory.device, ids: [faces[0]!.id, faces[1]!.id] };
    for (const order of [proofs, proofs.toReversed(), [proofs[2]!, proofs[0]!, proofs[3]!, proofs[1]!]]) {
      const reader = copyOf(bob, "Reader");
      for (const proof of order) expect(["taken", "nothing new"]).toContain(reader.receiveProof(proof));
      expect(reader.replica.forks.all).toMatchObject([least]);
      expect(reader.replica.forks.proofOf(mallory.device)).toEqual(proofs[3]);
    }
    expect(alice.replica.forks.all).toEqual([]);
  });

  it("may show a face that everybody refuses: no honest device signs a second change with a number", () => {
    const { bob, mallory } = court();
    const bad = forge(mallory, { header: { depth: 99 } });
    const x = say(mallory, "x ");
    expect(bob.receive(bad).refused).toEqual(["DepthWrong"]);
    bob.receive(x);
    expect(bob.receiveProof(proofOf(bad, x))).toBe("taken");
    expect(reasonOf(bob, x)).toBe("two-faced");
  });

  it("of a change that a later signature covers carries the changes up to that one", () => {
    const { alice, bob, mallory } = court();
    const twin = copyOf(mallory);
    const run = [..."abc"].map(word => say(mallory, word));
    const y = say(twin, "y ");
    const witness = copyOf(alice);
    witness.receiveRun(run);
    witness.receive(y);
    const proof = witness.replica.forks.proofOf(mallory.device)!;
    bob.receive(y);
    expect(bob.receiveProof(proof)).toBe("taken");
    const [fork] = bob.replica.forks.all;
    const lengths = bob.replica.forks.sidesOf(fork!).map(side => side!.changes.length);
    expect(lengths.sort()).toEqual([1, 3]);
  });

  it("gives nothing back to a removed person", () => {
    const { bob, carol, x, mallory, proof } = twoFaces();
    dismiss(carol, mallory);
    deliver(carol, bob);
    expect(reasonOf(bob, x)).toBe("removed");
    bob.receiveProof(proof);
    say(bob, "Bob ");
    expect(reasonOf(bob, x)).toBe("two-faced");
    expect(bob.text()).toBe("Bob -");
  });

  it("is nobody's business where nothing of the device is here, so there are never more than devices", () => {
    const { alice } = court();
    const stranger = newcomer("Stranger", alice, null);
    deliver(alice, stranger);
    const [a, b] = [forge(stranger, {}), forge(stranger, { ops: () => [{ type: "name", name: "S" }] })];
    expect(alice.receiveProof(proofOf(a!, b!))).toBe("nothing new");
    expect(alice.replica.forks.all).toEqual([]);
  });
});

describe("what is no proof", () => {
  const refusedAs = (proof: Bytes, code: RefusalCode): void => {
    const { bob, mallory, x } = twoFaces();
    expect(bob.receiveProof(proof)).toBe(code);
    expect(bob.replica.forks.of(mallory.device)).toBe(null);
    expect(reasonOf(bob, x)).toBe(null);
  };

  it("is refused: one change twice, two numbers, two devices, ids the other way round", () => {
    const { bob, mallory, x, y } = twoFaces();
    const next = say(mallory, "next ");
    refusedAs(encodeFork([sideOf(x), sideOf(x)]), "ForkUnproven");
    refusedAs(proofOf(x, next), "ForkUnproven");
    refusedAs(proofOf(x, say(bob, "Bob ")), "ForkUnproven");
    const [low, high] = x.id < y.id ? [x, y] : [y, x];
    refusedAs(encodeFork([sideOf(high!), sideOf(low!)]), "ForkUnproven");
  });

  it("is refused: a face that another key signed, and one of another document", () => {
    const { mallory, x } = twoFaces();
    const framed = forge(copyOf(mallory), { ops: () => [], signer: new Key("Trudy") }, court().mallory);
    refusedAs(proofOf(x, { ...framed }), "SignatureWrong");
    const abroad = forge(mallory, { header: { doc: "ab".repeat(32) as never } }, court().mallory);
    expect(
      court().alice.receiveProof(
        proofOf(
          abroad,
          forge(
            mallory,
            {
              header: { doc: "ab".repeat(32) as never },
              ops: () => [{ type: "name", name: "M" }],
            },
            court().mallory,
          ),
        ),
      ),
    ).toBe("DocumentForeign");
  });

  it("is refused whatever byte is altered, cut off or added, and never thrown at", () => {
    const { bob, x, mallory, proof } = twoFaces();
    for (let at = 0; at < proof.length; at++) {
      const altered = proof.with(at, proof[at]! ^ 1) as Bytes;
      expect(["taken", "nothing new"]).not.toContain(bob.receiveProof(altered));
      expect(bob.receiveProof(proof.slice(0, at))).toBe("BytesMalformed");
    }
    expect(bob.receiveProof(Uint8Array.of(...proof, 0))).toBe("BytesMalformed");
    expect(bob.replica.forks.of(mallory.device)).toBe(null);
    expect(reasonOf(bob, x)).toBe(null);
  });

  it("is not looked into beyond FORK_BYTES_MAX", () => {
    const { bob } = court();
    expect(bob.receiveProof(new Uint8Array(FORK_BYTES_MAX + 1))).toBe("BytesMalformed");
    expect(bob.replica.forks.inspect(new Uint8Array(FORK_BYTES_MAX))).toMatchObject({ ok: false });
  });
});

describe("a proof outlives the page", () => {
  it("in a file, whose snapshot says what counts by it", () => {
    const { bob, x, proof } = twoFaces();
    expect(bob.receiveProof(proof)).toBe("taken");
    const { replica } = mustRead(save(bob.replica, { snapshot: "small" }));
    expect(replica.canonicalJson()).toBe(bob.json);
    expect(replica.forks.all).toEqual(bob.replica.forks.all);
    expect(replica.people.aside.map(({ id }) => id)).toEqual([x.id]);
  });

  it("and a forged one in a file is refused, with what stands before it", () => {
    const { bob, x, mallory } = twoFaces();
    const framed = forge(copyOf(mallory), { ops: () => [], signer: new Key("Trudy") }, court().mallory);
    const bytes = proofOf(x, framed);
    const out = new Writer();
    out.varint(1);
    out.varint(bytes.length);
    out.bytes(bytes);
    const file = Uint8Array.of(...save(bob.replica), ...writeSegment(SEGMENT.proofs, out.finish()));
    expect(codeOf(read(file))).toBe("SignatureWrong");
    expect(mustRead(file).loaded.taken).toBe(bob.replica.size);
  });

  it("and more of them than FORKS_IN_FILE_MAX are none", () => {
    const file = (count: number) => {
      const out = new Writer();
      out.varint(count);
      for (let i = 0; i < count; i++) out.varint(0);
      return Uint8Array.of(
        ...beginFile(mustFromHex("00".repeat(32))),
        ...writeSegment(SEGMENT.proofs, out.finish()),
      );
    };
    expect(codeOf(read(file(FORKS_IN_FILE_MAX)))).toBe("FileEmpty");
    expect(codeOf(read(file(FORKS_IN_FILE_MAX + 1)))).toBe("FileDamaged");
  });

  it("in an image and in a store's record, with what the next own change is to name", () => {
    for (const way of ["image", "record"] as const) {
      const { bob, mallory, x, proof } = twoFaces();
      bob.receiveProof(proof);
      const late = say(mallory, "late ");
      bob.receive(late);
      const record = bob.replica.forks.recordOf(mallory.device)!;
      const rows = [...bob.replica.changes()].map(({ id, bytes, signature }) => ({ id, bytes, signature }));
      const { json } = bob;
      if (way === "image") {
        bob.replica = Replica.ofImage(bob.device, bob.replica.doc, bob.replica.image!)!;
        expect(bob.replica.fill(rows)).toEqual([]);
      } else {
        bob.replica = Replica.open(bob.device, bob.replica.doc);
        bob.replica.restore(rows, 0);
        expect(bob.replica.forks.recall(record)).toBe(true);
      }
      expect(bob.json).toBe(json);
      say(bob, "Bob ");
      expect([x, late].map(letter => reasonOf(bob, letter))).toEqual([null, "two-faced"]);
      // The next page has named it already.
      const again = Replica.open(bob.device, bob.replica.doc);
      again.restore(
        [...bob.replica.changes()].map(({ id, bytes, signature }) => ({ id, bytes, signature })),
        0,
      );
      again.forks.recall({ ...record, held: [late.id] });
      bob.replica = again;
      say(bob, "more ");
      expect(reasonOf(bob, late)).toBe("two-faced");
    }
  });
});

it("whoever holds some changes and some proofs sets the same aside, in any order (the model is naive-effects.ts)", () => {
  const { alice, bob, carol, dave, mallory } = court();
  // Two liars with three faces each, that honest people stand on here and there; a removal and a promotion among it.
  const liars = [mallory, dave].map(person => [person, copyOf(person), copyOf(person)]);
  const honest = [alice, bob, carol];
  for (let round = 0; round < 3; round++)
    for (const [i, faces] of liars.entries()) {
      for (const [j, face] of faces.entries()) {
        say(face, `${i}${j} `);
        if (face.replica.people.mayRule && round === 1 && j === 0) {
          face.replica.people.setRole(mallory.device, "reader");
          face.close();
        }
        deliver(face, honest[(round + j) % 3]!);
      }
      say(honest[(round + i) % 3]!, "h ");
    }
  dismiss(carol, mallory);
  say(liars[0]![1]!, "late ");
  const everybody = [...honest, ...liars.flat()];
  const all = outcomeOf(everybody);
  const letters = all.letters();
  const witnesses = everybody.map(person => copyOf(person, "Witness"));
  for (const witness of witnesses) deliver(liars[0]![0]!, witness);
  for (const witness of witnesses) deliver(liars[1]![2]!, witness);
  const proofs = [all, ...witnesses].flatMap(({ replica }) =>
    [mallory.device, dave.device].flatMap(device => replica.forks.proofOf(device) ?? []),
  );
  /** Some letters with all that lies below them. */
  const below = (tops: readonly Letter[]): Letter[] => {
    const ids = new Set<string>();
    for (const top of [...letters].reverse())
      if (tops.includes(top) || ids.has(top.id))
        for (const id of [top.id, ...all.replica.get(top.id)!.change.parents]) ids.add(id);
    return letters.filter(({ id }) => ids.has(id));
  };
  const draws = fc.record({
    tops: fc.subarray(letters, { minLength: 1, maxLength: 6 }),
    proofs: fc.subarray(proofs),
    order: fc.infiniteStream(fc.nat(1_000)),
  });
  let [asked, told] = [0, 0];
  fc.assert(
    fc.property(draws, ({ tops, proofs, order }) => {
      const items: (Letter | Bytes)[] = [...below(tops), ...proofs];
      const reader = newcomer("Reader", alice, null);
      while (items.length > 0) {
        const [item] = items.splice(order.next().value! % items.length, 1);
        if (!(item instanceof Uint8Array)) reader.receive(item!);
        else reader.receiveProof(item);
      }
      // Those that came before anything of their device did.
      for (const proof of proofs) reader.receiveProof(proof);
      const changes = [...reader.replica.changes()].map(({ change }) => change);
      const proven = new Map<DeviceId, number>(
        reader.replica.forks.all.map(({ device, seq }) => [device, seq]),
      );
      const expected = asideOf(changes, proven);
      expect(asideIn(reader).map(({ id }) => id)).toEqual([...expected].sort());
      expect(reader.json).toBe(new NaiveDocument(changes, new Set(), expected).json());
      asked++;
      if (expected.size > asideOf(changes).size) told++;
    }),
    { seed: SEED, numRuns: Number(process.env.RUNS ?? 60) },
  );
  expect(told).toBeGreaterThan(asked / 10);
});
