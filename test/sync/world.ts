// A world for real sessions: one clock, one source of luck, disks, keys and links that answer later. Nothing in it
// waits for anything but its own clock, so that equal seeds give equal traces. What crosses a link is listened to:
// the law "stored before told" is checked here for every frame of every test.

import {
  type Bytes,
  type DeviceId,
  joinMessage,
  mustFromHex,
  type Policy,
  Replica,
  type SignatureQuestion,
} from "../../src/crdt/index.ts";
import { steady } from "../../src/sync/adapters/clock.ts";
import type { Effect } from "../../src/sync/effects.ts";
import type { LastWords } from "../../src/sync/keeper.ts";
import type { Ciphers, PeerLink, StoreError } from "../../src/sync/ports.ts";
import { Session } from "../../src/sync/session.ts";
import { anchorAt, bodyText, editBody } from "../../src/sync/text.ts";
import type { Status } from "../../src/sync/view.ts";
import { type Key, verify } from "../crdt/people.ts";
import { Log } from "../sim/log.ts";
import { Prng } from "../sim/prng.ts";
import { appended, Disk, forksOf, rowsFrom, withFork, withSignature } from "./disk.ts";
import { deterministicCiphers, isQuickSignature, keyNamed, quickSignature } from "./lucky-ciphers.ts";
import { listenedTo, listenIn, watchPacking } from "./overheard.ts";
import { type Wire, type WireOptions, wires } from "./wires.ts";

const START = 1_700_000_000_000;

interface Event {
  readonly at: number;
  readonly run: () => void;
}

export class World {
  readonly luck: Prng;
  readonly ciphers: Ciphers;
  /** Milliseconds since 1970. */
  now = START;
  readonly log = new Log();
  /** The first words said although they were not stored; must stay empty. */
  readonly toldTooEarly: string[] = [];
  readonly tabs: Tab[] = [];
  /** The invite's key pair, once the document is shared. */
  readonly link = keyNamed("the link of the world");
  readonly after = (delayMs: number, run: () => void): void => this.#plan(this.now + delayMs, run);
  /** Milliseconds until a key or the signature rule answers. */
  answerMs: () => number = () => 1;
  #events: Event[] = [];

  readonly #isQuick: boolean;

  /** Quick: signatures and agreement by hashes that fail when they should and keep no secret, for runs in bulk. */
  constructor(seed = 1, isQuick = false) {
    this.luck = new Prng(seed);
    this.#isQuick = isQuick;
    this.ciphers = deterministicCiphers(this.luck, (key, message) => this.sign(key, message), isQuick);
  }

  /** `nonce`: for another of the many signatures that a key has for one message; those of real keys have one here. */
  sign(key: Key, message: Uint8Array, nonce?: Bytes): Bytes {
    return this.#isQuick ? quickSignature(mustFromHex(key.id), message, nonce) : key.sign(message);
  }

  verify({ key, message, signature }: SignatureQuestion): boolean {
    return this.#isQuick ? isQuickSignature(key, message, signature) : verify({ key, message, signature });
  }

  // Kept in order; what comes later at the same time stands behind.
  #plan(at: number, run: () => void): void {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { at, run });
  }

  note(who: string, what: string, to: string | null = null): void {
    this.log.add(this.now - START, who, what, to);
  }

  /** One line for each thing that happened. */
  get trace(): readonly string[] {
    return this.log.texts;
  }

  /** Lets time pass, everything planned for it included. */
  run(forMs: number): void {
    const until = this.now + forMs;
    for (let next = this.#events[0]; next !== undefined && next.at <= until; next = this.#events[0]) {
      this.#events.shift();
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = until;
  }

  /** Lets time pass until something holds; false if it does not within `boundMs`. */
  runUntil(holds: () => boolean, boundMs = 10_000, stepMs = 10): boolean {
    for (let passed = 0; passed < boundMs; passed += stepMs) {
      if (holds()) return true;
      this.run(stepMs);
    }
    return holds();
  }

  // -------------------------------------------------------------------------------------------------- people

  /** A new document, written by somebody and nobody else yet. */
  create(name: string, policy?: Policy): Tab {
    const profile = new Profile(this, name);
    const nonce = this.luck.bytes(16);
    const { replica, genesis } = Replica.create(profile.key.id, nonce, Math.floor(this.now / 1000), policy);
    const tab = new Tab(profile, replica, false);
    tab.act(session => session.adopt(genesis.id));
    return tab;
  }

  /** Makes the link that everybody else comes by, and waits until it is stored. */
  share(owner: Tab): void {
    owner.act(session => {
      session.amend(replica => replica.invite(this.link.id, "editor"));
      session.setInviteSeed(this.link.seed);
      session.flush();
    });
    owner.profile.link = this.link;
    this.runUntil(() => owner.isStill, 1_000);
  }

  /** Somebody who opened the link, on a device that holds nothing. */
  join(name: string, owner: Tab, hasLink = true): Tab {
    const profile = new Profile(this, name);
    profile.link = hasLink ? this.link : null;
    profile.doc = owner.replica.doc;
    return profile.open();
  }

  connect(a: Tab, b: Tab, options: WireOptions = {}): readonly [Wire, Wire] {
    // The lower name at the meeting place begins.
    const [first, second] = a.name < b.name ? [a, b] : [b, a];
    const ends = wires(this.after, options);
    this.note(first.name, "meets", second.name);
    first.attach(ends[0]);
    second.attach(ends[1]);
    return a === first ? ends : [ends[1], ends[0]];
  }
}

/** A browser profile: one key, one disk, any number of tabs. */
export class Profile {
  readonly world: World;
  readonly name: string;
  readonly key: Key;
  readonly disk: Disk;
  /** What was never told to the disk but has to be known again after a crash. */
  doc: Replica["doc"] | null = null;
  /** The invite's key pair that this device came by, or that it made. */
  link: Key | null = null;
  /** The device that it asks to introduce it; then `link` is that of a device link. */
  introducer: DeviceId | null = null;
  /** Milliseconds that its clock is fast. */
  skewMs = 0;
  /** What others said in earlier sessions that they hold. */
  delivered: Readonly<Record<string, number>> = {};
  /** What pages left that went away, for the next one. */
  lastWords: LastWords[] = [];
  /** Changes whose signature the disk refused: they may go, since they will be signed alike. */
  readonly signedAlike = new Set<string>();
  tabs = 0;

  constructor(world: World, name: string, key = keyNamed(name)) {
    this.world = world;
    this.name = name;
    this.key = key;
    this.disk = new Disk(world.after);
  }

  /** One more tab, or the first one after a crash. */
  open(): Tab {
    const { world, key, doc, link, introducer } = this;
    const ticket =
      link === null || introducer !== null
        ? null
        : { invite: link.id, signature: world.sign(link, joinMessage(doc!, key.id)) };
    return new Tab(this, Replica.open(key.id, doc!, ticket), true);
  }
}

export class Tab {
  readonly profile: Profile;
  readonly name: string;
  readonly replica: Replica;
  readonly session: Session;
  readonly world: World;
  readonly wires = new Set<Wire>();
  /** The clock of its profile, as adapters/host.ts reads it. Milliseconds since 1970. */
  readonly now: () => number;
  isAlive = true;
  /** Why the disk did not take the last transaction; null if it did. */
  refusedBy: StoreError | null = null;
  /** The changes it was opened on. */
  readonly openedOn: readonly string[];
  /** Another tab went on while this one could not store: it is to be opened anew. */
  overtaken: () => void = () => undefined;
  /** How often the session was woken by the clock. */
  ticks = 0;
  /** Says what it shows; grows with `changed`. */
  changes = 0;
  presences = 0;
  /** Signatures it asked to be judged. */
  questions = 0;
  readonly said = {
    have: 0,
    changes: 0,
    took: 0,
    presence: 0,
    introduction: 0,
    word: 0,
    ping: 0,
    pong: 0,
    forks: 0,
    fork: 0,
    frontier: 0,
    ranges: 0,
  };
  #tickAt = Number.POSITIVE_INFINITY;
  #asked = 0;
  /** What is to happen to a page that stands still, oldest first; null while it runs. */
  #waiting: (() => void)[] | null = null;

  constructor(profile: Profile, replica: Replica, isReopened: boolean) {
    this.profile = profile;
    this.world = profile.world;
    this.replica = replica;
    this.name = profile.tabs === 0 ? profile.name : `${profile.name}/${profile.tabs}`;
    this.openedOn = isReopened ? profile.disk.journal.rows.map(({ id }) => id) : [];
    profile.tabs++;
    profile.doc = replica.doc;
    const { world } = this;
    this.now = steady(() => world.now + profile.skewMs);
    this.session = new Session(
      {
        replica,
        ciphers: world.ciphers,
        inviteSeed: profile.link?.seed ?? null,
        introducer: profile.introducer,
        now: this.now(),
        isDurable: true,
        delivered: profile.delivered,
      },
      {
        effect: effect => this.#carryOut(effect),
        changed: () => {
          this.changes++;
        },
        presence: () => {
          this.presences++;
        },
      },
    );
    watchPacking(this);
    profile.disk.watch(this, () => {
      this.whenAwake(() => {
        if (this.isAlive) this.act(session => session.lookInStore());
      });
    });
    world.tabs.push(this);
    if (isReopened) {
      const { rows } = profile.disk.journal;
      this.act(session => session.restored(rows, rows.length, forksOf(profile.disk.journal)));
      const words = profile.lastWords;
      profile.lastWords = words.filter(one => !this.act(session => session.recover(one)));
    } else this.#schedule();
  }

  /** As adapters/host.ts does: at the present time, and its next tick comes. */
  act<T>(act: (session: Session) => T): T {
    this.session.tick(this.now());
    return this.#done(act(this.session));
  }

  /** As there: nothing comes before it. */
  edit<T>(act: (session: Session) => T): T {
    this.session.at(this.now());
    return this.#done(act(this.session));
  }

  #done<T>(result: T): T {
    this.#schedule();
    return result;
  }

  #schedule(): void {
    const at = Math.max(this.session.nextAt - this.now() + this.world.now, this.world.now + 1);
    if (!this.isAlive || at >= this.#tickAt) return;
    this.#tickAt = at;
    this.world.after(at - this.world.now, () => this.whenAwake(() => this.#tick(at)));
  }

  #tick(at: number): void {
    if (!this.isAlive || this.#tickAt !== at) return;
    this.#tickAt = Number.POSITIVE_INFINITY;
    this.ticks++;
    this.act(() => undefined);
  }

  #later(run: () => void): void {
    this.#asked++;
    this.world.after(this.world.answerMs(), () =>
      this.whenAwake(() => {
        this.#asked--;
        if (this.isAlive) run();
      }),
    );
  }

  #carryOut(effect: Effect): void {
    const { disk, key } = this.profile;
    const { world } = this;
    world.note(this.name, effect.type);
    switch (effect.type) {
      case "append":
        this.#begin(
          "append",
          journal => {
            this.session.tick(this.now());
            const unseen = rowsFrom(journal, effect.position);
            return appended(journal, this.session.closeInTransaction(journal.head, unseen));
          },
          session => {
            this.refusedBy = null;
            session.appended(disk.journal.rows.length);
          },
          (session, code) => {
            this.refusedBy = code;
            session.appendFailed(code);
          },
        );
        break;
      case "read":
        this.#begin(
          "read",
          journal => journal,
          session =>
            session.restored(
              rowsFrom(disk.journal, effect.position),
              disk.journal.rows.length,
              forksOf(disk.journal),
            ),
          session => session.restored([], effect.position),
        );
        break;
      case "sign":
        this.#later(() => this.act(session => session.signed(effect.token, world.sign(key, effect.message))));
        break;
      case "verify":
        this.questions += effect.questions.length;
        this.#later(() =>
          this.act(session =>
            session.verified(
              effect.token,
              effect.questions.map(question => world.verify(question)),
            ),
          ),
        );
        break;
      case "putFork":
        this.#begin(
          "putFork",
          journal => withFork(journal, effect.record),
          () => undefined,
          session => session.forkNotKept(effect.record.device),
        );
        break;
      case "putSignature":
        this.#begin(
          "putSignature",
          journal => withSignature(journal, effect.id, effect.signature),
          session => session.signatureStored(effect.id),
          session => {
            this.profile.signedAlike.add(effect.id);
            session.signatureStored(effect.id);
          },
        );
        break;
      case "soon":
        this.#schedule();
        break;
      case "leave":
        this.overtaken();
    }
  }

  #begin(
    kind: Parameters<Disk["begin"]>[0]["kind"],
    change: Parameters<Disk["begin"]>[0]["change"],
    done: (session: Session) => void,
    failed: (session: Session, code: Parameters<Session["appendFailed"]>[0]) => void,
  ): void {
    this.#asked++;
    this.profile.disk.begin({
      owner: this,
      kind,
      whenAwake: this.whenAwake,
      change,
      done: () => {
        this.#asked--;
        this.act(done);
      },
      failed: code => {
        this.#asked--;
        this.world.note(this.name, `${kind} failed: ${code}`);
        this.act(session => failed(session, code));
      },
    });
  }

  // ---------------------------------------------------------------------------------------- standing still

  get isFrozen(): boolean {
    return this.#waiting !== null;
  }

  readonly whenAwake = (run: () => void): void => {
    if (this.#waiting === null) run();
    else this.#waiting.push(run);
  };

  /** The browser lets nothing run in it, or the machine sleeps: all that should happen to it waits for `thaw`. */
  freeze(): void {
    this.#waiting ??= [];
  }

  thaw(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const run of waiting) if (this.isAlive) run();
  }

  // ------------------------------------------------------------------------------------------------- writing

  get text(): string {
    return bodyText(this.replica);
  }

  /** As where the server is reached and everybody there is linked. */
  get status(): Status {
    return this.session.statusWhile("nobody");
  }

  /** Nothing asked is unanswered and nothing typed is open. */
  get isStill(): boolean {
    return this.#asked === 0 && !this.replica.hasDraft;
  }

  replace(from: number, to: number, insert: string): void {
    this.edit(session => session.edit(root => editBody(root, [{ from, to, insert }])));
  }

  /** At the end unless said otherwise. */
  write(text: string, at = this.text.length): void {
    this.replace(at, at, text);
  }

  caret(at: number | null, name = ""): void {
    const { replica } = this;
    this.edit(session =>
      session.setPresence(() => {
        if (at === null) return { name, caret: null };
        const anchor = anchorAt(replica, at);
        return anchor === "draft" ? null : { name, caret: { anchor, head: anchor } };
      }),
    );
  }

  // ------------------------------------------------------------------------------------------------- meeting

  attach(wire: Wire): void {
    this.wires.add(wire);
    wire.owner = this.name;
    wire.whenAwake = this.whenAwake;
    listenIn(wire, this);
    this.link(wire);
  }

  /** A link that nobody listens to. */
  link(link: PeerLink): void {
    this.act(session => session.link(link, listenedTo(this)));
  }

  /** What is gone: the page at once, with all that it had not completed. Silently: nobody is told, as when power fails. */
  crash(isSilent = false): void {
    this.world.note(this.name, "crashes");
    this.#end();
    for (const wire of this.wires)
      if (isSilent) wire.vanish();
      else wire.cut();
  }

  /** The page is closed by its owner: it says goodbye, and what it could not store it leaves for the next one. */
  leave(): void {
    this.world.note(this.name, "leaves");
    const words = this.session.lastWords;
    if (words !== null) this.profile.lastWords.push(words);
    this.session.close();
    this.#end();
  }

  #end(): void {
    this.isAlive = false;
    this.#waiting = null;
    this.profile.disk.leave(this);
    this.world.tabs.splice(this.world.tabs.indexOf(this), 1);
  }
}
