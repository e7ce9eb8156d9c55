// Carries out what a session asks for: store, key, signature rule, clock, network. The only place where the waiting
// is done; the session decides. One host per open document.

import type { Replica } from "../../crdt/index.ts";
import type { Effect, SessionOptions } from "../effects.ts";
import type { Ciphers, DeviceKey, Network, Store, Verifier } from "../ports.ts";
import { Session } from "../session.ts";
import { steady } from "./clock.ts";
import { StoreFailure } from "./database.ts";
import { reportUncaught } from "./uncaught.ts";

export interface HostOptions extends Omit<SessionOptions, "ciphers" | "now" | "isDurable"> {
  readonly replica: Replica;
  readonly store: Store;
  readonly key: DeviceKey;
  readonly verifier: Verifier;
  readonly ciphers: Ciphers;
  /** As for `Store.append`. */
  readonly chain?: string | null;
  /** Another tab went on while this one could not store: this is over, and `lastWords` are for whoever opens it next. */
  readonly overtaken?: () => void;
}

/** A transaction that was under way, the one behind it, a key's answer, its signature stored, and some to spare. */
const SETTLING_ROUNDS = 16;

export interface HostListener {
  changed(): void;
  presence(): void;
  /** A transaction is complete: what is remembered beside the changes may be brought up to date. */
  stored(): void;
}

export class Host {
  readonly session: Session;
  readonly #options: HostOptions;
  readonly #listener: HostListener;
  readonly #doc: string;
  readonly #unwatch: () => void;
  // A clock that was set back by an hour would let nothing be saved for an hour.
  readonly #now = steady(() => Date.now());
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #network: Network | null = null;
  #isActing = false;
  #isClosed = false;
  /** What is under way; `settled` waits for it. */
  readonly #running = new Set<Promise<void>>();

  constructor(options: HostOptions, listener: HostListener) {
    this.#options = options;
    this.#listener = listener;
    this.#doc = options.replica.doc;
    options.replica.listeners.report = reportUncaught;
    this.session = new Session(
      { ...options, now: this.#now(), isDurable: options.store.durable },
      {
        effect: effect => this.#run(effect),
        changed: () => listener.changed(),
        presence: () => listener.presence(),
      },
    );
    this.#unwatch = options.store.watch(doc => {
      if (doc === this.#doc && !this.#isClosed) this.#step(() => this.session.lookInStore());
    });
    this.#schedule();
  }

  /** Does something to the session at the present time, behind what is due by then, and sees to it that its next tick comes. */
  act<T>(act: (session: Session) => T): T {
    return this.#at(now => this.session.tick(now), act);
  }

  /** The same for an edit or a caret, made of what shows: what is due may be to show what others wrote, and then its positions
   * would be wrong. It comes a moment later. */
  edit<T>(act: (session: Session) => T): T {
    return this.#at(now => this.session.at(now), act);
  }

  #at<T>(begin: (now: number) => void, act: (session: Session) => T): T {
    // Within another, as where a listener puts a caret, it is the same time, and nothing may be taken in that waits for one.
    if (this.#isActing) return act(this.session);
    this.#isActing = true;
    try {
      begin(this.#now());
      return act(this.session);
    } finally {
      this.#isActing = false;
      this.#schedule();
    }
  }

  #step(act: () => void): void {
    if (!this.#isClosed) this.act(act);
  }

  #schedule(): void {
    if (this.#isClosed || this.session.nextAt >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = this.session.nextAt;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Number.POSITIVE_INFINITY;
        this.#step(() => undefined);
      },
      Math.max(0, this.#timerAt - this.#now()),
    );
  }

  /** In place of the one before. Reaching the network takes time; the document may have been closed meanwhile. */
  attach(network: Network): void {
    this.#network?.close();
    this.#network = this.#isClosed || this.session.isOvertaken ? null : network;
    if (this.#network === null) network.close();
  }

  get network(): Network | null {
    return this.#network;
  }

  #run(effect: Effect): void {
    const running = this.#carryOut(effect).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #carryOut(effect: Effect): Promise<void> {
    const { store, key, verifier } = this.#options;
    switch (effect.type) {
      case "append":
        try {
          const { position } = await store.append(
            this.#doc,
            effect.position,
            (head, unseen) => this.act(session => session.closeInTransaction(head, unseen)),
            this.#options.chain,
          );
          this.act(session => session.appended(position));
          this.#listener.stored();
        } catch (error) {
          if (!(error instanceof StoreFailure)) throw error;
          this.act(session => session.appendFailed(error.code));
        }
        break;
      case "read": {
        const { records, position, forks } = await this.#read(effect.position);
        this.act(session => session.restored(records, position, forks));
        break;
      }
      case "sign": {
        const signature = await key.sign(effect.message);
        this.act(session => session.signed(effect.token, signature));
        break;
      }
      case "verify": {
        const verdicts = await verifier.verify(effect.questions);
        this.act(session => session.verified(effect.token, verdicts));
        break;
      }
      case "putFork":
        try {
          await store.putFork(this.#doc, effect.record);
        } catch (error) {
          if (!(error instanceof StoreFailure)) throw error;
          this.act(session => session.forkNotKept(effect.record.device));
        }
        break;
      case "putSignature":
        await this.#putSignature(effect);
        this.act(session => session.signatureStored(effect.id));
        break;
      case "soon":
        this.#schedule();
        break;
      case "leave":
        this.#network?.close();
        this.#network = null;
        this.#options.overtaken?.();
    }
  }

  async #read(from: number) {
    const { store } = this.#options;
    try {
      const [read, forks] = await Promise.all([store.read(this.#doc, from), store.forks(this.#doc)]);
      return { ...read, forks };
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      // What could not be read now is read with the next transaction or the next word from another tab.
      return { records: [], position: from, forks: [] };
    }
  }

  // A change whose signature could not be stored is signed again at the next start; it may go all the same, since
  // its number is taken.
  async #putSignature({ id, signature }: Extract<Effect, { type: "putSignature" }>): Promise<void> {
    try {
      await this.#options.store.putSignature(this.#doc, id, signature);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
    }
  }

  /** When what is under way now has ended, and what follows from it: others who go on writing are not waited for. */
  async settled(): Promise<void> {
    for (let round = 0; round < SETTLING_ROUNDS && this.#running.size > 0; round++)
      await Promise.allSettled([...this.#running]);
  }

  /** Stores and signs what is open, says goodbye, and sees to the end what still is under way then. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.act(session => session.flush());
    await this.settled();
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#unwatch();
    this.session.close();
    this.#network?.close();
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }
}
