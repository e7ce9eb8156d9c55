// Goal: the words people read are exactly those promised. Method: one line per status.
import { expect, test } from "vitest";
import type { Status } from "../../../src/sync/view.ts";
import { statusTone, statusWords } from "../../../src/ui/status/words.ts";

const cases: readonly [Status, string, string][] = [
  [{ kind: "not-saved", reason: "the disk is full" }, "Not saved: the disk is full", "bad"],
  [{ kind: "saving" }, "Saving…", "calm"],
  [{ kind: "waiting-for-holder" }, "Waiting for someone who has this document", "waiting"],
  [{ kind: "saved" }, "Saved on this device", "calm"],
  [{ kind: "offline", waiting: 1 }, "Offline, 1 edit waiting", "waiting"],
  [{ kind: "offline", waiting: 12 }, "Offline, 12 edits waiting", "waiting"],
  [{ kind: "offline", waiting: 0 }, "Offline, everything is shared", "calm"],
  [{ kind: "connecting", waiting: 1 }, "Connecting, 1 edit waiting", "waiting"],
  [{ kind: "connecting", waiting: 0 }, "Connecting…", "calm"],
  [{ kind: "alone", waiting: 2 }, "Nobody else is here, 2 edits waiting", "waiting"],
  [{ kind: "alone", waiting: 0 }, "Nobody else is here, everything is shared", "calm"],
  [{ kind: "sharing", waiting: 1 }, "Sharing, 1 edit waiting", "waiting"],
  [{ kind: "sharing", waiting: 3 }, "Sharing, 3 edits waiting", "waiting"],
  [{ kind: "shared", people: 1 }, "Shared with 1", "calm"],
];

test.each(cases)("%o reads %s", (status, words, tone) => {
  expect(statusWords(status)).toBe(words);
  expect(statusTone(status)).toBe(tone);
});
