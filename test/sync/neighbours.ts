// Many overlays at one meeting place, over toy links that open and end a moment later: a model of time and of who calls
// whom, without sessions. Liars among them take every call and call one victim as fast as they can.

import { Overlay } from "../../src/sync/overlay.ts";
import type { Standing } from "../../src/sync/ports.ts";
import { Prng } from "../sim/prng.ts";

const WAY_MS = 50;
const OPENING_MS = 150;

export class Neighbour {
  readonly id: string;
  readonly overlay: Overlay;
  readonly links = new Set<Neighbour>();
  /** Calls that were answered "no place". */
  refusals = 0;
  linksMost = 0;
  isLiar = false;
  isHere = false;
  /** Has no machine, and takes a call with this probability. */
  takes: number | null = null;

  constructor(id: string, luck: Prng, now: number) {
    this.id = id;
    this.overlay = new Overlay(length => luck.bytes(length), now);
  }

  get honest(): number {
    return [...this.links].filter(other => !other.isLiar).length;
  }
}

export class Neighbourhood {
  now = 0;
  readonly luck: Prng;
  readonly here = new Map<string, Neighbour>();
  /** Whether one knows the other from before. */
  knows: (one: Neighbour, other: Neighbour) => boolean = () => false;
  /** Whether one knows anybody from before. */
  knowsAny: (one: Neighbour) => boolean = () => false;
  /** Whether one is a member of the document, and not only somebody who has the link. */
  isMember: (one: Neighbour) => boolean = () => true;
  #events: { readonly at: number; readonly run: () => void }[] = [];
  readonly #machines: Neighbour[] = [];
  #names = 0;

  constructor(seed: number) {
    this.luck = new Prng(seed);
  }

  /** Liars take every call. */
  enterLiar(): Neighbour {
    const one = this.enter();
    one.isLiar = true;
    one.takes = 1;
    this.#machines.pop();
    return one;
  }

  /** So many who are asked for no more than whether they take a call; they do not know of each other. */
  crowd(size: number, takes: number, isLiar: boolean): Neighbour[] {
    return Array.from({ length: size }, () => {
      const one = new Neighbour(`peer ${this.#names++}`, this.luck, this.now);
      Object.assign(one, { isHere: true, takes, isLiar });
      this.here.set(one.id, one);
      return one;
    });
  }

  enter(): Neighbour {
    const one = new Neighbour(`peer ${this.#names++}`, this.luck, this.now);
    one.isHere = true;
    for (const other of this.here.values()) {
      one.overlay.arrived(other.id, this.now);
      if (other.takes === null) other.overlay.arrived(one.id, this.now);
      this.#after(WAY_MS, () => other.overlay.met(one.id));
      this.#after(2 * WAY_MS, () => one.overlay.met(other.id));
    }
    this.here.set(one.id, one);
    this.#machines.push(one);
    return one;
  }

  /** Without a word: the others hear of it from their links, and from the server. */
  kill(one: Neighbour): void {
    one.isHere = false;
    this.here.delete(one.id);
    for (const other of [...one.links]) this.#end(one, other);
    for (const other of this.here.values()) this.#after(WAY_MS, () => other.overlay.left(one.id));
  }

  call(from: Neighbour, to: Neighbour): void {
    this.#after(WAY_MS, () => {
      if (!to.isHere || !from.isHere) return;
      const hasPlace = to.takes === null ? to.overlay.called(from.id, this.now) : this.luck.chance(to.takes);
      this.#obey(to);
      if (!hasPlace) {
        from.refusals++;
        this.#after(WAY_MS, () => from.overlay.closed(to.id, this.now));
      } else this.#after(OPENING_MS, () => this.#open(from, to));
    });
  }

  #open(a: Neighbour, b: Neighbour): void {
    if (!a.isHere || !b.isHere || a.links.has(b)) return;
    const isWanted = (one: Neighbour, other: Neighbour) => one.takes !== null || one.overlay.wants(other.id);
    if (!isWanted(a, b) || !isWanted(b, a)) return;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      one.links.add(other);
      one.linksMost = Math.max(one.linksMost, one.links.size);
      one.overlay.opened(other.id, this.now);
      this.#after(WAY_MS, () => {
        if (one.links.has(other)) one.overlay.judged(other.id, this.#standingOf(one, other), this.now);
      });
    }
  }

  #standingOf(one: Neighbour, other: Neighbour): Standing {
    if (!this.isMember(other)) return "stranger";
    if (!this.knowsAny(one)) return "member";
    return this.knows(one, other) ? "known" : "unknown";
  }

  #end(a: Neighbour, b: Neighbour): void {
    a.links.delete(b);
    a.overlay.closed(b.id, this.now);
    if (b.links.delete(a)) this.#after(WAY_MS, () => b.overlay.closed(a.id, this.now));
  }

  #obey(one: Neighbour): void {
    if (one.takes !== null) return;
    const { call, drop } = one.overlay.wishes(this.now);
    for (const id of drop) {
      const other = [...one.links].find(each => each.id === id) ?? this.here.get(id);
      if (other !== undefined && one.links.has(other)) this.#end(one, other);
    }
    for (const id of call) {
      const other = this.here.get(id);
      if (other !== undefined) this.call(one, other);
    }
  }

  #after(ms: number, run: () => void): void {
    const at = this.now + ms;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { at, run });
  }

  pass(ms: number, each: () => void = () => undefined): void {
    const end = this.now + ms;
    while (this.now < end) {
      this.now += WAY_MS;
      let done = 0;
      for (
        let next = this.#events[done];
        next !== undefined && next.at <= this.now;
        next = this.#events[done]
      ) {
        done++;
        next.run();
      }
      this.#events.splice(0, done);
      for (const one of this.#machines) if (one.isHere && one.overlay.nextAt <= this.now) this.#obey(one);
      each();
    }
  }

  /** The share of honest people that the greatest part of them holds which hangs together over honest people alone. */
  get togetherShare(): number {
    const honest = [...this.here.values()].filter(one => !one.isLiar);
    const seen = new Set<Neighbour>();
    let most = 0;
    for (const first of honest) {
      if (seen.has(first)) continue;
      let size = 0;
      const waiting = [first];
      seen.add(first);
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
        size++;
        for (const other of one.links) {
          if (other.isLiar || seen.has(other)) continue;
          seen.add(other);
          waiting.push(other);
        }
      }
      most = Math.max(most, size);
    }
    return most / honest.length;
  }
}
