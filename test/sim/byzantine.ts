// Those who lie. One small strategy for each thing that a line of SECURITY.md's adversaries can do; a run draws some of
// them for each liar, in any combination. A liar has a real session with a real invite, so that it is believed as long as
// it says nothing else; its strategies alter what leaves over its direct links, or say more (over relays it is honest: the
// session seals there). What liars believe is not checked. A6, who serves altered code, is outside of any run; A7, who
// uses an unlocked device, is its owner to everybody else.

import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import type { Bytes } from "../../src/crdt/index.ts";
import {
  decodeMessage,
  encodeMessage,
  type HowHeld,
  type Message,
  runOf,
  type SentRun,
} from "../../src/sync/protocol.ts";
import type { Wire } from "../sync/wires.ts";
import type { Tab } from "../sync/world.ts";
import { FORGERIES, type Forged } from "./forgeries.ts";
import type { Stage } from "./world.ts";

export interface Strategy {
  readonly name: string;
  /** The adversary of SECURITY.md. */
  readonly line: "A2" | "A3" | "A4" | "A5";
  /** What leaves in place of what the session says; null for that itself. */
  readonly alter?: (liar: Liar, message: Message, frame: Bytes) => readonly Bytes[] | null;
  /** Of itself, in a step; false if there was no occasion. */
  readonly act?: (liar: Liar) => boolean;
}

/** At most so many bytes of a message in one frame, which is not cut into pieces here. */
const FRAME_ROOM = 15_000;
const PAST_MAX = 200;
const HOW: readonly HowHeld[] = ["all", "lost", "more", "rungs"];

export class Liar {
  readonly stage: Stage;
  tab: Tab;
  readonly strategies: readonly Strategy[];
  readonly wires = new Set<Wire>();
  /** Runs that passed through its hands. */
  readonly past: SentRun[] = [];
  /** Frames it sent. */
  readonly frames: Bytes[] = [];
  /** What it made and shows to nobody yet. */
  withheld: SentRun[] = [];
  /** Says nothing any more. */
  isSilent = false;

  constructor(stage: Stage, tab: Tab, strategies: readonly Strategy[]) {
    this.stage = stage;
    this.tab = tab;
    this.strategies = strategies;
  }

  get luck() {
    return this.stage.luck;
  }

  /** One more direct link to lie over. */
  hold(wire: Wire): void {
    this.wires.add(wire);
    let frames = 0;
    wire.tamper = frame => {
      // An honest handshake: those who cannot prove themselves are strangers, and tried elsewhere.
      if (++frames <= 2 || frame[0] !== 0) return [frame];
      const message = decodeMessage(frame.slice(1));
      if (message === null) return [frame];
      if (message.type === "changes") keepSome(this.past, message.runs);
      keepSome(this.frames, [frame]);
      for (const { name, alter } of this.strategies) {
        const instead = alter?.(this, message, frame) ?? null;
        if (instead === null) continue;
        this.stage.count(name);
        return instead;
      }
      return this.isSilent ? [] : [frame];
    };
  }

  act(): void {
    const able = this.strategies.filter(({ act }) => act !== undefined);
    if (able.length === 0 || !this.tab.isAlive) return;
    const { name, act } = this.luck.pick(able);
    if (!act!(this)) return;
    this.stage.count(name);
    this.stage.world.note(this.tab.name, name);
  }

  /** Those of its links over which something can be said. */
  get open(): Wire[] {
    for (const wire of this.wires) if (wire.isClosed) this.wires.delete(wire);
    return [...this.wires].filter(wire => wire.sizes.length >= 2 && wire.other!.sizes.length >= 2);
  }

  say(wires: readonly Wire[], runs: readonly SentRun[]): boolean {
    for (const frame of framesOf(runs)) for (const wire of wires) wire.inject(frame);
    return wires.length > 0 && runs.length > 0;
  }

  /** With the signature of its own key, unless the forgery is somebody else's. */
  signed({ letter: { id, bytes }, nonce, key }: Forged): SentRun {
    const { world } = this.stage;
    return runOf({
      bytes,
      signature: world.sign(key ?? this.tab.profile.key, signatureMessage(id), nonce),
    });
  }

  /** Made by one of the forgeries; none before there is a document. */
  forged(name: keyof typeof FORGERIES): SentRun[] {
    return this.tab.replica.hasGenesis ? FORGERIES[name](this).map(one => this.signed(one)) : [];
  }
}

function keepSome<T>(kept: T[], more: readonly T[]): void {
  kept.push(...more);
  if (kept.length > PAST_MAX) kept.splice(0, kept.length - PAST_MAX);
}

function frameOf(message: Message): Bytes {
  return Uint8Array.of(0, ...encodeMessage(message));
}

function framesOf(runs: readonly SentRun[]): Bytes[] {
  const frames: Bytes[] = [];
  let batch: SentRun[] = [];
  let bytes = 0;
  for (const run of [...runs, null]) {
    const size = run === null ? 0 : sizeOf(run) + 80;
    if (batch.length > 0 && (run === null || bytes + size > FRAME_ROOM || batch.length === 100)) {
      frames.push(frameOf({ type: "changes", runs: batch }));
      batch = [];
      bytes = 0;
    }
    if (run !== null && size < FRAME_ROOM) batch.push(run);
    bytes += size;
  }
  return frames;
}

function sizeOf({ start, rows }: SentRun): number {
  return rows.length + (start.type === "whole" ? start.bytes.length : start.tag.length);
}

/** One bit of its rows or, where there are none, of its change. */
function bent(run: SentRun, at: number): SentRun {
  const { start, rows } = run;
  if (rows.length > 0) return { ...run, rows: flipped(rows, at % rows.length) };
  if (start.type === "after") return run;
  return { ...run, start: { ...start, bytes: flipped(start.bytes, at % start.bytes.length) } };
}

function flipped(bytes: Bytes, at: number): Bytes {
  return bytes.with(at, bytes[at]! ^ (1 << (at % 8))) as Bytes;
}

/** Alters changes messages, now and then. */
function changesAltered(
  alter: (liar: Liar, first: SentRun, rest: readonly SentRun[], frame: Bytes) => readonly Bytes[],
): NonNullable<Strategy["alter"]> {
  return (liar, message, frame) => {
    if (message.type !== "changes" || !liar.luck.chance(0.4)) return null;
    const [first, ...rest] = message.runs;
    return first === undefined ? null : alter(liar, first, rest, frame);
  };
}

/** Says what was forged to everybody, or to one of two halves. */
function telling(name: keyof typeof FORGERIES, toHalf = false): NonNullable<Strategy["act"]> {
  return liar => {
    const wires = liar.open.filter(() => !toHalf || liar.luck.chance(0.5));
    return liar.say(wires, liar.forged(name));
  };
}

const of = (...runs: SentRun[]): Bytes => frameOf({ type: "changes", runs });

export const STRATEGIES: readonly Strategy[] = [
  {
    name: "altered bytes",
    line: "A2",
    alter: changesAltered(({ luck }, first, rest) => [of(bent(first, luck.below(1_000)), ...rest)]),
  },
  {
    name: "altered signatures",
    line: "A2",
    alter: changesAltered(({ luck }, first, rest) => [
      of({ ...first, signature: flipped(first.signature, luck.below(64)) }, ...rest),
    ]),
  },
  {
    name: "swapped signatures",
    line: "A2",
    alter: changesAltered((liar, first, rest) => [
      of({ ...first, signature: liar.luck.pick(liar.past).signature }, ...rest),
    ]),
  },
  {
    name: "truncated frames",
    line: "A2",
    alter: ({ luck }, _, frame) => (luck.chance(0.05) ? [frame.slice(0, luck.below(frame.length))] : null),
  },
  {
    name: "senseless frames",
    line: "A2",
    alter: ({ luck }, _, frame) => (luck.chance(0.05) ? [luck.bytes(luck.below(60)), frame] : null),
  },
  {
    name: "reversed changes",
    line: "A3",
    alter: changesAltered((_, first, rest) => [of(...rest.toReversed(), first)]),
  },
  {
    name: "repeated frames",
    line: "A3",
    alter: ({ luck }, message, frame) =>
      message.type === "changes" && luck.chance(0.5) ? [frame, frame, frame] : null,
  },
  {
    name: "withheld changes",
    line: "A3",
    // Some of them come late, when their children are long there.
    alter: changesAltered((liar, first, rest) => {
      keepSome(liar.withheld, [first]);
      return rest.length === 0 ? [] : [of(...rest)];
    }),
    act: liar => {
      const { withheld } = liar;
      liar.withheld = [];
      return liar.say(liar.open, withheld);
    },
  },
  {
    name: "selective forwarding",
    line: "A3",
    // Nothing of the owner's goes on.
    alter: changesAltered((liar, first, rest) => {
      const key = Buffer.from(liar.stage.honest[0]!.key.id, "hex");
      // What goes on from something of the owner's is of no use to whoever has not got that.
      const passed = [first, ...rest].filter(
        ({ start }) => start.type === "after" || Buffer.compare(start.bytes.subarray(33, 65), key) !== 0,
      );
      return passed.length === 0 ? [] : [of(...passed)];
    }),
  },
  {
    name: "false claims",
    line: "A3",
    alter: ({ luck }, message) => {
      if (message.type !== "have" || !luck.chance(0.5)) return null;
      const lanes = message.lanes.map(lane => {
        const seq = luck.chance(0.5) ? lane.seq + luck.between(1, 1_000_000) : 1 + luck.below(lane.seq);
        return luck.chance(0.3) ? lane : { ...lane, seq, tag: luck.bytes(8) };
      });
      const how = luck.chance(0.2) ? luck.pick(HOW) : message.how;
      return [frameOf({ type: "have", how, lanes: luck.chance(0.2) ? [] : lanes })];
    },
  },
  {
    name: "claims of strangers' lanes",
    line: "A3",
    act: liar => {
      const { luck } = liar;
      const lanes = Array.from({ length: luck.between(1, 200) }, () => ({
        device: Buffer.from(luck.bytes(4)).toString("hex"),
        seq: luck.pick([1, 7, 2 ** 53 - 1]),
        tag: luck.bytes(8),
      }));
      for (const wire of liar.open) wire.inject(frameOf({ type: "have", how: luck.pick(HOW), lanes }));
      return liar.open.length > 0;
    },
  },
  {
    name: "nothing taken",
    line: "A3",
    alter: (_, message) => (message.type === "took" ? [] : null),
  },
  {
    name: "more taken than sent",
    line: "A3",
    alter: ({ luck }, message) =>
      message.type === "took" && luck.chance(0.5)
        ? [frameOf({ type: "took", bytes: luck.pick([0, message.bytes + 1, 2 ** 53 - 1]) })]
        : null,
  },
  {
    name: "silence",
    line: "A3",
    act: liar => {
      liar.isSilent = !liar.isSilent;
      return true;
    },
  },
  {
    name: "reconnect storms",
    line: "A3",
    act: liar => {
      const { open } = liar;
      for (const wire of open) wire.close();
      return open.length > 0;
    },
  },
  {
    name: "replays",
    line: "A3",
    act: liar => {
      for (const wire of liar.open) for (const frame of liar.frames) wire.inject(frame);
      return liar.open.length > 0 && liar.frames.length > 0;
    },
  },
  {
    name: "carets out of nowhere",
    line: "A3",
    act: liar => {
      const { luck } = liar;
      const id = Buffer.from(luck.bytes(32)).toString("hex") as never;
      const end = luck.chance(0.5) ? (liar.tab.replica.heads[0] ?? id) : id;
      const caret = { anchor: { id, index: luck.below(1_000) }, head: { id: end, index: 2 ** 53 - 1 } };
      for (const wire of liar.open)
        for (let i = luck.between(1, 30); i > 0; i--)
          wire.inject(frameOf({ type: "presence", presence: { name: "Alice", caret } }));
      return liar.open.length > 0;
    },
  },
  {
    name: "two faces",
    line: "A3",
    act: liar => {
      const [here, there] = liar.forged("two faces");
      if (here === undefined || there === undefined) return false;
      for (const wire of liar.open) liar.say([wire], [liar.luck.chance(0.5) ? here : there]);
      return liar.open.length > 0;
    },
  },
  {
    name: "another face",
    line: "A3",
    // To one person alone, when the others have seen two.
    act: liar => liar.open.length > 0 && liar.say([liar.luck.pick(liar.open)], liar.forged("another face")),
  },
  { name: "words dated back", line: "A3", act: telling("words dated back", true) },
  { name: "removals by liars", line: "A3", act: telling("removals by liars", true) },
  { name: "guests of a revoked link", line: "A4", act: telling("guests of a revoked link", true) },
  { name: "wide forks", line: "A3", act: telling("wide forks", true) },
  { name: "long branches revealed", line: "A3", act: telling("long branch", true) },
  {
    name: "long branches backwards",
    line: "A3",
    act: liar => liar.say(liar.open, liar.forged("long branch").toReversed()),
  },
  { name: "orphans", line: "A3", act: telling("orphans") },
  { name: "false names", line: "A3", act: telling("false name") },
  { name: "second signatures", line: "A3", act: telling("second signatures") },
  { name: "false numbers", line: "A3", act: telling("false numbers") },
  { name: "false references", line: "A3", act: telling("false references") },
  { name: "rights not held", line: "A3", act: telling("rights not held") },
  { name: "children of refused changes", line: "A3", act: telling("children of the refused") },
  { name: "many keys from one link", line: "A4", act: telling("sybils") },
  { name: "hostile content", line: "A5", act: telling("hostile content", true) },
];
