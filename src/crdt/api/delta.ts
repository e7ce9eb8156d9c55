// Many steps of one list as few: what an edit or an admitted batch did to it in all, from the first item to the last. Steps
// hold one after the other, so the items of a middle one may be gone again; what is left in the end is counted here, so
// that it can be looked up in the list as it is now.

import { LIST_STEPS_MAX } from "../limits.ts";

/** `removed` items at `index` went away and `inserted` came, when those before it are done. */
export interface Step {
  readonly index: number;
  readonly removed: number;
  readonly inserted: number;
}

/** A stretch of the list: there before and after, new, or no longer there. */
interface Stretch {
  readonly is: "kept" | "new" | "gone";
  readonly length: number;
}

/** `length`: of the list after all steps. Of very many steps, one that replaces everything. */
export function compose(steps: readonly Step[], length: number): Step[] {
  let before = length;
  for (const { removed, inserted } of steps) before += removed - inserted;
  if (steps.length === 1) return [...steps];
  if (steps.length > LIST_STEPS_MAX) return [{ index: 0, removed: before, inserted: length }];
  let stretches: Stretch[] = [{ is: "kept", length: before }];
  for (const step of steps) stretches = after(stretches, step);
  return stepsOf(stretches);
}

/** Whether the item at `index` after all steps is one that they inserted. */
export function isNew(steps: readonly Step[], index: number): boolean {
  return steps.some(step => step.index <= index && index < step.index + step.inserted);
}

function after(stretches: readonly Stretch[], { index, removed, inserted }: Step): Stretch[] {
  const out: Stretch[] = [];
  const end = index + removed;
  let at = 0;
  let isIn = inserted === 0;
  const putIn = () => {
    if (!isIn) push(out, { is: "new", length: inserted });
    isIn = true;
  };
  for (const { is, length } of stretches) {
    if (is === "gone") {
      push(out, { is, length });
      continue;
    }
    const head = Math.min(Math.max(index - at, 0), length);
    const tail = Math.min(Math.max(at + length - end, 0), length);
    if (head > 0) push(out, { is, length: head });
    // What was new and is removed again has never been; what was there is gone.
    const cut = length - head - Math.min(tail, length - head);
    if (cut > 0 && is === "kept") push(out, { is: "gone", length: cut });
    if (at + head >= index && (tail > 0 || at + length > index)) putIn();
    const rest = length - head - cut;
    if (rest > 0) push(out, { is, length: rest });
    at += length;
  }
  putIn();
  return out;
}

function push(stretches: Stretch[], next: Stretch): void {
  const last = stretches.at(-1);
  if (last?.is === next.is)
    stretches[stretches.length - 1] = { is: next.is, length: last.length + next.length };
  else stretches.push(next);
}

function stepsOf(stretches: readonly Stretch[]): Step[] {
  const steps: Step[] = [];
  let index = 0;
  let [removed, inserted] = [0, 0];
  const flush = () => {
    if (removed + inserted > 0) steps.push({ index: index - inserted, removed, inserted });
    [removed, inserted] = [0, 0];
  };
  for (const { is, length } of stretches) {
    if (is === "kept") flush();
    if (is === "gone") removed += length;
    else index += length;
    if (is === "new") inserted += length;
  }
  flush();
  return steps;
}
