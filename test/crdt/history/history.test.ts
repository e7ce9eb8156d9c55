// A version shows what its changes show. The oracle: exactly the changes in the past of some heads, by the laws alone. Histories over every kind of node, with forks and masks in them.

import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  type ChangeId,
  finish,
  History,
  type Replica,
  type VerifiedChange,
  type Version,
} from "../../../src/crdt/index.ts";
import type { Path } from "../../../src/crdt/types/op.ts";
import { NaiveDocument } from "../../model/naive-document.ts";
import { Crowd } from "../crowd.ts";
import { deliver, forge, type Letter, type Person, SEED, sync } from "../people.ts";
import { type Draw, draws, editBy } from "../random-edits.ts";

const RUNS = Number(process.env.RUNS ?? 60);
vi.setConfig({ testTimeout: Math.max(30_000, RUNS * 1_000) });

const crowd = new Crowd(["Alice", "Bob", "Carol"], root => root.list("list").push({ title: "first" }, 1));
const BODY: Path = [{ at: "body", kind: "text" }];
const counts = {
  histories: 0,
  retracts: 0,
  versions: 0,
  forks: 0,
  masked: 0,
  aside: 0,
  heads: 0,
  spans: 0,
  dropped: 0,
};

afterAll(() => console.log(`history: SEED=${SEED}`, JSON.stringify(counts)));

const histories = fc.record({
  draws: draws({ minLength: 6, maxLength: 30 }),
  picks: fc.array(fc.nat(10_000), { minLength: 8, maxLength: 24 }),
});

/** Three people edit and hear from each other now and then, and one of them has two faces; in the end Alice holds everything. */
function live(history: readonly Draw[], picks: readonly number[]): Person {
  const people = crowd.gather();
  const face = crowd.copy(people[1]!);
  const writers = picks[0]! % 3 === 0 ? [...people, face] : people;
  if (writers.includes(face)) counts.forks++;
  for (const [i, draw] of history.entries()) {
    const pick = picks[i % picks.length]!;
    const person = writers[pick % writers.length]!;
    const other = writers[(pick + 1) % writers.length]!;
    const seq = person.replica.ownHead?.seq ?? 0;
    if (pick % 5 === 0 && person !== face && other !== face) deliver(other, person);
    else if (pick % 7 === 0 && seq > 2) {
      // Taken back, and given back where that was taken back already.
      const op = { type: "retract", first: seq - ((pick >> 4) % 2), count: 1 } as const;
      expect(person.receive(forge(person, { ops: () => [op] })).refused).toEqual([]);
      counts.retracts++;
    }
    // Every other edit is one of the text, which is compared letter by letter.
    else person.write(root => editBy(i % 2 === 0 ? draw : { ...draw, kind: draw.kind % 6 }, root));
  }
  if (writers.includes(face)) deliver(face, people[0]!);
  sync([people[0]!, people[2]!]);
  for (const person of people.slice(1)) deliver(person, people[0]!);
  counts.histories++;
  return people[0]!;
}

/** Heads drawn from what is there: any changes, none of them below another. */
function versionOf(
  letters: readonly Letter[],
  replica: Replica,
  picks: readonly number[],
  salt: number,
): Version {
  const picked = picks
    .slice(salt % 3, (salt % 3) + 3)
    .map(pick => letters[(pick + salt * 31) % letters.length]!.id);
  const heads = [...new Set(picked)].filter(
    id => !picked.some(other => other !== id && pastOf(replica, [other]).has(id)),
  );
  counts.versions++;
  if (heads.length > 1) counts.heads++;
  return heads.sort();
}

function pastOf(replica: Replica, heads: Version): ReadonlySet<ChangeId> {
  const after = new Set([...replica.changesSince(heads)].map(({ id }) => id));
  return new Set([...replica.changes()].map(({ id }) => id).filter(id => !after.has(id)));
}

/** What exactly these changes make, by the laws alone; what does not count now did not in any version. */
function replayed(person: Person, heads: Version, masked: ReadonlySet<ChangeId>): NaiveDocument {
  const past = pastOf(person.replica, heads);
  const changes = [...person.replica.changes()].map(({ change }) => change);
  const aside = person.replica.people.aside.map(({ id }) => id);
  counts.aside += aside.length;
  return new NaiveDocument(
    changes.filter(({ id }) => past.has(id)),
    new Set([...masked, ...aside]),
    new Set(),
  );
}

function maskSome(
  person: Person,
  letters: readonly Letter[],
  picks: readonly number[],
): ReadonlySet<ChangeId> {
  const masked = new Set(
    picks[1]! % 2 === 0
      ? []
      : letters.filter((_, i) => picks[i % picks.length]! % 4 === 0).map(({ id }) => id),
  );
  counts.masked += masked.size;
  person.replica.mask(masked, true);
  return masked;
}

describe("a history", () => {
  it("shows at any version what exactly the changes in its past show in a fresh replica", () => {
    fc.assert(
      fc.property(histories, ({ draws: drawn, picks }) => {
        const alice = live(drawn, picks);
        const letters = crowd.letters(alice);
        if (letters.length === 0) return;
        const masked = maskSome(alice, letters, picks);
        const history = new History(alice.replica.doc, alice.replica.ground);
        for (let salt = 0; salt < 4; salt++) {
          const version = versionOf(letters, alice.replica, picks, salt);
          const replay = replayed(alice, version, masked);
          expect(history.canonicalJson(version)).toBe(replay.json());
          expect(history.text(version, BODY)).toBe(replay.text(BODY));
          // What is plain at a key is told without the rest.
          for (const [key, value] of Object.entries(JSON.parse(replay.json())))
            expect(history.valueAt(version, key) === "plain").toBe(value === "plain");
        }
        expect(history.canonicalJson(alice.heads)).toBe(alice.json);
        // What was set aside may count again, also in what was filmed before.
        alice.replica.mask(masked, false);
        const version = versionOf(letters, alice.replica, picks, 5);
        expect(history.text(version, BODY)).toBe(replayed(alice, version, new Set()).text(BODY));
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.forks).toBeGreaterThan(RUNS / 10);
    expect(counts.heads).toBeGreaterThan(RUNS / 4);
    expect(counts.masked).toBeGreaterThan(RUNS / 4);
    expect(counts.aside).toBeGreaterThan(0);
    expect(counts.retracts).toBeGreaterThan(RUNS);
  });

  it("says as a diff what applied to at(a) gives at(b), and by whom", () => {
    fc.assert(
      fc.property(histories, ({ draws: drawn, picks }) => {
        const alice = live(drawn, picks);
        const letters = crowd.letters(alice);
        if (letters.length === 0) return;
        const masked = maskSome(alice, letters, picks);
        const history = new History(alice.replica.doc, alice.replica.ground);
        const [a, b] = [0, 1].map(salt => versionOf(letters, alice.replica, picks, salt)) as [
          Version,
          Version,
        ];
        const spans = history.diff(a, b, BODY);
        counts.spans += spans.length;
        const said = (kind: string) =>
          spans
            .filter(span => span.kind === "same" || span.kind === kind)
            .map(({ text }) => text)
            .join("");
        const [before, after] = [replayed(alice, a, masked), replayed(alice, b, masked)];
        expect(said("deleted")).toBe(before.text(BODY));
        expect(said("inserted")).toBe(after.text(BODY));
        const past = pastOf(alice.replica, b);
        for (const { kind, author, change } of spans) {
          if (kind === "same") expect([author, change]).toEqual([null, null]);
          else {
            expect(alice.replica.get(change!)!.change.author).toBe(author);
            if (kind === "inserted") expect(past.has(change!)).toBe(true);
          }
        }
        const places = finish(history.places(a, b));
        expect(places.length === 0).toBe(before.json() === after.json());
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(counts.spans).toBeGreaterThan(RUNS);
  });

  it("goes on as if nothing were when work was dropped half way, or others wrote meanwhile", () => {
    fc.assert(
      fc.property(histories, ({ draws: drawn, picks }) => {
        const alice = live(drawn, picks);
        const history = new History(alice.replica.doc, alice.replica.ground);
        const root = crowd.last;
        for (let i = 0; i < 400; i++) alice.write(edit => edit.text("body").insert(0, "x"));
        for (const version of [alice.heads, [root], alice.heads]) {
          const work = history.at(version, () => null);
          if (!work.next().done) counts.dropped++;
          work.return(null);
          alice.write(edit => edit.text("body").insert(0, "y"));
        }
        expect(history.canonicalJson([root])).toBe(replayed(alice, [root], new Set()).json());
        expect(history.canonicalJson(alice.heads)).toBe(alice.json);
      }),
      { seed: SEED, numRuns: 3 },
    );
    expect(counts.dropped).toBeGreaterThan(3);
  });

  it("blames every letter on the change that made it, at any version", () => {
    fc.assert(
      fc.property(histories, ({ draws: drawn, picks }) => {
        const alice = live(drawn, picks);
        const letters = crowd.letters(alice);
        if (letters.length === 0) return;
        const history = new History(alice.replica.doc, alice.replica.ground);
        const version = versionOf(letters, alice.replica, picks, 2);
        finish(history.read());
        const text = history.text(version, BODY);
        const past = pastOf(alice.replica, version);
        let at = 0;
        for (const { from, to, author, change, time } of history.blame(version, BODY, 0, text.length)) {
          expect(from).toBe(at);
          at = to;
          const { change: made } = alice.replica.get(change)!;
          expect(made.author).toBe(author);
          expect(past.has(change)).toBe(true);
          const inserted = made.ops.map(op => (op.type === "insertText" ? op.text : "")).join("");
          for (const letter of text.slice(from, to)) expect(inserted).toContain(letter);
          expect(time).toBe(lastStated(alice.replica, change));
        }
        expect(at).toBe(text.length);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});

function lastStated(replica: Replica, id: ChangeId): number | null {
  for (let at: ChangeId | null = id; at !== null; ) {
    const { change }: VerifiedChange = replica.get(at)!;
    if (change.time !== null) return change.time;
    at = change.prev;
  }
  return null;
}
