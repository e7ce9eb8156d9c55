// Goal: a share link's fragment comes back as it was, and one that is not whole says so in a sentence. Method: random
// links, and links altered as mail programs and hands alter them.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DeviceId, DocId } from "../../src/crdt/index.ts";
import { fromBase64Url, toBase64Url } from "../../src/sync/base64url.ts";
import { decodeDeviceLink, decodeLink, encodeDeviceLink, encodeLink } from "../../src/sync/link.ts";

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(array => new Uint8Array(array));
const link = fc.record({
  doc: bytes(32).map(array => Buffer.from(array).toString("hex") as DocId),
  roomSecret: bytes(32),
  inviteSeed: bytes(32),
  server: fc.constantFrom(null, "wss://meet.example/signal", "ws://localhost:8080/a?b=c"),
});

test("a link comes back as it was, with or without its #", () => {
  fc.assert(
    fc.property(link, shared => {
      const fragment = encodeLink(shared);
      expect(fragment).toMatch(/^e\.[\w-]{128}(\.[\w-]+)?$/);
      expect(decodeLink(fragment)).toEqual(shared);
      expect(decodeLink(`#${fragment}`)).toEqual(shared);
    }),
  );
});

test.each([
  ["cut short", (f: string) => f.slice(0, -1), "not whole"],
  ["with a dot behind it", (f: string) => `${f}.`, "meeting place"],
  ["with a third part", (f: string) => `${f}.d3M6Ly9h.x`, "not whole"],
  ["with a space in it", (f: string) => `${f.slice(0, 9)} ${f.slice(10)}`, "not whole"],
  ["of another kind", (f: string) => `v${f.slice(1)}`, "kind"],
  ["empty", () => "", "kind"],
  [
    "naming a page as its meeting place",
    (f: string) => `${f}.${toBase64Url(Buffer.from("https://a.example"))}`,
    "meeting",
  ],
  [
    "naming a meeting place with a space",
    (f: string) => `${f}.${toBase64Url(Buffer.from("ws://a b"))}`,
    "meeting",
  ],
  ["naming a meeting place without an end", (f: string) => `${f}.${"A".repeat(600)}`, "meeting"],
])("a link %s is refused with a sentence", (_, alter, reason) => {
  const [shared] = fc.sample(link, { numRuns: 1, seed: 1 });
  const fragment = encodeLink({ ...shared!, server: null });
  expect(decodeLink(alter(fragment))).toEqual({ error: expect.stringContaining(reason) });
});

test("random fragments never throw (20,000 cases)", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map(text => `e.${text}`),
      ),
      text => {
        expect(decodeLink(text)).toHaveProperty("error");
      },
    ),
    { numRuns: 20_000 },
  );
}, 60_000);

test("base64url has one form for each bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 99 }), array => {
      const text = toBase64Url(array);
      expect(text).toBe(Buffer.from(array).toString("base64url"));
      expect(fromBase64Url(text)).toEqual(new Uint8Array(array));
    }),
  );
  for (const text of ["A", "AB", "AAB", "AA==", "A+", "A/", "é"])
    expect(fromBase64Url(text), text).toBe(null);
});

const deviceLink = fc.record({
  doc: bytes(32).map(array => Buffer.from(array).toString("hex") as DocId),
  roomSecret: bytes(32),
  seed: bytes(32),
  introducer: bytes(32).map(array => Buffer.from(array).toString("hex") as DeviceId),
});

test("a device link comes back as it was, is no share link, and says so where it is not whole", () => {
  fc.assert(
    fc.property(deviceLink, link => {
      const fragment = encodeDeviceLink(link);
      expect(fragment).toMatch(/^d\.[\w-]{171}$/);
      expect(decodeDeviceLink(`#${fragment}`)).toEqual(link);
      expect(decodeLink(fragment)).toHaveProperty("error");
      for (const altered of [
        fragment.slice(0, -1),
        `${fragment}.`,
        `${fragment}A`,
        fragment.replace(".", ". "),
      ])
        expect(decodeDeviceLink(altered)).toHaveProperty("error", expect.stringContaining("not whole"));
      expect(decodeDeviceLink(`e${fragment.slice(1)}`)).toBe(null);
    }),
    { numRuns: 50 },
  );
});
