// Goal: to list a long document for ranges keeps a page from drawing, so however many ask for it at once, one list is made at a
// time, each is served in its turn, and who has left holds nobody up. Method: links without a network under one host, who has the
// graph of a person of the core's tests, and a clock that is set.
import { beforeEach, describe, expect, test } from "vitest";
import type { Replica } from "../../src/crdt/index.ts";
import { LISTED_REST_MS } from "../../src/sync/limits.ts";
import type { Message, Range } from "../../src/sync/protocol.ts";
import { Ranging } from "../../src/sync/ranging.ts";
import { Turns } from "../../src/sync/turns.ts";
import { gather } from "../crdt/people.ts";

const ALL: readonly Range[] = [
  {
    depth: Number.MAX_SAFE_INTEGER,
    tag: new Uint8Array(8).fill(255),
    says: { type: "sum", sum: new Uint8Array(8) },
  },
];

let now = 0;
let lists: Turns;
/** How many lists were made. */
let made: number;
let replica: Replica;
/** Of the document: as if it were that long. */
let held: readonly number[];

beforeEach(() => {
  now = 1_000;
  lists = new Turns();
  made = 0;
  const [alice] = gather("Alice", "Bob");
  replica = alice.replica;
  const [slot] = replica.ground.graph.order;
  held = new Array<number>(10_000).fill(slot!);
});

class Link {
  readonly said: Message[] = [];
  readonly tagKey = new Uint8Array(32);
  readonly ranging: Ranging<Link>;

  constructor() {
    this.ranging = new Ranging<Link>(this, {
      get now() {
        return now;
      },
      replica,
      lists,
      reachOf: () => "all",
      heldFor: () => {
        made++;
        return held;
      },
    });
  }

  send(message: Message): void {
    this.said.push(message);
  }

  offer(slots: readonly number[]): void {
    expect(slots).toEqual([]);
  }

  demerit(): void {
    throw new Error("Expected nothing senseless");
  }
}

/** Long enough for one more list. */
function wait(...links: readonly Link[]): void {
  now += held.length * LISTED_REST_MS;
  for (const { ranging } of links) ranging.tick(now);
}

describe("lists for ranges", () => {
  test("are made one at a time, each in its turn", () => {
    const links = Array.from({ length: 5 }, () => new Link());
    for (const { ranging } of links) ranging.heard(ALL);
    expect(made).toBe(1);
    // The last ones ask first, and as often as they like.
    for (let i = 0; i < 20; i++) for (const { ranging } of [...links].reverse()) ranging.heard(ALL);
    expect(made).toBe(1);
    for (let count = 2; count <= 5; count++) {
      wait(...[...links].reverse());
      expect(made).toBe(count);
      expect(links.map(({ said }) => said.length > 0)).toEqual(links.map((_, i) => i < count));
    }
  });

  test("are waited for by who begins, too", () => {
    const [first, second] = [new Link(), new Link()];
    first.ranging.begin();
    second.ranging.begin();
    expect([first.said.length, second.said.length]).toEqual([1, 0]);
    wait(first, second);
    expect([first.said.length, second.said.length]).toEqual([1, 1]);
  });

  test("are not held up by who has left", () => {
    const [first, second, third] = [new Link(), new Link(), new Link()];
    for (const { ranging } of [first, second, third]) ranging.heard(ALL);
    second.ranging.end();
    wait(first, third);
    expect(second.said).toEqual([]);
    expect(third.said).toHaveLength(1);
  });
});
