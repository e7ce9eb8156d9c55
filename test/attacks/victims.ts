// The notation of the attacks: Alice, Bob and Carol are honest and hold what Alice wrote, Mallory is an invited editor.
// Whatever one of them refuses is refused by three who heard it in different company: with all it stands on, before
// any of that, and several times.

import { expect } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import { idOf } from "../../src/crdt/graph/codec.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import type { Bytes, ChangeId, Json, RefusalCode } from "../../src/crdt/index.ts";
import type { Place } from "../../src/crdt/types/op.ts";
import {
  copyOf,
  type Forgery,
  forge,
  gather,
  type Letter,
  newcomer,
  type Outcome,
  type Person,
  sync,
} from "../crdt/people.ts";

export const BODY = [{ at: "body", kind: "text" as const }];
export const LIST = [{ at: "list", kind: "list" as const }];
/** Of an empty text or list: the beginning, which is the end. */
export const END: Place = { parent: null, side: "right", rightOrigin: null };

export function typing(text: string, place: Place = END): Op {
  return { type: "insertText", path: BODY, ...place, text };
}

/** Behind one letter of a word and before the next. */
export function behind(change: number, index: number): Place {
  return { parent: { change, index }, side: "right", rightOrigin: { change, index: index + 1 } };
}

/** A write of a key of the root that knows of no other. */
export function setting(key: string, value: Json): Op {
  return { type: "set", path: [], key, value: value as number, replaces: [] };
}

export interface Victims {
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly mallory: Person;
  readonly honest: readonly [Person, Person, Person];
  /** The change that all hold: the entry of the text's making is 0, then six letters, the list's making, two items, a value. */
  readonly id: ChangeId;
}

export const LETTER = 1;
export const ITEM = 8;
export const VALUE = 10;

/** Alice has written "honest" and [1, 2] where everybody could read it. */
export function victims(): Victims {
  const people = gather("Alice", "Bob", "Carol", "Mallory");
  const [alice, bob, carol, mallory] = people;
  const [letter] = alice.write(root => {
    root.text("body").insert(0, "honest");
    root.list("list").push(1, 2);
    root.set("key", "value");
  });
  sync(people);
  return { alice, bob, carol, mallory, honest: [alice, bob, carol], id: letter!.id };
}

export const codesOf = (outcomes: readonly Outcome[]): RefusalCode[] =>
  outcomes.flatMap(({ refused }) => refused);

/**
 * The victim and two more refuse with the code, whatever they heard before; nothing changes, and an honest change
 * afterwards is taken.
 */
export function refuses(victim: Person, letter: Letter, code: RefusalCode, honest?: Person): void {
  const { json, heads } = victim;
  const before = victim.letters();
  expect(victim.receive(letter).refused).toEqual([code]);
  expect(victim.receive(letter).refused).toEqual([code]);
  const early = newcomer("Early", victim, null);
  expect(codesOf(early.receiveAll([letter, ...before]))).toEqual([code]);
  const late = copyOf(victim, "Late");
  expect(codesOf(late.receiveAll([letter, letter, letter]))).toEqual([code, code, code]);
  for (const person of [victim, early, late]) {
    expect(person.json).toBe(json);
    expect(person.heads).toEqual(heads);
  }
  if (honest === undefined) return;
  const next = honest.write(root => root.text("body").insert(0, "more "));
  for (const person of [victim, early, late]) expect(codesOf(person.receiveAll(next))).toEqual([]);
}

/** One forged change, refused with a code. */
export function refused(forgery: Forgery | ((id: ChangeId) => Forgery), code: RefusalCode): void {
  const { alice, bob, mallory, id } = victims();
  refuses(alice, forge(mallory, typeof forgery === "function" ? forgery(id) : forgery), code, bob);
}

/** Arbitrary bytes with their author's signature over their hash. */
export function forgeBytes(author: Person, bytes: Bytes): Letter {
  const id = idOf(bytes);
  return { id, bytes, signature: author.key.sign(signatureMessage(id)) };
}

/** Three hear the letters as they are, reversed, and with repetitions; all take them and show the same. */
export function allTake(honest: Victims["honest"], letters: readonly Letter[]): string {
  const orders = [letters, letters.toReversed(), [...letters.toReversed(), ...letters, ...letters]];
  for (const [i, person] of honest.entries()) expect(codesOf(person.receiveAll(orders[i]!))).toEqual([]);
  const [first, ...others] = honest;
  for (const other of others) {
    expect(other.json).toBe(first.json);
    expect(other.heads).toEqual(first.heads);
  }
  return first.json;
}

/** Alice names what all hold of a device with two faces, and the others hear it: it counts from here on. */
export function standOn(honest: Victims["honest"]): void {
  const [alice, ...others] = honest;
  const letters = alice.takeIn();
  for (const other of others) {
    expect(codesOf(other.receiveAll(letters))).toEqual([]);
    expect(other.json).toBe(alice.json);
  }
}

/** The same of what a key shows. */
export function allShow(honest: Victims["honest"], letters: readonly Letter[], key: string): Json {
  return (JSON.parse(allTake(honest, letters)) as Record<string, Json>)[key]!;
}
