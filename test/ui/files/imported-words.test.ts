import { expect, test } from "vitest";
import { importedWords } from "../../../src/ui/files/imported-bar.tsx";

test.each([
  [
    { isNew: true, fresh: 9, left: 0 },
    "Everything in the file holds. The document is kept on this device now.",
  ],
  [{ isNew: false, fresh: 0, left: 0 }, "Nothing new: all that holds in the file is here already."],
  [{ isNew: false, fresh: 1, left: 0 }, "1 new change came from the file."],
  [{ isNew: false, fresh: 1200, left: 0 }, "1,200 new changes came from the file."],
  [
    { isNew: false, fresh: 2, left: 1 },
    "2 new changes came from the file. 1 was left out, as nothing here could prove it to others.",
  ],
  [
    { isNew: false, fresh: 2, left: 3 },
    "2 new changes came from the file. 3 were left out, as nothing here could prove them to others.",
  ],
])("what a file brought is said in words: %o", (imported, words) => {
  expect(importedWords(imported)).toBe(words);
});
