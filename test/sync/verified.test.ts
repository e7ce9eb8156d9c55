// Goal: what was verified is remembered by keys, over reloads and tabs, within its limit, and whatever else lies on the shelf
// harms nobody. Method: shelves in memory, a broken one among them.

import { expect, test } from "vitest";
import { type Shelf, Verified } from "../../src/sync/adapters/verified.ts";
import { VERIFIED_MAX } from "../../src/sync/limits.ts";

const [LAPTOP, PHONE, OTHER] = ["a1", "b2", "c3"].map(byte => byte.repeat(32)) as [string, string, string];

function shelf(text: string | null = null): Shelf & { text: string | null } {
  const made = {
    text,
    getItem: () => made.text,
    setItem: (_: string, value: string) => {
      made.text = value;
    },
  };
  return made;
}

test("a key that was compared is told from a new device of its person, and from another key by the name", () => {
  const on = shelf();
  const verified = new Verified(on);
  expect([verified.isEmpty, verified.of(LAPTOP, [LAPTOP], "Bob")]).toEqual([true, null]);
  verified.remember({ devices: [LAPTOP], name: "Bob" });
  for (const again of [verified, new Verified(on)]) {
    expect(again.of(LAPTOP, [LAPTOP], "Robert")).toBe("verified");
    expect(again.of(PHONE, [LAPTOP, PHONE], "Bob")).toBe("new-device");
    for (const name of [" BOB", "Bob ✓", "B\u200bob", "B.o.b."])
      expect(again.of(OTHER, [OTHER], name)).toBe("other-key");
    expect(again.of(OTHER, [OTHER], "Carol")).toBe(null);
    expect(again.of(OTHER, [OTHER], null)).toBe(null);
  }
  // In another document the phone may be the first device.
  verified.remember({ devices: [LAPTOP, PHONE], name: "Bob" });
  expect(verified.of(PHONE, [PHONE], "Bob")).toBe("verified");
  verified.forget([PHONE]);
  expect(new Verified(on).isEmpty).toBe(true);
});

test("two tabs remember what either was told", () => {
  const on = shelf();
  const [one, two] = [new Verified(on), new Verified(on)];
  one.remember({ devices: [LAPTOP], name: "Bob" });
  two.remember({ devices: [OTHER], name: "Carol" });
  expect([one.reread(), one.reread()]).toEqual([true, false]);
  for (const tab of [one, two, new Verified(on)])
    expect([LAPTOP, OTHER].map(key => tab.of(key, [key], null))).toEqual(["verified", "verified"]);
});

test.each([
  ["no JSON", "{"],
  ["no list", '{"devices":[]}'],
  [
    "other things in it",
    `[1, null, {"devices":"${LAPTOP}"}, {"devices":["no key"],"name":"x"}, {"devices":[],"name":7}]`,
  ],
])("a shelf with %s is as good as empty", (_, text) => {
  const verified = new Verified(shelf(text));
  expect(verified.isEmpty).toBe(true);
  verified.remember({ devices: [LAPTOP], name: null });
  expect(verified.of(LAPTOP, [LAPTOP], null)).toBe("verified");
});

test("where nothing can be kept it is remembered as long as the page lives", () => {
  const broken: Shelf = {
    getItem: () => {
      throw new DOMException("withheld", "SecurityError");
    },
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  };
  for (const verified of [new Verified(null), new Verified(broken)]) {
    verified.remember({ devices: [LAPTOP], name: "Bob" });
    verified.remember({ devices: [OTHER], name: "Carol" });
    expect(verified.of(LAPTOP, [LAPTOP], "Bob")).toBe("verified");
  }
});

test("as many people as the limit says, and the oldest is forgotten with one more", () => {
  const key = (n: number) => n.toString(16).padStart(64, "0");
  const people = Array.from({ length: VERIFIED_MAX }, (_, n) => ({ devices: [key(n)], name: null }));
  const verified = new Verified(shelf(JSON.stringify(people)));
  expect(verified.of(key(0), [key(0)], null)).toBe("verified");
  verified.remember({ devices: [LAPTOP], name: null });
  expect([key(0), key(1), LAPTOP].map(one => verified.of(one, [one], null))).toEqual([
    null,
    "verified",
    "verified",
  ]);
});
