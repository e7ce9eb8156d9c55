// What a check found: whether it is as it should be, in a sentence that also says what to do.

export interface Finding {
  /** A warning is something that works worse than it could; bad is something that does not work. */
  readonly verdict: "good" | "warning" | "bad";
  readonly sentence: string;
}

export interface Check {
  readonly title: string;
  run(): Promise<Finding>;
}

export const good = (sentence: string): Finding => ({ verdict: "good", sentence });
export const warning = (sentence: string): Finding => ({ verdict: "warning", sentence });
export const bad = (sentence: string): Finding => ({ verdict: "bad", sentence });

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/** The promise, or `late` when it takes longer than `ms`. */
export async function within<T, Late>(ms: number, promise: Promise<T>, late: Late): Promise<T | Late> {
  return await Promise.race([promise, pause(ms).then(() => late)]);
}
