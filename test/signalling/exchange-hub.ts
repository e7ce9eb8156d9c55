// An exchange in memory: what Redis does, as long as everybody is in one process. Messages wait until the hub is told to
// carry them, or are carried by themselves; a cut loses what waits and all that is said meanwhile.
import type { Exchange, ExchangeListener, OpenExchange } from "../../signalling/elsewhere.ts";

type Bytes = Uint8Array<ArrayBuffer>;

class Line implements Exchange {
  isConnected = false;
  readonly channels = new Set<string>();
  readonly listener: ExchangeListener;
  readonly #hub: Hub;

  constructor(hub: Hub, listener: ExchangeListener) {
    this.#hub = hub;
    this.listener = listener;
  }

  async subscribe(channel: string): Promise<void> {
    if (!this.isConnected) throw new Error("not connected");
    this.channels.add(channel);
  }

  unsubscribe(channel: string): void {
    this.channels.delete(channel);
  }

  publish(channel: string, message: Bytes): boolean {
    if (!this.isConnected) return false;
    this.#hub.put(channel, message);
    return true;
  }

  async close(): Promise<void> {
    // What was said before goes out.
    this.#hub.carry();
    this.#hub.cut(this);
    this.#hub.lines.delete(this);
  }
}

export class Hub {
  readonly lines = new Set<Line>();
  #waiting: (readonly [Line, Bytes])[] = [];
  readonly #isManual: boolean;

  constructor({ isManual = false } = {}) {
    this.#isManual = isManual;
  }

  readonly open: OpenExchange = listener => {
    const line = new Line(this, listener);
    this.lines.add(line);
    queueMicrotask(() => this.mend(line));
    return line;
  };

  /** The line of the `index`-th that was opened and not closed. */
  line(index: number): Line {
    return [...this.lines][index]!;
  }

  cut(line: Line): void {
    line.isConnected = false;
    line.channels.clear();
    this.#waiting = this.#waiting.filter(([to]) => to !== line);
  }

  mend(line: Line): void {
    if (line.isConnected || !this.lines.has(line)) return;
    line.isConnected = true;
    line.listener.connected();
  }

  put(channel: string, message: Bytes): void {
    for (const line of this.lines)
      if (line.channels.has(channel)) this.#waiting.push([line, message.slice()]);
    if (!this.#isManual) queueMicrotask(() => this.carry());
  }

  /** Everything that waits, in the order in which it was said; true if there was anything. */
  carry(): boolean {
    const waiting = this.#waiting.splice(0);
    for (const [line, message] of waiting) line.listener.message(message);
    return waiting.length > 0;
  }
}
