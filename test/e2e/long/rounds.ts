// What is done again and again: in `npm test` just often enough to know that it works, by `npm run e2e:long` as often as it
// takes to meet what is rare.

export const isLong = process.env.LONG !== undefined;

export function rounds(few: number, many: number): number {
  return isLong ? many : few;
}

/** Milliseconds for a test of so many rounds, on a busy machine. */
export function timeoutOf(count: number, eachMs: number): number {
  return 30_000 + count * eachMs;
}
