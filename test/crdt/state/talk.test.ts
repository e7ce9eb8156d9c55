// The worked examples of the talk "Collaborative CRDT-based systems", with its three sites c1, c2, c3 and its numbers, and
// the case in which a multi-value register without causality fails.
import { describe, expect, it } from "vitest";
import {
  gCounter,
  type Lattice,
  mvRegister,
  pnCounter,
  type ReplicaId,
  replicaId,
} from "../../../src/crdt/state/index.ts";

const c1 = replicaId("c1");
const c2 = replicaId("c2");
const c3 = replicaId("c3");

/** `edit(c1, delta)` is what the slides write as c1++ or c1 := v1; `take(c2, c1)` is c2 ← c1. */
function sites<S, V>(lattice: Lattice<S>, show: (state: S) => V) {
  const states = new Map<ReplicaId, S>([c1, c2, c3].map(site => [site, lattice.bottom]));
  const stateOf = (site: ReplicaId) => states.get(site)!;
  return {
    edit(site: ReplicaId, delta: (state: S, site: ReplicaId) => S) {
      states.set(site, lattice.merge(stateOf(site), delta(stateOf(site), site)));
    },
    take(site: ReplicaId, from: ReplicaId) {
      states.set(site, lattice.merge(stateOf(site), stateOf(from)));
    },
    value: (site: ReplicaId) => show(stateOf(site)),
    values: () => [c1, c2, c3].map(site => show(stateOf(site))),
  };
}

describe("the talk's G-Counter", () => {
  it("c1++ → (1,0,0); c2, c3 ← c1 → (1,1,1)", () => {
    const { edit, take, values } = sites(gCounter, gCounter.value);
    edit(c1, gCounter.increment);
    expect(values()).toEqual([1, 0, 0]);
    take(c2, c1);
    take(c3, c1);
    expect(values()).toEqual([1, 1, 1]);
  });

  it("c1++, c3++ → (1,0,1); c2 ← c1 → (1,1,1); c1 ← c3, c3 ← c1 → (2,1,2)", () => {
    const { edit, take, values } = sites(gCounter, gCounter.value);
    edit(c1, gCounter.increment);
    edit(c3, gCounter.increment);
    expect(values()).toEqual([1, 0, 1]);
    take(c2, c1);
    expect(values()).toEqual([1, 1, 1]);
    take(c1, c3);
    take(c3, c1);
    expect(values()).toEqual([2, 1, 2]);
  });
});

describe("the talk's PN-Counter", () => {
  it("c1++, c1++ → 2; c1-- → 1; merged → (1,1,1)", () => {
    const { edit, take, value, values } = sites(pnCounter, pnCounter.value);
    edit(c1, pnCounter.increment);
    edit(c1, pnCounter.increment);
    expect(value(c1)).toBe(2);
    edit(c1, pnCounter.decrement);
    expect(value(c1)).toBe(1);
    take(c2, c1);
    take(c3, c1);
    expect(values()).toEqual([1, 1, 1]);
  });

  it("c1++, c3-- → (1,0,-1); c2 ← c1 → (1,1,-1); c1 ← c3, c3 ← c1 → (0,1,0)", () => {
    const { edit, take, values } = sites(pnCounter, pnCounter.value);
    edit(c1, pnCounter.increment);
    edit(c3, pnCounter.decrement);
    expect(values()).toEqual([1, 0, -1]);
    take(c2, c1);
    expect(values()).toEqual([1, 1, -1]);
    take(c1, c3);
    take(c3, c1);
    expect(values()).toEqual([0, 1, 0]);
  });
});

describe("the talk's MV-Register", () => {
  const write = (value: string) => (state: typeof mvRegister.bottom, site: ReplicaId) =>
    mvRegister.write(state, site, value);

  it("c1 := v1, c3 := v3, c2 ← c1, c3 ← c1 → c3 sees {v1, v3}", () => {
    const { edit, take, value, values } = sites(mvRegister, mvRegister.values);
    edit(c1, write("v1"));
    edit(c3, write("v3"));
    take(c2, c1);
    take(c3, c1);
    expect(value(c3)).toEqual(["v1", "v3"]);
    expect(values()).toEqual([["v1"], ["v1"], ["v1", "v3"]]);
  });

  it("c1 := v1, c2 ← c1, c1 := v2, c3 ← c1, c3 ← c2 → c3 sees {v2}: the old replica brings nothing back", () => {
    const { edit, take, value, values } = sites(mvRegister, mvRegister.values);
    edit(c1, write("v1"));
    take(c2, c1);
    edit(c1, write("v2"));
    take(c3, c1);
    expect(value(c3)).toEqual(["v2"]);
    take(c3, c2);
    take(c1, c2);
    expect(values()).toEqual([["v2"], ["v1"], ["v2"]]);
  });

  it("c1 := v1, c2 ← c1, c2 := v2, c1 ← c2 → c1 sees {v2}: a site gives up its own value too", () => {
    const { edit, take, value } = sites(mvRegister, mvRegister.values);
    edit(c1, write("v1"));
    take(c2, c1);
    edit(c2, write("v2"));
    take(c1, c2);
    expect(value(c1)).toEqual(["v2"]);
  });

  // The slides' register without causality: one value for each site, a merge copies the other's except for one's own key.
  it("fails both cases as a map from site to value", () => {
    const merge = (own: ReplicaId, mine: Map<ReplicaId, string>, theirs: Map<ReplicaId, string>) =>
      new Map([...mine, ...[...theirs].filter(([site]) => site !== own)]);
    const old = merge(c2, new Map(), new Map([[c1, "v1"]]));
    const now = merge(c3, new Map(), new Map([[c1, "v2"]]));
    expect([...merge(c3, now, old).values()]).toEqual(["v1"]);
    const replaced = new Map([...old, [c2, "v2"] as const]);
    expect([...merge(c1, new Map([[c1, "v1"]]), replaced).values()]).toEqual(["v1", "v2"]);
  });
});
