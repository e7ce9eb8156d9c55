// Goal: whatever people do in whatever order, nothing that was written is lost and nothing comes twice. Method: a walk by chance
// through the app, of two people with two tabs each in two documents, all at once. Every word is unlike all others, so it is
// known at the end which have to be there. What they do is drawn from a seed, but not when it happens. SEED, WALKS and STEPS
// say what to walk; without a seed it is another one each time.

import { expect, it } from "vitest";
import { Prng } from "../../sim/prng.ts";
import { PATIENCE_MS, type Person, setStage, untilEqual } from "../people.ts";
import { isLong, rounds, timeoutOf } from "./rounds.ts";

const stage = setStage({ installs: true });
const WALKS = Number(process.env.WALKS ?? rounds(1, 20));
const STEPS = Number(process.env.STEPS ?? rounds(12, 60));
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

const WORD = /[a-z]\d+;/g;
/** Where no word is cut in two. */
const BETWEEN_WORDS = /^|(?<=;)/g;

/** A document, and the words that were ever put into it and taken out of it. */
interface Doc {
  readonly url: string;
  readonly put: Set<string>;
  readonly taken: Set<string>;
}

/** A tab of somebody. */
interface Place {
  readonly name: string;
  readonly owner: string;
  person: Person;
  doc: Doc;
}

type Action = (walk: Walk, place: Place) => Promise<void>;

const write: Action = async (walk, place) => {
  const word = await walk.begins(place, "writes");
  if (walk.luck.chance(0.2)) {
    await place.person.type(`${word[0]}x`);
    await place.person.press("Backspace");
    await place.person.type(word.slice(1));
  } else await place.person.type(word, walk.luck.pick([0, 10, 30]));
  if (walk.luck.chance(0.1)) await place.person.press("Enter");
};

const paste: Action = async (walk, place) => {
  await place.person.paste(await walk.begins(place, "pastes"));
};

const remove: Action = async (walk, place) => {
  const word = await place.person.selectOneOf(WORD, walk.luck.share());
  if (word === null) return;
  walk.note(place, `deletes ${word}`);
  place.doc.taken.add(word);
  await place.person.deleteSelected();
};

/** Nothing comes of it, whatever it was, unless the same person writes in between: in another tab a letter may be on its way. */
const undoAndRedo: Action = async (walk, place) => {
  if (walk.isBesideTwin(place)) return;
  const count = walk.luck.between(1, 3);
  walk.note(place, `undoes ${count} and redoes`);
  await place.person.editor.focus();
  for (let i = 0; i < count; i++) await place.person.press("Control+z");
  await place.person.page.waitForTimeout(walk.luck.pick([0, 100]));
  for (let i = 0; i < count; i++) await place.person.press("Control+Shift+z");
};

const reload: Action = async (walk, place) => {
  walk.note(place, "reloads");
  await place.person.page.reload();
  await place.person.canWrite();
};

const closeAndOpen: Action = async (walk, place) => {
  walk.note(place, "closes");
  const { person } = place;
  // First: a person whose last tab is gone has none to open another one from.
  place.person = await person.secondTab();
  await person.page.close();
  await place.person.page.waitForTimeout(walk.luck.pick([0, 0, 300, 1000]));
  await walk.go(place, walk.luck.pick(walk.docs));
};

const goElsewhere: Action = (walk, place) => walk.go(place, walk.luck.pick(walk.docs));

const lookBack: Action = async (walk, place) => {
  walk.note(place, "looks at History");
  await place.person.button("History").click();
  const past = place.person.page.getByRole("textbox", { name: "The text as it was" });
  await past.waitFor({ timeout: PATIENCE_MS });
  await place.person.press("Escape");
  await past.waitFor({ state: "detached" });
};

const rename: Action = async (walk, place) => {
  walk.note(place, "gives it a title");
  await place.person.title.fill(walk.newWord(place.owner));
  await place.person.press("Enter");
};

const askWhoWrote: Action = async (walk, place) => {
  walk.note(place, "asks who wrote this, or no longer");
  await place.person.button("Who wrote this").click();
};

/** By weight. */
const TOGETHER: readonly (readonly [Action, number])[] = [
  [write, 50],
  [paste, 6],
  [remove, 10],
  [reload, 8],
  [goElsewhere, 8],
  [lookBack, 3],
  [rename, 2],
  [askWhoWrote, 2],
];
/** While the other tab of the same person does nothing. */
const APART = [...TOGETHER, [closeAndOpen, 6], [undoAndRedo, 6]] as const;

class Walk {
  readonly luck: Luck;
  readonly log: string[] = [];
  readonly docs: Doc[] = [];
  readonly #places: Place[] = [];
  #words = 0;
  #isServed = true;

  constructor(seed: number) {
    this.luck = new Luck(seed);
  }

  note(place: Place, does: string): void {
    this.log.push(`${place.name} in document ${this.docs.indexOf(place.doc)} ${does}`);
  }

  /** Whether the other tab of the same person shows the same document. */
  isBesideTwin({ owner, doc, name }: Place): boolean {
    return this.#places.some(other => other.owner === owner && other.doc === doc && other.name !== name);
  }

  newWord(by: string): string {
    return `${by}${++this.#words};`;
  }

  /** A new word is about to stand where the caret does. */
  async begins(place: Place, how: string): Promise<string> {
    await place.person.selectOneOf(BETWEEN_WORDS, this.luck.share());
    const word = this.newWord(place.owner);
    this.note(place, `${how} ${word}`);
    place.doc.put.add(word);
    return word;
  }

  async go(place: Place, doc: Doc): Promise<void> {
    // At the same address nothing happens, and the keyboard stays where it is.
    if (place.doc === doc && place.person.page.url() === doc.url) await place.person.editor.focus();
    place.doc = doc;
    this.note(place, "is there now");
    await place.person.open(doc.url);
  }

  /** Alice makes two documents and shares them with Bob. */
  async begin(): Promise<void> {
    const [alice, bob] = await Promise.all([stage.person(), stage.person()]);
    for (let i = 0; i < 2; i++) {
      const word = this.newWord("z");
      await alice.open(stage.url);
      await alice.type(word);
      await bob.open(await alice.share());
      await bob.sees(word);
      this.docs.push({ url: alice.page.url(), put: new Set([word]), taken: new Set() });
    }
    const [first, second] = this.docs as [Doc, Doc];
    for (const [owner, person] of [
      ["a", alice],
      ["b", bob],
    ] as const) {
      await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      const other = await (await person.secondTab()).open(first.url);
      this.#places.push({ name: `${owner}1`, owner, person, doc: second });
      this.#places.push({ name: `${owner}2`, owner, person: other, doc: first });
    }
  }

  async step(): Promise<void> {
    if (this.luck.chance(0.08)) return this.#turnServer();
    const acting = this.#places.filter(() => this.luck.chance(0.4));
    const owners = new Set(acting.map(({ owner }) => owner));
    const actions = owners.size === acting.length ? APART : TOGETHER;
    this.log.push("--");
    await Promise.all(acting.map(place => this.luck.weighed(actions)(this, place)));
  }

  async #turnServer(): Promise<void> {
    this.log.push(this.#isServed ? "-- the server goes" : "-- the server is back");
    if (this.#isServed) await stage.stopServer();
    else await stage.startServer();
    this.#isServed = !this.#isServed;
  }

  /** All tabs look at each document and show the same, and all of it. */
  async end(): Promise<void> {
    if (!this.#isServed) await this.#turnServer();
    const people = (): Person[] => this.#places.map(({ person }) => person);
    for (const doc of this.docs) {
      for (const place of this.#places) await this.go(place, doc);
      const wanted = [...doc.put].filter(word => !doc.taken.has(word)).toSorted();
      // What each of them lacks, and has too much.
      const wrongIn = (text: string): string[] => {
        const found: readonly string[] = text.match(WORD) ?? [];
        const lacked = wanted.filter(word => !found.includes(word)).map(word => `no ${word}`);
        const extra = found.filter((word, i) => !wanted.includes(word) || found.indexOf(word) < i);
        return [...lacked, ...extra];
      };
      await expect
        .poll(() => Promise.all(people().map(async person => wrongIn(await person.text()))), {
          timeout: 2 * PATIENCE_MS,
        })
        .toEqual(people().map((): string[] => []));
      const text = await untilEqual(people());
      expect(text.match(WORD)?.join("") ?? "", "no word is cut in two").toBe(text.replaceAll("\n", ""));
      await expect
        .poll(async () => new Set(await Promise.all(people().map(({ title }) => title.inputValue()))).size)
        .toBe(1);
    }
  }
}

class Luck extends Prng {
  /** In [0, 1). */
  share(): number {
    return this.below(1000) / 1000;
  }

  weighed<T>(among: readonly (readonly [T, number])[]): T {
    let at = this.below(among.reduce((sum, [, weight]) => sum + weight, 0));
    return among.find(([, weight]) => {
      at -= weight;
      return at < 0;
    })![0];
  }
}

// In the long run not tried again: what it finds comes once in many walks.
it.each(Array.from({ length: WALKS }, (_, i) => SEED + i))(
  "a walk through the app loses nothing (seed %i)",
  { timeout: timeoutOf(STEPS, 5_000), retry: isLong ? 0 : 1 },
  async seed => {
    const walk = new Walk(seed);
    await walk.begin();
    try {
      for (let i = 0; i < STEPS; i++) await walk.step();
      await walk.end();
    } catch (error) {
      console.log(walk.log.join("\n"), error);
      throw error;
    }
  },
);
