// How an open document meets others behind a room's secret: the network, and what speaks over its links, both fetched when
// somebody is to be met.

import type { Bytes, Network, NetworkListener, PeerLink } from "../ports.ts";
import type { Search } from "../view.ts";
import type { Host } from "./host.ts";

interface Ground {
  readonly host: Host;
  /** Others may ask for any change, so all must be readable. */
  readonly whole: Promise<void>;
  connect(roomSecret: Bytes, listener: NetworkListener): Promise<Network>;
  changed(): void;
}

export class Meeting {
  readonly #ground: Ground;
  #roomSecret: Bytes | null = null;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  get search(): Search {
    const { host } = this.#ground;
    return host.session.isAsking ? "connecting" : (host.network?.search ?? "connecting");
  }

  /** What takes a link, by whatever way it came. */
  async linking(): Promise<(link: PeerLink) => void> {
    const { host, whole } = this.#ground;
    const [{ Peer }] = await Promise.all([import("../peer.ts"), whole]);
    return link => host.act(session => session.link(link, Peer));
  }

  async begin(roomSecret: Bytes): Promise<void> {
    const { host, connect, changed } = this.#ground;
    this.#roomSecret = roomSecret;
    host.attach(await connect(roomSecret, { link: await this.linking(), changed }));
  }

  /** By other ways than before, if it was begun. */
  async beginAnew(): Promise<void> {
    if (this.#roomSecret !== null) await this.begin(this.#roomSecret);
  }
}
