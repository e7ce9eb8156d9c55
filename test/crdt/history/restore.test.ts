// restore(version), then view = at(version), as a new change of whoever restores, and no more of it than differs.

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  docOf,
  finish,
  History,
  type Json,
  type ListEdit,
  MapEdit,
  restore,
  type Version,
} from "../../../src/crdt/index.ts";
import type { Path } from "../../../src/crdt/types/op.ts";
import { Crowd } from "../crowd.ts";
import { deliver, forge, gather, type Person, SEED, sync } from "../people.ts";
import { type Draw, draws, editBy } from "../random-edits.ts";

const RUNS = Number(process.env.RUNS ?? 60);
vi.setConfig({ testTimeout: Math.max(30_000, RUNS * 1_000) });

const crowd = new Crowd(["Alice", "Bob"], root => root.list("list").push({ title: "first" }, 1));
const BODY: Path = [{ at: "body", kind: "text" }];

const histories = fc.record({
  draws: draws({ minLength: 6, maxLength: 30 }),
  picks: fc.array(fc.nat(10_000), { minLength: 8, maxLength: 24 }),
});

/** Two people edit and hear from each other now and then. Answers who restores, and the versions they had on the way. */
function live(history: readonly Draw[], picks: readonly number[]): { alice: Person; versions: Version[] } {
  const [alice, bob] = crowd.gather() as [Person, Person];
  const versions: Version[] = [alice.heads];
  for (const [i, draw] of history.entries()) {
    const pick = picks[i % picks.length]!;
    if (pick % 4 === 0) deliver(bob, alice);
    else (pick % 4 === 1 ? bob : alice).write(root => editBy(draw, root));
    versions.push(alice.heads);
  }
  sync([alice, bob]);
  return { alice, versions };
}

/** Without the sets that do not let anybody do everything. */
function restorable(json: string): Json {
  const { gset: _, twophase: __, gcounter: ___, ...rest } = JSON.parse(json);
  return rest;
}

describe("restoring", () => {
  it("shows the version again, by a change that everybody takes", () => {
    fc.assert(
      fc.property(histories, ({ draws: drawn, picks }) => {
        const { alice, versions } = live(drawn, picks);
        const version = versions[picks[0]! % versions.length]!;
        const doc = docOf(alice.replica);
        const then = doc.history.canonicalJson(version);
        doc.restore(version);
        const letters = alice.close();
        expect(restorable(alice.json)).toEqual(restorable(then));
        const bob = crowd.copy(alice);
        for (const letter of crowd.letters(alice)) expect(crowd.hand(letter, bob).refused).toEqual([]);
        expect(bob.json).toBe(alice.json);
        // What shows already is not written a second time.
        doc.restore(version);
        const again = alice.close().flatMap(({ id }) => alice.replica.get(id)!.change.ops);
        expect(again.filter(op => op.type === "insertText" || op.type === "insertList")).toEqual([]);
        expect(letters.every(({ id }) => alice.replica.get(id)!.change.author === alice.device)).toBe(true);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  function story(...edits: readonly ((root: MapEdit) => void)[]) {
    const [alice] = gather("Alice");
    const versions = edits.map(edit => {
      alice.write(edit);
      return alice.heads;
    });
    const history = new History(alice.replica.doc, alice.replica.ground);
    const back = (version: Version, keys: readonly string[] | null = null) => {
      alice.replica.edit(root => restore(root, history, version, path => alice.replica.node(path), keys));
      return alice.close().flatMap(({ id }) => alice.replica.get(id)!.change.ops);
    };
    return { alice, versions, history, back };
  }

  it("writes only what differs, and what reads alike was restored already", () => {
    const { alice, versions, back } = story(
      root => root.text("body").insert(0, "A fine day, is it not? 🙂"),
      root => root.text("body").delete(2, 4),
      root => root.text("body").insert(2, "foul"),
    );
    const ops = back(versions[0]!);
    expect(alice.text()).toBe("A fine day, is it not? 🙂");
    expect(ops).toMatchObject([{ type: "delete" }, { type: "insertText", text: "ine" }]);
    // The letters are new ones, and read like the old ones.
    expect(back(versions[0]!)).toEqual([]);
  });

  it("brings a counter back from beyond 2^53, to the last unit, by as many increments as that takes", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const { alice, versions, back } = story(
      root => {
        root.counter("votes").increment(3);
        root.counter("up", "gcounter").increment(most);
      },
      root => {
        for (let i = 0; i < 3; i++) root.counter("votes").increment(most);
        root.counter("up", "gcounter").increment(most);
      },
      root => {
        for (let i = 0; i < 6; i++) root.counter("votes").decrement(most);
      },
    );
    expect(back(versions[0]!)).toHaveLength(3);
    expect(JSON.parse(alice.json)).toMatchObject({ votes: 3, up: 2 * most });
    expect(back(versions[1]!)).toHaveLength(3);
    expect(back(versions[0]!)).toHaveLength(3);
    expect(JSON.parse(alice.json)).toMatchObject({ votes: 3 });
  });

  it("leaves alone what it was not asked for, and what others write meanwhile", () => {
    const { alice, versions, back } = story(
      root => root.text("body").insert(0, "old"),
      root => {
        root.text("body").delete(0, 3);
        root.text("body").insert(0, "new");
        root.set("title", "kept");
      },
    );
    alice.replica.edit(root => root.text("body").insert(3, " and a draft"));
    back(versions[0]!, ["body"]);
    expect(JSON.parse(alice.json)).toEqual({ body: "old", title: "kept" });
  });

  it("brings back a version in which something counted that its author has taken back since", () => {
    const { alice, versions, history, back } = story(
      root => root.text("body").insert(0, "Hello, world"),
      root => root.text("body").delete(5, 7),
    );
    const { seq } = alice.replica.ownHead!;
    alice.receive(forge(alice, { ops: () => [{ type: "retract", first: seq, count: 1 }] }));
    expect(alice.text()).toBe("Hello, world");
    expect(history.text(versions[1]!, BODY)).toBe("Hello");
    back(versions[1]!);
    expect(alice.text()).toBe("Hello");
  });

  it.each([[[{}]], [[[]]], [[{}, 2]]])(
    "brings back %j where it was deleted and shows for what somebody wrote into it meanwhile",
    then => {
      const [alice, bob] = gather("Alice", "Bob");
      alice.write(root => root.set("l", then));
      sync([alice, bob]);
      const version = alice.heads;
      bob.write(root => {
        const item = root.list("l").below(0);
        if (item instanceof MapEdit) item.set("x", 1);
        else (item as ListEdit).push(1);
      });
      alice.write(root => root.list("l").delete(0, then.length));
      deliver(bob, alice);
      const doc = docOf(alice.replica);
      doc.restore(version);
      expect(doc.toJson()).toEqual({ l: then });
    },
  );

  it("passes over a register in which Mallory's own client had put an empty node", () => {
    const [alice, mallory] = gather("Alice", "Mallory");
    alice.write(root => {
      root.register("mood").set("good");
      root.text("body").insert(0, "text");
    });
    sync([alice, mallory]);
    const path: Path = [{ at: "mood", kind: "register" }];
    const set = { type: "set", path, key: null, value: { make: "map" }, replaces: [] } as const;
    expect(alice.receive(forge(mallory, { ops: () => [set] })).refused).toEqual([]);
    const version = alice.heads;
    const doc = docOf(alice.replica);
    expect(doc.at(version)).toEqual({ mood: {}, body: "text" });
    alice.write(root => {
      root.register("mood").set("better");
      root.text("body").delete(0, 4);
    });
    doc.restore(version);
    expect(doc.toJson()).toEqual({ mood: "better", body: "text" });
  });

  it("says beforehand which steps it takes in a text, never through the middle of a character", () => {
    const { versions, history, alice } = story(
      root => root.text("body").insert(0, "🙂🙃"),
      root => {
        root.text("body").delete(0, 4);
        root.text("body").insert(0, "🙁🙃");
      },
    );
    expect(history.stepsTo(versions[0]!, BODY)).toEqual([{ from: 0, to: 2, insert: "🙂" }]);
    expect(history.stepsTo(alice.heads, BODY)).toEqual([]);
    expect(finish(history.places(versions[0]!, versions[1]!))).toEqual([
      { path: ["body"], before: "🙂🙃", after: "🙁🙃" },
    ]);
  });
});
