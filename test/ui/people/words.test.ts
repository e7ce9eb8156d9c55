// What is said of a removal before it is signed, as people read it.
import { expect, it } from "vitest";
import { uncountedWords, unseenWords } from "../../../src/ui/people/words.ts";

it("says how much of a person will not count, in the number that fits", () => {
  const preview = { changes: 1, units: 0, unseen: 1 };
  expect(uncountedWords(preview)).toBe("1 change of theirs is set aside already, and will not count.");
  expect(uncountedWords({ ...preview, units: 1 })).toContain("1 change of theirs with 1 character is");
  expect(uncountedWords({ ...preview, changes: 12, units: 345 })).toContain(
    "12 changes of theirs with 345 characters are",
  );
  expect(unseenWords(preview)).toContain("1 more change of theirs has not arrived");
  expect(unseenWords({ ...preview, unseen: 2 })).toContain("2 more changes of theirs have not arrived");
});
