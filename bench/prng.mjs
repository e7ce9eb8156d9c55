// Luck from a seed (Mulberry32, as in the simulator): equal seeds give equal traces and equal rounds.

export class Prng {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** In [0, bound). */
  below(bound) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  chance(probability) {
    return this.below(2 ** 20) < probability * 2 ** 20;
  }
}
