// Two ends of a link find out who is there, and that nobody sits between them. A handshake is a machine: it is given
// frames and answers and says what to do next; here both ends are driven by hand, with keys in memory.

import { expect, it } from "vitest";
import type { Bytes, DeviceId, DocId } from "../../src/crdt/index.ts";
import { seedPublicKey, seedSign, toHex, verifyInScript } from "../../src/crdt/index.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import { Handshake, type HandshakeStep } from "../../src/sync/handshake.ts";

type Outcome = Extract<HandshakeStep, { type: "done" | "failed" }>;

const DOCUMENT = toHex(ciphers.random(32)) as DocId;
const ALICE = ciphers.random(32);
const BOB = ciphers.random(32);
const LINK = ciphers.random(32);

interface End {
  readonly seed: Bytes;
  readonly inviteSeed?: Bytes;
  readonly doc?: DocId;
  readonly fingerprints?: { readonly local: Bytes; readonly remote: Bytes } | null;
}

/** What both ends come to; `carry` is the network, and may do what a network does. */
function meet(ends: readonly [End, End], carry = (frame: Bytes): Bytes => frame): Outcome[] {
  const machines = ends.map(
    ({ seed, inviteSeed = null, doc = DOCUMENT, fingerprints = null }, i) =>
      new Handshake({
        doc,
        device: deviceOf(seed),
        instance: ciphers.random(16),
        inviteSeed,
        isInitiator: i === 0,
        fingerprints,
        ciphers,
      }),
  );
  const outcomes: Outcome[] = [];
  const todo = machines.flatMap((machine, i) => machine.start().map(step => ({ step, i })));
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    const { step, i } = next;
    const follow = (steps: readonly HandshakeStep[], at: number) =>
      todo.push(...steps.map(one => ({ step: one, i: at })));
    if (step.type === "send") follow(machines[1 - i]!.frame(carry(step.frame)), 1 - i);
    else if (step.type === "sign") follow(machines[i]!.signed(seedSign(ends[i]!.seed, step.message)), i);
    else if (step.type === "verify")
      follow(
        machines[i]!.verified(step.questions.map(q => verifyInScript(q.key, q.message, q.signature))),
        i,
      );
    else outcomes[i] = step;
  }
  return outcomes;
}

function deviceOf(seed: Bytes): DeviceId {
  return toHex(seedPublicKey(seed)) as DeviceId;
}

function codesOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(outcome => (outcome.type === "failed" ? outcome.code : outcome.type));
}

it("tells Alice that Bob is there, with the key of the link he came by, and gives both the same keys", () => {
  const [alice, bob] = meet([{ seed: ALICE }, { seed: BOB, inviteSeed: LINK }]);
  if (alice?.type !== "done" || bob?.type !== "done") throw new Error("both ends are done");
  expect(alice.proven.device).toBe(deviceOf(BOB));
  expect(alice.proven.invite).toBe(deviceOf(LINK));
  expect(bob.proven.device).toBe(deviceOf(ALICE));
  expect(bob.proven.invite).toBe(null);
  expect(alice.keys.send).toEqual(bob.keys.receive);
  expect(alice.keys.receive).toEqual(bob.keys.send);
});

it("notices somebody in the middle of a direct link, who has another certificate for each end", () => {
  const [alices, bobs, toAlice, toBob] = Array.from({ length: 4 }, () => ciphers.random(32)) as Bytes[];
  const outcomes = meet([
    { seed: ALICE, fingerprints: { local: alices!, remote: toAlice! } },
    { seed: BOB, fingerprints: { local: bobs!, remote: toBob! } },
  ]);
  expect(codesOf(outcomes)).toEqual(["intercepted", "intercepted"]);
});

it("notices a relay that puts its own key into a hello", () => {
  const { publicKey } = ciphers.agreementKeys();
  const outcomes = meet([{ seed: ALICE }, { seed: BOB }], frame => {
    const isHello = frame[0] === 16;
    const altered = new Uint8Array(frame);
    if (isHello) altered.set(publicKey, 3 + 32); // kind, two versions, nonce, then the key
    return altered;
  });
  expect(codesOf(outcomes)).toEqual(["intercepted", "intercepted"]);
});

it("sends no proof to whom the document is another one", () => {
  const other = toHex(ciphers.random(32)) as DocId;
  expect(codesOf(meet([{ seed: ALICE }, { seed: BOB, doc: other }]))).toEqual(["document", "document"]);
});

it("takes no proof that Mallory recorded earlier", () => {
  const sent: Bytes[] = [];
  meet([{ seed: ALICE }, { seed: BOB }], frame => {
    sent.push(frame);
    return frame;
  });
  const [hello, , proof] = sent;
  // She plays Alice's part again as she heard it: Bob's nonce and key are new, so nothing of it holds.
  let played = 0;
  const outcomes = meet([{ seed: ciphers.random(32) }, { seed: BOB }], frame => {
    played++;
    return played === 1 ? hello! : frame[0] === 16 ? frame : proof!;
  });
  expect(outcomes[1]).toMatchObject({ type: "failed", code: "intercepted" });
});
