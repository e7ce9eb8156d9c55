// The lies of siege.ts, one line each: what is wrong with a change, the code it is refused with, and how it is made. And the
// people to whom they are told.

import type { Op } from "../../src/crdt/graph/change.ts";
import { idOf } from "../../src/crdt/graph/codec.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import {
  type Bytes,
  type ChangeId,
  joinMessage,
  type Policy,
  type RefusalCode,
} from "../../src/crdt/index.ts";
import type { Place } from "../../src/crdt/types/op.ts";
import {
  begin,
  copyOf,
  deliver,
  type Forgery,
  forge,
  Key,
  type Letter,
  LINK,
  newcomer,
  type Person,
  type Ref,
  sync,
} from "../crdt/people.ts";

const BODY = [{ at: "body", kind: "text" as const }];
const END: Place = { parent: null, side: "right", rightOrigin: null };
export const typing = (text: string, place: Place = END): Op => ({
  type: "insertText",
  path: BODY,
  ...place,
  text,
});
const setting = (key: string, value: number | string): Op => ({
  type: "set",
  path: [],
  key,
  value,
  replaces: [],
});

/** A small policy, so that quotas are near, and a reader who has a link of her own. */
const POLICY: Policy = {
  admin: { keys: null, opsMax: 1_000, bytesMax: 100_000 },
  editor: { keys: null, opsMax: 400, bytesMax: 100_000 },
  commenter: { keys: ["comments"], opsMax: 400, bytesMax: 100_000 },
};
const READERS = new Key("the link for commenters");

export interface Stage {
  readonly alice: Person;
  readonly bob: Person;
  readonly mallory: Person;
  /** A commenter. */
  readonly carol: Person;
  readonly id: ChangeId;
}

/** In `id`: the making of the text 0, its letters 1 to 6, the emoji 7 and 8, the making of the list 9, an item 10, a counter. */
let first: Stage | null = null;

/** Joining costs more than most stories: it is done once, and each story begins with copies. */
export function stage(): Stage {
  first ??= firstStage();
  const { alice, bob, mallory, carol, id } = first;
  return { alice: copyOf(alice), bob: copyOf(bob), mallory: copyOf(mallory), carol: copyOf(carol), id };
}

function firstStage(): Stage {
  const alice = begin("Alice", POLICY);
  alice.invite(LINK);
  alice.invite(READERS, "commenter");
  const [bob, mallory, carol] = (["Bob", "Mallory", "Carol"] as const).map(name => {
    const person = newcomer(name, alice, name === "Carol" ? READERS : LINK);
    deliver(alice, person);
    person.replica.rename(name);
    person.close();
    deliver(person, alice);
    return person;
  }) as [Person, Person, Person];
  const [letter] = alice.write(root => {
    root.text("body").insert(0, "honest🙂");
    root.list("list").push(1);
    root.counter("grows", "gcounter").increment(5);
    root.set("key", "value");
  });
  sync([alice, bob, mallory, carol]);
  return { alice, bob, mallory, carol, id: letter!.id };
}

export type Lie = readonly [what: string, code: RefusalCode, letters: (stage: Stage) => Letter];

const by =
  (ops: (n: number, ref: Ref) => readonly Op[], more: Omit<Forgery, "ops"> = {}) =>
  ({ mallory, id }: Stage): Letter =>
    forge(mallory, { ops: ref => ops(ref(id), ref), ...more });

/** Bytes of hers, altered and signed anew. */
const bytesBy = (alter: (bytes: Bytes) => Uint8Array) => (at: Stage) => {
  const bytes = new Uint8Array(alter(by(() => [typing("x")])(at).bytes));
  const id = idOf(bytes);
  return { id, bytes, signature: at.mallory.key.sign(signatureMessage(id)) };
};

/** Bob has written meanwhile; Alice heard it and Mallory did not. */
function unseen({ alice, bob }: Stage): ChangeId {
  const [letter] = bob.write(root => root.set("key", "Bob's"));
  alice.receive(letter!);
  return letter!.id;
}

const child = (dot: { change: number; index: number }, side: Place["side"] = "right"): Place => ({
  parent: dot,
  side,
  rightOrigin: null,
});

export const LIES: readonly Lie[] = [
  ["another's signature", "SignatureWrong", by(() => [typing("x")], { signer: new Key("somebody") })],
  [
    "a change of another document",
    "DocumentForeign",
    () => begin("Mallory").write(root => root.set("key", 1))[0]!,
  ],
  ["bytes behind the end", "BytesMalformed", bytesBy(bytes => Uint8Array.of(...bytes, 0))],
  [
    "a number with a needless byte",
    "BytesMalformed",
    bytesBy(bytes => Uint8Array.of(...bytes.slice(0, 65), bytes[65]! | 0x80, 0, ...bytes.slice(66))),
  ],
  [
    "a parent twice",
    "BytesMalformed",
    at =>
      forge(at.mallory, { header: { parents: [at.bob, at.bob].map(({ replica }) => replica.ownHead!.id) } }),
  ],
  [
    "parents of which one is below another",
    "ParentsUnordered",
    at => {
      const parents = [...at.mallory.heads, at.mallory.replica.ownHead!.id].sort();
      return forge(at.mallory, { header: { parents } });
    },
  ],
  [
    "a gap in the numbers",
    "ChainBroken",
    at => forge(at.mallory, { header: { seq: at.mallory.replica.ownHead!.seq + 2 } }),
  ],
  [
    "a previous change outside of the past",
    "ChainBroken",
    at => {
      const parents = at.mallory.heads;
      const [own] = at.mallory.write(root => root.set("own", 1));
      at.alice.receive(own!);
      return forge(at.mallory, { header: { parents, depth: at.mallory.replica.get(own!.id)!.change.depth } });
    },
  ],
  ["a depth too great", "DepthWrong", by(() => [], { header: { depth: 2 ** 40 } })],
  ["a depth too small", "DepthWrong", by(() => [], { header: { depth: 1 } })],
  [
    "ops that are not counted",
    "CountsWrong",
    by(() => [typing("x"), typing("y")], { header: { opTotal: 1 } }),
  ],
  ["bytes that are not counted", "CountsWrong", by(() => [typing("x")], { header: { byteTotal: 1 } })],
  ["one op more than the quota", "QuotaExceeded", at => more(at, 1)],
  [
    "a first change without a join, beside one with it",
    "AuthorUnknown",
    at => {
      const guest = newcomer("Guest", at.alice, LINK);
      deliver(at.alice, guest);
      guest.replica.rename("Guest");
      const stranger = newcomer("Guest", at.alice, null);
      deliver(at.alice, stranger);
      const lie = forge(stranger, { ops: () => [setting("x", 1)] });
      at.alice.receiveAll(guest.close());
      return lie;
    },
  ],
  [
    "a join with an invite that its author has not seen",
    "InviteUnknown",
    at => {
      const guest = newcomer("Guest", at.alice, null);
      deliver(at.alice, guest);
      const late = new Key("a later link");
      at.alice.invite(late);
      return forge(guest, { ops: () => [joining(at, late, guest)] });
    },
  ],
  [
    "a join with somebody else's ticket",
    "SignatureWrong",
    at => {
      const guest = newcomer("Guest", at.alice, null);
      deliver(at.alice, guest);
      return forge(guest, { ops: () => [joining(at, LINK, at.bob)] });
    },
  ],
  [
    "a join in the middle of a chain",
    "JoinMisplaced",
    at => forge(at.mallory, { ops: () => [joining(at, LINK, at.mallory)] }),
  ],
  [
    "an invite by an editor",
    "RightMissing",
    by(() => [{ type: "invite", key: new Key("hers").id, role: "reader", label: "", expires: 0, uses: 0 }]),
  ],
  [
    "an owner made by the owner",
    "RightMissing",
    at =>
      forge(at.alice, {
        ops: () => [
          { type: "invite", key: new Key("hers").id, role: "owner", label: "", expires: 0, uses: 0 },
        ],
      }),
  ],
  [
    "a key that the role may not write",
    "RightMissing",
    at => forge(at.carol, { ops: () => [setting("key", 1)] }),
  ],
  [
    "a key of small order in an invite",
    "KeyInadmissible",
    at =>
      forge(at.alice, {
        ops: () => [
          {
            type: "invite",
            key: `01${"00".repeat(31)}` as Key["id"],
            role: "reader",
            label: "",
            expires: 0,
            uses: 0,
          },
        ],
      }),
  ],
  [
    "an op on a node of another kind",
    "ReferenceWrong",
    by(() => [{ type: "insertList", path: BODY, ...END, values: [1] }]),
  ],
  [
    "a place beside what was never there",
    "ReferenceWrong",
    by(n => [typing("x", child({ change: n, index: 999 }))]),
  ],
  [
    "a place beside what she has not seen",
    "ReferenceUnseen",
    at => {
      const id = unseen(at);
      return forge(at.mallory, { ops: ref => [typing("x", child({ change: ref(id), index: 0 }))] });
    },
  ],
  [
    "a write in place of what she has not seen",
    "ReferenceUnseen",
    at => {
      const id = unseen(at);
      return forge(at.mallory, {
        ops: ref => [
          { type: "set", path: [], key: "key", value: 1, replaces: [{ change: ref(id), index: 0 }] },
        ],
      });
    },
  ],
  [
    "a right origin left of its parent",
    "OrderWrong",
    by(n => [
      typing("x", { parent: { change: n, index: 4 }, side: "right", rightOrigin: { change: n, index: 2 } }),
    ]),
  ],
  [
    "a letter between the halves of a pair",
    "TextSplit",
    by(n => [typing("x", child({ change: n, index: 7 }))]),
  ],
  [
    "a delete of half a pair",
    "TextSplit",
    by(n => [{ type: "delete", path: BODY, spans: [{ change: n, start: 7, length: 1 }] }]),
  ],
  [
    "a delete of letters that are none",
    "ReferenceWrong",
    by(n => [{ type: "delete", path: BODY, spans: [{ change: n, start: 5, length: 9 }] }]),
  ],
  [
    "a counter that only grows, counted down",
    "ValueWrong",
    by(() => [{ type: "increment", path: [{ at: "grows", kind: "gcounter" }], by: -2 }]),
  ],
  [
    "a second beginning",
    "GenesisMisplaced",
    by(() => [{ type: "genesis", nonce: new Uint8Array(16), policy: {} }]),
  ],
];

function joining({ alice }: Stage, invite: Key, person: Person): Op {
  const signature = invite.sign(joinMessage(alice.replica.doc, person.device));
  return { type: "join", invite: invite.id, signature };
}

/** As many ops as the quota leaves, and some more. */
export function more({ mallory }: Stage, beyond: number): Letter {
  const left = POLICY.editor!.opsMax - mallory.replica.ownHead!.opTotal;
  return forge(mallory, {
    ops: () => Array.from({ length: left + beyond }, (_, i) => setting(`k${i % 7}`, i)),
  });
}
