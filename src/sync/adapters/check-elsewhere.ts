// Has a file checked by a worker of its own. Apart from importing.ts, which knows no workers and so is tested without.

import type { Checked, CheckRequest, CheckStep } from "./checking.ts";
import type { CheckAnswer } from "./checking-worker.ts";
import workerUrl from "./checking-worker.ts?worker&url";

/** The address of a script as the page's policy lets a worker be started from it. */
export type TrustedUrl = (address: string) => string;

/** Null if `signal` ended it. */
export function checkElsewhere(
  trusted: TrustedUrl,
  request: CheckRequest,
  tell: (step: CheckStep) => void,
  signal: AbortSignal,
): Promise<Checked | null> {
  const worker = new Worker(trusted(workerUrl), { type: "module" });
  return new Promise<Checked | null>(resolve => {
    signal.addEventListener("abort", () => resolve(null));
    worker.addEventListener("message", ({ data }: MessageEvent<CheckAnswer>) => {
      if (data.type === "checked") resolve(data.checked);
      else tell(data);
    });
    // It did not start, or ran out of memory.
    const fail = () => resolve({ kind: "refused", reason: "this browser could not check it" });
    worker.addEventListener("error", fail);
    worker.addEventListener("messageerror", fail);
    if (signal.aborted) resolve(null);
    else worker.postMessage(request);
  }).finally(() => worker.terminate());
}
