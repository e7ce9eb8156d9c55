// Watches whether this device itself turned out to be two-faced in an open document, and carries over what it left to the
// key that it goes on under (fresh-key.ts, fetched when it is needed).

import type { DeviceId, People, Replica } from "../../crdt/index.ts";
import type { Bytes, Ciphers, DeviceKey } from "../ports.ts";
import type { FreshKey } from "./fresh-key.ts";
import type { Host } from "./host.ts";

interface Ground {
  readonly replica: Replica;
  readonly host: Host;
  readonly key: DeviceKey;
  readonly ciphers: Ciphers;
  arrive(): Promise<void>;
  seeds(): readonly Bytes[];
  name(): string | null;
  /** Told once: this page's key counts for nothing from now on. */
  retired(): void;
}

/** What people are told. */
export const FRESH_KEY_WORDS =
  "This device had written on from an older copy of itself, as after a restored backup. It goes on under a new key, and nothing is lost.";

export class Renewing {
  readonly #ground: Ground;
  #isTold = false;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Something changed. */
  look(): void {
    const { replica, retired } = this.#ground;
    if (this.#isTold || replica.forks.of(replica.device) === null) return;
    this.#isTold = true;
    retired();
  }

  /** A key to go on under, kept and let in; null where there is no way. What was typed is stored and signed before. */
  async freshKey(): Promise<FreshKey | null> {
    const { replica, host, key, ciphers, arrive, seeds } = this.#ground;
    const [{ takeFreshKey }] = await Promise.all([import("./fresh-key.ts"), arrive()]);
    const say = async (say: (people: People) => void): Promise<void> => {
      host.act(session => {
        session.amend(({ people }) => say(people));
        session.flush();
      });
      await host.settled();
    };
    host.act(session => session.flush());
    await host.settled();
    return await takeFreshKey({ replica, key, seeds: seeds(), ciphers, say });
  }

  /** Takes in what a retired device of this profile left, so that it counts, and says so. */
  succeed(device: DeviceId): void {
    const { replica, host, name } = this.#ground;
    if (device === replica.device || !replica.mayWrite) return;
    const { aside } = replica.people;
    if (!aside.some(({ author, reason }) => author === device && reason === "two-faced")) return;
    const known = name() ?? host.session.claimedName(device) ?? "";
    host.act(session => {
      session.amend(({ people }) => people.succeed(device, known));
      session.flush();
      session.say(FRESH_KEY_WORDS);
    });
  }
}
