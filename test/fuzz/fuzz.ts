// Spoiled frames, messages, changes, handshakes and files through the real receive path: three honest sessions in a simulated
// room, and Mallory who has the link and speaks by hand. Half of what she spoils she signs anew, so that it gets as far as
// the rules about a change's past. Nothing may throw; what is refused changes nothing; what is taken is in its one form, and
// all three take the same. Everything is drawn from the seed.

import fc from "fast-check";
import { encodeChange, idOf } from "../../src/crdt/graph/codec.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import {
  type Bytes,
  type ChangeId,
  equalBytes,
  save,
  sha256,
  type VerifiedChange,
} from "../../src/crdt/index.ts";
import { LINKS_MAX } from "../../src/sync/limits.ts";
import { decodeMessage, encodeMessage, type Message, type SignedChange } from "../../src/sync/protocol.ts";
import { changes, editor, mallory, type Room, room } from "../attacks/rooms.ts";
import { codeOf, read } from "../crdt/file/files.ts";
import { clock, Key, type Person } from "../crdt/people.ts";
import { draws, editBy } from "../crdt/random-edits.ts";
import { NaiveDocument } from "../model/naive-document.ts";
import { Prng } from "../sim/prng.ts";
import type { Puppet } from "../sync/puppet.ts";
import { spoiled } from "./mutations.ts";

export interface Tally {
  cases: number;
  messages: number;
  frames: number;
  changes: number;
  handshakes: number;
  files: number;
  /** Messages and changes that were taken although they had been spoiled, each in its one form. */
  taken: number;
  cutLinks: number;
  refusedFiles: number;
}

/** After so many the room is left and another one begun: what was taken may not pile up. */
const CASES_IN_ROOM = 2_000;
/** Cases between two looks at what the room holds. */
const CASES_IN_LOOK = 8;
const KEY = new Key("Mallory");

export class Fuzz {
  readonly tally: Tally = {
    cases: 0,
    messages: 0,
    frames: 0,
    changes: 0,
    handshakes: 0,
    files: 0,
    taken: 0,
    cutLinks: 0,
    refusedFiles: 0,
  };
  readonly #seed: number;
  readonly #luck: Prng;

  constructor(seed: number) {
    this.#seed = seed;
    this.#luck = new Prng(seed);
  }

  /** Throws with one sentence for the first promise that is broken. */
  run(cases: number): Tally {
    // Times are in the bytes: with another clock the same seed would spoil other changes.
    clock.now = 1_700_000_000;
    for (let number = 1; this.tally.cases < cases; number++) {
      const scene = new Scene(this.#seed + number, this.#luck, this.tally);
      try {
        scene.play(Math.min(CASES_IN_ROOM, cases - this.tally.cases));
      } catch (error) {
        const what = `SEED ${this.#seed}, near case ${this.tally.cases}: ${(error as Error).message}`;
        throw new Error(what, { cause: error });
      }
    }
    return this.tally;
  }
}

class Scene {
  readonly #luck: Prng;
  readonly #tally: Tally;
  readonly #room: Room;
  readonly #person: Person;
  readonly #letters: readonly SignedChange[];
  readonly #messages: readonly Bytes[];
  readonly #file: Bytes;
  readonly #held: ReadonlySet<ChangeId>;
  #puppet: Puppet | null = null;
  #heads: readonly ChangeId[];
  #json: string;

  constructor(seed: number, luck: Prng, tally: Tally) {
    this.#luck = luck;
    this.#tally = tally;
    this.#room = room(seed);
    const { alice, world } = this.#room;
    this.#person = editor("Mallory", alice);
    const drawn = fc.sample(draws({ minLength: 40, maxLength: 40 }), { seed, numRuns: 1 })[0]!;
    const written = drawn.flatMap(draw => this.#person.write(root => editBy(draw, root)));
    this.#letters = written;
    this.#file = save(this.#person.replica, { snapshot: "small" });
    this.#held = new Set([...this.#person.replica.changes()].map(({ id }) => id));
    const dot = { id: alice.replica.heads[0]!, index: 0 };
    const said: readonly Message[] = [
      changes(written.slice(0, 3)),
      changes(written.slice(3, 4)),
      { type: "have", how: "all", lanes: [{ device: KEY.id.slice(0, 8), seq: 3, tag: world.luck.bytes(8) }] },
      { type: "took", bytes: 0 },
      { type: "presence", presence: { name: "Mallory", caret: { anchor: dot, head: null } } },
      { type: "ping" },
      { type: "pong" },
    ];
    this.#messages = said.map(encodeMessage);
    this.#heads = alice.replica.heads;
    this.#json = alice.replica.canonicalJson();
  }

  play(cases: number): void {
    for (let i = 0; i < cases; i++) {
      this.#case();
      this.#tally.cases++;
      if (i % CASES_IN_LOOK === 0 || i === cases - 1) this.#look();
    }
    this.#end();
  }

  /** Mallory's link; a new one where the last was cut, now and then with a spoiled handshake. */
  #link(): Puppet | null {
    if (this.#puppet !== null && !this.#puppet.isClosed) return this.#puppet;
    if (this.#puppet !== null) this.#tally.cutLinks++;
    const luck = this.#luck;
    const isSpoiled = luck.chance(0.2);
    const which = luck.below(2);
    const alter = (frame: Bytes, at: number) => (at === which ? spoiled(frame, luck, this.#messages) : frame);
    const options = isSpoiled ? { alter } : {};
    const puppet = mallory(this.#room, this.#room.alice, { key: KEY, ...options });
    if (isSpoiled) this.#tally.handshakes++;
    this.#puppet = puppet.isOpen ? puppet : null;
    if (!puppet.isOpen) puppet.wire.cut();
    return this.#puppet;
  }

  #case(): void {
    const kind = this.#luck.below(60);
    const puppet = kind === 0 ? null : this.#link();
    if (kind === 0) this.#readFile();
    if (puppet !== null) this.#say(puppet, kind);
  }

  #say(puppet: Puppet, kind: number): void {
    const luck = this.#luck;
    if (kind < 20) {
      const bytes = spoiled(luck.pick(this.#messages), luck, this.#messages);
      this.#tally.messages++;
      const message = decodeMessage(bytes);
      if (message !== null) {
        this.#tally.taken++;
        if (!equalBytes(encodeMessage(message), bytes))
          throw new Error("A message was read in a second form");
      }
      puppet.sayBytes(bytes);
    } else if (kind < 22) {
      this.#tally.frames++;
      puppet.sayFrame(
        spoiled(Uint8Array.of(luck.below(4), ...luck.pick(this.#messages)), luck, this.#messages),
      );
    } else {
      const { bytes, signature } = luck.pick(this.#letters);
      const altered = spoiled(
        bytes,
        luck,
        this.#letters.map(letter => letter.bytes),
      );
      this.#tally.changes++;
      puppet.say(changes([luck.chance(0.5) ? { bytes: altered, signature } : signedAnew(altered)]));
      if (luck.chance(0.05)) puppet.say(changes([luck.pick(this.#letters)]));
    }
  }

  /** Whatever a file has become, it is refused or loses its tail; half of them have their checks made right again. */
  #readFile(): void {
    this.#tally.files++;
    const altered = spoiled(this.#file, this.#luck, [this.#file, ...this.#messages]);
    const answer = read(this.#luck.chance(0.5) ? altered : withChecks(altered));
    if (codeOf(answer) !== null) this.#tally.refusedFiles++;
    if ("ok" in answer) return;
    for (const verified of answer.replica.changes()) {
      isOneForm(verified);
      if (!this.#held.has(verified.id)) throw new Error("A file brought a change that nobody signed");
    }
  }

  /** What was refused has changed nothing; what was taken is in its one form. */
  #look(): void {
    const { world, alice } = this.#room;
    world.run(20);
    const { replica } = alice;
    const json = replica.canonicalJson();
    if (replica.heads.join() === this.#heads.join()) {
      if (json !== this.#json) throw new Error("What shows has changed and no change was taken");
    } else {
      for (const verified of replica.changesSince(this.#heads)) {
        isOneForm(verified);
        this.#tally.taken++;
      }
    }
    this.#heads = replica.heads;
    this.#json = json;
    if (alice.wires.size > LINKS_MAX * 8)
      for (const wire of alice.wires) if (wire.isClosed) alice.wires.delete(wire);
  }

  /** Mallory goes; the honest write on, hold the same, and it is what the slow oracle makes of it. */
  #end(): void {
    const { world, alice, bob, carol, honest } = this.#room;
    this.#puppet?.wire.close();
    bob.write("!");
    world.run(500);
    const isEqual = (): boolean =>
      honest.every(tab => tab.isStill) &&
      new Set(honest.map(({ replica }) => replica.heads.join())).size === 1;
    if (!world.runUntil(isEqual, 20_000, 100)) throw new Error("The honest do not hold the same in the end");
    const jsons = honest.map(({ replica }) => replica.canonicalJson());
    if (new Set(jsons).size > 1) throw new Error("The honest read the same changes otherwise");
    const oracle = new NaiveDocument([...carol.replica.changes()].map(({ change }) => change)).json();
    if (jsons[0] !== oracle) throw new Error("The oracle reads the same changes otherwise");
    if (!alice.text.includes("!")) throw new Error("An honest letter is lost");
    if (world.toldTooEarly.length > 0) throw new Error(world.toldTooEarly[0]);
  }
}

function isOneForm({ change, bytes }: VerifiedChange): void {
  if (!equalBytes(encodeChange(change, change.refs, change.ops), bytes))
    throw new Error("A change was taken in a second form");
}

function signedAnew(bytes: Bytes): SignedChange {
  return { bytes, signature: KEY.sign(signatureMessage(idOf(bytes))) };
}

const HEAD = 8 + 1 + 32;
const CHECK = 8;
const SEGMENT_TAG = new TextEncoder().encode("chirograph segment 1");

/** wire §13.1: the check of each segment, made right for what its bytes are now. */
function withChecks(file: Bytes): Bytes {
  const bytes = file.slice() as Bytes;
  for (let at = HEAD; at + 2 < bytes.length; ) {
    const kind = bytes[at]!;
    let [length, scale, from] = [0, 1, at + 1];
    for (; from < bytes.length; scale *= 128) {
      const byte = bytes[from++]!;
      length += (byte & 127) * scale;
      if (byte < 128) break;
    }
    const end = from + length;
    if (end + CHECK > bytes.length) break;
    const hashed = new Uint8Array(64 + 1 + length);
    hashed.set(SEGMENT_TAG);
    hashed[64] = kind;
    hashed.set(bytes.subarray(from, end), 65);
    bytes.set(sha256(hashed).subarray(0, CHECK), end);
    at = end + CHECK;
  }
  return bytes;
}

/** The figure of a run, as one line. */
export function figure(seed: number, tally: Tally): string {
  const parts = Object.entries(tally).map(([what, count]) => `${count} ${what}`);
  return `fuzz: SEED ${seed}, 0 exceptions, 0 changes of state by what was refused; ${parts.join(", ")}`;
}
