// A process of its own, for tests that kill it: opens a folder, says so, and then writes change after change, saying the
// number of each once it is saved. Says the code instead where it cannot.

import { writeSync } from "node:fs";
import { openFolder } from "../../../src/sync/adapters/node/open-folder.ts";
import { change, DOC } from "../store-notation.ts";

// At once and whole, however the process ends.
const say = (words: string) => writeSync(1, `${words}\n`);

const [path, mode] = process.argv.slice(2);
try {
  const { store } = await openFolder(path!);
  say("open");
  if (mode === "hold") setInterval(() => undefined, 1_000);
  else {
    let { position } = await store.read(DOC, 0);
    for (;;) {
      const n = position + 1;
      const record = { ...change(n, false), bytes: new Uint8Array(50 + ((n * 131) % 3_000)).fill(n) };
      await store.append(DOC, position, () => ({ records: [record], head: { seq: n, id: record.id } }));
      await store.putSignature(DOC, record.id, change(n).signature!);
      position = n;
      say(String(n));
    }
  }
} catch (error) {
  say(String((error as { code?: unknown }).code));
}
