import { expect, test } from "vitest";
import { routeOf } from "../../src/ui/route.ts";

const id = "5f".repeat(32);

test.each([
  ["", { kind: "new" }],
  ["#", { kind: "new" }],
  [`#${id}`, { kind: "document", id }],
  [`#${id}.seed`, { kind: "link", fragment: `#${id}.seed` }],
  ["#short", { kind: "unreadable" }],
  [`#${id}/x`, { kind: "unreadable" }],
])("%s leads to %o", (hash, route) => {
  expect(routeOf(hash)).toEqual(route);
});
