// Goal: who is counted as holding all of mine never changes by a keystroke, and never stays for more than a second for
// somebody who holds less. Method: a table of what was written when, who said they hold how much, and who is linked.
import { describe, expect, test } from "vitest";
import type { DeviceId } from "../../src/crdt/index.ts";
import { Delivery } from "../../src/sync/delivery.ts";
import { HOLDERS_OTHER_MAX } from "../../src/sync/limits.ts";
import { Key } from "../crdt/people.ts";
import { meet } from "./puppet.ts";
import { wires } from "./wires.ts";
import { World } from "./world.ts";

const NOW = 1_700_000_000_000;

interface Case {
  /** What was there when the page was opened. */
  readonly opened?: number;
  /** Milliseconds ago, for each change after that. */
  readonly wrote?: readonly number[];
  /** Up to which of mine each of them holds; the name of who is linked is in capitals. */
  readonly held?: Readonly<Record<string, number>>;
}

function of({ opened = 0, wrote = [], held = {} }: Case) {
  const delivery = new Delivery({});
  delivery.opened(opened);
  wrote.forEach((ageMs, i) => void delivery.wrote(opened + i + 1, NOW - ageMs));
  delivery.wrote(opened + wrote.length, NOW);
  for (const [name, seq] of Object.entries(held)) delivery.heard(name as DeviceId, seq);
  const linked = new Set(Object.keys(held).filter(name => name === name.toUpperCase()) as DeviceId[]);
  return [delivery.known, delivery.holders(linked), delivery.waiting];
}

describe("delivery", () => {
  test.each<readonly [string, Case, readonly [known: number, holders: number, waiting: number]]>([
    ["nobody is known", { opened: 3 }, [0, 0, 3]],
    ["the best holder counts", { opened: 5, held: { BOB: 1, CAROL: 3 } }, [2, 0, 2]],
    ["who holds all is counted, here or gone", { opened: 5, held: { BOB: 5, CAROL: 3, dave: 5 } }, [3, 2, 0]],
    [
      "they hold more than this device: restored from an old disk",
      { opened: 2, held: { BOB: 7 } },
      [1, 1, 0],
    ],
    ["nothing of mine to hold", { held: { BOB: 0 } }, [1, 1, 0]],
    [
      "on its way to two, and two are gone",
      { opened: 5, wrote: [10], held: { BOB: 5, CAROL: 5, dave: 5, eve: 5 } },
      [4, 2, 1],
    ],
    [
      "come to one, on its way to the other, and two are gone",
      { opened: 5, wrote: [10], held: { BOB: 6, CAROL: 5, dave: 5, eve: 5 } },
      [4, 2, 0],
    ],
    [
      "on its way for a second",
      { opened: 5, wrote: [1_000], held: { BOB: 6, CAROL: 5, dave: 5, eve: 5 } },
      [4, 1, 0],
    ],
    ["on its way for less", { opened: 5, wrote: [999], held: { BOB: 5 } }, [1, 1, 1]],
    [
      "written without a pause, held up to a second ago",
      { wrote: [1_100, 1_000, 900, 20], held: { BOB: 2 } },
      [1, 1, 2],
    ],
    [
      "written without a pause, held no more than that",
      { wrote: [1_100, 1_000, 900, 20], held: { BOB: 1 } },
      [1, 0, 3],
    ],
    ["written by an earlier page", { opened: 6, held: { BOB: 5 } }, [1, 0, 1]],
  ])("%s", (_, given, expected) => expect(of(given)).toEqual(expected));

  test("is news only where it is more than was known", () => {
    const delivery = new Delivery({ bob: 2 });
    const bob = "bob" as DeviceId;
    expect([1, 2, 3, 3].map(seq => delivery.heard(bob, seq))).toEqual([false, false, true, false]);
    expect(delivery.heldUpTo).toEqual({ bob: 3 });
  });
});

test("who lacks how much of mine is known of each who said what they hold", () => {
  const [bob, carol, dave] = ["bob", "carol", "dave"] as DeviceId[];
  const delivery = new Delivery({});
  delivery.opened(5);
  delivery.heard(bob!, 5);
  delivery.heard(carol!, 3);
  delivery.wrote(6, NOW - 5_000);
  delivery.wrote(7, NOW);
  delivery.wrote(7, NOW);
  // The sixth should have arrived by now, the seventh is on its way.
  expect([delivery.lackedBy(bob!, true), delivery.lackedBy(bob!, false)]).toEqual([1, 2]);
  expect([delivery.lackedBy(carol!, true), delivery.lackedBy(carol!, false)]).toEqual([3, 4]);
  expect(delivery.lackedBy(dave!, true)).toBe(null);
  delivery.heard(bob!, 7);
  expect(delivery.lackedBy(bob!, false)).toBe(0);
});

test("devices of one person are one, and devices of mine are nobody", () => {
  const whose: Readonly<Record<string, string | null>> = { laptop: "Bob", phone: "Bob", watch: null };
  const delivery = new Delivery({}, device => whose[device]!);
  delivery.opened(5);
  const hear = (name: string, seq: number) => delivery.heard(name as DeviceId, seq);
  hear("watch", 5);
  expect([delivery.known, delivery.holders(new Set()), delivery.waiting]).toEqual([0, 0, 5]);
  hear("laptop", 5);
  hear("phone", 5);
  expect([delivery.known, delivery.holders(new Set()), delivery.waiting]).toEqual([1, 1, 0]);
});

describe("who is remembered", () => {
  const strangers = (count: number): string[] => Array.from({ length: count }, (_, i) => `stranger ${i}`);
  const heldBy = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, 1]));

  test("is every member, and of others those who were heard last, as many as may be linked", () => {
    const delivery = new Delivery({}, undefined, device => device === "bob");
    const hear = (name: string): boolean => delivery.heard(name as DeviceId, 1);
    const others = strangers(HOLDERS_OTHER_MAX);
    for (const name of ["bob", ...others]) hear(name);
    expect(delivery.heldUpTo).toEqual(heldBy(["bob", ...others]));
    // Said again, and no news.
    expect(hear(others[0]!)).toBe(false);
    hear("one more");
    expect(delivery.heldUpTo).toEqual(heldBy(["bob", others[0]!, ...others.slice(2), "one more"]));
  });

  test("is not everybody of whom an earlier version kept it", () => {
    const names = strangers(2_000);
    const delivery = new Delivery(heldBy(names), undefined, device => device === names[3]);
    delivery.opened(1);
    expect(delivery.heldUpTo).toEqual(heldBy([names[3]!, ...names.slice(-HOLDERS_OTHER_MAX)]));
  });

  test("are not all who come by a link, say that they hold it, and leave", () => {
    const world = new World();
    const alice = world.create("Alice");
    alice.write("Hello");
    world.share(alice);
    const bob = world.join("Bob", alice);
    world.connect(alice, bob);
    world.run(1_000);
    bob.write("!");
    world.run(1_000);
    bob.crash();
    const { doc } = alice.replica;
    const comeAndGo = (name: string): void => {
      const [key, inviteSeed] = [new Key(name), world.link.seed];
      const mallory = meet(world, alice, wires(world.after), { key, doc, inviteSeed });
      mallory.say(mallory.heardOf("have").at(-1)!);
      world.run(50);
      expect(alice.session.delivery.lackedBy(key.id, false)).toBe(0);
      mallory.wire.cut();
      world.run(50);
    };
    for (const name of strangers(HOLDERS_OTHER_MAX + 5)) comeAndGo(name);
    const remembered = Object.keys(alice.session.delivery.heldUpTo);
    expect(remembered).toContain(bob.replica.device);
    expect(remembered).toHaveLength(1 + HOLDERS_OTHER_MAX);
    // Also once it is opened again.
    alice.profile.delivered = alice.session.delivery.heldUpTo;
    alice.leave();
    world.run(1_000);
    expect(alice.profile.open().session.delivery.heldUpTo).toEqual(alice.profile.delivered);
  });
});
