// Group G of the catalogue, as far as its layers exist: disks that rot, and buffers that alter between the look and the use.
// Files and browsers' storage have their own tests (ids.ts names them); seals, votes and transfers are not there yet.

import { expect, it } from "vitest";
import type { Bytes } from "../../src/crdt/index.ts";
import { gather, verify } from "../crdt/people.ts";
import type { Tab } from "../sync/world.ts";
import { room, texts } from "./rooms.ts";

/** The browser dies; what its disk held is altered; it opens again and meets Alice. */
function reopened(
  alice: Tab,
  tab: Tab,
  alter: (rows: Tab["profile"]["disk"]["journal"]["rows"]) => unknown,
): Tab {
  const { profile, world } = tab;
  tab.crash();
  const { journal } = profile.disk;
  const rows = [...journal.rows];
  alter(rows as never);
  profile.disk.journal = { ...journal, rows };
  const again = profile.open();
  world.connect(alice, again);
  world.run(8_000);
  return again;
}

it("G13 a row with one bit altered, cut short or missing is left out, and taken again from others; the rest stands", () => {
  const { profile } = room().bob;
  const count = profile.disk.journal.rows.length;
  expect(count).toBeGreaterThanOrEqual(2);
  for (let at = 0; at < count; at++) {
    for (const harm of ["bit", "cut", "gone"] as const) {
      const { alice, bob, carol } = room();
      const again = reopened(alice, bob, rows => {
        const row = rows[at]!;
        if (harm === "gone") return rows.splice(at, 1);
        const bytes = harm === "cut" ? row.bytes.slice(0, -3) : row.bytes.with(40, row.bytes[40]! ^ 4);
        rows[at] = { ...row, bytes: bytes as Bytes };
        return rows;
      });
      expect([at, harm, ...texts([alice, again, carol])]).toEqual([at, harm, "Hello", "Hello", "Hello"]);
      again.write("!");
      again.world.run(2_000);
      expect(texts([alice, again, carol])).toEqual(["Hello!", "Hello!", "Hello!"]);
    }
  }
}, 60_000);

it("G19 what is admitted is what was judged, though the sender's buffers are altered in between", () => {
  const [alice, bob, carol, mallory] = gather("Alice", "Bob", "Carol", "Mallory");
  const [letter] = mallory.write(root => root.text("body").insert(0, "as judged"));
  for (const { replica } of [alice, bob, carol]) {
    const bytes = letter!.bytes.slice();
    const signature = letter!.signature.slice();
    const inspected = replica.inspect(bytes, signature);
    if (!inspected.ok) throw new Error(inspected.code);
    const verdicts = inspected.questions.map(verify);
    bytes.fill(0x61);
    signature.fill(0);
    expect(replica.admit(inspected, verdicts, "Mallory").refused).toEqual([]);
    expect(replica.get(letter!.id)!.bytes).toEqual(letter!.bytes);
    expect(replica.get(letter!.id)!.signature).toEqual(letter!.signature);
  }
  expect([alice, bob, carol].map(person => person.text())).toEqual(Array(3).fill("as judged"));
});
