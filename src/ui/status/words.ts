// The status in words that a writer believes. The facts come from the session; nothing here guesses them from
// `navigator.onLine` or from what was sent.
import type { Status } from "../../sync/view.ts";

export function statusWords(status: Status): string {
  switch (status.kind) {
    case "not-saved":
      return `Not saved: ${status.reason}`;
    case "saving":
      return "Saving…";
    case "waiting-for-holder":
      return "Waiting for someone who has this document";
    case "held":
      return "Only on this device, until somebody lets you edit";
    case "blank":
      return "";
    case "saved":
      return "Saved on this device";
    case "offline":
      return status.waiting === 0
        ? "Offline, everything is shared"
        : `Offline, ${edits(status.waiting)} waiting`;
    case "connecting":
      return status.waiting === 0 ? "Connecting…" : `Connecting, ${edits(status.waiting)} waiting`;
    case "alone":
      return status.waiting === 0
        ? "Nobody else is here, everything is shared"
        : `Nobody else is here, ${edits(status.waiting)} waiting`;
    case "sharing":
      return `Sharing, ${edits(status.waiting)} waiting`;
    case "shared":
      return `Shared with ${status.people}`;
  }
}

export function edits(count: number): string {
  return count === 1 ? "1 edit" : `${count} edits`;
}

/** What the colour of the dot says: nothing, not yet shared, or not saved. */
export type StatusTone = "calm" | "waiting" | "bad";

export function statusTone(status: Status): StatusTone {
  switch (status.kind) {
    case "not-saved":
      return "bad";
    case "sharing":
    case "held":
    case "waiting-for-holder":
      return "waiting";
    case "offline":
    case "connecting":
    case "alone":
      return status.waiting === 0 ? "calm" : "waiting";
    case "saving":
    case "blank":
    case "saved":
    case "shared":
      return "calm";
  }
}
