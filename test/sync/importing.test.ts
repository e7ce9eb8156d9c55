// Goal: a file becomes what it is and nothing else. What does not hold is refused with a reason and leaves nothing in the
// store; what holds is there completely, signed so that it can be passed on. Method: the adapter over a store in memory, with
// the checking that otherwise runs in a worker.

import { describe, expect, it } from "vitest";
import {
  type ChangeId,
  type DeviceId,
  FILE_BYTES_MAX,
  introductionMessage,
  Replica,
  save,
  seedSign,
} from "../../src/crdt/index.ts";
import { checkFile } from "../../src/sync/adapters/checking.ts";
import { StoreFailure } from "../../src/sync/adapters/database.ts";
import { type Bench, importFile } from "../../src/sync/adapters/importing.ts";
import { Memory, openMemoryStore } from "../../src/sync/adapters/memory-store.ts";
import { keyOf, NO_WORDS, UNKNOWN_WORDS } from "../../src/sync/adapters/recovering.ts";
import { newRecoveryWords, recoverySeed } from "../../src/sync/adapters/words.ts";
import { FILE_TITLE_LENGTH_MAX, TEXT_FILE_BYTES_MAX } from "../../src/sync/limits.ts";
import type { Store } from "../../src/sync/ports.ts";
import { editBody } from "../../src/sync/text.ts";
import type { Imported } from "../../src/sync/view.ts";
import { forge, gather, Key, letterOf, Person, sync, verify } from "../crdt/people.ts";

const never = new AbortController().signal;
const mallory = new Key("Mallory");

interface Desk extends Bench {
  readonly memory: Memory;
  readonly listed: string[];
}

/** The workspace of somebody, as far as files need one. */
function deskOf(key: Key, held: readonly string[] = [], store?: Store): Desk {
  const memory = new Memory();
  const listed: string[] = [];
  return {
    memory,
    listed,
    device: key.id,
    key: { publicKey: new Uint8Array(32), sign: async message => key.sign(message) },
    store: store ?? openMemoryStore(memory),
    held,
    spent: {},
    check: (request, tell) => checkFile(request, { verify: async checks => checks.map(verify) }, tell),
    stored: async doc => void listed.push(doc),
  };
}

function fileOf(content: string | Uint8Array, name: string): File {
  return new File([content as BlobPart], name);
}

function open(file: File, desk: Desk, signal = never): Promise<Imported | null> {
  return importFile(file, desk, () => undefined, signal);
}

/** Alice owns it, Bob wrote in it. */
function story(): [Person, Person] {
  const [alice, bob] = gather("Alice", "Bob");
  alice.write(root => {
    root.set("title", "Minutes");
    editBody(root, [{ from: 0, to: 0, insert: "Alice was here." }]);
  });
  sync([alice, bob]);
  bob.write(root => editBody(root, [{ from: 15, to: 15, insert: " So was Bob." }]));
  sync([alice, bob]);
  return [alice, bob];
}

async function keep(person: Person, desk: Desk): Promise<void> {
  await desk.store.append(person.replica.doc, 0, () => ({
    records: [...person.replica.changes()].map(letterOf),
    head: person.replica.ownHead,
  }));
}

/** What a page finds that opens the document. */
function reopened(person: Person, desk: Desk): Replica {
  const replica = Replica.open(person.device, person.replica.doc);
  const rows = desk.memory.journal(person.replica.doc).rows.filter(row => row !== null);
  expect(replica.restore(rows, 0).damaged).toBe(0);
  return replica;
}

describe("a text", () => {
  it.each([
    ["notes.md", "# A\r\nb\rc", { kind: "text", title: "notes", text: "# A\nb\nc" }],
    ["a.b.TXT", "\ufeffÄ 🙂", { kind: "text", title: "a.b", text: "Ä 🙂" }],
    ["a\u0007b.markdown", "", { kind: "text", title: "a b", text: "" }],
    ["x.json", '{"title":"T","body":"a\\r\\nb\\ud800"}', { kind: "text", title: "T", text: "a\nb\ufffd" }],
    ["x.json", '{"body":"b"}', { kind: "text", title: "x", text: "b" }],
    ["x.json", '{"title":"Only a title"}', { kind: "text", title: "Only a title", text: "" }],
    ["x.json", '{"title":"T","versions":{"v":{}}}', { kind: "text", title: "T", text: "" }],
  ])("%s becomes what a document begins with", async (name, content, expected) => {
    expect(await open(fileOf(content, name), deskOf(mallory))).toEqual(expected);
  });

  it.each([
    ["in another encoding", "x.txt", Uint8Array.of(0xe4, 0x20), "it is not text in UTF-8"],
    ["cut in the middle of a letter", "x.txt", Uint8Array.of(0xc3), "it is not text in UTF-8"],
    ["with what is no text", "x.md", "a\0b", "it has zero bytes in it, which no text has"],
    ["of an unknown kind", "x.docx", "PK", "only files that end in"],
    ["without an ending", "x", "", "only files that end in"],
    ["that is no JSON", "x.json", "{", "it is not JSON"],
    ["of other JSON", "x.json", '[{"body":1}]', "there is no text under"],
    [
      "of JSON with a title and a text elsewhere",
      "x.json",
      '{"title":"T","text":"b"}',
      "there is no text under",
    ],
    ["of JSON with a title that is none", "x.json", '{"title":1}', "there is no text under"],
    ["of JSON that is nothing", "x.json", "null", "there is no text under"],
    ["that only says that it is signed", "x.chirograph", "# no", "it is not a Chirograph file"],
    ["that is signed and says it is text", "x.txt", Uint8Array.of(0x89, 0x43), "the file ends too early"],
  ])("%s is refused with a reason", async (_, name, content, reason) => {
    const imported = await open(fileOf(content, name), deskOf(mallory));
    expect(imported).toEqual({ kind: "refused", reason: expect.stringContaining(reason) });
  });

  it("is taken up to TEXT_FILE_BYTES_MAX, and its title up to FILE_TITLE_LENGTH_MAX without cutting a letter", async () => {
    const most = "é".repeat(TEXT_FILE_BYTES_MAX / 2);
    expect(await open(fileOf(most, "x.md"), deskOf(mallory))).toMatchObject({ kind: "text" });
    expect(await open(fileOf(`${most}!`, "x.md"), deskOf(mallory))).toMatchObject({
      kind: "refused",
      reason: expect.stringContaining("more than 4 MB"),
    });
    const name = `${"a".repeat(FILE_TITLE_LENGTH_MAX - 1)}🙂.md`;
    const { title } = (await open(fileOf("", name), deskOf(mallory))) as { title: string };
    expect(title).toBe("a".repeat(FILE_TITLE_LENGTH_MAX - 1));
    const exact = `${"a".repeat(FILE_TITLE_LENGTH_MAX)}.md`;
    expect(await open(fileOf("", exact), deskOf(mallory))).toMatchObject({
      title: "a".repeat(FILE_TITLE_LENGTH_MAX),
    });
  });
});

describe("a signed file", () => {
  it("of a member is the document again, with own changes signed one by one", async () => {
    const [alice, bob] = story();
    const desk = deskOf(alice.key);
    const imported = await open(fileOf(save(bob.replica), "minutes.chirograph"), desk);
    const total = [...alice.replica.changes()].length;
    expect(imported).toEqual({
      kind: "held",
      id: alice.replica.doc,
      isNew: true,
      fresh: total,
      left: 0,
    });
    expect(desk.listed).toEqual([alice.replica.doc]);
    const replica = reopened(alice, desk);
    expect(replica.canonicalJson()).toBe(alice.json);
    const { head, rows } = desk.memory.journal(alice.replica.doc);
    expect(head).toEqual({ seq: alice.replica.ownHead!.seq, id: alice.replica.ownHead!.id });
    for (const row of rows) {
      const { change } = replica.get(row!.id as ChangeId)!;
      expect(replica.proofOf(change.id)).not.toBe(null);
      if (change.author !== alice.device) continue;
      const inspected = replica.inspect(row!.bytes, row!.signature!);
      expect(inspected.ok && inspected.questions.every(verify)).toBe(true);
    }
  });

  it("of a document that is here brings what is new, once, and takes nothing away", async () => {
    const [alice, bob] = story();
    const desk = deskOf(alice.key, [alice.replica.doc]);
    await keep(alice, desk);
    bob.write(root => editBody(root, [{ from: 0, to: 0, insert: "Later: " }]));
    bob.write(root => editBody(root, [{ from: 0, to: 0, insert: "Even " }]));
    alice.write(root => editBody(root, [{ from: 0, to: 0, insert: "Meanwhile. " }]));
    await desk.store.append(alice.replica.doc, 0, () => ({
      records: [...alice.replica.changes()].map(letterOf),
      head: alice.replica.ownHead,
    }));
    const file = fileOf(save(bob.replica), "minutes.chirograph");
    const first = await open(file, desk);
    expect(first).toMatchObject({ kind: "held", isNew: false, fresh: 2, left: 0 });
    sync([alice, bob]);
    expect(reopened(alice, desk).canonicalJson()).toBe(alice.json);
    expect(desk.memory.journal(alice.replica.doc).head?.id).toBe(alice.replica.ownHead!.id);
    expect(await open(file, desk)).toMatchObject({ kind: "held", fresh: 0 });
  });

  it("of a document in which this device wrote on, and which was removed since, is only to be read", async () => {
    const [alice] = story();
    const doc = alice.replica.doc;
    const file = fileOf(save(alice.replica), "minutes.chirograph");
    const { seq } = alice.replica.ownHead!;
    const later: Desk = { ...deskOf(alice.key), spent: { [doc]: seq + 1 } };
    expect(await open(file, later)).toMatchObject({ kind: "foreign", file: { isOwn: true } });
    expect(later.memory.journals.size).toBe(0);
    const same: Desk = { ...deskOf(alice.key), spent: { [doc]: seq } };
    expect(await open(file, same)).toMatchObject({ kind: "held", isNew: true });
    // Where it is held the store knows the chain.
    const held: Desk = { ...later, held: [doc] };
    expect(await open(file, held)).toMatchObject({ kind: "held", isNew: false });
  });

  it("leaves out what no chain proves, and what builds on it, and says how much", async () => {
    const [alice, bob] = story();
    const good = bob.write(root => editBody(root, [{ from: 0, to: 0, insert: "good " }]));
    // Bob signs, over his own good change, for one that nobody takes.
    const bad = forge(bob, { ops: () => [{ type: "genesis", nonce: new Uint8Array(16), policy: {} }] });
    expect(alice.receiveRun([...good, bad]).admitted).toHaveLength(1);
    const before = fileOf(save(alice.replica), "minutes.chirograph");
    const total = [...alice.replica.changes()].length;
    const desk = deskOf(alice.key);
    expect(await open(before, desk)).toMatchObject({ kind: "held", fresh: total - 1, left: 1 });
    const replica = reopened(alice, desk);
    expect(replica.toJson()).toMatchObject({ body: "Alice was here. So was Bob." });
    for (const { id } of replica.changes()) expect(replica.proofOf(id)).not.toBe(null);
    // An own change on top of it cannot be left out: the next one would have its number.
    alice.write(root => editBody(root, [{ from: 0, to: 0, insert: "So: " }]));
    const after = fileOf(save(alice.replica), "minutes.chirograph");
    const anew = deskOf(alice.key);
    const text = "So: good Alice was here. So was Bob.";
    expect(await open(after, anew)).toMatchObject({ kind: "foreign", file: { isOwn: true, text } });
    expect(anew.memory.journals.size).toBe(0);
    const rows = desk.memory.journal(alice.replica.doc).rows.length;
    const again = { ...desk, held: [alice.replica.doc] };
    expect(await open(after, again)).toMatchObject({ kind: "refused" });
    expect(desk.memory.journal(alice.replica.doc).rows.length).toBe(rows);
    // Where all of it is here already nothing is left out.
    const whole = deskOf(alice.key, [alice.replica.doc]);
    const signed = [...alice.replica.changes()].map(({ id, bytes, signature }) => ({ id, bytes, signature }));
    await whole.store.append(alice.replica.doc, 0, () => ({
      records: signed,
      head: alice.replica.ownHead,
    }));
    expect(await open(after, whole)).toMatchObject({ kind: "held", fresh: 0, left: 0 });
  });

  it("of a document that one is no member of is told to be read, and stored nowhere", async () => {
    const [alice, bob] = story();
    const desk = deskOf(mallory);
    const imported = await open(fileOf(save(alice.replica), "minutes.chirograph"), desk);
    expect(imported).toEqual({
      kind: "foreign",
      file: {
        recovery: null,
        isOwn: false,
        title: "Minutes",
        text: "Alice was here. So was Bob.",
        authors: [
          { from: 0, to: 15, author: alice.device, time: expect.any(Number) },
          { from: 15, to: 27, author: bob.device, time: expect.any(Number) },
        ],
        people: expect.arrayContaining([
          { key: alice.device, name: null, changes: 3 },
          { key: bob.device, name: "Bob", changes: 2 },
        ]),
      },
    });
    expect(desk.memory.journals.size).toBe(0);
    expect(desk.listed).toEqual([]);
  });

  it("of a person with recovery words is theirs again on a new device: they write on, and what is lost is out", async () => {
    const [alice, bob] = story();
    const words = newRecoveryWords(length => new Uint8Array(length).fill(7)).join(" ");
    const recovery = recoverySeed(words)!;
    bob.replica.people.introduce(
      keyOf(recovery),
      seedSign(recovery, introductionMessage(bob.replica.doc, bob.device)),
      { isRecovery: true },
    );
    bob.close();
    sync([alice, bob]);
    const desk = deskOf(new Key("Bob's new phone"));
    const imported = await open(fileOf(save(alice.replica), "minutes.chirograph"), desk);
    if (imported?.kind !== "foreign" || imported.file.recovery === null)
      throw new Error("Expected a way back");
    const { recovery: way } = imported.file;
    const others = newRecoveryWords(length => new Uint8Array(length).fill(8)).join(" ");
    expect(await way.findRecovered("abandon abandon")).toEqual({ error: NO_WORDS });
    expect(await way.findRecovered(others)).toEqual({ error: UNKNOWN_WORDS });
    await expect(way.recover(others, [])).rejects.toThrow("by these words");
    expect(desk.memory.journals.size).toBe(0);
    expect(await way.findRecovered(words)).toEqual({
      name: "Bob",
      devices: [{ key: bob.device, name: "Bob", isHere: false }],
    });
    expect(await way.recover(words, [bob.device])).toMatchObject({ kind: "held", isNew: true, left: 0 });
    expect(desk.listed).toEqual([bob.replica.doc]);
    const rows = desk.memory.journal(bob.replica.doc).rows.filter(row => row !== null);
    const replica = Replica.open(desk.device as DeviceId, bob.replica.doc);
    expect(replica.restore(rows, 0).damaged).toBe(0);
    expect([replica.roleOf(replica.device), replica.roleOf(bob.device)]).toEqual(["editor", null]);
    expect(replica.people.personOf(replica.device)).toBe(bob.device);
    // Others take what it says, and what the words said.
    const phone = new Person("Bob's new phone", new Key("Bob's new phone"), replica);
    phone.write(root => root.set("back", true));
    for (const { refused } of alice.receiveAll(phone.letters(alice.heads))) expect(refused).toEqual([]);
    expect(alice.json).toBe(phone.json);
  });

  it("is refused for any altered or missing byte, and nothing of it is stored", async () => {
    const [alice] = story();
    const bytes = save(alice.replica, { snapshot: "small" });
    const desk = deskOf(alice.key);
    const reasons = new Set<string>();
    const isRefused = async (damaged: Uint8Array) => {
      const imported = await open(fileOf(damaged, "minutes.chirograph"), desk);
      if (imported?.kind !== "refused") throw new Error(`Expected a refusal, got ${imported?.kind}`);
      reasons.add(imported.reason);
    };
    for (let length = 0; length < bytes.length; length += 7) await isRefused(bytes.subarray(0, length));
    for (let at = 0; at < bytes.length; at += 5) {
      const copy = bytes.slice();
      copy[at]! ^= 0x41;
      await isRefused(copy);
    }
    expect(reasons.size).toBeGreaterThan(4);
    for (const reason of reasons) expect(reason).toMatch(/^[a-z].*[a-z]$/);
    expect(desk.memory.journals.size).toBe(0);
  });

  it("with a signature that is not the author's is refused whole", async () => {
    const [alice] = story();
    alice.replica.edit(root => root.set("title", "Forged"));
    const [closed] = alice.replica.closeDraft(1_800_000_000);
    alice.replica.sign(closed!.id, mallory.sign(closed!.message));
    const desk = deskOf(alice.key);
    const imported = await open(fileOf(save(alice.replica), "minutes.chirograph"), desk);
    expect(imported).toEqual({ kind: "refused", reason: "the signature does not match" });
    expect(desk.memory.journals.size).toBe(0);
  });

  it("is read up to FILE_BYTES_MAX and not beyond, whatever it holds", async () => {
    const sized = (size: number) => {
      const file = fileOf("# no", "x.chirograph");
      Object.defineProperty(file, "size", { value: size });
      return file;
    };
    let reads = 0;
    const desk = deskOf(mallory);
    const check: Bench["check"] = (...asked) => {
      reads++;
      return desk.check(...asked);
    };
    const counting: Desk = { ...desk, check };
    await open(sized(FILE_BYTES_MAX), counting);
    expect(reads).toBe(1);
    expect(await open(sized(FILE_BYTES_MAX + 1), counting)).toMatchObject({ kind: "refused" });
    expect(reads).toBe(1);
  });

  it("that is cancelled at any step leaves nothing behind, and is whole when it is opened again", async () => {
    const [alice] = story();
    const file = fileOf(save(alice.replica), "minutes.chirograph");
    let steps = 0;
    await importFile(file, deskOf(alice.key), () => steps++, never);
    expect(steps).toBeGreaterThan(3);
    for (let at = 0; at < steps; at++) {
      const desk = deskOf(alice.key);
      const cancel = new AbortController();
      let seen = 0;
      const progress = () => {
        if (seen++ === at) cancel.abort();
      };
      expect(await importFile(file, desk, progress, cancel.signal)).toBe(null);
      expect(desk.memory.journals.size).toBe(0);
      expect(desk.listed).toEqual([]);
      expect(await open(file, desk)).toMatchObject({ kind: "held", isNew: true });
    }
  });

  it("that the store does not take is refused, and says why", async () => {
    const [alice] = story();
    const store = openMemoryStore();
    const full: Store = Object.assign(Object.create(store), {
      read: () => store.read(alice.replica.doc, 0),
      append: () => Promise.reject(new StoreFailure("quota", null)),
    });
    const desk = deskOf(alice.key, [], full);
    const imported = await open(fileOf(save(alice.replica), "minutes.chirograph"), desk);
    expect(imported).toEqual({ kind: "refused", reason: expect.stringContaining("storage is full") });
    expect(desk.listed).toEqual([]);
  });
});
