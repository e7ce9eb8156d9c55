// The app over a workspace in memory, to be looked at: `window.fake` plays the other people.
import { start } from "../../src/ui/start.tsx";
import { FakeDocument, FakeWorkspace } from "./fake-workspace.ts";

const ESSAY = `# On chirographs

A *chirograph* was a deed written out **once per party** on one sheet and cut apart through a word, so that the copies could be held against each other. Nobody had to trust a notary, nor each other: the cut itself was the proof.

## What it took

- two or three copies on one skin,
- a word across the middle, often \`CHIROGRAPHUM\`,
- a knife, and a wavy line.

> The indenture of later centuries kept the wavy cut and lost the word.

It is a good picture for text on the web. Everybody holds a [full copy](https://example.org/copy); every change says who made it and what they had seen. Any two copies can be joined, and no copy can be quietly altered.

שלום עולם, זה טקסט מימין לשמאל.

### What is left to say

That it is simple to use. 🙂
`;

const workspace = new FakeWorkspace();
const essay = new FakeDocument("e".repeat(64), workspace.me(), ESSAY, "On chirographs");
workspace.hold(essay, { updatedAt: Date.now() - 5 * 60_000 });
const minutes = new FakeDocument(
  "d".repeat(64),
  workspace.me(),
  "Present: Alice, Bob",
  "Minutes of the garden club, autumn meeting",
);
workspace.hold(minutes, { updatedAt: Date.now() - 26 * 3_600_000, unshared: 3 });
workspace.hold(new FakeDocument("c".repeat(64), workspace.me(), "x", ""), {
  updatedAt: Date.now() - 40 * 86_400_000,
});
if (new URLSearchParams(location.search).has("missing")) {
  workspace.missing = ["This page came over plain http, so it cannot be opened without the network."];
}

let isUpdateWaiting = false;
let tellUpdate: () => void = () => undefined;
const updates = {
  isWaiting: () => isUpdateWaiting,
  subscribe: (listener: () => void) => {
    tellUpdate = listener;
    return () => undefined;
  },
  reload: () => location.reload(),
};

Object.assign(window, {
  fake: {
    workspace,
    essay,
    update: () => {
      isUpdateWaiting = true;
      tellUpdate();
    },
  },
});
start(workspace, updates, document.getElementById("root")!);
