// Goal: a recorded stretch of two friends writing at once is typed into two real browsers, and both have one text.
// Method: a model of what each had seen tells where each keystroke belonged. As long as both go on where
// their carets stand, both press keys at the same time; before somebody jumps elsewhere, both catch up.

import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { type DeviceId, joinMessage, Replica, seedPublicKey, seedSign, toHex } from "../../src/crdt/index.ts";
import type { AnchorName } from "../../src/sync/protocol.ts";
import { anchorAt, bodyText, editBody, positionOf } from "../../src/sync/text.ts";
import { type Person, report, setStage, untilEqual } from "./people.ts";

const stage = setStage();
const TRACE = new URL("../../../shared/traces/concurrent/friendsforever.json.gz", import.meta.url);
const STRETCH = 400;

interface Transaction {
  readonly parents: readonly number[];
  readonly agent: 0 | 1;
  readonly patches: readonly (readonly [at: number, removed: number, inserted: string])[];
}

/** What each friend had seen at each moment, and all that the two had written. */
class Model {
  readonly seen: readonly [Replica, Replica];
  readonly all: Replica;
  readonly #changes: Uint8Array[] = [];
  readonly #agents: number[] = [];
  /** Of each transaction: the newest of the other friend's that its author had seen. */
  readonly #newestOther: number[] = [];
  readonly #merged: [number, number] = [-1, -1];

  constructor() {
    const [owner, friend, reader] = [1, 2, 3].map(n => deviceOf(new Uint8Array(32).fill(n)));
    const { replica, genesis } = Replica.create(owner!, new Uint8Array(16), 0);
    const inviteSeed = new Uint8Array(32).fill(4);
    replica.invite(deviceOf(inviteSeed), "editor");
    const [invitation] = replica.closeDraft(0);
    const signature = seedSign(inviteSeed, joinMessage(replica.doc, friend!));
    this.seen = [replica, Replica.open(friend!, replica.doc, { invite: deviceOf(inviteSeed), signature })];
    this.all = Replica.open(reader!, replica.doc);
    for (const other of [this.seen[1], this.all]) {
      take(other, genesis.bytes);
      take(other, invitation!.bytes);
    }
  }

  /** Brings a transaction's author up to what they had seen when they made it. */
  catchUp({ agent, parents }: Transaction): void {
    const other = Math.max(
      -1,
      ...parents.map(parent => (this.#agents[parent] === agent ? this.#newestOther[parent]! : parent)),
    );
    for (let i = this.#merged[agent] + 1; i <= other; i++)
      if (this.#agents[i] !== agent) take(this.seen[agent], this.#changes[i]!);
    this.#merged[agent] = Math.max(this.#merged[agent], other);
    this.#agents.push(agent);
    this.#newestOther.push(this.#merged[agent]);
  }

  apply({ agent, patches }: Transaction): void {
    const replica = this.seen[agent];
    for (const [at, removed, insert] of patches)
      replica.edit(root => editBody(root, [{ from: at, to: at + removed, insert }]));
    const [closed] = replica.closeDraft(0);
    this.#changes.push(closed!.bytes);
    take(this.all, closed!.bytes);
  }
}

function take(replica: Replica, bytes: Uint8Array): void {
  const inspected = replica.inspect(bytes, new Uint8Array(64));
  if (!inspected.ok) throw new Error(inspected.code);
  const { refused } = replica.admit(
    inspected,
    inspected.questions.map(() => true),
    "trace",
  );
  if (refused.length > 0) throw new Error(refused[0]!.refusal.code);
}

function deviceOf(seed: Uint8Array<ArrayBuffer>): DeviceId {
  return toHex(seedPublicKey(seed)) as DeviceId;
}

/** Two people at their keyboards, who press what was queued at the same time. */
class Typists {
  readonly people: readonly [Person, Person];
  /** The element left of each caret. */
  readonly #carets: [AnchorName | undefined, AnchorName | undefined] = [undefined, undefined];
  #queued: [string[], string[]] = [[], []];
  rounds = 0;
  keysAtOnce = 0;
  /** In which the text was the friends' own in the order of its letters too. */
  roundsInOrder = 0;

  constructor(people: readonly [Person, Person]) {
    this.people = people;
  }

  async play(model: Model, transaction: Transaction): Promise<void> {
    const { agent, patches } = transaction;
    model.catchUp(transaction);
    const seen = model.seen[agent];
    const [at, removed, inserted] = patches[0]!;
    const caret = this.#carets[agent];
    const where = caret === undefined ? null : positionOf(seen, caret);
    const isBackspace = removed === 1 && where === at + 1;
    if (!isBackspace && where !== at) {
      await this.press(model);
      const left = anchorAt(seen, at) as AnchorName;
      await this.people[agent].putCaret(positionOf(model.all, left)!);
    }
    const removing = isBackspace ? ["Backspace"] : new Array<string>(removed).fill("Delete");
    this.#queued[agent].push(...removing, ...inserted);
    model.apply(transaction);
    this.#carets[agent] = anchorAt(seen, at + inserted.length) as AnchorName;
  }

  /** Both press their keys; then both have everything. */
  async press(model: Model): Promise<void> {
    const queued = this.#queued;
    this.#queued = [[], []];
    this.rounds++;
    this.keysAtOnce += Math.min(queued[0].length, queued[1].length);
    await Promise.all(
      this.people.map(async (person, i) => {
        for (const key of queued[i]!) await (key.length > 1 ? person.press(key) : person.type(key));
      }),
    );
    // Enter before a space takes the space along, which the recorded editor did not; and where both began at one place,
    // the order of the keys decides whose letters come first. The letters are the friends' own all the same.
    const text = await untilEqual(this.people);
    const shall = bodyText(model.all);
    expect(lettersOf(text)).toBe(lettersOf(shall));
    if (collapsed(text) === collapsed(shall)) this.roundsInOrder++;
  }
}

function collapsed(text: string): string {
  return text.replace(/\s+/gu, " ");
}

function lettersOf(text: string): string {
  return [...text.replace(/\s/gu, "")].sort().join("");
}

it.skipIf(!existsSync(TRACE))(
  "two friends' recorded keystrokes give both browsers one text",
  {
    timeout: 180_000,
  },
  async () => {
    const { txns } = JSON.parse(gunzipSync(readFileSync(TRACE)).toString()) as { txns: Transaction[] };
    const [alice, bob] = await stage.pair("");
    const typists = new Typists([alice, bob]);
    const model = new Model();
    for (const transaction of txns.slice(0, STRETCH)) {
      expect(transaction.patches).toHaveLength(1);
      await typists.play(model, transaction);
    }
    await typists.press(model);
    report(
      "recorded keystrokes",
      `${STRETCH} in ${typists.rounds} rounds, ${typists.roundsInOrder} of them letter for letter, ${typists.keysAtOnce} pressed at the same time`,
    );
    expect(bodyText(model.all).length).toBeGreaterThan(STRETCH / 2);
    expect(typists.keysAtOnce).toBeGreaterThan(50);
    // Until both first begin at one place, at the least.
    expect(typists.roundsInOrder).toBeGreaterThan(0);
    for (const person of [alice, bob]) await person.isSharedWith(1);
  },
);

it.runIf(!existsSync(TRACE))("two friends' recorded keystrokes are not at hand", () => {
  console.log(`left out: ${TRACE.pathname.split("/").slice(-4).join("/")} is not there`);
});
