// The notation of the core's tests: people with fixed keys, letters (signed changes) that they hand to each other,
// and forged ones. Everything goes through the door that the network uses, inspect and admit; signatures are made and
// judged by node:crypto behind the gates of the one rule, because a test asks thousands of them.

import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from "node:crypto";
import { Members } from "../../src/crdt/authority/members.ts";
import type { Header, Op } from "../../src/crdt/graph/change.ts";
import { encodeBody, encodeChange, idOf, impliedRefs } from "../../src/crdt/graph/codec.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import {
  type Bytes,
  type ChangeId,
  type Closed,
  type DeviceId,
  hasAdmissibleForm,
  joinMessage,
  KeyVerdicts,
  type MapEdit,
  type Policy,
  type Reception,
  type RefusalCode,
  Replica,
  type Role,
  type SignatureQuestion,
  seedPublicKey,
  sha256,
  toHex,
  type VerifiedChange,
} from "../../src/crdt/index.ts";

/** A signed change on its way. */
export interface Letter {
  readonly id: ChangeId;
  readonly bytes: Bytes;
  readonly signature: Bytes;
}

/** What came of a letter, in ids and codes. */
export interface Outcome {
  readonly admitted: readonly ChangeId[];
  readonly refused: readonly RefusalCode[];
  readonly missing: ChangeId | null;
}

// ------------------------------------------------------------------------------------------------------- keys

const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");

export class Key {
  readonly id: DeviceId;
  readonly seed: Bytes;
  readonly #secret: KeyObject;

  /** The seed is the hash of the name, so that runs are equal. */
  constructor(name: string) {
    this.seed = sha256(new TextEncoder().encode(`test key of ${name}`));
    this.id = toHex(seedPublicKey(this.seed)) as DeviceId;
    this.#secret = createPrivateKey({
      key: Buffer.concat([PKCS8_HEAD, this.seed]),
      format: "der",
      type: "pkcs8",
    });
  }

  sign(message: Uint8Array): Bytes {
    return new Uint8Array(nodeSign(null, message, this.#secret));
  }
}

const keyVerdicts = new KeyVerdicts();
const publicKeys = new Map<string, KeyObject>();
const answers = new Map<string, boolean>();

/** The one rule: both gates, then the platform's equation. Remembered, since many replicas ask the same. */
export function verify({ key, message, signature }: SignatureQuestion): boolean {
  if (!hasAdmissibleForm(signature) || !keyVerdicts.isAdmissible(key)) return false;
  const name = toHex(key);
  const question = `${name} ${toHex(message)} ${toHex(signature)}`;
  const known = answers.get(question);
  if (known !== undefined) return known;
  let publicKey = publicKeys.get(name);
  if (publicKey === undefined) {
    publicKey = createPublicKey({ key: Buffer.concat([SPKI_HEAD, key]), format: "der", type: "spki" });
    publicKeys.set(name, publicKey);
  }
  const answer = nodeVerify(null, message, publicKey, signature);
  if (answers.size > 50_000) answers.clear();
  answers.set(question, answer);
  return answer;
}

// ----------------------------------------------------------------------------------------------------- people

/** Seconds since 1970; every look at it is a minute later, unless it stands still. */
export const clock = { now: 1_700_000_000, step: 60 };

export class Person {
  readonly name: string;
  readonly key: Key;
  replica: Replica;

  constructor(name: string, key: Key, replica: Replica) {
    this.name = name;
    this.key = key;
    this.replica = replica;
  }

  get device(): DeviceId {
    return this.key.id;
  }

  get json(): string {
    return this.replica.canonicalJson();
  }

  get heads(): readonly ChangeId[] {
    return this.replica.heads;
  }

  /** Edits, closes and signs: what the session does within 50 ms. */
  write(edit: (root: MapEdit) => void): Letter[] {
    this.replica.edit(edit);
    return this.close();
  }

  /** Of a text: what is written there. */
  text(key = "body"): string {
    return (JSON.parse(this.json) as Record<string, string>)[key] ?? "";
  }

  /** Names all branches of those who are two-faced, as somebody who takes them back in: what is here of them counts. */
  takeIn(): Letter[] {
    for (const { device } of this.replica.forks.all) this.replica.people.succeed(device, this.name);
    return this.close();
  }

  close(): Letter[] {
    clock.now += clock.step;
    return this.sign(this.replica.closeDraft(clock.now));
  }

  sign(closed: readonly Closed[]): Letter[] {
    return closed.map(({ id, bytes, message }) => {
      const signature = this.key.sign(message);
      this.replica.sign(id, signature);
      return { id, bytes, signature };
    });
  }

  receive(letter: Letter, source = "somebody"): Outcome {
    const inspected = this.replica.inspect(letter.bytes, letter.signature);
    if (!inspected.ok) return { admitted: [], refused: [inspected.code], missing: null };
    return outcomeOf(this.replica.admit(inspected, inspected.questions.map(verify), source));
  }

  /** Consecutive changes of one device under the signature of the last of them, or under another one. */
  receiveRun(
    letters: readonly Letter[],
    signature = letters.at(-1)!.signature,
    source = "somebody",
  ): Outcome {
    const inspected = this.replica.inspectRun(
      letters.map(({ bytes }) => bytes),
      signature,
    );
    if (!inspected.ok) return { admitted: [], refused: [inspected.code], missing: null };
    return outcomeOf(this.replica.admitRun(inspected, inspected.questions.map(verify), source));
  }

  /** A proof that a device is two-faced; "nothing new", or why it is refused. */
  receiveProof(proof: Bytes): RefusalCode | "nothing new" | "taken" {
    const { forks } = this.replica;
    const inspected = forks.inspect(proof);
    if (inspected === null) return "nothing new";
    if (!inspected.ok) return inspected.code;
    return forks.admit(inspected, inspected.questions.map(verify))?.code ?? "taken";
  }

  receiveAll(letters: Iterable<Letter>, source = "somebody"): Outcome[] {
    return [...letters].map(letter => this.receive(letter, source));
  }

  /** All that this person holds and the other may lack, parents first. */
  letters(since: readonly ChangeId[] = []): Letter[] {
    return [...this.replica.changesSince(since)].map(letterOf);
  }

  invite(key: Key, role: Role = "editor"): Letter[] {
    this.replica.invite(key.id, role);
    return this.close();
  }
}

function outcomeOf({ admitted, refused, missing }: Reception): Outcome {
  return {
    admitted: admitted.map(({ change }) => change.id),
    refused: refused.map(({ refusal }) => refusal.code),
    missing,
  };
}

export function letterOf({ change, bytes, signature }: VerifiedChange): Letter {
  if (signature === null) throw new Error("Expected a signed change");
  return { id: change.id, bytes, signature };
}

/** The first owns the document; the others hold its link and nothing yet. */
export function begin(owner: string, policy?: Policy): Person {
  const key = new Key(owner);
  const nonce = sha256(new TextEncoder().encode("nonce")).slice(0, 16);
  const { replica, genesis } = Replica.create(key.id, nonce, clock.now, policy);
  const person = new Person(owner, key, replica);
  person.sign([genesis]);
  return person;
}

/** An empty copy with a ticket by `invite`'s key, whether or not that is worth anything. */
export function newcomer(name: string, at: Person, invite: Key | null): Person {
  const key = new Key(name);
  const doc = at.replica.doc;
  const ticket =
    invite === null ? null : { invite: invite.id, signature: invite.sign(joinMessage(doc, key.id)) };
  return new Person(name, key, Replica.open(key.id, doc, ticket));
}

export const LINK = new Key("the link");

/** One document, all of them editors but the first, who owns it; everybody has joined and holds everything. */
export function gather<N extends readonly string[]>(...names: N): { [I in keyof N]: Person } {
  const owner = begin(names[0]!);
  owner.invite(LINK);
  const people = [owner, ...names.slice(1).map(name => newcomer(name, owner, LINK))];
  for (const person of people.slice(1)) {
    deliver(owner, person);
    person.replica.rename(person.name);
    person.close();
  }
  sync(people);
  return people as { [I in keyof N]: Person };
}

/** A copy of what a person holds, under another key or under the same one. */
export function copyOf(person: Person, name = person.name): Person {
  const copy = newcomer(name, person, null);
  copy.receiveAll(person.letters());
  return copy;
}

/** Everything that `to` lacks. */
export function deliver(from: Person, to: Person): Outcome[] {
  return to.receiveAll(from.letters(to.heads), from.name);
}

/** Until all hold the same. */
export function sync(people: readonly Person[]): void {
  for (let round = 0; round < 2; round++)
    for (const from of people) for (const to of people) if (from !== to) deliver(from, to);
}

// ----------------------------------------------------------------------------------------------------- forging

/** The number by which ops of the change under construction name another change. */
export type Ref = (id: ChangeId) => number;

export interface Forgery {
  readonly ops?: (ref: Ref) => readonly Op[];
  /** Replaces fields of the header that an honest author would have written. */
  readonly header?: Partial<Header>;
  readonly signer?: Key;
}

/** A change as `author` would make it on top of what `ground` holds, but for what is given. */
export function forge(
  author: Person,
  { ops = () => [], header = {}, signer }: Forgery,
  ground = author,
): Letter {
  const { replica } = ground;
  const prev = newestOf(author.device, replica);
  const ancestors = {
    prev: prev === null ? null : prev.id,
    parents: replica.heads,
    ...(header.prev === undefined ? {} : { prev: header.prev }),
    ...(header.parents === undefined ? {} : { parents: header.parents }),
  };
  const implied = impliedRefs(ancestors).map(ref => ref ?? ("" as ChangeId));
  const named = new Set<ChangeId>();
  ops(id => {
    if (!implied.includes(id)) named.add(id);
    return 0;
  });
  const refs = [...implied, ...[...named].sort()];
  const written = ops(id => refs.indexOf(id));
  const body = encodeBody(refs, ancestors, written);
  const depths = ancestors.parents.map(id => replica.get(id)?.change.depth ?? 0);
  const bytes = encodeChange(
    {
      doc: replica.doc,
      author: author.device,
      seq: (prev?.seq ?? 0) + 1,
      depth: 1 + Math.max(0, ...depths),
      opTotal: (prev?.opTotal ?? 0) + written.length,
      byteTotal: (prev?.byteTotal ?? 0) + body.length,
      time: null,
      ...header,
      ...ancestors,
    },
    refs,
    written,
  );
  const id = idOf(bytes);
  return { id, bytes, signature: (signer ?? author.key).sign(signatureMessage(id)) };
}

function newestOf(device: DeviceId, replica: Replica) {
  let newest = null;
  for (const { change } of replica.changes()) if (change.author === device) newest = change;
  return newest;
}

/** What somebody does who keeps to no quota. */
export function beyondQuota<T>(act: () => T): T {
  const { quotaOf } = Members.prototype;
  Members.prototype.quotaOf = () => ({ opsMax: Infinity, bytesMax: Infinity });
  try {
    return act();
  } finally {
    Members.prototype.quotaOf = quotaOf;
  }
}

// ------------------------------------------------------------------------------------------------------- luck

/** Every property test draws from this one; `SEED=… npx vitest run --project unit test/crdt` tries another. */
export const SEED = Number(process.env.SEED ?? 20_2611);
