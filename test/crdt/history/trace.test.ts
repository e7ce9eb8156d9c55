// Real input: a paper as it was typed, letter by letter (josephg's editing traces, "automerge-paper"), cut off after some
// thousand edits. What the recording said the text was is what the history says. The recording is not part of this tree.

import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { finish, History, type Version } from "../../../src/crdt/index.ts";
import { clock, gather } from "../people.ts";

const FILE = new URL("../../../../shared/traces/sequential/automerge-paper.json.gz", import.meta.url);
const EDITS = 8_000;
const EVERY = 500;

if (!existsSync(FILE))
  console.log("history: no ../shared/traces/sequential/automerge-paper.json.gz here, left out");

it.skipIf(!existsSync(FILE))("a recorded text is at every moment what it was", { timeout: 60_000 }, () => {
  const { txns } = JSON.parse(gunzipSync(readFileSync(FILE)).toString()) as {
    readonly txns: readonly { readonly patches: readonly (readonly [number, number, string])[] }[];
  };
  const [alice] = gather("Alice");
  clock.step = 1;
  let text = "";
  const moments: { readonly text: string; readonly version: Version }[] = [];
  for (const [i, { patches }] of txns.slice(0, EDITS).entries()) {
    alice.replica.edit(root => {
      for (const [at, deleted, inserted] of patches) {
        if (deleted > 0) root.text("body").delete(at, deleted);
        if (inserted !== "") root.text("body").insert(at, inserted);
        text = text.slice(0, at) + inserted + text.slice(at + deleted);
      }
    });
    alice.replica.closeDraft(clock.now++);
    if (i % EVERY === EVERY - 1) moments.push({ text, version: alice.heads });
  }
  const history = new History(alice.replica.doc, alice.replica.ground);
  finish(history.arrange());
  for (const { text: then, version } of moments)
    expect(history.text(version, [{ at: "body", kind: "text" }])).toBe(then);
  expect(moments).toHaveLength(EDITS / EVERY);
  expect(JSON.parse(history.canonicalJson(moments[3]!.version))).toEqual({ body: moments[3]!.text });
});
