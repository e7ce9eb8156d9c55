// Whoever depends on this package reaches the states by its name.

import * as published from "chirograph/state";
import { expect, it } from "vitest";
import * as source from "../../../src/crdt/state/index.ts";

it("chirograph/state is the front door of src/crdt/state and works from there", () => {
  expect(Object.keys(published).sort()).toEqual(Object.keys(source).sort());
  const { orSet, replicaId } = published;
  const alice = orSet.add(orSet.bottom, replicaId("Alice"), "milk");
  const bob = orSet.add(orSet.bottom, replicaId("Bob"), "eggs");
  expect(orSet.elements(orSet.merge(alice, bob))).toEqual(["eggs", "milk"]);
});
