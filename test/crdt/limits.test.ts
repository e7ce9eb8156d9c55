// Every limit of the core, at the limit and one past it. What is one past is refused by its bytes alone, so that no
// replica can hold it; quotas and queues are the two that depend on more. (PARENTS_MAX: also attack B3;
// KEYS_REMEMBERED_MAX: graph/ed25519.test.ts.)

import { describe, expect, it, vi } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import { Pending, Rest } from "../../src/crdt/graph/pending.ts";
import {
  type ChangeId,
  type MapEdit,
  OPEN_POLICY,
  type Policy,
  type VerifiedChange,
} from "../../src/crdt/index.ts";
import * as limits from "../../src/crdt/limits.ts";
import type { Path } from "../../src/crdt/types/op.ts";
import {
  begin,
  copyOf,
  deliver,
  type Forgery,
  forge,
  gather,
  Key,
  LINK,
  newcomer,
  type Person,
} from "./people.ts";

vi.setConfig({ testTimeout: 20_000 });

const [alice, mallory] = gather("Alice", "Mallory");
const SET: Path = [{ at: "s", kind: "set" }];
const COUNTER: Path = [{ at: "c", kind: "counter" }];
const END = { parent: null, side: "right", rightOrigin: null } as const;

/** What a fresh reader of Alice's document says to it. */
function verdict(forgery: Forgery, author: Person = mallory): string {
  const { refused } = copyOf(alice, "Reader").receive(forge(author, forgery, alice));
  return refused[0] ?? "admitted";
}

const set = (key: string, value: string | number = 1, path: Path = []): Op => ({
  type: "set",
  path,
  key,
  value,
  replaces: [],
});
const unknown = (bytes: number, elements = 0): Op => ({
  type: "unknown",
  kind: 32,
  elements,
  payload: new Uint8Array(bytes),
});

describe("a change", () => {
  it.each<[string, number, (n: number) => Op[]]>([
    ["CHANGE_OPS_MAX", limits.CHANGE_OPS_MAX, n => Array.from({ length: n }, () => unknown(0))],
    [
      "AUTHORITY_OPS_MAX",
      limits.AUTHORITY_OPS_MAX,
      n => Array.from({ length: n }, () => ({ type: "name", name: "" })),
    ],
    [
      "RUN_UNITS_MAX of text",
      limits.RUN_UNITS_MAX,
      n => [{ type: "insertText", path: [{ at: "body", kind: "text" }], ...END, text: "x".repeat(n) }],
    ],
    ["RUN_UNITS_MAX of unknown elements", limits.RUN_UNITS_MAX, n => [unknown(1, n)]],
    [
      "RUN_VALUES_MAX",
      limits.RUN_VALUES_MAX,
      n => [
        {
          type: "insertList",
          path: [{ at: "list", kind: "list" }],
          ...END,
          values: Array.from({ length: n }, () => null),
        },
      ],
    ],
    ["KEY_BYTES_MAX of a written key", limits.KEY_BYTES_MAX, n => [set("k".repeat(n))]],
    [
      "KEY_BYTES_MAX of a key in a path",
      limits.KEY_BYTES_MAX,
      n => [set("k", 1, [{ at: "k".repeat(n), kind: "map" }])],
    ],
    [
      "KEY_BYTES_MAX in bytes, not units",
      limits.KEY_BYTES_MAX,
      n => [set(`${"é".repeat(127)}${"k".repeat(n - 254)}`)],
    ],
    ["STRING_BYTES_MAX", limits.STRING_BYTES_MAX, n => [set("k", "s".repeat(n))]],
    [
      "STRING_BYTES_MAX in a set",
      limits.STRING_BYTES_MAX,
      n => [
        { type: "add", path: SET, value: "s".repeat(n) },
        { type: "remove", path: SET, value: "s".repeat(n), replaces: [{ change: 0, index: 0 }] },
      ],
    ],
    [
      "safe integers in a counter",
      Number.MAX_SAFE_INTEGER,
      n => [
        { type: "increment", path: COUNTER, by: n },
        { type: "increment", path: COUNTER, by: -n },
      ],
    ],
    [
      "DEPTH_MAX",
      limits.DEPTH_MAX,
      n => [
        set(
          "k",
          1,
          Array.from({ length: n }, () => ({ at: "m", kind: "map" as const })),
        ),
      ],
    ],
    ["UNKNOWN_OP_BYTES_MAX", limits.UNKNOWN_OP_BYTES_MAX, n => [unknown(n)]],
    ["NAME_BYTES_MAX", limits.NAME_BYTES_MAX, n => [{ type: "name", name: "n".repeat(n) }]],
  ])("is admitted at %s and refused one past it", (_, limit, ops) => {
    expect(verdict({ ops: () => ops(limit) })).toBe("admitted");
    expect(verdict({ ops: () => ops(limit + 1) })).toBe("BytesMalformed");
  });

  it("is admitted at LABEL_BYTES_MAX and refused one past it", () => {
    const invite = (n: number): Op => ({
      type: "invite",
      key: new Key("k").id,
      role: "reader",
      label: "l".repeat(n),
      expires: 0,
      uses: 0,
    });
    expect(verdict({ ops: () => [invite(limits.LABEL_BYTES_MAX)] }, alice)).toBe("admitted");
    expect(verdict({ ops: () => [invite(limits.LABEL_BYTES_MAX + 1)] }, alice)).toBe("BytesMalformed");
  });

  it("is admitted at CHANGE_BYTES_MAX and refused one past it", () => {
    const sized = (bytes: number) => {
      const full = [0, 1, 2].map(() => unknown(limits.UNKNOWN_OP_BYTES_MAX));
      const rest = bytes - forge(mallory, { ops: () => [...full, unknown(60_000)] }, alice).bytes.length;
      return forge(mallory, { ops: () => [...full, unknown(60_000 + rest)] }, alice);
    };
    const largest = sized(limits.CHANGE_BYTES_MAX);
    expect(largest.bytes).toHaveLength(limits.CHANGE_BYTES_MAX);
    expect(copyOf(alice, "Reader").receive(largest).refused).toEqual([]);
    expect(copyOf(alice, "Reader").receive(sized(limits.CHANGE_BYTES_MAX + 1)).refused).toEqual([
      "BytesTooLarge",
    ]);
  });

  it("is admitted with POLICY_KEYS_MAX keys in a policy, and no document begins with one more", () => {
    const policy = (n: number): Policy => ({
      editor: { keys: Array.from({ length: n }, (_, i) => `key ${i}`), opsMax: 1, bytesMax: 1 },
    });
    expect(begin("Alice", policy(limits.POLICY_KEYS_MAX)).replica.policy.editor!.keys).toHaveLength(64);
    expect(() => begin("Alice", policy(limits.POLICY_KEYS_MAX + 1))).toThrow("well-formed");
  });
});

describe("a quota", () => {
  it("holds what an editor may author, in ops and in bytes, up to it and no further", () => {
    expect(OPEN_POLICY.editor).toEqual({
      keys: null,
      opsMax: limits.EDITOR_OPS_MAX,
      bytesMax: limits.EDITOR_BYTES_MAX,
    });
    const ops = (n: number) => Array.from({ length: n }, () => set("k"));
    const guestOf = (policy: Policy) => {
      const owner = begin("Alice", policy);
      owner.invite(LINK);
      const guest = newcomer("Bob", owner, LINK);
      deliver(owner, guest);
      guest.replica.rename("Bob");
      guest.close();
      deliver(guest, owner);
      return { owner, guest, used: guest.replica.ownHead! };
    };
    const five = { editor: { keys: null, opsMax: 5, bytesMax: 10_000 } };
    const { owner, guest, used } = guestOf(five);
    expect(used.opTotal).toBe(2);
    expect(owner.receive(forge(guest, { ops: () => ops(4) })).refused).toEqual(["QuotaExceeded"]);
    expect(owner.receive(forge(guest, { ops: () => ops(3) })).refused).toEqual([]);

    const probe = forge(guest, { ops: () => ops(1) });
    const { byteTotal } = used;
    const inspected = owner.replica.inspect(probe.bytes, probe.signature);
    const bytesMax = byteTotal + (inspected.ok ? inspected.change.bodyBytes : 0);
    for (const [limit, refused] of [
      [bytesMax, []],
      [bytesMax - 1, ["QuotaExceeded"]],
    ] as const) {
      const { owner, guest } = guestOf({ editor: { keys: null, opsMax: 100, bytesMax: limit } });
      expect(owner.receive(forge(guest, { ops: () => ops(1) })).refused).toEqual(refused);
    }
  });

  it("is none for the owner", () => {
    const owner = begin("Alice", { editor: { keys: null, opsMax: 1, bytesMax: 1 } });
    const reader = copyOf(owner, "Reader");
    for (let i = 0; i < 3; i++) reader.receiveAll(owner.write(root => root.set("k", i)));
    expect(reader.json).toBe('{"k":2}');
  });
});

describe("what waits for its parents", () => {
  const missing = new DataView(new Uint8Array(32).fill(7).buffer);
  const run = (source: string, changes: number, bytes: number) =>
    new Rest(
      Array.from({ length: changes }, () => ({ change: { start: 0, end: bytes } }) as VerifiedChange),
      source,
    );
  const told = (pending: Pending, source: string, changes: number, bytes = 1): Rest => {
    const rest = run(source, changes, bytes);
    pending.add(rest, missing, 0);
    return rest;
  };

  it("is kept up to PENDING_CHANGES_MAX per source, then the oldest goes", () => {
    const pending = new Pending();
    const oldest = told(pending, "A", 1);
    const second = told(pending, "A", limits.PENDING_CHANGES_MAX - 1);
    const other = told(pending, "B", 1);
    expect(pending.size).toBe(limits.PENDING_CHANGES_MAX + 1);
    const newest = told(pending, "A", 1);
    expect(pending.size).toBe(limits.PENDING_CHANGES_MAX + 1);
    const released = pending.release(missing, 0);
    expect(released).not.toContain(oldest);
    expect(released).toEqual([second, other, newest]);
    expect(pending.size).toBe(0);
  });

  it("is kept up to PENDING_BYTES_MAX per source, then the oldest goes", () => {
    const pending = new Pending();
    const half = limits.PENDING_BYTES_MAX / 2;
    const kept = [told(pending, "A", 1, half), told(pending, "A", 1, half)];
    expect(pending.size).toBe(2);
    kept.push(told(pending, "A", 1, 1));
    expect(pending.release(missing, 0)).toEqual(kept.slice(1));
    expect(pending.release(missing, 0)).toEqual([]);
  });

  it("may be one run of any length, alone", () => {
    const pending = new Pending();
    const long = told(pending, "A", limits.RUN_CHANGES_MAX);
    expect(pending.size).toBe(limits.RUN_CHANGES_MAX);
    const next = told(pending, "A", 1);
    expect(pending.release(missing, 0)).toEqual([next]);
    expect(long.changes).toBe(limits.RUN_CHANGES_MAX);
  });

  it("waits for one name, not for those that begin like it", () => {
    const pending = new Pending();
    const rest = told(pending, "A", 1);
    const alike = new Uint8Array(32).fill(7);
    alike[31] = 8;
    expect(pending.release(new DataView(alike.buffer), 0)).toEqual([]);
    expect(pending.release(missing, 0)).toEqual([rest]);
  });

  it("goes when its source does", () => {
    const pending = new Pending();
    told(pending, "A", 2);
    const other = told(pending, "B", 2);
    pending.forget("A");
    expect(pending.size).toBe(2);
    expect(pending.release(missing, 0)).toEqual([other]);
  });
});

describe("refused ids", () => {
  it("are remembered up to REFUSED_IDS_MAX, then what builds on the oldest waits instead", () => {
    const reader = copyOf(alice, "Reader");
    const tell = (forgery: Forgery) => {
      const letter = forge(mallory, { ...forgery, signer: mallory.key }, alice);
      const inspected = reader.replica.inspect(letter.bytes, letter.signature);
      if (!inspected.ok) throw new Error(inspected.code);
      return { id: letter.id, ...reader.replica.admit(inspected, [true], "Mallory") };
    };
    const seq = mallory.replica.ownHead!.seq;
    const childOf = (parent: ChangeId) =>
      tell({ header: { parents: [parent], prev: parent, seq: seq + 2, depth: 99 } });
    const ids: ChangeId[] = [];
    for (let i = 0; i < limits.REFUSED_IDS_MAX; i++) ids.push(tell({ header: { depth: 1_000 + i } }).id);
    expect(childOf(ids[1]!).refused[0]!.refusal.code).toBe("ParentRefused");
    // The child was one past the limit: the oldest is forgotten, and only it.
    expect(childOf(ids[0]!)).toMatchObject({ refused: [], missing: ids[0] });
    expect(childOf(ids[2]!).refused[0]!.refusal.code).toBe("ParentRefused");
  });
});

describe("an honest edit", () => {
  it("puts OWN_RUN_UNITS_MAX units of strings into one run of a list, and one more into two", () => {
    const opsFor = (units: number) => {
      const person = begin("Alice");
      const half = "s".repeat(limits.OWN_RUN_UNITS_MAX / 4);
      const [letter] = person.write(root =>
        root.list("l").push(half, half, half, "s".repeat(units - 3 * half.length)),
      );
      return person.replica.get(letter!.id)!.change.ops.filter(op => op.type === "insertList").length;
    };
    expect(opsFor(limits.OWN_RUN_UNITS_MAX)).toBe(1);
    expect(opsFor(limits.OWN_RUN_UNITS_MAX + 1)).toBe(2);
  });

  it("names OWN_NAMES_MAX replaced values in one op, and one more in two", () => {
    const opsFor = (entries: number) => {
      const person = begin("Alice");
      person.receive(forge(person, { ops: () => Array.from({ length: entries }, (_, i) => set("k", i)) }));
      const [letter] = person.write(root => root.set("k", "one"));
      return person.replica.get(letter!.id)!.change.ops.map(op => op.type);
    };
    expect(opsFor(limits.OWN_NAMES_MAX)).toEqual(["set"]);
    expect(opsFor(limits.OWN_NAMES_MAX + 1)).toEqual(["unset", "set"]);
  });

  it("names OWN_NAMES_MAX adds of a removed value, or increments of a deleted counter, in one op, and one more in two", () => {
    const opsFor = (op: Op, edit: (root: MapEdit) => void, count: number) => {
      const person = begin("Alice");
      person.receive(forge(person, { ops: () => Array.from({ length: count }, () => op) }));
      const [letter] = person.write(edit);
      return person.replica.get(letter!.id)!.change.ops.map(({ type }) => type);
    };
    const added: Op = { type: "add", path: SET, value: 1 };
    const counted: Op = { type: "increment", path: COUNTER, by: 1 };
    const remove = (root: MapEdit) => root.setOf("s").delete(1);
    const max = limits.OWN_NAMES_MAX;
    expect(opsFor(added, remove, max)).toEqual(["set", "remove"]);
    expect(opsFor(added, remove, max + 1)).toEqual(["set", "remove", "remove"]);
    expect(opsFor(counted, root => root.delete("c"), max)).toEqual(["unset"]);
    expect(opsFor(counted, root => root.delete("c"), max + 1)).toEqual(["unset", "unset"]);
  });
});
