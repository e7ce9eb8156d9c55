// Changes that no honest replica writes, made by hand on top of what a liar holds: those that everybody must refuse, and
// those that everybody must take and end with the same. They are signed by who sends them (byzantine.ts).

import type { AuthorityOp, Op } from "../../src/crdt/graph/change.ts";
import { type Bytes, type ChangeId, joinMessage, type PersonId, Replica } from "../../src/crdt/index.ts";
import type { InsertTextOp, Path } from "../../src/crdt/types/op.ts";
import { type Forgery, forge, type Key, type Letter, Person } from "../crdt/people.ts";
import { keyNamed } from "../sync/lucky-ciphers.ts";
import type { Tab } from "../sync/world.ts";
import type { Prng } from "./prng.ts";
import type { Stage } from "./world.ts";

export interface Forged {
  readonly letter: Letter;
  /** Makes another valid signature of the same key. */
  readonly nonce?: Bytes;
  /** Whose signature it gets, if not the liar's. */
  readonly key?: Key;
}

interface Forger {
  readonly tab: Tab;
  readonly stage: Stage;
  readonly luck: Prng;
}

const BODY: Path = [{ at: "body", kind: "text" }];
/** So many devices may come in a run by one liar, since each new key costs a judgement of its form. */
const SYBILS = 6;
/** Where a signature will be. */
const NONE: Bytes = new Uint8Array(64);

export const FORGERIES = {
  "two faces": liar => ["one", "other"].map(word => make(liar, { ops: () => [typing(word)] })),

  "wide forks": liar =>
    Array.from({ length: liar.luck.between(3, 40) }, (_, i) => make(liar, { ops: () => [typing(`${i} `)] })),

  /** What an honest replica would write that nobody hears of: a fork once the session writes again. */
  "long branch"({ luck, tab }) {
    const replica = Replica.open(tab.replica.device, tab.replica.doc);
    replica.restore(tab.replica.changes(), 0);
    if (!replica.hasGenesis) return [];
    return Array.from({ length: luck.between(3, 60) }, () => {
      replica.edit(root => root.text("body").insert(0, "."));
      return replica.closeDraft(0).map(({ id, bytes }) => ({ letter: { id, bytes, signature: NONE } }));
    }).flat();
  },

  orphans: liar =>
    Array.from({ length: liar.luck.chance(0.05) ? 1_100 : liar.luck.between(1, 60) }, (_, i) =>
      make(liar, { header: { parents: [nowhere(liar)], depth: i + 2 } }),
    ),

  /** In the name of somebody honest, under a signature of the liar's own. */
  "false name"(liar) {
    const { key, name } = liar.luck.pick(liar.stage.honest);
    const victim = new Person(name, key, liar.tab.replica);
    return [{ letter: forge(victim, { ops: () => [typing("I resign")] }) }];
  },

  /** On top of nothing but what its own last words stood on, as if it had not heard that it was removed. */
  "words dated back"(liar) {
    const own = liar.tab.replica.ownHead;
    if (own === null || liar.tab.replica.roleOf(liar.tab.replica.device) !== null) return [];
    return [make(liar, { ops: () => [typing("still here")] }, groundOf(liar, [own.id]))];
  },

  /** Of somebody honest, or of all who come by the first link, by whatever role it has or had. */
  "removals by liars"(liar) {
    const { luck, tab, stage } = liar;
    const own = tab.replica.ownHead;
    if (own === null) return [];
    const { id } = luck.pick(stage.honest).key;
    const person = id as PersonId;
    const op = luck.pick<AuthorityOp>([
      { type: "dismiss", person },
      { type: "role", person, role: "reader" },
      { type: "revoke", invite: stage.invites[0]!.key.id },
    ]);
    const heads = luck.chance(0.5) ? [own.id] : tab.replica.heads;
    return [make(liar, { ops: () => [op] }, groundOf(liar, heads))];
  },

  /** Friends by a link that was revoked, as if they had come before. */
  "guests of a revoked link"(liar) {
    const { luck, tab, stage } = liar;
    const { people } = tab.replica;
    const dead = stage.invites.filter(({ key }) =>
      people.links.some(({ invite, isLive }) => invite === key.id && !isLive),
    );
    const own = tab.replica.ownHead;
    if (dead.length === 0 || own === null) return [];
    const invite = luck.pick(dead).key;
    const ground = groundOf(liar, [own.id]);
    if (ground.inviteRole(invite.id) === null) return [];
    return Array.from({ length: luck.between(1, 3) }, (_, i) => {
      const key = keyNamed(`${tab.name}'s friend ${i}`);
      const signature = stage.world.sign(invite, joinMessage(ground.doc, key.id));
      const join: Op = { type: "join", invite: invite.id, signature };
      return {
        letter: forge(new Person(`friend ${i}`, key, ground), { ops: () => [join, typing("hi")] }),
        key,
      };
    });
  },

  /** One more branch, from before its first fork, once that is known. */
  "another face"(liar) {
    const { replica } = liar.tab;
    const fork = replica.forks.of(replica.device);
    if (fork === null) return [];
    const forked = replica.get(fork.ids[0])?.change.prev ?? null;
    if (forked === null) return [];
    return [make(liar, { ops: () => [typing("third")] }, groundOf(liar, [forked]))];
  },

  "second signatures"(liar) {
    const made = make(liar, { ops: () => [typing("twice")] });
    return [made, { ...made, nonce: liar.luck.bytes(32) }, { ...made, nonce: liar.luck.bytes(32) }];
  },

  "false numbers"(liar) {
    const far = liar.luck.pick([1, 77, 2 ** 31, 2 ** 53 - 100]);
    const header = liar.luck.pick<NonNullable<Forgery["header"]>>([
      { depth: far },
      { seq: Math.max(1, far) },
      { opTotal: far },
      { byteTotal: far },
      { time: far },
      { prev: nowhere(liar) },
      { doc: nowhere(liar) },
      { parents: [] },
    ]);
    return [make(liar, { header, ops: () => [typing("x")] })];
  },

  /** To elements that were not seen, of changes that do not exist, in places that are of another kind. */
  "false references"(liar) {
    const { luck, tab } = liar;
    const seen = luck.pick([...tab.replica.heads, nowhere(liar)]);
    const index = luck.pick([0, 1, 1_000, 2 ** 31]);
    const forgery = luck.pick<Forgery>([
      { ops: ref => [{ ...typing("x"), parent: { change: ref(seen), index } }] },
      { ops: ref => [{ ...typing("x"), rightOrigin: { change: ref(seen), index } }] },
      {
        ops: ref => [{ type: "delete", path: BODY, spans: [{ change: ref(seen), start: index, length: 7 }] }],
      },
      {
        ops: ref => [{ type: "set", path: [], key: "k", value: 1, replaces: [{ change: ref(seen), index }] }],
      },
      { ops: ref => [{ ...typing("x"), path: [{ at: { change: ref(seen), index }, kind: "text" }] }] },
      { ops: () => [{ type: "retract", first: 1, count: 10_000 }] },
    ]);
    return [make(liar, forgery)];
  },

  "rights not held"(liar) {
    const { luck, tab, stage } = liar;
    const { key } = stage.invites[0]!;
    const op = luck.pick<AuthorityOp>([
      { type: "invite", key: tab.profile.key.id, role: "owner", label: "", expires: 0, uses: 0 },
      {
        type: "invite",
        key: keyNamed("a link of Mallory's").id,
        role: "admin",
        label: "mine",
        expires: 0,
        uses: 0,
      },
      { type: "join", invite: key.id, signature: luck.bytes(64) },
      { type: "genesis", nonce: luck.bytes(16), policy: {} },
    ]);
    return [make(liar, { ops: () => [op] })];
  },

  "children of the refused"(liar) {
    const bad = make(liar, { header: { depth: 77 } });
    const seq = (liar.tab.replica.ownHead?.seq ?? 0) + 2;
    const child = make(liar, { header: { prev: bad.letter.id, parents: [bad.letter.id], depth: 78, seq } });
    return [bad, child];
  },

  sybils({ luck, tab, stage }) {
    const { world } = stage;
    const invite = stage.invites[0]!.key;
    return Array.from({ length: luck.between(1, SYBILS) }, (_, i) => {
      const name = `Mallory's ${i}`;
      const key = keyNamed(name);
      const honest = world.sign(invite, joinMessage(tab.replica.doc, key.id));
      const signature = luck.chance(0.7) ? honest : luck.bytes(64);
      const join: Op = { type: "join", invite: invite.id, signature };
      const person = new Person(name, key, tab.replica);
      return { letter: forge(person, { ops: () => [join, typing(`${i}`)] }), key };
    });
  },

  /** Valid, every one of them, and unpleasant. */
  "hostile content"(liar) {
    const { luck } = liar;
    const deep: Path = Array.from({ length: 63 }, (_, i) => ({ at: `${i}`, kind: "map" }) as const);
    const ops = luck.pick<readonly Op[]>([
      [{ type: "set", path: [{ at: "__proto__", kind: "map" }], key: "constructor", value: 1, replaces: [] }],
      [{ type: "set", path: deep, key: "deep", value: 5e-324, replaces: [] }],
      [
        {
          type: "set",
          path: [],
          key: "body",
          value: luck.pick([1e308, -(2 ** 53), "<script>", "\u202e"]),
          replaces: [],
        },
      ],
      [
        {
          type: "set",
          path: [],
          key: "n",
          value: luck.pick([-0, Number.NaN, Number.POSITIVE_INFINITY]),
          replaces: [],
        },
      ],
      [typing("\u0000\u202e\ufeff\r\n".repeat(luck.between(1, 1_000)))],
      [{ type: "unknown", kind: 200, elements: 3, payload: luck.bytes(40) }],
      [
        {
          type: "increment",
          path: [{ at: "c", kind: "gcounter" }],
          by: luck.pick([-1, 2 ** 53 - 1, 2 ** 53]),
        },
      ],
      Array.from({ length: 2_000 }, (_, i) => typing(`${i % 10}`)),
    ]);
    return [make(liar, { ops: () => ops })];
  },
} satisfies Record<string, (liar: Forger) => Forged[]>;

function typing(text: string): InsertTextOp {
  return { type: "insertText", path: BODY, text, parent: null, side: "right", rightOrigin: null };
}

function make({ tab }: Forger, forgery: Forgery, ground = tab.replica): Forged {
  return { letter: forge(new Person(tab.name, tab.profile.key, ground), forgery) };
}

/** A replica that holds some changes and what lies below, and nothing else. */
function groundOf({ tab: { replica } }: Forger, heads: readonly ChangeId[]): Replica {
  const ground = Replica.open(replica.device, replica.doc);
  const wanted = new Set(heads);
  const all = [...replica.changes()];
  for (const { id, change } of all.toReversed())
    if (wanted.has(id)) for (const parent of change.parents) wanted.add(parent);
  ground.restore(
    all.filter(({ id }) => wanted.has(id)),
    0,
  );
  return ground;
}

/** An id of no change. */
function nowhere({ luck }: Forger): ChangeId {
  return Buffer.from(luck.bytes(32)).toString("hex") as ChangeId;
}
