// Two people, one document, no network: the code between the two lines of dashes is that of
// docs/embedding.md, word for word, and the last test holds the two together.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
// ------------------------------------------------------------------------------------------------ document begins
import * as crdt from "../../src/crdt/index.ts";

const { Replica, joinMessage, seedPublicKey, seedSign, toHex, verifyInScript } = crdt;
const [alice, bob, link] = [keyPair(), keyPair(), keyPair()]; // the link's seed is what a share link carries

const nonce = crypto.getRandomValues(new Uint8Array(16));
const { replica: hers, genesis } = Replica.create(alice.id, nonce, now());
hers.sign(genesis.id, alice.sign(genesis.message));
hers.invite(link.id, "editor");
hers.edit(root => root.text("body").insert(0, "Hello"));
for (const { id, message } of hers.closeDraft(now())) hers.sign(id, alice.sign(message));

const ticket = { invite: link.id, signature: link.sign(joinMessage(hers.doc, bob.id)) };
const his = Replica.open(bob.id, hers.doc, ticket);
receive(his, hers.changesSince(his.heads));
his.edit(root => root.text("body").insert(5, ", Alice"));
for (const { id, message } of his.closeDraft(now())) his.sign(id, bob.sign(message));
receive(hers, his.changesSince(hers.heads)); // both copies are {"body":"Hello, Alice"} now

function receive(replica: crdt.Replica, changes: Iterable<crdt.VerifiedChange>) {
  for (const { bytes, signature } of changes) {
    const inspected = replica.inspect(bytes, signature!); // well-formed, and whose signatures must be judged
    if (!inspected.ok) throw new Error(crdt.describe(inspected));
    const verdicts = inspected.questions.map(q => verifyInScript(q.key, q.message, q.signature));
    for (const { refusal } of replica.admit(inspected, verdicts, "peer").refused)
      throw new Error(crdt.describe(refusal));
  }
}

function keyPair() {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  return { id: toHex(seedPublicKey(seed)) as crdt.DeviceId, sign: (m: crdt.Bytes) => seedSign(seed, m) };
}

function now() {
  return Math.floor(Date.now() / 1000); // for people's eyes; nothing is judged by it
}
// -------------------------------------------------------------------------------------------------- document ends

it("makes both copies equal, whoever wrote", () => {
  expect(hers.canonicalJson()).toBe('{"body":"Hello, Alice"}');
  expect(his.canonicalJson()).toBe(hers.canonicalJson());
  expect(his.heads).toEqual(hers.heads);
  expect(hers.members.map(({ device, role }) => [device, role])).toEqual(
    [
      [alice.id, "owner"],
      [bob.id, "editor"],
    ].sort(),
  );
});

it("refuses what Bob wrote once a byte of it is another", () => {
  const [first] = [...his.changes()].filter(({ change }) => change.author === bob.id);
  const altered = new Uint8Array(first!.bytes);
  altered[altered.length - 1]! ^= 1;
  const inspected = hers.inspect(altered, first!.signature!);
  const { code } = inspected.ok
    ? hers.admit(
        inspected,
        inspected.questions.map(q => verifyInScript(q.key, q.message, q.signature)),
        "Mallory",
      ).refused[0]!.refusal
    : inspected;
  expect(["SignatureWrong", "BytesMalformed"]).toContain(code);
  expect(hers.canonicalJson()).toBe('{"body":"Hello, Alice"}');
});

it("merges what both wrote without having seen each other", () => {
  hers.edit(root => root.set("title", "A letter"));
  his.edit(root => root.text("body").insert(12, "!"));
  for (const { id, message } of hers.closeDraft(now())) hers.sign(id, alice.sign(message));
  for (const { id, message } of his.closeDraft(now())) his.sign(id, bob.sign(message));
  receive(hers, his.changesSince(hers.heads));
  receive(his, hers.changesSince(his.heads));
  expect(hers.canonicalJson()).toBe('{"body":"Hello, Alice!","title":"A letter"}');
  expect(his.canonicalJson()).toBe(hers.canonicalJson());
});

it("is that of docs/embedding.md, word for word", () => {
  const own = readFileSync(new URL(import.meta.url), "utf8");
  const shown = readFileSync(new URL("../../docs/embedding.md", import.meta.url), "utf8");
  const code = own.split(/^\/\/ -+ document (?:begins|ends)\n/m)[1]!.trim();
  expect(shown).toContain(code);
});
