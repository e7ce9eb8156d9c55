// Golden bytes of wire version 1: a small story that uses every op, every kind of value, place and reference, and
// what must be refused. `VECTORS=write npx vitest run --project unit test/vectors` writes wire-1.json anew, which is
// allowed no more: they are frozen (frozen.test.ts). A change of the format adds files and keeps these.

import type { Op } from "../../src/crdt/graph/change.ts";
import { idOf, WIRE_VERSION } from "../../src/crdt/graph/codec.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import {
  type Bytes,
  type CounterKind,
  introductionMessage,
  type People,
  type RefusalCode,
  type Role,
  type SetKind,
  toHex,
} from "../../src/crdt/index.ts";
import {
  begin,
  clock,
  deliver,
  forge,
  Key,
  type Letter,
  LINK,
  newcomer,
  type Person,
  sync,
} from "../crdt/people.ts";

const SETS: readonly SetKind[] = ["gset", "twophase", "lwwsetAdd", "lwwsetRemove", "set"];

export interface Vectors {
  readonly wire: 1;
  readonly doc: string;
  /** In an order in which parents come first. Hex; `message` is what was signed. */
  readonly changes: readonly {
    readonly about: string;
    readonly id: string;
    readonly author: string;
    readonly bytes: string;
    readonly message: string;
    readonly signature: string;
  }[];
  /** Of all changes together. */
  readonly heads: readonly string[];
  readonly canonicalJson: string;
  /** Refused once the changes are admitted. */
  readonly refused: readonly {
    readonly about: string;
    readonly bytes: string;
    readonly signature: string;
    readonly code: RefusalCode;
  }[];
}

export function make(): Vectors {
  const before = { ...clock };
  Object.assign(clock, { now: 1_800_000_000, step: 40 });
  try {
    return tell();
  } finally {
    Object.assign(clock, before);
  }
}

function tell(): Vectors {
  const about = new Map<string, string>();
  const note = (text: string, letters: readonly Letter[]): void => {
    for (const letter of letters) about.set(letter.id, text);
  };
  const alice = begin("Alice");
  note("genesis: nonce, policy of editors", alice.letters());
  note("invite of an editor", alice.invite(LINK));
  note("name", [...renamed(alice, "Alice")]);
  const bob = newcomer("Bob", alice, LINK);
  deliver(alice, bob);
  note("join and name; first change of a device with parents", [...renamed(bob, "Bob 🙂")]);
  sync([alice, bob]);
  note(
    "text, list, map and register made and filled; own elements named",
    alice.write(root => {
      root.text("body").insert(0, "Hello, wörld 🙂\r\n");
      root.text("body").insert(5, " there");
      root.set("values", [null, true, false, 0, -1, 2 ** 53, -0.5, 1e300, "é", { nested: [[]] }]);
      root.register("register").set("first");
      root.set("__proto__", 9_007_199_254_740_991);
    }),
  );
  sync([alice, bob]);
  note(
    "concurrent (1): left child, delete of two spans, a key set anew",
    alice.write(root => {
      root.text("body").insert(1, "a");
      root.text("body").insert(1, "b");
      root.text("body").delete(0, 1);
      root.text("body").delete(4, 3);
      root.set("key", "Alice's");
      root.register("register").set(null);
    }),
  );
  note(
    "concurrent (2): a right child, an item deleted, a nested key, a key removed",
    bob.write(root => {
      root.text("body").insert(1, "zz");
      root.list("values").delete(2);
      root.list("values").map(8).set("deeper", { x: 1 });
      root.delete("__proto__");
      root.set("key", "Bob's");
    }),
  );
  sync([alice, bob]);
  note(
    "two parents; a reference from the table",
    bob.write(root => root.text("body").insert(3, "from both")),
  );
  sync([alice, bob]);
  note(
    "a counter, a latest value and a set of each kind; an empty node as an item",
    alice.write(root => {
      root.counter("counter").increment(2 ** 53 - 1);
      root.counter("grows", "gcounter").increment();
      root.lww("latest").set("Alice's");
      for (const kind of SETS) root.setOf(kind, kind).add(1).add("1").add(null);
      root.list("values").insertNew(0, "counter");
    }),
  );
  sync([alice, bob]);
  note(
    "concurrent (3): counted down, written, removed",
    alice.write(root => {
      root.counter("counter").decrement(5);
      root.lww("latest").set(false);
      for (const kind of SETS) if (kind !== "gset") root.setOf(kind, kind).delete("1");
    }),
  );
  note(
    "concurrent (4): counted on in an item, added again, a set and a counter deleted",
    bob.write(root => {
      root.list("values").counter(0).increment(7);
      root.lww("latest").set(0.5);
      for (const kind of SETS) if (kind !== "gset") root.setOf(kind, kind).add("1").delete(null);
      root.delete("gset");
      root.delete("counter");
    }),
  );
  sync([alice, bob]);
  note(
    "items moved: within their list, a plain value into another, a map into a list inside an item",
    alice.write(root => {
      root.list("values").move(0, 3);
      root.set("outline", [{ under: [] }]);
      root.list("values").moveTo(1, root.list("outline"), 1);
      root
        .list("values")
        .moveTo(root.list("values").length - 1, root.list("outline").map(0).list("under"), 0);
    }),
  );
  sync([alice, bob]);
  note(
    "concurrent (5): the map of the outline moved into the values",
    alice.write(root => root.list("outline").moveTo(0, root.list("values"), 0)),
  );
  note(
    "concurrent (6): the same item moved within the outline, and the list that was moved into it written in",
    bob.write(root => {
      root.list("outline").move(0, 1);
      const under = root.list("outline").map(1).list("under");
      under.map(0).set("moved", true);
    }),
  );
  sync([alice, bob]);
  note(
    "retracts of the two changes before the last and of an earlier one; what was moved is back, what was written gone",
    [retracted(alice, [3, 1], [alice.replica.ownHead!.seq - 2, 2])],
  );
  sync([alice, bob]);
  note("a retract of that retract", [retracted(alice, [alice.replica.ownHead!.seq, 1])]);
  note("concurrent (7): a retract by another author", [retracted(bob, [bob.replica.ownHead!.seq, 1])]);
  sync([alice, bob]);
  const unknown: Op = { type: "unknown", kind: 99, elements: 2, payload: Uint8Array.of(1, 2, 3) };
  const later = forge(bob, { ops: () => [unknown] });
  for (const person of [alice, bob]) person.receive(later);
  note("an op of a kind that does not exist yet", [later]);

  note("what the owner says about people: roles, quota, a removal, a revoked link, what is taken back in", [
    ruled(alice, people => {
      people.invite(new Key("their link").id, "commenter", "for readers", {
        expires: 1_800_000_000,
        uses: 3,
      });
      people.setRole(new Key("somebody new").id, "reader");
      people.setRole(bob.device, "admin");
      people.raise(bob.device, 6_000_000, 70_000_000);
    }),
    ruled(alice, people => {
      people.dismiss(new Key("somebody new").id);
      people.revoke(new Key("their link").id);
      people.admit([later.id]);
    }),
  ]);
  sync([alice, bob]);
  const phone = new Key("the phone");
  const words = new Key("the words");
  note("a device and a recovery key are introduced, and the device disowned", [
    ruled(alice, people => {
      people.introduce(phone.id, phone.sign(introductionMessage(alice.replica.doc, alice.device)));
      people.introduce(words.id, words.sign(introductionMessage(alice.replica.doc, alice.device)), {
        isRecovery: true,
      });
    }),
    ruled(alice, people => people.disown(phone.id)),
  ]);
  sync([alice, bob]);

  const honest = alice.letters();
  const wrong = forge(bob, { header: { depth: 1_000 } });
  const trailing = Uint8Array.of(...later.bytes, 0);
  const version = later.bytes.slice();
  version[0] = WIRE_VERSION + 1;
  const signed = (bytes: Bytes) => bob.key.sign(signatureMessage(idOf(bytes)));
  const refused: [string, Bytes, Bytes, RefusalCode][] = [
    ["a trailing byte", trailing, signed(trailing), "BytesMalformed"],
    ["a later wire version", version, signed(version), "VersionUnknown"],
    ["another author's signature", wrong.bytes, alice.key.sign(signatureMessage(wrong.id)), "SignatureWrong"],
    ["a depth that is not exact", wrong.bytes, wrong.signature, "DepthWrong"],
    [
      "a gcounter counted down",
      ...lettered(forge(bob, { ops: () => [counted("gcounter", -1)] })),
      "ValueWrong",
    ],
    [
      "an increment of nothing",
      ...lettered(forge(bob, { ops: () => [counted("counter", 0)] })),
      "BytesMalformed",
    ],
    ["a move of a letter", ...lettered(forge(bob, { ops: () => [letterMoved()] })), "ReferenceWrong"],
    [
      "a retract of what is to come",
      ...lettered(forge(bob, { ops: () => [retract(1_000)] })),
      "ReferenceUnseen",
    ],
    [
      "a retract of itself",
      ...lettered(forge(bob, { ops: () => [retract(bob.replica.ownHead!.seq + 1)] })),
      "ReferenceUnseen",
    ],
    ["a retract of nothing", ...lettered(forge(bob, { ops: () => [retract(1, 0)] })), "BytesMalformed"],
    ["a retract of the genesis", ...lettered(forge(alice, { ops: () => [retract(1)] })), "ReferenceWrong"],
    ["an invite of an owner", ...lettered(forge(bob, { ops: () => [inviteOp("owner")] })), "RightMissing"],
    [
      "a removal of somebody senior",
      ...lettered(forge(bob, { ops: () => [{ type: "dismiss", person: alice.device }] })),
      "RightMissing",
    ],
    [
      "a removal of nobody",
      ...lettered(forge(bob, { ops: () => [{ type: "dismiss", person: new Key("nobody").id }] })),
      "ReferenceUnseen",
    ],
  ];
  return {
    wire: 1,
    doc: alice.replica.doc,
    changes: honest.map(({ id, bytes, signature }) => ({
      about: about.get(id)!,
      id,
      author: alice.replica.get(id)!.change.author,
      bytes: toHex(bytes),
      message: toHex(signatureMessage(id)),
      signature: toHex(signature),
    })),
    heads: alice.heads,
    canonicalJson: alice.json,
    refused: refused.map(([what, bytes, signature, code]) => ({
      about: what,
      bytes: toHex(bytes),
      signature: toHex(signature),
      code,
    })),
  };
}

function renamed(person: Person, name: string): Letter[] {
  person.replica.rename(name);
  return person.close();
}

function ruled(person: Person, say: (people: People) => void): Letter {
  say(person.replica.people);
  return person.close()[0]!;
}

function inviteOp(role: Role): Op {
  return { type: "invite", key: new Key("hers").id, role, label: "", expires: 0, uses: 0 };
}

function retract(first: number, count = 1): Op {
  return { type: "retract", first, count };
}

function retracted(person: Person, ...ranges: readonly (readonly [number, number])[]): Letter {
  const letter = forge(person, { ops: () => ranges.map(([first, count]) => retract(first, count)) });
  person.receive(letter);
  return letter;
}

function letterMoved(): Op {
  const place = { parent: null, side: "right", rightOrigin: null } as const;
  const from = [{ at: "body", kind: "text" as const }];
  return {
    type: "move",
    path: [{ at: "values", kind: "list" }],
    ...place,
    from,
    item: { change: 1, index: 0 },
  };
}

function counted(kind: CounterKind, by: number): Op {
  return { type: "increment", path: [{ at: "grows", kind }], by };
}

function lettered({ bytes, signature }: Letter): [Bytes, Bytes] {
  return [bytes, signature];
}
