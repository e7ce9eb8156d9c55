// Goal: the address and the document on the screen agree, no secret stays in the address, each document is closed
// once. Method: the navigator over a workspace in memory and an address bar made of a list.
import { expect, test } from "vitest";
import { type AddressBar, Navigator } from "../../src/ui/navigator.ts";
import { FakeDocument, FakeWorkspace } from "./fake-workspace.ts";

const bobs = "b".repeat(64);

function world(hash: string) {
  const workspace = new FakeWorkspace();
  const entries = [hash];
  const address: AddressBar = {
    hash: () => entries.at(-1)!,
    replace: next => {
      entries[entries.length - 1] = next;
    },
    push: next => {
      entries.push(next);
    },
  };
  const begun = new Set<string>();
  const navigator = new Navigator(workspace, address, begun);
  return { workspace, entries, begun, navigator };
}

const settled = () => new Promise(resolve => setTimeout(resolve, 1));

test("begins a document at an empty address and puts its id there", async () => {
  const { navigator, entries, workspace } = world("");
  await navigator.follow();
  expect(entries).toEqual([`#${workspace.created[0]!.id}`]);
  expect(navigator.openId()).toBe(workspace.created[0]!.id);
});

test("takes the secret out of the address once the link was followed", async () => {
  const { navigator, entries } = world(`#${bobs}.secret`);
  await navigator.follow();
  expect(entries).toEqual([`#${bobs}`]);
  expect(navigator.current()).toMatchObject({ kind: "document" });
});

test("opens a document again that goes on under a fresh key, and closes the one before", async () => {
  const { navigator, workspace } = world(`#${bobs}.secret`);
  await navigator.follow();
  const before = (navigator.current() as unknown as { readonly document: FakeDocument }).document;
  const after = workspace.renew(bobs);
  await settled();
  await settled();
  expect(navigator.current()).toEqual({ kind: "document", document: after });
  expect([before.isClosed, after.isClosed]).toEqual([true, false]);
  workspace.renew("f".repeat(64));
  await settled();
  expect(navigator.current()).toEqual({ kind: "document", document: after });
});

test("says what is wrong with a broken link and leaves no document open", async () => {
  const { navigator } = world(`#${bobs}.broken`);
  await navigator.follow();
  expect(navigator.current()).toEqual({
    kind: "bad-link",
    sentence: "The link is cut off. Ask for it once more.",
  });
});

test("says that this device does not hold a document it does not hold", async () => {
  const { navigator } = world(`#${bobs}`);
  await navigator.follow();
  expect(navigator.current()).toEqual({ kind: "not-held" });
});

test("begins anew where an untouched document was reloaded", async () => {
  const { navigator, begun, entries, workspace } = world(`#${bobs}`);
  begun.add(bobs);
  await navigator.follow();
  expect(entries).toEqual([`#${workspace.created[0]!.id}`]);
});

test("says so where a document that was begun here, and stored, was removed since", async () => {
  const { navigator, workspace, entries } = world("");
  await navigator.follow();
  const { id, text } = workspace.created[0]!;
  text.edit([{ from: 0, to: 0, insert: "Gone" }]);
  await navigator.startNew();
  await workspace.remove(id);
  entries.push(`#${id}`);
  await navigator.follow();
  expect(navigator.current()).toEqual({ kind: "not-held" });
});

test("closes the document before when another one is followed, and only then", async () => {
  const { navigator, entries, workspace } = world("");
  await navigator.follow();
  const first = workspace.created[0]!;
  await navigator.follow();
  await settled();
  expect(first.isClosed).toBe(false);
  entries.push(`#${bobs}.secret`);
  await navigator.follow();
  await settled();
  expect(first.isClosed).toBe(true);
  expect(navigator.openId()).toBe(bobs);
});

test("lets the last of two overtaking requests win, and closes what came too late", async () => {
  const { navigator, entries, workspace } = world("");
  const slow = new FakeDocument(bobs, workspace.me());
  let arrive: () => void = () => undefined;
  workspace.join = () =>
    new Promise(resolve => {
      arrive = () => resolve(slow);
    });
  entries.push(`#${bobs}.secret`);
  const following = navigator.follow();
  await navigator.startNew();
  arrive();
  await following;
  expect(navigator.openId()).toBe(workspace.created[0]!.id);
  expect(entries.at(-1)).toBe(`#${workspace.created[0]!.id}`);
  expect(slow.isClosed).toBe(true);
});

test("says so when the workspace fails", async () => {
  const { navigator, workspace } = world("");
  workspace.create = () => Promise.reject(new Error("storage is off"));
  await navigator.follow();
  expect(navigator.current()).toEqual({
    kind: "failed",
    sentence: "The document could not be opened: storage is off",
  });
});

test("begins a document with what is written into it before it is shown", async () => {
  const { navigator, workspace } = world("");
  await navigator.follow();
  await navigator.startNew(document => document.text.edit([{ from: 0, to: 0, insert: "From a file" }]));
  expect(navigator.openId()).toBe(workspace.created[1]!.id);
  expect(workspace.created[1]!.text.toString()).toBe("From a file");
});

test("goes to a document that is held, and stays where it is on the screen already", async () => {
  const { navigator, entries, workspace } = world("");
  await navigator.follow();
  const here = navigator.openId()!;
  await navigator.goTo(here);
  expect(entries).toHaveLength(1);
  workspace.hold(new FakeDocument(bobs, workspace.me()));
  await navigator.goTo(bobs);
  expect(entries.at(-1)).toBe(`#${bobs}`);
  expect(navigator.openId()).toBe(bobs);
});

test("opens a document that was brought back where its address stands already", async () => {
  const { navigator, entries, workspace } = world("");
  await navigator.follow();
  const { id, text } = workspace.created[0]!;
  text.edit([{ from: 0, to: 0, insert: "Back" }]);
  await workspace.remove(id);
  await navigator.startNew();
  entries.pop();
  await navigator.follow();
  expect(navigator.current()).toEqual({ kind: "not-held" });
  await workspace.restore(id);
  await navigator.goTo(id);
  expect(entries).toEqual([`#${id}`]);
  expect(navigator.openId()).toBe(id);
});

test("shows a file that is kept nowhere, also on the way back, and says so when it is gone", async () => {
  const { navigator, entries } = world("");
  await navigator.follow();
  const file = { recovery: null, isOwn: false, title: "Minutes", text: "", authors: [], people: [] };
  await navigator.showFile(file);
  expect(entries.at(-1)).toBe("#file");
  expect(navigator.current()).toEqual({ kind: "file", file });
  expect(navigator.openId()).toBe(null);
  entries.push(entries[0]!);
  await navigator.follow();
  entries.push("#file");
  await navigator.follow();
  expect(navigator.current()).toEqual({ kind: "file", file });
  // After a reload.
  const again = world("#file");
  await again.navigator.follow();
  expect(again.navigator.current()).toEqual({ kind: "file-gone" });
});
