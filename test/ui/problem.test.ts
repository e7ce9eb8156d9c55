// Goal: people read why something was not done, not what a browser calls it. Method: what browsers say of a part of the page
// that does not come, and what this project says itself.
import { expect, test } from "vitest";
import { StoreFailure } from "../../src/sync/adapters/database.ts";
import { problemOf } from "../../src/ui/problem.ts";

test.each([
  "Failed to fetch dynamically imported module: https://docs.example/assets/exported-AbC.js",
  "error loading dynamically imported module: https://docs.example/assets/exported-AbC.js",
  "Importing a module script failed.",
])("a part of the page that does not come is told of without its address: %s", said => {
  expect(problemOf(new TypeError(said))).toMatch(/^A part of the page could not be fetched\./);
});

test("what says for itself what is wrong is told as it is", () => {
  expect(problemOf(new StoreFailure("quota"))).toBe("The browser has no more room for this site");
  expect(problemOf("No copy was made")).toBe("No copy was made");
});
