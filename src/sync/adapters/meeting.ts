// How an open document meets others behind a room's secret: the network, and what speaks over its links, both fetched when
// somebody is to be met.

import * as limits from "../limits.ts";
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
  /** The attempt that counts: what an older one still reaches is closed. */
  #attempt = 0;
  /** Attempts that failed since it was begun: the backoff's exponent. */
  #failures = 0;
  #cancelRetry: () => void = () => undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  get search(): Search {
    return this.#ground.host.session.isAsking ? "connecting" : this.reached;
  }

  /** The same whatever those who are linked still have to say. */
  get reached(): Search {
    return this.#ground.host.network?.search ?? (this.#failures > 0 ? "unreachable" : "connecting");
  }

  /** What takes a link, by whatever way it came. */
  async linking(): Promise<(link: PeerLink) => void> {
    const { host, whole } = this.#ground;
    const [{ Peer }] = await Promise.all([import("../peer.ts"), whole]);
    return link => host.act(session => session.link(link, Peer));
  }

  /** Resolves when others are met, or could not be for now: then it is tried again until they are. */
  async begin(roomSecret: Bytes): Promise<void> {
    this.#roomSecret = roomSecret;
    this.#failures = 0;
    await this.#try(roomSecret);
  }

  /** By other ways than before, if it was begun. */
  async beginAnew(): Promise<void> {
    if (this.#roomSecret !== null) await this.begin(this.#roomSecret);
  }

  close(): void {
    this.#attempt++;
    this.#cancelRetry();
  }

  async #try(roomSecret: Bytes): Promise<void> {
    const { host, connect, changed } = this.#ground;
    this.#cancelRetry();
    const attempt = ++this.#attempt;
    let network: Network;
    try {
      network = await connect(roomSecret, { link: await this.linking(), changed });
    } catch {
      // The code could not be reached. Some browsers remember that of an import for as long as the page lives (whatwg/html
      // issue 6768): there only a reload helps, and what is said till then is true.
      if (attempt === this.#attempt) this.#tryLater(roomSecret);
      return;
    }
    if (attempt === this.#attempt) host.attach(network);
    else network.close();
  }

  #tryLater(roomSecret: Bytes): void {
    const again = () => void this.#try(roomSecret);
    const timer = setTimeout(
      again,
      Math.min(limits.SERVER_RETRY_MS_MAX, limits.SERVER_RETRY_MS * 2 ** this.#failures++),
    );
    globalThis.addEventListener?.("online", again);
    this.#cancelRetry = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", again);
    };
    this.#ground.changed();
  }
}
