// What every state in this folder is: a value of a join-semilattice with a least element (Shapiro, Preguiça, Baquero,
// Zawirski, "Conflict-free Replicated Data Types", 2011), changed by delta mutators (Almeida, Shoker, Baquero, "Delta
// state replicated data types", 2018). With ⊔ for `merge`, ≤ for `leq` and ⊥ for `bottom`:
//
//     a ⊔ b = b ⊔ a                     merge is commutative,
//     (a ⊔ b) ⊔ c = a ⊔ (b ⊔ c)         associative
//     a ⊔ a = a                         and idempotent;
//     a ⊔ ⊥ = a
//     a ≤ b  ⇔  a ⊔ b = b
//     a = b  ⇔  a ≤ b and b ≤ a
//     m(x) = x ⊔ mδ(x)                  a mutator answers with the delta mδ(x), a small state of the same shape,
//     x ≤ m(x)                          so no state ever goes back
//
// Hence deltas may come in any order, twice, and merged in batches. It holds as long as each replica merges its own
// delta before it makes the next one: two increments of one stale state are one increment.
//
// A state trusts who sends it. It says "Alice has counted to five" without a signature of Alice, and a merge believes
// it: who may send states may count, remove and write as anybody, and what they did cannot be told from the truth
// later. So a state is only ever taken from one's own disk or from a certified snapshot, never from a peer. What peers
// send each other are signed changes; a set of those is a delta too, and its union is its merge.
//
// States are immutable and consist of maps, sets, arrays and plain objects, so that structured cloning keeps them. Each
// has one normal form: equal states have equal parts. A merge takes time linear in its two states.

export interface Lattice<S> {
  readonly bottom: S;
  merge(a: S, b: S): S;
  leq(a: S, b: S): boolean;
  equal(a: S, b: S): boolean;
}

// Small lattices and how to build larger ones from them (Baquero, Almeida, Cunha, Ferreira, "Composition in
// state-based replicated data types", 2017). The laws above hold for what is built if they hold for the parts.

/** A total order with a least element: a ⊔ b is the greater of the two. */
export function chain<T>(bottom: T, compare: (a: T, b: T) => number): Lattice<T> {
  return {
    bottom,
    merge: (a, b) => (compare(a, b) < 0 ? b : a),
    leq: (a, b) => compare(a, b) <= 0,
    equal: (a, b) => compare(a, b) === 0,
  };
}

/** Sets: a ⊔ b = a ∪ b. */
export function union<E>(): Lattice<ReadonlySet<E>> {
  return withEqual({
    bottom: new Set<E>(),
    merge: (a, b) => new Set([...a, ...b]),
    leq: (a, b) => [...a].every(element => b.has(element)),
  });
}

/** Maps: (a ⊔ b)(k) = a(k) ⊔ b(k). A key that is not there stands for ⊥, and no key is ever kept for ⊥. */
export function pointwise<K, V>(values: Lattice<V>): Lattice<ReadonlyMap<K, V>> {
  const at = (map: ReadonlyMap<K, V>, key: K) => map.get(key) ?? values.bottom;
  return withEqual<ReadonlyMap<K, V>>({
    bottom: new Map(),
    merge(a, b) {
      const merged = new Map(a);
      for (const [key, value] of b) merged.set(key, values.merge(at(a, key), value));
      return merged;
    },
    leq: (a, b) => [...a].every(([key, value]) => values.leq(value, at(b, key))),
  });
}

/** Objects with named parts: (a ⊔ b).part = a.part ⊔ b.part. */
export function product<T extends object>(parts: { readonly [K in keyof T]: Lattice<T[K]> }): Lattice<T> {
  const names = Object.keys(parts) as (keyof T)[];
  const build = (part: <K extends keyof T>(name: K) => T[K]) =>
    Object.fromEntries(names.map(name => [name, part(name)])) as T;
  return withEqual<T>({
    bottom: build(name => parts[name].bottom),
    merge: (a, b) => build(name => parts[name].merge(a[name], b[name])),
    leq: (a, b) => names.every(name => parts[name].leq(a[name], b[name])),
  });
}

/** An order tells which states are equal: a = b ⇔ a ≤ b and b ≤ a. */
export function withEqual<S>(order: Omit<Lattice<S>, "equal">): Lattice<S> {
  return { ...order, equal: (a, b) => order.leq(a, b) && order.leq(b, a) };
}
