// Bugs in the core, by file; see bugs.ts.

import type { Bug, Finder } from "./bugs.ts";
import type { STORIES } from "./siege.ts";

const siege = (name: keyof typeof STORIES): Finder => ["siege", name];
const lie = (what: string): Finder => ["siege", "lies", what];
const nothing = (piece: string) => [[piece, ""]] as const;

export const CORE: readonly Bug[] = [
  {
    about: "a signature is asked for and its verdict not looked at",
    file: "crdt/graph/verify.ts",
    edits: nothing(
      'if (!verdicts.every(verdict => verdict)) return refuse("SignatureWrong", change.id.slice(0, 8));',
    ),
    story: lie("another's signature"),
    isSample: true,
  },
  {
    about: "the ticket of a join is not asked about",
    file: "crdt/graph/verify.ts",
    edits: nothing("questions.push({ key: mustFromHex(op.invite), message, signature: op.signature });"),
    story: lie("a join with somebody else's ticket"),
  },
  {
    about: "the document of a change is not looked at",
    file: "crdt/graph/verify.ts",
    edits: nothing('if (change.doc !== this.#doc) return refuse("DocumentForeign", change.doc.slice(0, 8));'),
    story: lie("a change of another document"),
  },
  {
    about: "keys of invites pass no gate",
    file: "crdt/graph/verify.ts",
    edits: [["if (key !== null && !this.#keys.isAdmissible(mustFromHex(key)))", "if (key?.length === 0)"]],
    story: lie("a key of small order in an invite"),
  },
  {
    about: "the changes of a run need not follow each other",
    file: "crdt/graph/verify.ts",
    edits: nothing(
      'if (this.#last?.isFollowedBy(change) === false) return refuse("RunBroken", change.id.slice(0, 8));',
    ),
    story: siege("runs"),
  },
  {
    about: "the verdict on a run is not looked at",
    file: "crdt/graph/verify.ts",
    edits: nothing(
      'if (!verdicts.every(verdict => verdict)) return refuse("SignatureWrong", changes[last]!.id.slice(0, 8));',
    ),
    story: siege("runs"),
  },
  {
    about: "the verdict on a run of a file is not looked at",
    file: "crdt/graph/sealed.ts",
    edits: nothing(
      'if (!verdicts.every(verdict => verdict)) return refuse("SignatureWrong", id.slice(0, 8));',
    ),
    story: siege("keeping"),
  },
  {
    about: "a record of the store is believed without its hash",
    file: "crdt/graph/verify.ts",
    edits: nothing('if (change.id !== id) return refuse("BytesMalformed", "the record is damaged");'),
    story: siege("keeping"),
  },
  {
    about: "a key with torsion is taken",
    file: "crdt/graph/ed25519.ts",
    edits: [["!point.isSmallOrder() && point.isTorsionFree()", "!point.isSmallOrder()"]],
    story: siege("signatures"),
  },
  {
    about: "S is not compared with the order",
    file: "crdt/graph/ed25519.ts",
    edits: nothing("if (integerOf(signature.subarray(32)) >= L) return false;"),
    story: siege("signatures"),
  },
  {
    about: "R of small order is taken",
    file: "crdt/graph/ed25519.ts",
    edits: [["return y < P && !SMALL_ORDER_Y.has(y);", "return y < P;"]],
    story: siege("signatures"),
    isSample: true,
  },
  {
    about: "the equation is judged with a cofactor",
    file: "crdt/graph/equation.ts",
    edits: [
      [
        "return expectedR.every((byte, i) => byte === encodedR[i]);",
        "const r = decodePoint(encodedR); return r !== null && r.subtract(decodePoint(expectedR)!).clearCofactor().is0();",
      ],
    ],
    story: siege("signatures"),
  },
  {
    about: "a varint may be longer than it must be",
    file: "crdt/graph/bytes.ts",
    edits: [
      [
        "byte = buffer[at++]!;\n      if (byte === 0) throw",
        "byte = buffer[at++]!;\n      if (byte < 0) throw",
      ],
    ],
    story: lie("a number with a needless byte"),
  },
  {
    about: "a parent may be named twice",
    file: "crdt/graph/codec.ts",
    edits: [
      [
        "compareNames(buffer, at - NAME_BYTES, buffer, at) >= 0",
        "compareNames(buffer, at - NAME_BYTES, buffer, at) > 0",
      ],
    ],
    story: lie("a parent twice"),
  },
  {
    about: "what stands behind a change is not looked at",
    file: "crdt/graph/codec.ts",
    edits: [["readBody(input, change);\n  input.end();", "readBody(input, change);"]],
    story: lie("bytes behind the end"),
  },
  {
    about: "the hash leaves out the last byte",
    file: "crdt/graph/sha256.ts",
    edits: [
      [
        "run(from, view, start, end);\n  for (let i = 0; i < 8; i++) view",
        "run(from, view, start, end - 1);\n  for (let i = 0; i < 8; i++) view",
      ],
    ],
    story: siege("chains"),
    isSample: true,
  },
  {
    about: "a change is taken before its parents",
    file: "crdt/receiving.ts",
    edits: nothing(
      "for (let i = 0; i < parents.length; i++) if (parents[i]! < 0) return parentsAt + i * NAME_BYTES;",
    ),
    story: siege("chains"),
  },
  {
    about: "what builds on a refused change waits for ever",
    file: "crdt/receiving.ts",
    edits: [["if (lacking.some(parent => this.#refused.has(parent)))", "if (lacking.length === 0)"]],
    story: siege("chains"),
  },
  {
    about: "what had waited is not judged when its parent comes",
    file: "crdt/receiving.ts",
    edits: [
      ["for (const rest of this.#pending.release(view, end)) freed.push(rest);", "void [view, end, freed];"],
    ],
    story: siege("orphans"),
  },
  {
    about: "each branch of a two-faced device has a quota of its own",
    file: "crdt/receiving.ts",
    edits: [
      ["if (outcome.isBounded && this.#isLoose(change) && this.#isTooMuch(change, ancestors))", "if (false)"],
    ],
    story: siege("branches"),
    isSample: true,
  },
  {
    about: "what was left out stays out, whoever builds on it",
    file: "crdt/receiving.ts",
    edits: [
      [
        "return this.#isBehindFork(change) && !this.#leftOut.isWanted(change.id);",
        "return this.#isBehindFork(change);",
      ],
    ],
    story: siege("branches"),
  },
  {
    about: "what shows a fork is left out for want of room",
    file: "crdt/receiving.ts",
    edits: [["return fork <= seq;", "return fork <= seq || graph.numbered(author, seq).length > 0;"]],
    story: siege("branches"),
  },
  {
    about: "of what was left out only the newest is wanted",
    file: "crdt/left-out.ts",
    edits: nothing("for (const other of this.#below.get(id) ?? []) found.add(other);"),
    story: siege("branches"),
  },
  {
    about: "the orphans of a source have no limit",
    file: "crdt/graph/pending.ts",
    edits: [
      [
        "(share.changes > PENDING_CHANGES_MAX || share.bytes > PENDING_BYTES_MAX)",
        "share.bytes > PENDING_BYTES_MAX",
      ],
    ],
    story: siege("orphans"),
  },
  {
    about: "who floods drops what others sent as well",
    file: "crdt/graph/pending.ts",
    edits: [
      ["const { source } = rest;", 'const source = "anybody";'],
      ["this.#shares.get(rest.source)!", 'this.#shares.get("anybody")!'],
    ],
    story: siege("orphans"),
  },
  {
    about: "parents may be below each other",
    file: "crdt/authority/admission.ts",
    edits: nothing(
      'if (parents.length > 1 && !graph.isAntichain(parents)) return refuse("ParentsUnordered");',
    ),
    story: lie("parents of which one is below another"),
  },
  {
    about: "numbers may have gaps, and be given twice",
    file: "crdt/authority/admission.ts",
    edits: [[" || graph.seqAt(prev) + 1 !== change.seq", ""]],
    story: lie("a gap in the numbers"),
  },
  {
    about: "the previous change need not be in the past",
    file: "crdt/authority/admission.ts",
    edits: nothing('if (!past.has(prev)) return refuse("ChainBroken", "previous change outside the past");'),
    story: lie("a previous change outside of the past"),
  },
  {
    about: "a depth may be greater than it is",
    file: "crdt/authority/admission.ts",
    edits: [["if (change.depth !== depth)", "if (change.depth < depth)"]],
    story: lie("a depth too great"),
  },
  {
    about: "running totals are believed",
    file: "crdt/authority/admission.ts",
    edits: nothing(
      'if (change.opTotal !== opsBefore + change.ops.length) return refuse("CountsWrong", "ops");',
    ),
    story: lie("ops that are not counted"),
  },
  {
    about: "the quota is one op more than it says",
    file: "crdt/authority/admission.ts",
    edits: [["if (opTotal > opsMax)", "if (opTotal > opsMax + 1)"]],
    story: lie("one op more than the quota"),
  },
  {
    about: "a role counts that is held now, not in the past of the change",
    file: "crdt/authority/admission.ts",
    edits: [
      [
        "const role = roleFor(change, standing);",
        "const role = members.roleOf(change.author) ?? roleFor(change, standing);",
      ],
    ],
    story: lie("a first change without a join, beside one with it"),
    isSample: true,
  },
  {
    about: "an invite counts that is known now, not in the past of the join",
    file: "crdt/authority/admission.ts",
    edits: [
      [
        "const role = roleFor(change, standing);",
        'const joins = ops[0]?.type === "join"; const role = roleFor(change, joins ? members.current : standing);',
      ],
    ],
    story: lie("a join with an invite that its author has not seen"),
  },
  {
    about: "a device may join in the middle of its chain",
    file: "crdt/authority/admission.ts",
    edits: [["!(change.seq === 1 && !isFirst && i === 0)", "!(!isFirst && i === 0)"]],
    story: lie("a join in the middle of a chain"),
  },
  {
    about: "roles are not asked for the keys they may write",
    file: "crdt/authority/rights.ts",
    edits: [
      [
        "if (!mayWrite(role, policy, key)) return",
        "if (!mayWrite(role, policy, key) && key === null) return",
      ],
    ],
    story: lie("a key that the role may not write"),
  },
  {
    about: "an owner can be made",
    file: "crdt/authority/fold.ts",
    edits: [[' && given !== "owner"', ""]],
    story: lie("an owner made by the owner"),
  },
  {
    about: "an editor may invite",
    file: "crdt/authority/people.ts",
    edits: [
      ["RANK[grant.role] < RANK.admin", "RANK[grant.role] < RANK.editor"],
      ["return mayGive(grant.role, op.role) ? null", "return op.role.length > 0 ? null"],
    ],
    story: lie("an invite by an editor"),
  },
  {
    about: "an op may be of another kind than its node",
    file: "crdt/types/references.ts",
    edits: [["if (!suits(op, kind)) return", "if (!suits(op, kind) && kind === null) return"]],
    story: lie("an op on a node of another kind"),
  },
  {
    about: "a place may be beside what its author has not seen",
    file: "crdt/types/references.ts",
    edits: nothing(
      'if (!this.#past.has(dot.change)) return refuse("ReferenceUnseen", "element outside the past");',
    ),
    story: lie("a place beside what she has not seen"),
    isSample: true,
  },
  {
    about: "a write may replace what its author has not seen",
    file: "crdt/types/references.ts",
    edits: [
      [
        'else if (!this.#past.has(dot.change)) return refuse("ReferenceUnseen", "entry outside the past");\n      ',
        "",
      ],
    ],
    story: lie("a write in place of what she has not seen"),
  },
  {
    about: "neighbours may be named in any order",
    file: "crdt/types/references.ts",
    edits: [[".compare(parent, rightOrigin) < 0", ".compare(parent, rightOrigin) < Infinity"]],
    story: lie("a right origin left of its parent"),
  },
  {
    about: "letters go between the halves of a pair",
    file: "crdt/types/references.ts",
    edits: [['if (op.type === "insertText" && splitsPair(', 'if (op.type !== "insertText" && splitsPair(']],
    story: lie("a letter between the halves of a pair"),
  },
  {
    about: "a counter that only grows can be counted down",
    file: "crdt/types/references.ts",
    edits: [['kind === "gcounter" && op.by < 0', 'kind === "gcounter" && op.by === 0']],
    story: lie("a counter that only grows, counted down"),
  },
  {
    about: "ties are broken by who came first",
    file: "crdt/graph/graph.ts",
    edits: [
      [
        "if (isLeftHere && isRightHere) return this.#names.compare(a, b);",
        "if (isLeftHere && isRightHere) return a - b;",
      ],
    ],
    story: siege("merging"),
    isSample: true,
  },
  {
    about: "of two writes the one shows that came last",
    file: "crdt/types/register.ts",
    edits: [
      ["this.#causality.compareDepths(a.dot.change, b.dot.change) ||", "a.dot.change - b.dot.change ||"],
    ],
    story: siege("merging"),
  },
  {
    about: "what was removed for ever returns",
    file: "crdt/types/sets.ts",
    edits: [["return member.removes.size === 0 && member.standing > 0;", "return member.standing > 0;"]],
    story: siege("merging"),
  },
  {
    about: "a masked change that replaced a value keeps it replaced",
    file: "crdt/types/register.ts",
    edits: [["entry.replacedBy.delete(by);", ""]],
    story: siege("merging"),
  },
  {
    about: "right siblings stand by their dots alone",
    file: "crdt/types/fugue.ts",
    edits: [[": this.#causality.compareIds(left.change, right.change);", ": left.change - right.change;"]],
    story: siege("merging"),
  },
  {
    about: "the check of a segment is not looked at",
    file: "crdt/file/loading.ts",
    edits: nothing('if (!isWhole) return refuse("FileDamaged");'),
    story: siege("keeping"),
  },
  {
    about: "a proof of two faces is believed whoever signed it",
    file: "crdt/forks.ts",
    edits: nothing(
      'if (!verdicts.every(verdict => verdict)) return refuse("SignatureWrong", fork.ids[0].slice(0, 8));',
    ),
    story: siege("faces"),
    isSample: true,
  },
  {
    about: "a proof may show two changes with two numbers",
    file: "crdt/forks.ts",
    edits: [["seq !== b!.seq || ", ""]],
    story: siege("faces"),
  },
  {
    about: "a proof retires nobody",
    file: "crdt/authority/effects.ts",
    edits: [["this.#equivocation.of(device)?.seq ?? Number", "Number"]],
    story: siege("faces"),
  },
  {
    about: "what was taken in before a proof is not named",
    file: "crdt/authority/effects.ts",
    edits: [['if (this.#reasons.get(slot) !== "two-faced") continue;', "if (slot >= 0) continue;"]],
    story: siege("faces"),
  },
];
