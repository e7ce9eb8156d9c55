// Which devices are whose, and which of them were disowned: the first half of the fold over ops about people. Among the
// devices of a person recovery keys are senior to all, then the first device, then the earlier introduced; a device
// reaches junior ones alone. They are taken in that order, once, so what a device did is settled by what its seniors
// did, and nothing is undone later (design: "People, devices, links").
//
//     Alice's laptop ── introduces ──▶ phone ── introduces ──▶ watch
//           ▲── disowns ── recovery key             what the laptop did counts where the disowning knew of it

import type { DeviceId, DisownOp, IntroduceOp, PersonId } from "../graph/change.ts";
import type { Slot } from "../types/dot.ts";
import { type Act, Agenda, type Causality, compareActs, isAfter } from "./acts.ts";

type Introduction = Act<IntroduceOp>;
type Disowning = Act<DisownOp>;

export interface Device {
  readonly device: DeviceId;
  readonly person: PersonId;
  readonly isRecovery: boolean;
  /** Null for the first device of a person. */
  readonly introduction: Introduction | null;
  /** What ends it: of what it did counts what lies in the past of all of these. */
  readonly disownings: readonly Disowning[];
}

interface OpenDevice extends Device {
  readonly disownings: Disowning[];
}

export class Persons {
  readonly #causality: Causality;
  readonly #devices = new Map<DeviceId, OpenDevice>();
  readonly #introductions = new Map<DeviceId, Introduction[]>();
  readonly #disownings = new Map<DeviceId, Disowning[]>();
  /** Of disownings that are done, by whom they are about; who that is may come out later. */
  readonly #ends = new Map<DeviceId, { readonly by: OpenDevice; readonly act: Disowning }[]>();

  /** `acts`: all ops about people of a set of changes, in any order. */
  constructor(acts: readonly Act[], causality: Causality) {
    this.#causality = causality;
    for (const act of acts) {
      if (act.op.type === "introduce") push(this.#introductions, act.author, act as Introduction);
      else if (act.op.type === "disown") push(this.#disownings, act.author, act as Disowning);
    }
    if (this.#introductions.size === 0) return;
    this.#foldRecoveryKeys();
    this.#foldDevices();
  }

  /** Of a device that nobody introduced: the first of a person. */
  of(device: DeviceId): Device {
    return (
      this.#devices.get(device) ?? {
        device,
        person: device,
        isRecovery: false,
        introduction: null,
        disownings: [],
      }
    );
  }

  personOf(device: DeviceId): PersonId {
    return this.#devices.get(device)?.person ?? device;
  }

  /** Those of a person in their order, the most senior first. */
  devicesOf(person: PersonId): readonly Device[] {
    const devices: Device[] = [...this.#devices.values()].filter(device => device.person === person);
    if (!this.#devices.has(person)) devices.push(this.of(person));
    return devices.sort((a, b) => this.#compare(a, b));
  }

  /** Whether what a device did in a change is not ended by a disowning. */
  isOwned(device: DeviceId, slot: Slot): boolean {
    const known = this.#devices.get(device);
    if (known === undefined) return true;
    for (const { slot: end } of known.disownings) if (!this.#causality.reaches(end, slot)) return false;
    return true;
  }

  /** What a device handed on to those it introduced. */
  sharedBy(device: DeviceId): { readonly opsMax: number; readonly bytesMax: number } {
    let [opsMax, bytesMax] = [0, 0];
    for (const { op } of this.#introductions.get(device) ?? []) {
      opsMax += op.opsMax;
      bytesMax += op.bytesMax;
    }
    return { opsMax, bytesMax };
  }

  /** Whether `senior` may disown `junior`. */
  isSenior(senior: Device, junior: Device): boolean {
    return senior.person === junior.person && this.#compare(senior, junior) < 0;
  }

  // ------------------------------------------------------------------------------------------------- the fold

  /** A recovery key is introduced by the first device of a person, or by another recovery key. They are senior to the device
   * that introduced them, so they are taken before it, in the order in which they came. */
  #foldRecoveryKeys(): void {
    for (const act of this.#inOrder([...this.#introductions.values()].flat())) {
      if (!act.op.isRecovery) continue;
      const by = this.#devices.get(act.author) ?? this.#enter(act.author, null, null);
      if (!this.#mayIntroduce(by, act)) continue;
      this.#disownBy(this.#enter(act.op.device, by, act));
    }
  }

  #foldDevices(): void {
    const introduced = new Set([...this.#introductions.values()].flat().map(({ op }) => op.device));
    const introducers = [...this.#introductions.keys()].sort();
    const firsts = introducers.filter(device => !introduced.has(device));
    this.#fold([
      ...this.#devices.values(),
      ...firsts.filter(device => !this.#devices.has(device)).map(device => this.#enter(device, null, null)),
    ]);
    // Whose introduction does not count is nobody's device, and so the first of a person of its own.
    for (const device of introducers)
      if (!this.#devices.has(device)) this.#fold([this.#enter(device, null, null)]);
  }

  #fold(devices: readonly OpenDevice[]): void {
    const agenda = new Agenda<OpenDevice>((a, b) => this.#compare(a, b));
    for (const device of devices) agenda.add(device);
    for (let device = agenda.next(); device !== undefined; device = agenda.next()) {
      if (!device.isRecovery) this.#disownBy(device);
      for (const act of this.#inOrder(this.#introductions.get(device.device)))
        if (!act.op.isRecovery && this.#mayIntroduce(device, act))
          agenda.add(this.#enter(act.op.device, device, act));
    }
  }

  #inOrder<A extends Act>(acts: readonly A[] = []): A[] {
    return [...acts].sort((a, b) => compareActs(this.#causality, a, b));
  }

  /** What its seniors had done by now ends it: those who come later in the fold are its juniors. `by` null: the first of a person. */
  #enter(device: DeviceId, by: OpenDevice | null, introduction: Introduction | null): OpenDevice {
    const person = by?.person ?? device;
    const isRecovery = introduction?.op.isRecovery ?? false;
    const entered: OpenDevice = { device, person, introduction, isRecovery, disownings: [] };
    this.#devices.set(device, entered);
    for (const end of this.#ends.get(device) ?? [])
      if (this.isSenior(end.by, entered)) entered.disownings.push(end.act);
    return entered;
  }

  /** Whoever has a person already keeps it. */
  #mayIntroduce(by: OpenDevice, act: Introduction): boolean {
    return !this.#devices.has(act.op.device) && act.op.device !== by.person && this.#isDoneBy(by, act);
  }

  #isDoneBy(by: OpenDevice, act: Act): boolean {
    if (by.introduction !== null && !isAfter(this.#causality, act, by.introduction)) return false;
    return this.isOwned(by.device, act.slot);
  }

  #disownBy(by: OpenDevice): void {
    for (const act of this.#inOrder(this.#disownings.get(by.device))) {
      if (!this.#isDoneBy(by, act)) continue;
      push(this.#ends, act.op.device, { by, act });
      const target = this.#devices.get(act.op.device);
      if (target !== undefined && this.isSenior(by, target)) target.disownings.push(act);
    }
  }

  #compare(a: Device, b: Device): number {
    if (a.isRecovery !== b.isRecovery) return a.isRecovery ? -1 : 1;
    if (a.introduction === null || b.introduction === null) {
      if (a.introduction === b.introduction) return a.device < b.device ? -1 : a.device > b.device ? 1 : 0;
      return a.introduction === null ? -1 : 1;
    }
    return compareActs(this.#causality, a.introduction, b.introduction);
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
