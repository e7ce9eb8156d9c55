// Hears what tabs say over links that are not sealed, and checks the law "stored before told" against their disks.

import { decodeChange } from "../../src/crdt/graph/codec.ts";
import type { Bytes, ChangeId, DeviceId } from "../../src/crdt/index.ts";
import { Channel } from "../../src/sync/channel.ts";
import { Peer } from "../../src/sync/peer.ts";
import { decodeMessage, type Message } from "../../src/sync/protocol.ts";
import type { Claim } from "../../src/sync/reconcile.ts";
import { lengthOf } from "../../src/sync/sent-run.ts";
import { asWritten } from "./disk.ts";
import type { Wire } from "./wires.ts";
import type { Profile, Tab } from "./world.ts";

const NO_KEY: Bytes = new Uint8Array(32);

/** Checks what a tab says over a link that is not sealed against what its disk has completed. */
export function listenIn(wire: Wire, tab: Tab): void {
  const channel = new Channel(tab.world.ciphers, { send: NO_KEY, receive: NO_KEY, tags: NO_KEY }, false);
  let frames = 0;
  wire.heard = frame => {
    // Hello and proof.
    if (++frames <= 2) return;
    const { owner } = wire.other!;
    if (wire.isIntercepted) tab.world.toldTooEarly.push(`${tab.name} spoke over an intercepted link`);
    if (wire.fingerprints === null) {
      tab.world.note(tab.name, `${frame.length} bytes, sealed`, owner);
      return;
    }
    const whole = channel.receive(frame);
    if (whole === null) return;
    const message = whole === "broken" ? null : decodeMessage(whole);
    if (message === null) throw new Error(`${tab.name} sent what cannot be read`);
    tab.said[message.type]++;
    tab.world.note(tab.name, inShort(message), owner);
  };
}

/** For the log. */
function inShort(message: Message): string {
  if (message.type === "have") {
    const lanes = message.lanes.map(({ device, seq }) => `${device.slice(0, 4)}:${seq}`);
    const how = message.how === "all" ? "" : `${message.how} `;
    return `have ${how}${lanes.slice(0, 6).join(" ")}${lanes.length > 6 ? " …" : ""}`;
  }
  if (message.type === "changes")
    return `changes ${message.runs.reduce((sum, run) => sum + lengthOf(run), 0)}`;
  return message.type === "took" ? `took ${message.bytes}` : message.type;
}

/** What speaks for a tab with one other: what it claims to hold is checked, sealed or not. */
export function listenedTo(tab: Tab): typeof Peer {
  const check = (lanes: readonly Claim[]) => {
    const held = heldBy(tab.profile);
    for (const { id, author, seq } of lanes)
      if (!held.ids.has(id))
        tab.world.toldTooEarly.push(
          `${tab.name} claimed ${author.slice(0, 6)}:${seq}, which it has not stored`,
        );
  };
  return class extends Peer {
    override claim(lanes: readonly Claim[]): void {
      check(lanes);
      super.claim(lanes);
    }

    override answer(lanes: readonly Claim[], hasLost: boolean): void {
      check(lanes);
      super.answer(lanes, hasLost);
    }
  };
}

/** The same for what is packed to be sent, which on the way is rows that say little by themselves. */
export function watchPacking(tab: Tab): void {
  const { pack } = tab.session;
  const watched: typeof pack = (...given) => {
    const outgoing = pack(...given);
    const held = heldBy(tab.profile);
    const { replica } = tab;
    for (const slot of outgoing?.slots ?? []) {
      const id = replica.ground.graph.idAt(slot);
      const { change } = replica.get(id)!;
      if (held.ids.has(id)) continue;
      const what = `${change.author.slice(0, 6)}:${change.seq}`;
      tab.world.toldTooEarly.push(`${tab.name} sent ${what}, which it has not stored`);
    }
    return outgoing;
  };
  Object.assign(tab.session, { pack: watched });
}

interface Held {
  readonly ids: ReadonlySet<ChangeId>;
  /** Of `signedAlike`, which grows. */
  readonly alike: number;
}

const remembered = new WeakMap<object, Held>();

/** What stands complete on a disk: stored, and of the own changes those that a stored signature covers. */
function heldBy({ key, signedAlike, disk }: Profile): Held {
  const { rows } = disk.journal;
  const known = remembered.get(rows);
  if (known?.alike === signedAlike.size) return known;
  const ids = new Set<ChangeId>();
  const changes = rows.map(({ id, bytes, signature }) => ({
    ...cachedChange(id, bytes),
    isSigned: signature !== null || signedAlike.has(id),
  }));
  const signed = Math.max(
    0,
    ...changes.filter(({ author, isSigned }) => isSigned && author === key.id).map(({ seq }) => seq),
  );
  for (const { id, author, seq } of changes) {
    if (author === key.id && seq > signed) continue;
    ids.add(id);
  }
  const held = { ids, alike: signedAlike.size };
  remembered.set(rows, held);
  return held;
}

const decoded = new Map<string, { readonly id: ChangeId; readonly author: DeviceId; readonly seq: number }>();

/** What was stored in a row, which may be damaged by now. */
export function cachedChange(id: string, bytes: Bytes) {
  const known = decoded.get(id);
  if (known !== undefined) return known;
  const change = decodeChange(asWritten(bytes));
  if ("ok" in change) throw new Error("Expected a change that can be read");
  if (decoded.size > 20_000) decoded.clear();
  const kept = { id: change.id, author: change.author, seq: change.seq };
  decoded.set(id, kept);
  return kept;
}
