// How the letters of a person are tinted: in the person's hue, of which there are twelve. Of two people in one text who
// have the same one, the second to be seen is drawn dashed and the third dotted.
import { hueOf } from "../people/colour.ts";

const KIN_MAX = 3;

export class Tints {
  readonly #classes = new Map<string, string>();
  readonly #count = new Map<number, number>();

  /** The same for a key as long as this lives. */
  classOf(key: string): string {
    const known = this.#classes.get(key);
    if (known !== undefined) return known;
    const hue = hueOf(key);
    const before = this.#count.get(hue) ?? 0;
    this.#count.set(hue, before + 1);
    const kin = before % KIN_MAX;
    const made = `author-tint hue-${hue}${kin === 0 ? "" : ` is-kin-${kin}`}`;
    this.#classes.set(key, made);
    return made;
  }
}
