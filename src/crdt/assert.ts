// Broken invariants stop the program, in production too: a replica that goes on with a broken structure spreads
// the damage. Never for input from outside, which is refused with a value (refusal.ts).

/** Throws if `condition` does not hold. `what` names the invariant that should have held. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${what}`);
}

/** For the default branch of a switch over a closed union. */
export function unreachable(value: never): never {
  throw new Error(`Invariant broken: unreachable value ${String(value)}`);
}
