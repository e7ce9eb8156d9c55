// Goal: two tabs of one profile are one person with one chain of changes: same text at once, and no fork, which
// everybody else would have to take for an attack.

import { expect, it } from "vitest";
import { decodeChange } from "../../src/crdt/graph/codec.ts";
import { rounds, timeoutOf } from "./long/rounds.ts";
import { PATIENCE_MS, type Person, setStage, untilEqual } from "./people.ts";

const stage = setStage({ installs: true });

/** Author and number of every stored change of the profile. */
async function storedNumbers(person: Person): Promise<Map<string, number[]>> {
  const rows = await person.page.evaluate(
    () =>
      new Promise<number[][]>((resolve, reject) => {
        const opening = indexedDB.open("chirograph");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const all = opening.result.transaction("changes").objectStore("changes").getAll();
          all.onsuccess = () => {
            opening.result.close();
            resolve(all.result.map(({ bytes }: { bytes: Uint8Array }) => [...bytes]));
          };
        };
      }),
  );
  const numbers = new Map<string, number[]>();
  for (const row of rows) {
    const change = decodeChange(Uint8Array.from(row));
    if ("ok" in change) throw new Error(`a stored change is no change: ${change.detail}`);
    numbers.set(change.author, [...(numbers.get(change.author) ?? []), change.seq]);
  }
  return numbers;
}

/** One author, its numbers 1, 2, 3 … without a gap or a repetition. */
async function hasOneChain(person: Person): Promise<void> {
  const [own, ...others] = [...(await storedNumbers(person)).values()];
  expect(others).toEqual([]);
  expect(own!.length).toBeGreaterThan(5);
  expect(own!.toSorted((a, b) => a - b)).toEqual(own!.map((_, i) => i + 1));
}

it("two tabs have the same text at once, type at the same time, and make one chain", async () => {
  const left = await (await stage.person()).open();
  await left.type("Shared ");
  await left.isStored();
  const right = await (await left.secondTab()).open(left.page.url());
  await right.sees("Shared ");
  await right.putCaret(7);
  await right.type("by tabs");
  await left.sees("Shared by tabs");
  for (let round = 0; round < 5; round++) {
    await Promise.all([left.type("left ", 7), right.type("right ", 9)]);
  }
  const text = await untilEqual([left, right]);
  expect(text.length).toBe("Shared by tabs".length + 5 * "left right ".length);
  await left.title.fill("From the left");
  await left.press("Enter");
  await expect.poll(() => right.title.inputValue(), { timeout: PATIENCE_MS }).toBe("From the left");
  // One profile is one person.
  expect(await left.people.count()).toBe(1);
  await left.isStored();
  await hasOneChain(left);
});

/** From now on nothing is written in this page, until the answer is called. */
async function failDisk({ page }: Person): Promise<() => Promise<void>> {
  await page.evaluate(() => {
    const { add, put } = IDBObjectStore.prototype;
    const failing = { isFailing: true };
    Object.assign(globalThis, { failing });
    for (const [name, write] of Object.entries({ add, put }))
      Object.assign(IDBObjectStore.prototype, {
        [name](this: IDBObjectStore, ...args: Parameters<typeof put>) {
          const request = write.apply(this, args);
          // As a full disk does.
          if (failing.isFailing) request.addEventListener("success", () => this.transaction.abort());
          return request;
        },
      });
  });
  return () =>
    page.evaluate(() => {
      (globalThis as unknown as { failing: { isFailing: boolean } }).failing.isFailing = false;
    });
}

it("a tab that could not store while the other one went on loses nothing, and nobody has to reload", async () => {
  const left = await (await stage.person()).open();
  await left.type("Shared");
  await left.isStored();
  const right = await (await left.secondTab()).open(left.page.url());
  await right.sees("Shared");
  const mend = await failDisk(left);
  await left.putCaret(6);
  await left.type(" left");
  await left.readsStatus(/Not saved/);
  await right.putCaret(0);
  await right.type("right ");
  await left.sees("right Shared left");
  await left.readsStatus(/Not saved/);
  await right.sees("right Shared");
  await mend();
  await right.sees("right Shared left");
  await left.isStored();
  await left.press("Control+End");
  for (const letter of "!?!") {
    await left.type(letter);
    await left.isStored();
  }
  await right.sees("right Shared left!?!");
  await hasOneChain(left);
});

it("two tabs stay equal without the server, also after one was reloaded", async () => {
  const left = await (await stage.person()).open();
  await left.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await left.type("a");
  await left.share();
  const right = await (await left.secondTab()).open(left.page.url());
  await stage.stopServer();
  await Promise.all([left.type("b".repeat(20), 11), right.type("c".repeat(20), 13)]);
  expect([...(await untilEqual([left, right]))].sort().join("")).toBe(`a${"b".repeat(20)}${"c".repeat(20)}`);
  await left.isStored();
  await right.page.reload();
  await right.canWrite();
  const text = await untilEqual([left, right]);
  await right.press("Control+End");
  await right.type("!");
  await left.sees(`${text}!`);
  await left.isStored();
  await hasOneChain(left);
});

it("a document that one tab shares is shared in the other as well, and stays so", async () => {
  const left = await (await stage.person()).open();
  await left.type("a");
  await left.isStored();
  const right = await (await left.secondTab()).open(left.page.url());
  const link = await left.share();
  await right.press("Control+End");
  await right.type("b");
  await left.sees("ab");
  // What is remembered beside the text is written now and then.
  await right.page.waitForTimeout(2_500);
  await left.page.close();
  const bob = await (await stage.person()).open(link);
  await bob.sees("ab");
  await right.page.reload();
  await right.canWrite();
  await right.press("Control+End");
  await right.type("c");
  await bob.sees("abc");
  expect(await right.share()).toBe(link);
});

it("a document that one tab removes and the other writes on in stays, and stays shared", async () => {
  const left = await stage.person();
  await left.page.clock.install();
  await left.open();
  await left.type("a");
  const link = await left.share();
  const right = await (await left.secondTab()).open(left.page.url());
  await left.openDocuments();
  await left.button("Remove from this device: Untitled").click();
  await left.button("Remove anyway").click();
  await left.page.clock.fastForward(15_000);
  await expect.poll(() => storedNumbers(right).then(({ size }) => size)).toBe(0);
  // It is not listed again by being open.
  await right.page.waitForTimeout(1_000);
  await right.openDocuments();
  expect(await right.page.locator(".document-title").count()).toBe(0);
  await right.button("Documents").click();
  await right.editor.focus();
  await right.press("Control+End");
  await right.type("b");
  await right.isStored();
  await right.page.reload();
  await right.canWrite();
  await right.sees("ab");
  expect(await right.share()).toBe(link);
});

const ROUNDS = rounds(2, 25);

it("four tabs that type at once, one of them reloaded each time, make one chain", {
  timeout: timeoutOf(ROUNDS, 15_000),
}, async () => {
  const first = await (await stage.person()).open();
  await first.type("0");
  await first.isStored();
  const tabs = [first];
  while (tabs.length < 4) tabs.push(await (await first.secondTab()).open(first.page.url()));
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(tabs.map((tab, i) => tab.type(String(i + 1).repeat(10), 5 + 2 * i)));
    const reloaded = tabs[round % tabs.length]!;
    await reloaded.page.reload();
    await reloaded.canWrite();
  }
  const text = await untilEqual(tabs, 30_000);
  expect([...text].sort().join("")).toBe(`0${["1", "2", "3", "4"].map(n => n.repeat(10 * ROUNDS)).join("")}`);
  await first.isStored();
  await hasOneChain(first);
});

it("a third person sees two tabs as one person, and what both write", async () => {
  const [left, bob] = await stage.pair("");
  const right = await (await left.secondTab()).open(left.page.url());
  await Promise.all([left.type("1".repeat(15), 11), right.type("2".repeat(15), 13)]);
  const text = await untilEqual([left, right, bob]);
  expect(text).toHaveLength(30);
  expect(await bob.people.count()).toBe(2);
  await bob.putCaret(30);
  await bob.type("3");
  expect(await untilEqual([left, right, bob])).toBe(`${text}3`);
  await bob.isStored();
  for (const numbers of (await storedNumbers(bob)).values())
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i + 1));
});
