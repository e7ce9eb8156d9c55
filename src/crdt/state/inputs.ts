// What mutators are given, checked where it enters: names of replicas, values, times. Misuse of a mutator throws and
// leaves the state as it was. What a well-formed name cannot show is whether its bearer is calling: see lattice.ts.

declare const replicaBrand: unique symbol;

/** Names the one who writes: nobody else writes under this name, and not in two places at once. */
export type ReplicaId = string & { readonly [replicaBrand]: true };

/** What sets and registers hold: compared by value, so that two replicas mean the same element. */
export type Scalar = null | boolean | number | string;

export function replicaId(text: string): ReplicaId {
  if (typeof text !== "string" || text === "" || !text.isWellFormed())
    throw new TypeError(`Expected the name of a replica, got ${describe(text)}`);
  return text as ReplicaId;
}

/** The value as it is kept. -0 becomes 0, because sets do not tell them apart and JSON has one only. */
export function scalar(value: Scalar): Scalar {
  const isScalar =
    value === null ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value)) ||
    (typeof value === "string" && value.isWellFormed());
  if (!isScalar)
    throw new TypeError(`Expected null, a boolean, a finite number or text, got ${describe(value)}`);
  return value === 0 ? 0 : value;
}

/** A whole number from 1 that a double counts exactly: an amount, a time, the counter of a dot. */
export function count(number: number, what: string): number {
  if (!Number.isSafeInteger(number) || number < 1)
    throw new RangeError(`Expected ${what} from 1 to ${Number.MAX_SAFE_INTEGER}, got ${describe(number)}`);
  return number;
}

/** A total order: null, then booleans, numbers and texts, each in their own order; texts by UTF-16 code units. */
export function compareScalars(a: Scalar, b: Scalar): number {
  return KINDS.indexOf(kindOf(a)) - KINDS.indexOf(kindOf(b)) || compareAlike(a, b);
}

/** A list that looks the same on every replica, in whatever order the state came about. */
export function sorted(values: Iterable<Scalar>): readonly Scalar[] {
  return [...values].sort(compareScalars);
}

const KINDS = ["null", "boolean", "number", "string"];

function kindOf(value: Scalar): string {
  return value === null ? "null" : typeof value;
}

function compareAlike(a: Scalar, b: Scalar): number {
  if (a === b || a === null || b === null) return 0;
  return a < b ? -1 : 1;
}

function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : `${typeof value} ${nameOf(value)}`;
}

// An object is not turned into text: its own `toString` could say or do anything.
function nameOf(value: unknown): string {
  return typeof value === "object" || typeof value === "function" ? "" : String(value);
}
