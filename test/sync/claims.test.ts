// Goal: what is named to somebody is never more than a message takes. Method: people of the core's tests.
import { expect, test } from "vitest";
import { Claims } from "../../src/sync/claims.ts";
import { LANES_MAX } from "../../src/sync/limits.ts";
import { decodeMessage, encodeMessage } from "../../src/sync/protocol.ts";
import { claim, deviceTag } from "../../src/sync/reconcile.ts";
import { forge, gather } from "../crdt/people.ts";

const KEY = new Uint8Array(32).fill(5);

test("of rungs as many are named as a message takes", () => {
  const [alice, mallory] = gather("Alice", "Mallory");
  const device = deviceTag(KEY, mallory.device);
  const rungsAsked = () => {
    const claims = new Claims(KEY);
    claims.all(claim(alice.replica, KEY, new Set()));
    claims.heard({ type: "have", how: "all", lanes: [] });
    claims.heard({ type: "have", how: "rungs", lanes: [{ device, seq: 1, tag: new Uint8Array(8) }] });
    return claims.compare(alice.replica, 0).rungs;
  };
  // Each with its own change and the first one below it.
  const faces = Array.from({ length: LANES_MAX / 2 + 1 }, (_, i) =>
    forge(mallory, { ops: () => [{ type: "name", name: `face ${i}` }] }),
  );
  alice.receiveAll(faces.slice(1));
  expect(rungsAsked()).toHaveLength(LANES_MAX);
  alice.receiveAll(faces);
  const lanes = rungsAsked();
  expect(lanes).toHaveLength(LANES_MAX);
  expect(decodeMessage(encodeMessage({ type: "have", how: "rungs", lanes }))).not.toBeNull();
}, 20_000);
