// Whatever became of its bytes, a file is refused with a code and a sentence or loses its tail and nothing else; nothing
// throws, and nothing costs more than the bytes explain. What is bounded is tested at the bound and one past it.

import fc from "fast-check";
import { deflateSync } from "fflate";
import { describe, expect, it, vi } from "vitest";
import { beginFile, packColumns, SEGMENT, writeSegment } from "../../../src/crdt/file/container.ts";
import { TEXT_COLUMNS } from "../../../src/crdt/file/text-ops.ts";
import { OWN_COLUMNS } from "../../../src/crdt/file/writing.ts";
import { signatureMessage } from "../../../src/crdt/graph/verify.ts";
import {
  type Bytes,
  FileWriter,
  mustFromHex,
  openFile,
  REFUSALS,
  type RefusalCode,
  save,
  Writer,
} from "../../../src/crdt/index.ts";
import * as limits from "../../../src/crdt/limits.ts";
import { begin, forge, gather, type Person, SEED } from "../people.ts";
import { codeOf, everything, mustRead, read } from "./files.ts";

vi.setConfig({ testTimeout: 120_000 });

/** Every kind of thing that a file can hold, in few bytes: two authors, a text, a fork of parents, an item, a time. */
function small(): Person {
  const [alice, bob] = gather("Alice", "Bob");
  alice.write(root => root.text("body").insert(0, "abc"));
  bob.write(root => root.list("l").insert(0, 1));
  alice.receiveAll(bob.letters(alice.heads));
  alice.write(root => root.text("body").delete(1, 1));
  return alice;
}

const HEAD = 8 + 1 + 32;

/** What a damaged copy still gives is a beginning of what there was, and it is said why the rest is missing. */
function losesNoMoreThanItsTail(bytes: Uint8Array, whole: Record<string, string>): RefusalCode {
  const answer = read(bytes);
  const code = codeOf(answer);
  if (code === null) throw new Error("Expected the damage to be seen");
  expect(REFUSALS[code]).toMatch(/^[a-z].*[a-z]$/);
  if (!("ok" in answer)) {
    const left = everything(answer.replica.changes());
    expect(whole).toMatchObject(left);
    expect(Object.keys(left).length).toBeLessThan(Object.keys(whole).length);
  }
  return code;
}

/** The segments of a file, one after the other, made whole again after they were altered: nobody's disk does that. */
function resealed(segment: Uint8Array, ...rest: Uint8Array[]): Bytes {
  return new Uint8Array(Buffer.concat([segment, ...rest]));
}

describe("a damaged file", () => {
  const alice = small();
  const bytes = save(alice.replica);
  const whole = everything(alice.replica.changes());

  it("is refused for each altered byte", () => {
    const codes = new Set<RefusalCode>();
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [1, 0x80, 0xff]) {
        const copy = bytes.slice();
        copy[at]! ^= mask;
        codes.add(losesNoMoreThanItsTail(copy, whole));
      }
    }
    expect([...codes].sort()).toEqual([
      "DocumentForeign",
      "FileCutShort",
      "FileDamaged",
      "FileForeign",
      "FileVersionUnknown",
    ]);
  });

  it("is refused for each byte that is missing at its end, and for bytes behind it", () => {
    for (let length = 0; length < bytes.length; length++)
      losesNoMoreThanItsTail(bytes.subarray(0, length), whole);
    expect(codeOf(read(bytes.subarray(0, HEAD)))).toBe("FileEmpty");
    expect(codeOf(read(Buffer.concat([bytes, Uint8Array.of(0)])))).toBe("FileCutShort");
  });

  it("loses the segments from the damage on, and none before", () => {
    const person = small();
    const first = save(person.replica);
    const before = everything(person.replica.changes());
    const writer = new FileWriter(person.replica, mustRead(first).loaded.ledger);
    person.write(root => root.text("body").insert(0, "more"));
    const more = writer.segments();
    for (let at = 0; at < more.length; at++) {
      const copy = Buffer.concat([first, more]);
      copy[first.length + at]! ^= 0x10;
      const { loaded, replica } = mustRead(copy);
      // A segment of a kind that is not known yet would be passed over; the check sees that it is none.
      expect(loaded.refusal?.code).toMatch(/^File(Damaged|CutShort)$/);
      expect(everything(replica.changes())).toEqual(before);
    }
  });

  it("is refused for each altered byte even where somebody made its check right again", () => {
    const segment = bytes.subarray(HEAD);
    const lengthBytes = segment[1]! < 0x80 ? 1 : 2;
    const inside = segment.subarray(1 + lengthBytes, -8);
    for (let at = 0; at < inside.length; at++) {
      for (const mask of [1, 0x40, 0xff]) {
        const copy = inside.slice();
        copy[at]! ^= mask;
        const file = resealed(bytes.subarray(0, HEAD), writeSegment(SEGMENT.history, copy));
        // Some bits of a deflate stream, or of the order in which things are told, say nothing.
        const answer = read(file);
        if ("ok" in answer) continue;
        const left = everything(answer.replica.changes());
        if (codeOf(answer) === null) expect(left).toEqual(whole);
        else expect(whole).toMatchObject(left);
      }
    }
  });

  it("never throws, whatever its columns hold", () => {
    fc.assert(
      fc.property(
        fc.nat(70),
        fc.array(fc.uint8Array({ maxLength: 40 }), {
          minLength: OWN_COLUMNS + TEXT_COLUMNS,
          maxLength: OWN_COLUMNS + TEXT_COLUMNS,
        }),
        (count, columns) => {
          const out = new Writer();
          out.varint(count);
          out.bytes(packColumns(columns));
          const file = resealed(bytes.subarray(0, HEAD), writeSegment(SEGMENT.history, out.finish()));
          const answer = read(file);
          expect(count === 0 || codeOf(answer) !== null).toBe(true);
        },
      ),
      { seed: SEED, numRuns: 150 },
    );
  });

  it("keeps all its history where its snapshot was damaged, and says so", () => {
    const person = small();
    const file = save(person.replica, { snapshot: "small" });
    const length = file.length - save(person.replica).length;
    for (let at = HEAD + 2; at < HEAD + length; at++) {
      const copy = file.slice();
      copy[at]! ^= 4;
      const { replica, loaded } = mustRead(copy);
      expect(loaded.refusal?.code).toBe("FileDamaged");
      expect(replica.heads).toEqual(person.heads);
    }
  });

  it("is refused where its snapshot says something else than its history", () => {
    const other = small();
    other.write(root => root.text("body").insert(0, "!"));
    const heads = Buffer.concat(other.heads.map(mustFromHex));
    const lie = packColumns([heads, new TextEncoder().encode('{"body":"a lie"}')]);
    const honest = save(other.replica);
    const file = resealed(
      honest.subarray(0, HEAD),
      writeSegment(SEGMENT.snapshot, lie),
      honest.subarray(HEAD),
    );
    expect(codeOf(read(file))).toBe("FileSnapshotWrong");
  });

  it("is passed over where a segment is of a kind that comes later", () => {
    const file = resealed(
      bytes.subarray(0, HEAD),
      writeSegment(9, Uint8Array.of(1, 2)),
      bytes.subarray(HEAD),
    );
    expect(codeOf(read(file))).toBe(null);
  });
});

describe("a file that lies", () => {
  it("is refused where a change in it breaks a rule, and what stands before that counts", () => {
    const [alice, mallory] = gather("Alice", "Mallory");
    const before = alice.heads;
    // Her own replica takes whatever she says of herself.
    const bad = forge(mallory, {
      ops: () => [{ type: "invite", key: mallory.device, role: "reader", label: "", expires: 0, uses: 0 }],
    });
    const source = {
      ...sourceOf(alice),
      *changes() {
        yield* alice.replica.changes();
        const inspected = alice.replica.inspect(bad.bytes, bad.signature);
        if (!inspected.ok) throw new Error(inspected.code);
        const { change, signature } = inspected;
        yield { id: bad.id, change, bytes: bad.bytes, signature, run: null, position: 0 } as never;
      },
    };
    const { replica, loaded } = mustRead(save(source));
    expect(loaded.refusal?.code).toBe("RightMissing");
    expect(replica.heads).toEqual(before);
  });

  it("is refused where a signature is somebody else's", () => {
    const [alice, mallory] = gather("Alice", "Mallory");
    alice.write(root => root.text("body").insert(0, "honest"));
    const last = alice.replica.ownHead!.id;
    const signature = mallory.key.sign(signatureMessage(last));
    const source = {
      ...sourceOf(alice),
      *changes() {
        for (const { id, change, bytes, signature: own } of alice.replica.changes())
          yield {
            id,
            change,
            bytes,
            signature: id === last ? signature : own,
            run: null,
            position: 0,
          } as never;
      },
    };
    expect(codeOf(read(save(source)))).toBe("SignatureWrong");
  });
});

function sourceOf({ replica }: Person) {
  return {
    doc: replica.doc,
    device: replica.device,
    laneTips: replica.laneTips,
    heads: replica.heads,
    get: (id: (typeof replica.heads)[number]) => replica.get(id),
    proofOf: (id: (typeof replica.heads)[number]) => replica.proofOf(id),
    canonicalJson: () => replica.canonicalJson(),
    showsHeads: replica.showsHeads,
    forks: replica.forks,
  };
}

describe("what a file makes somebody set aside", () => {
  const doc = new Uint8Array(32);
  const history = (count: number, columns: readonly Uint8Array[]) => {
    const out = new Writer();
    out.varint(count);
    out.bytes(packColumns(columns));
    return out.finish();
  };
  const empty = () => Array.from({ length: OWN_COLUMNS + TEXT_COLUMNS }, () => new Uint8Array(0));

  it("is bounded by FILE_BYTES_MAX", () => {
    // Nothing of it is touched but its beginning, which is none.
    expect(openFile(new Uint8Array(limits.FILE_BYTES_MAX + 1))).toMatchObject({ code: "FileTooLarge" });
    expect(openFile(new Uint8Array(limits.FILE_BYTES_MAX))).toMatchObject({ code: "FileForeign" });
  });

  it("is bounded by SEGMENT_CHANGES_MAX", () => {
    const file = (count: number) =>
      resealed(beginFile(doc), writeSegment(SEGMENT.history, history(count, empty())));
    expect(openFile(file(limits.SEGMENT_CHANGES_MAX))).toMatchObject({ total: limits.SEGMENT_CHANGES_MAX });
    expect(openFile(file(limits.SEGMENT_CHANGES_MAX + 1))).toMatchObject({ code: "FileDamaged" });
  });

  it("is bounded by SEGMENT_INFLATED_BYTES_MAX, which is asked before anything is inflated", () => {
    const snapshot = (length: number) =>
      resealed(
        beginFile(doc),
        writeSegment(SEGMENT.snapshot, packColumns([new Uint8Array(0), new Uint8Array(length).fill(0x20)])),
        writeSegment(SEGMENT.history, history(0, empty())),
      );
    expect(openFile(snapshot(limits.SEGMENT_INFLATED_BYTES_MAX))).toMatchObject({ damage: null });
    expect(openFile(snapshot(limits.SEGMENT_INFLATED_BYTES_MAX + 1))).toMatchObject({
      damage: { code: "FileDamaged" },
    });
  });

  it("is what was stated, whatever a stream inflates to", () => {
    const bomb = deflateSync(new Uint8Array(1_000_000), { level: 9 });
    for (const stated of [999_999, 1_000_001, bomb.length + 1]) {
      const out = new Writer();
      out.varint(0);
      out.varint(0);
      out.varint(stated);
      out.varint(bomb.length);
      out.bytes(bomb);
      const file = resealed(
        beginFile(doc),
        writeSegment(SEGMENT.snapshot, out.finish()),
        writeSegment(SEGMENT.history, history(0, empty())),
      );
      expect(openFile(file)).toMatchObject({ damage: { code: "FileDamaged" } });
    }
  });

  it("is bounded by FILE_OPEN_BYTES_MAX where nobody signs", () => {
    const alice = begin("Alice");
    alice.write(root => root.text("body").insert(0, "x"));
    // A writer closes what is open at half of it, so that an honest file never comes near: see `Proofs`.
    expect(limits.FILE_OPEN_BYTES_MAX).toBeGreaterThan(
      4 * (limits.RUN_BODY_BYTES_MAX + limits.CHANGE_BYTES_MAX),
    );
    expect(codeOf(read(save(alice.replica)))).toBe(null);
  });
});
