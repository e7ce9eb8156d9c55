// Goal: what `chirograph/node` promises to who programs. Method: sessions over a folder, closed and opened again, with what
// disks and copies do in between.

import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openFolder } from "../../src/package/node.ts";
import { memoryLinks, openSession, type Session } from "../../src/package/sync.ts";

let path: string;
const closing: (() => unknown)[] = [];

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "chirograph-node-"));
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(path, { recursive: true });
});

async function open(name: string, doc?: string) {
  const { identity, store } = await openFolder(join(path, name));
  closing.push(() => store.close());
  const session = await openSession({ identity, store, doc });
  closing.push(() => session.close());
  return { session, store };
}

const write = (session: Session, text: string) => session.doc.edit(root => root.text("body").insert(0, text));

it("a session is there again, with its identity and what it was called, and goes on with its chain", async () => {
  const first = await open("alice");
  write(first.session, "Hello");
  const link = await first.session.link();
  await first.session.flush();
  await vi.waitFor(() => expect(first.session.view().status.kind).toBe("saved"));
  await first.session.close();
  first.store.close();
  const second = await open("alice", first.session.id);
  expect(second.session.identity.id).toBe(first.session.identity.id);
  expect(await second.session.link()).toBe(link);
  write(second.session, "Again. ");
  await second.session.flush();
  const { members } = second.session.doc;
  expect(second.session.doc.get(["body"])).toBe("Again. Hello");
  expect(members).toHaveLength(1);
});

it("two sessions of one folder in a process are one author", async () => {
  const { session } = await open("alice");
  write(session, "one ");
  await session.flush();
  const { session: again } = await open("alice", session.id);
  write(again, "two ");
  write(session, "three ");
  await vi.waitFor(() => expect(again.doc.toJson()).toEqual(session.doc.toJson()));
  expect(session.doc.people.forks).toEqual([]);
  expect(String(session.doc.get(["body"]))).toHaveLength(14);
});

it("what a bad disk took is brought again by others, and the rest was there all the time", async () => {
  const alice = await open("alice");
  write(alice.session, "Hello");
  await alice.session.flush();
  const link = await alice.session.link();
  const { identity, store } = await openFolder(join(path, "bob"));
  const bob = await openSession({ identity, store, link });
  meet(alice.session, bob);
  await bob.arrived();
  for (let i = 0; i < 5; i++) {
    write(bob, `${i}`);
    await bob.flush();
  }
  await vi.waitFor(() => expect(alice.session.doc.get(["body"])).toBe("43210Hello"));
  await bob.close();
  store.close();
  const log = join(path, "bob", "documents", bob.id, "changes.log");
  const whole = readFileSync(log);
  for (const harm of ["flip", "cut"] as const) {
    writeFileSync(log, whole);
    if (harm === "cut") truncateSync(log, whole.length - 100);
    else writeFileSync(log, whole.with(whole.length >> 1, whole[whole.length >> 1]! ^ 8));
    const again = await open("bob", bob.id);
    expect(String(again.session.doc.get(["body"]))).toContain("Hello");
    meet(alice.session, again.session);
    await vi.waitFor(() => expect(again.session.doc.get(["body"])).toBe("43210Hello"), 10_000);
    expect(alice.session.doc.people.forks).toEqual([]);
    await again.session.close();
    again.store.close();
  }
}, 30_000);

it("whose log a bit was flipped in goes on with one chain, wherever it was", async () => {
  const alice = await open("alice");
  write(alice.session, "Hello");
  const link = await alice.session.link();
  const { identity, store } = await openFolder(join(path, "bob"));
  const bob = await openSession({ identity, store, link });
  closing.push(
    () => bob.close(),
    () => store.close(),
  );
  meet(alice.session, bob);
  await bob.arrived();
  for (let i = 0; i < 3; i++) {
    write(alice.session, `${i}`);
    await alice.session.flush();
  }
  await vi.waitFor(() => expect(bob.doc.get(["body"])).toBe("210Hello"));
  await alice.session.close();
  alice.store.close();
  const log = join(path, "alice", "documents", bob.id, "changes.log");
  let text = "210Hello";
  for (let part = 0; part < 9; part++) {
    const bytes = readFileSync(log);
    bytes[Math.floor((bytes.length * (part + 0.5)) / 9)]! ^= 4;
    writeFileSync(log, bytes);
    const again = await open("alice", bob.id);
    meet(again.session, bob);
    await vi.waitFor(() => expect(again.session.doc.get(["body"])).toBe(text), 10_000);
    write(again.session, "!");
    text = `!${text}`;
    await again.session.flush();
    await vi.waitFor(() => expect(bob.doc.get(["body"])).toBe(text), 10_000);
    await vi.waitFor(() => expect(again.session.view().status.kind).toBe("shared"), 10_000);
    expect(bob.doc.people.forks).toEqual([]);
    await again.session.close();
    again.store.close();
  }
}, 60_000);

it("rejects with a code of its own", async () => {
  const file = join(path, "file");
  writeFileSync(file, "");
  await expect(openFolder(join(file, "x"))).rejects.toMatchObject({
    name: "ChirographError",
    code: "StoreFailed",
  });
  const { store } = await openFolder(join(path, "alice"));
  store.close();
  await expect(store.documents()).rejects.toMatchObject({ code: "closed" });
  // A folder that was copied is a device of its own place: two processes may have one each.
  cpSync(join(path, "alice"), join(path, "copy"), {
    recursive: true,
    filter: name => !name.includes("lock-"),
  });
  const copy = await openFolder(join(path, "copy"));
  copy.store.close();
});

function meet(a: Session, b: Session): void {
  const [one, other] = memoryLinks();
  a.attach(one);
  b.attach(other);
}
