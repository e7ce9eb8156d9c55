// Keeps what is held until somebody lets this person in: no transaction takes it, and it may be days of writing. A moment after
// each edit it stands where a page that goes away leaves its last words, so that a crash loses no more than that moment.
// Fetched when something is held for the first time.

import type { Session } from "../session.ts";
import { dropLastWords, entryOf, leaveLastWords } from "./last-words.ts";

/** Milliseconds from an edit until it is kept. */
const KEPT_AFTER_MS = 1_000;

/** An open document. */
interface Holder {
  readonly host: { readonly session: Session };
  forgetWords: () => void;
}

export class HeldWords {
  readonly #session: Session;
  readonly #page: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Lets other pages take what stands there; null while nothing is claimed. */
  #release: (() => void) | null = null;
  #isOver = false;

  /** `page`: not used before. What a document forgets is forgotten here too. */
  constructor(document: Holder, page: string) {
    this.#session = document.host.session;
    this.#page = page;
    const forget = document.forgetWords;
    document.forgetWords = () => {
      forget();
      this.#forget();
    };
  }

  get #doc(): string {
    return this.#session.replica.doc;
  }

  /** Something was drafted. */
  drafted(): void {
    this.#isOver = false;
    this.#timer ??= setTimeout(() => void this.#keep(), KEPT_AFTER_MS);
    // The last that a page on a phone hears of.
    document.addEventListener("visibilitychange", this.#hidden);
  }

  readonly #hidden = (): void => {
    if (document.visibilityState === "hidden" && this.#timer !== undefined) void this.#keep();
  };

  async #keep(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // What another page could not tell from what was left would be written twice.
    const release = this.#release ?? (await claimed(this.#doc, this.#page));
    if (this.#isOver) {
      release?.();
      return;
    }
    this.#release = release;
    const words = this.#session.lastWords;
    if (release === null || words === null) return;
    if (!leaveLastWords(this.#doc, this.#page, words))
      this.#session.say("This browser keeps no more of what you write here: copy it.");
  }

  #forget(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    document.removeEventListener("visibilitychange", this.#hidden);
    dropLastWords(this.#doc, this.#page);
    this.#release?.();
    this.#release = null;
  }
}

/** Says that an entry is of a page that is open, until the answer is called or the page is gone. Null where that cannot be said. */
async function claimed(doc: string, page: string): Promise<(() => void) | null> {
  const { locks } = navigator;
  if (locks === undefined) return null;
  return await new Promise(claim => {
    void locks.request(entryOf(doc, page), () => new Promise<void>(release => claim(release)));
  });
}
