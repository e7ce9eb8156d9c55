// Many documents for the price of one. Joining and judging keys costs more than all that a short history does, so
// people join once, and every case begins with fresh copies of that document; a letter is inspected and its signature
// verified once, at one door, and then admitted wherever it goes.

import {
  type ChangeId,
  type Inspected,
  type MapEdit,
  type Reception,
  Replica,
} from "../../src/crdt/index.ts";
import { begin, type Letter, LINK, newcomer, Person, verify } from "./people.ts";

export class Crowd {
  readonly #people: readonly Person[];
  readonly #base: readonly Letter[];
  readonly #inspected = new WeakMap<Letter, Inspected>();

  /** The first one owns the document and makes what `start` makes. */
  constructor(names: readonly string[], start: (root: MapEdit) => unknown) {
    const owner = begin(names[0]!);
    owner.invite(LINK);
    const link = owner.letters();
    const guests = names.slice(1).map(name => {
      const guest = newcomer(name, owner, LINK);
      guest.receiveAll(link);
      guest.replica.rename(name);
      owner.receiveAll(guest.close());
      return guest;
    });
    owner.write(root => start(root));
    this.#people = [owner, ...guests];
    this.#base = owner.letters();
  }

  /** Everybody, at the beginning. */
  gather(count = this.#people.length): Person[] {
    return this.#people.slice(0, count).map(person => this.copy(person));
  }

  /** The person at another tab or with another face: the same key, and nothing but the beginning. */
  copy({ name, key, replica }: Person): Person {
    const copy = new Person(name, key, Replica.open(key.id, replica.doc));
    for (const letter of this.#base) this.hand(letter, copy);
    return copy;
  }

  /** The change that made what there is at the beginning. */
  get last(): ChangeId {
    return this.#base.at(-1)!.id;
  }

  /** What was written since the beginning, parents first. */
  letters(person: Person): Letter[] {
    return person.letters().slice(this.#base.length);
  }

  hand(letter: Letter, to: Person, source = "somebody"): Reception {
    let inspected = this.#inspected.get(letter);
    if (inspected === undefined) {
      const { replica } = this.#people[0]!;
      const answer = replica.inspect(letter.bytes, letter.signature);
      if (!answer.ok) throw new Error(`Expected a well-formed letter, got ${answer.code}`);
      if (!answer.questions.every(verify)) throw new Error("Expected a letter whose signatures hold");
      inspected = answer;
      this.#inspected.set(letter, inspected);
    }
    const yes = inspected.questions.map(() => true);
    return to.replica.admit(inspected, yes, source);
  }
}
