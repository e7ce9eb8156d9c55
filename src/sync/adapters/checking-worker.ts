// The worker in which files are checked: whatever a file costs, the page goes on, and ends it by ending the worker.
// One request, some steps, one answer.

import { type Checked, type CheckRequest, type CheckStep, checkFile } from "./checking.ts";
import { createVerifier } from "./verifier.ts";

/** What the worker says: steps, then `checked`. */
export type CheckAnswer = CheckStep | { readonly type: "checked"; readonly checked: Checked };

addEventListener("message", async ({ data }: MessageEvent<CheckRequest>) => {
  const say = (answer: CheckAnswer) => postMessage(answer);
  const checked = await checkFile(data, await createVerifier(), say);
  say({ type: "checked", checked });
});
