// Goal: an honest person whose disk comes back from a backup writes two versions of one edit and loses nothing: the page goes
// on under a fresh key, says so in one sentence, and all that was written counts at both. Method: real browsers; the backup
// is made and restored in the page's own database.

import { expect, it } from "vitest";
import { PATIENCE_MS, type Person, setStage, untilEqual } from "./people.ts";

const stage = setStage();

/** How many rows of changes there are, and the head of the own chain. */
async function backUp({ page }: Person): Promise<{ readonly count: number; readonly chain: unknown }> {
  return await page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>(resolve => {
      const asked = indexedDB.open("chirograph");
      asked.onsuccess = () => resolve(asked.result);
    });
    const stores = database.transaction(["changes", "chains"]);
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>(resolve => {
        request.onsuccess = () => resolve(request.result);
      });
    const [rows, chains] = await Promise.all([
      answer(stores.objectStore("changes").getAll()),
      answer(stores.objectStore("chains").getAll()),
    ]);
    database.close();
    return { count: Math.max(...rows.map(({ position }) => position)) + 1, chain: chains[0] };
  });
}

async function restore(
  { page }: Person,
  { count, chain }: Awaited<ReturnType<typeof backUp>>,
): Promise<void> {
  await page.evaluate(
    async ([count, chain]) => {
      const database = await new Promise<IDBDatabase>(resolve => {
        const asked = indexedDB.open("chirograph");
        asked.onsuccess = () => resolve(asked.result);
      });
      const write = database.transaction(["changes", "chains"], "readwrite");
      const changes = write.objectStore("changes");
      changes.openCursor().onsuccess = event => {
        const cursor = (event.target as IDBRequest<IDBCursorWithValue | null>).result;
        if (cursor === null) return;
        if (cursor.value.position >= count) cursor.delete();
        cursor.continue();
      };
      write.objectStore("chains").put(chain);
      await new Promise<void>(resolve => {
        write.oncomplete = () => resolve();
      });
      database.close();
    },
    [count, chain] as const,
  );
}

it.each(["the owner", "a guest"])(
  "%s goes on under a fresh key after a restored disk, and nothing is lost",
  async who => {
    const [alice, bob] = await stage.pair("Hello");
    const [victim, other] = who === "the owner" ? [alice, bob] : [bob, alice];
    await victim.editor.focus();
    await victim.putCaret(5);
    await victim.type(".");
    await other.sees("Hello.");
    await victim.isStored();
    const backup = await backUp(victim);
    await victim.putCaret(6);
    await victim.type(" one");
    await other.sees("Hello. one");
    const { href } = new URL(victim.page.url());
    const otherHref = other.page.url();
    for (const { page } of [victim, other]) await page.goto("about:blank");
    // A page of the same origin that is none of the app's.
    const blank = `${stage.url}blank`;
    await victim.page.route(blank, route =>
      route.fulfill({ contentType: "text/html", body: "<link rel=icon href=data:,>" }),
    );
    await victim.page.goto(blank);
    await restore(victim, backup);
    await victim.open(href);
    await victim.sees("Hello.");
    await victim.putCaret(6);
    await victim.type(" two");
    await victim.isStored();
    await other.open(otherHref);
    await victim.status.getByText("goes on under a new key").waitFor({ timeout: PATIENCE_MS });
    const text = await untilEqual([victim, other]);
    for (const word of ["Hello.", " one", " two"]) expect(text).toContain(word);
    await victim.canWrite();
    await victim.putCaret(text.length);
    await victim.type("!");
    await other.sees(`${text}!`);
    // And so after a reload, with nothing set aside.
    await victim.page.reload();
    await victim.canWrite();
    await victim.sees(`${text}!`);
    await victim.putCaret(0);
    await victim.type("? ");
    await other.sees(`? ${text}!`);
    expect(await victim.page.getByText("Your edits are not taken").count()).toBe(0);
  },
  60_000,
);
