// Of whom somebody on this device has made sure, by comparing words in person: remembered here, for all documents, and told
// to nobody. What is remembered are keys; a name is kept only to notice another key that goes by it.

import { VERIFIED_MAX } from "../limits.ts";
import type { Verification } from "../view.ts";
import { fieldsOf, isHex } from "./stored-rows.ts";

const SLOT = "chirograph.verified";

/** A person, as of the moment at which words were compared or a device was taken in. */
export interface VerifiedPerson {
  /** All keys that were theirs then. */
  readonly devices: readonly string[];
  readonly name: string | null;
}

export type Shelf = Pick<Storage, "getItem" | "setItem">;

export class Verified {
  readonly #shelf: Shelf | null;
  /** What the shelf held when it was read last: other tabs write there too. */
  #text: string | null = null;
  #people: readonly VerifiedPerson[] = [];
  readonly #devices = new Set<string>();

  /** `shelf` null: what is remembered is forgotten with the page. */
  constructor(shelf: Shelf | null) {
    this.#shelf = shelf;
    this.reread();
  }

  /** Another tab may have written. True if it did. */
  reread(): boolean {
    const text = read(this.#shelf);
    if (text === null || text === this.#text) return false;
    this.#text = text;
    this.#set(parse(text));
    return true;
  }

  #set(people: readonly VerifiedPerson[]): void {
    this.#people = people;
    this.#devices.clear();
    for (const { devices } of people) for (const device of devices) this.#devices.add(device);
  }

  get isEmpty(): boolean {
    return this.#people.length === 0;
  }

  /** What is known of a device of somebody who has `devices` in all and goes by `name`; null for nothing. */
  of(device: string, devices: readonly string[], name: string | null): Verification | null {
    if (this.#devices.has(device)) return "verified";
    if (devices.some(other => this.#devices.has(other))) return "new-device";
    const called = folded(name);
    const isKnown = called !== "" && this.#people.some(person => folded(person.name) === called);
    return isKnown ? "other-key" : null;
  }

  /** The newest last; the oldest is forgotten where they would be too many. */
  remember(person: VerifiedPerson): void {
    this.#keep([...this.#without(person.devices), person].slice(-VERIFIED_MAX));
  }

  forget(devices: readonly string[]): void {
    this.#keep(this.#without(devices));
  }

  #without(devices: readonly string[]): readonly VerifiedPerson[] {
    this.reread();
    return this.#people.filter(person => !person.devices.some(device => devices.includes(device)));
  }

  #keep(people: readonly VerifiedPerson[]): void {
    this.#set(people);
    this.#text = JSON.stringify(people);
    try {
      this.#shelf?.setItem(SLOT, this.#text);
    } catch {
      // Withheld or full: remembered as long as the page lives, as when there is no shelf.
    }
  }
}

/** That of this browser, for the page's life where it withholds storage. */
export function openVerified(): Verified {
  try {
    return new Verified(localStorage);
  } catch {
    return new Verified(null);
  }
}

function read(shelf: Shelf | null): string | null {
  try {
    return shelf === null ? null : (shelf.getItem(SLOT) ?? "[]");
  } catch {
    return null;
  }
}

/** Whatever is not what was written here is passed over. */
function parse(text: string): readonly VerifiedPerson[] {
  try {
    const people: unknown = JSON.parse(text);
    return Array.isArray(people) ? people.filter(isVerifiedPerson).slice(-VERIFIED_MAX) : [];
  } catch {
    return [];
  }
}

function isVerifiedPerson(value: unknown): value is VerifiedPerson {
  const { devices, name } = fieldsOf(value);
  return Array.isArray(devices) && devices.every(isHex) && (name === null || typeof name === "string");
}

/** Its letters and digits alone: whoever wants to be taken for somebody adds what is not seen. */
function folded(name: string | null): string {
  return (name ?? "")
    .normalize("NFKC")
    .replace(/[^\p{L}\p{N}]/gu, "")
    .toLowerCase();
}
