// Chirograph: every change hashed, chained and signed. The core is bundled from the sources as they are (bundle.mjs).
// Signatures are made by the platform's Ed25519 and judged by it as in the app, where it works beside the script; every
// answer is awaited before the clock stops.

import { generateKeyPairSync, sign as sign25519 } from "node:crypto";

const { Reader, Replica, Writer, joinMessage, load, openFile, save, textOf, toHex } = await import(
  process.env.BENCH_CORE
);
const { createVerifier } = await import(process.env.BENCH_VERIFIER);

export const name = "ours";
export const counts = "units";

/** Edits between two flushes of somebody whose edits are not sent one by one. */
const FLUSH_EDITS = 1_000;
/** Runs of changes being verified at once; each is applied only after its verdict. */
const IN_FLIGHT_MAX = 4;
/** A signature stands behind so many bytes of changes at the latest; others take 64 KiB of bodies. */
const RUN_BYTES = 48 * 1024;
/** Changes of one person that a signature is for, where several say something. */
const SIGNED_TOGETHER = 256;
const EDITS_PER_SECOND = 5;
const BODY = "text";

const verifier = await createVerifier();

/** One person, whose edits nobody hears of. */
export async function alone() {
  const key = await makeKey();
  const { replica, genesis } = Replica.create(key.device, nonce(), START);
  const doc = new Doc(key, replica);
  doc.sign(genesis);
  await doc.settle();
  return doc;
}

/** Several who have joined one document, all holding the same text; and what a newcomer has to hear first. */
export async function together(count, base) {
  const owner = await alone();
  const link = await makeKey();
  owner.replica.invite(link.device, "editor");
  owner.edit(0, 0, base);
  const people = [owner];
  const begin = await owner.everything();
  while (people.length < count) {
    const key = await makeKey();
    const { doc: id } = owner.replica;
    const ticket = { invite: link.device, signature: await link.sign(joinMessage(id, key.device)) };
    const doc = new Doc(key, Replica.open(key.device, id, ticket));
    await doc.receive(begin);
    doc.replica.rename(`person ${people.length}`);
    const joined = [doc.pack(doc.close())];
    for (const other of people) await other.receive(joined);
    begin.push(...joined);
    people.push(doc);
  }
  return { people, begin };
}

/** Somebody who only reads. */
export async function reader({ people, begin }) {
  const key = await makeKey();
  const doc = new Doc(key, Replica.open(key.device, people[0].replica.doc));
  await doc.receive(begin);
  return doc;
}

const START = 1_700_000_000;

class Doc {
  #key;
  #edits = 0;
  #signing = [];

  constructor(key, replica) {
    this.#key = key;
    this.replica = replica;
  }

  edit(position, deleted, inserted) {
    this.#edits++;
    this.replica.edit(root => {
      const text = root.text(BODY);
      if (deleted > 0) text.delete(position, deleted);
      if (inserted !== "") text.insert(position, inserted);
    });
    if (this.#edits % FLUSH_EDITS === 0) this.#flush();
  }

  /** Edits of one call at many places, as one change: they go into the document one by one. */
  editApart(edits) {
    this.#edits += edits.length;
    this.replica.edit(root => {
      const text = root.text(BODY);
      for (const [position, deleted, inserted] of edits) {
        if (deleted > 0) text.delete(position, deleted);
        if (inserted !== "") text.insert(position, inserted);
      }
    });
    this.#flush();
  }

  #flush() {
    for (const closed of this.close()) this.sign(closed);
  }

  /** The draft as changes, not signed yet. */
  close() {
    return this.replica.closeDraft(START + Math.floor(this.#edits / EDITS_PER_SECOND));
  }

  sign({ id, message }) {
    this.#signing.push(this.#key.sign(message).then(signature => this.replica.sign(id, signature)));
  }

  /** Everything closed and signed. */
  async settle() {
    this.#flush();
    await Promise.all(this.#signing);
    this.#signing = [];
  }

  text() {
    return JSON.parse(this.replica.canonicalJson())[BODY] ?? "";
  }

  /** The whole signed history as it is given away; a snapshot before it is for one's own store. */
  save(snapshot = "none") {
    return save(this.replica, { snapshot });
  }

  /** What this device's own store holds of it: the image, and the changes beside it. */
  store() {
    return { doc: this.replica.doc, key: this.#key, image: this.replica.image, rows: rowsOf(this.replica) };
  }

  /** One edit as one change; more where it is too large for one. */
  change(position, deleted, inserted) {
    this.#edits++;
    this.replica.edit(root => {
      const text = root.text(BODY);
      if (deleted > 0) text.delete(position, deleted);
      if (inserted !== "") text.insert(position, inserted);
    });
    return this.close();
  }

  /**
   * Changes on their way, in the order of their chain, as runs: the signature of the newest is for all of a run. Those of
   * a run stand in one message.
   */
  pack(edits) {
    const changes = edits.flat();
    const runs = [];
    let message = new Writer(RUN_BYTES);
    let ends = [];
    for (const [i, closed] of changes.entries()) {
      closed.write(message);
      ends.push(message.length);
      if (message.length < RUN_BYTES && i < changes.length - 1) continue;
      const { buffer } = message;
      const run = ends.map((end, at) => buffer.subarray(at === 0 ? 0 : ends[at - 1], end));
      runs.push({ changes: run, signature: this.#key.sign(closed.message) });
      message = new Writer(RUN_BYTES);
      ends = [];
    }
    return runs;
  }

  /** All there is but for what others know, as packed changes. */
  async everything(known = []) {
    await this.settle();
    return [...this.replica.changesSince(known)].map(({ bytes, signature }) => [
      { changes: [bytes], signature },
    ]);
  }

  /** What no honest client does: letters that all claim one place. */
  insertAtOnePlace(position, count) {
    this.replica.edit(root => {
      const text = root.text(BODY);
      // The form of an op, not of the public API: where an honest insert here would go.
      const op = { type: "insertText", path: text.path, ...text.node.text.place(position), text: "x" };
      for (let i = 0; i < count; i++) text.author.add(op);
    });
  }

  async receive(packets) {
    const verifying = [];
    for (const run of packets.flat()) {
      verifying.push(this.#verify(run));
      if (verifying.length === IN_FLIGHT_MAX) this.#admit(await verifying.shift());
    }
    for (const verified of verifying) this.#admit(await verified);
  }

  /** The same without asking about signatures: all that remains of admission. */
  async receiveTrusted(packets) {
    for (const { changes, signature } of packets.flat()) {
      const inspected = this.replica.inspectRun(changes, await signature);
      if (!inspected.ok) throw new Error(`Expected every run to hold: ${inspected.code}`);
      this.#admit({ inspected, verdicts: inspected.questions.map(() => true) });
    }
  }

  async #verify({ changes, signature }) {
    const inspected = this.replica.inspectRun(changes, await signature);
    if (!inspected.ok) throw new Error(`Expected every run to hold: ${inspected.code}`);
    return { inspected, verdicts: await verifier.verify(inspected.questions) };
  }

  #admit({ inspected, verdicts }) {
    const { refused } = this.replica.admitRun(inspected, verdicts, "bench");
    if (refused.length > 0) throw new Error(`Expected every change to be taken: ${refused[0].refusal.code}`);
  }
}

/** What goes out to one peer, by document. */
const outboxes = new WeakMap();

/**
 * Edits as they travel on one link, each a change, the newest signed for all: the bytes of the messages, their frames
 * included. A link without DTLS adds 16 to each.
 */
export async function onTheWire(doc, edits) {
  const { encodeMessage } = await import(process.env.BENCH_PROTOCOL);
  const { Outbox } = await import(process.env.BENCH_OUTBOX);
  const { replica } = doc;
  if (!outboxes.has(doc)) {
    const pack = (queue, from, isNamed, room) => replica.runs.next(queue, from, () => true, isNamed, room);
    outboxes.set(doc, new Outbox(nonce(), pack));
  }
  const outbox = outboxes.get(doc);
  const closed = edits.flatMap(edit => doc.change(...edit));
  doc.sign(closed.at(-1));
  await doc.settle();
  const { graph } = replica.ground;
  outbox.offer(
    closed.map(({ id }) => graph.slotOf(id)),
    0,
  );
  let bytes = 0;
  for (let runs = outbox.next(); runs.length > 0; runs = outbox.next())
    bytes += 1 + encodeMessage({ type: "changes", runs }).length;
  return bytes;
}

/** The same as a run of a file: the signature of the newest is for all, and what can be worked out is left out. */
export async function asRun(doc, edits) {
  const before = doc.save().length;
  for (const closed of edits.flatMap(edit => doc.change(...edit))) doc.sign(closed);
  await doc.settle();
  return doc.save().length - before;
}

/** Somebody else's file, checked completely. */
export async function check(bytes) {
  const file = openFile(bytes);
  if (!file.ok) throw new Error(`Expected a file: ${file.code}`);
  const key = await makeKey();
  const doc = new Doc(key, Replica.open(key.device, file.doc));
  const loading = load(file, doc.replica);
  let step = loading.next();
  while (!step.done) step = loading.next(await verifier.verify(step.value.questions));
  if (step.value.refusal !== null)
    throw new Error(`Expected every change to hold: ${step.value.refusal.code}`);
  return { doc, taken: step.value.taken };
}

/**
 * The changes as bytes, as they lie on a disk: as objects they would all be gone through by whoever collects garbage while
 * something else is timed. Of each its id, its length, whether a signature follows, and these.
 */
function rowsOf(replica) {
  const out = new Writer(1024 * 1024);
  for (const { id, bytes, signature } of replica.changes()) {
    out.hex(id);
    out.varint(bytes.length);
    out.byte(signature === null ? 0 : 1);
    out.bytes(bytes);
    if (signature !== null) out.bytes(signature);
  }
  return out.finish();
}

function* recordsOf(rows) {
  const input = new Reader(rows);
  while (input.left > 0) {
    const id = input.name();
    const length = input.varint();
    const isSigned = input.byte() === 1;
    yield { id, bytes: input.bytes(length), signature: isSigned ? input.bytes(64) : null };
  }
}

/** What was stored, open: the image shows and is edited at once, the changes follow. */
export async function reopen({ doc: id, key, image, rows }) {
  const replica = Replica.ofImage(key.device, id, image);
  if (replica === null) throw new Error("Expected the image to hold");
  const doc = new Doc(key, replica);
  return {
    text: () => textOf(replica.node([{ at: BODY, kind: "text" }])),
    edit: (position, inserted) => {
      doc.edit(position, 0, inserted);
      // Into the tree, too: whoever shows carets looks there at once.
      assertLength(replica);
    },
    /** As the store hands them over. */
    records: () => [...recordsOf(rows)],
    complete: records => {
      const left = replica.fill(records);
      if (left.length > 0 || !replica.isWhole)
        throw new Error(`Expected every change, ${left.length} are left`);
    },
    assertWhole: text => assertWhole(doc, text, { doc: id, rows }),
  };
}

function assertLength(replica) {
  const { text } = replica.node([{ at: BODY, kind: "text" }]);
  if (text.length === 0) throw new Error("Expected a text");
}

/** The first edit is signed and taken by somebody who replayed everything; what that one writes is taken here. */
async function assertWhole(doc, text, { doc: id, rows }) {
  const key = await makeKey();
  doc.replica.invite(key.device, "editor");
  const ticket = { invite: key.device, signature: await key.sign(joinMessage(id, key.device)) };
  const other = new Doc(key, Replica.open(key.device, id, ticket));
  other.replica.restore(recordsOf(rows), START);
  await other.receive([doc.pack(doc.close())]);
  if (other.text() !== text) throw new Error("Expected the text that was edited");
  await doc.receive([other.pack(other.change(0, 0, "y"))]);
  if (doc.text() !== `y${text}` || doc.replica.heads.join() !== other.replica.heads.join())
    throw new Error("Expected one document");
}

/** A key of the platform's Ed25519. It signs on the spot: a signature takes 40 µs, and handing it to another thread took
 * the script's own time as often as not. */
async function makeKey() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const sign = async message => new Uint8Array(sign25519(null, message, privateKey));
  return { device: toHex(raw), sign };
}

function nonce() {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** What several say, as each one's chain: the signature of the newest is for as many as the row signs together. */
export function packTogether(people, said) {
  const chains = people.map(() => []);
  const packets = [];
  const pack = who => {
    if (chains[who].length > 0) packets.push(people[who].pack(chains[who].splice(0)));
  };
  for (const [who, update] of said) if (chains[who].push(update) === SIGNED_TOGETHER) pack(who);
  for (const who of people.keys()) pack(who);
  return packets;
}
