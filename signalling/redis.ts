// An exchange through Redis: publish and subscribe alone, so Redis keeps nothing of ours. Two connections, because one
// that subscribes may do nothing else. When either is lost both are thrown away and a new pair is opened, which
// therefore begins without subscriptions, as the port promises. Loaded only where REDIS_URL is set.
import { createClient } from "@redis/client";
import type { Exchange, ExchangeListener } from "./elsewhere.ts";
import type { ServerLimits } from "./limits.ts";
import type { Log } from "./log.ts";

/** Before every channel, since a Redis is often shared with others. */
const PREFIX = "chirograph:";
/** Milliseconds for a connection to stand, and without a word on it until it counts as lost: beats come sooner. */
const SILENT_MS = 10_000;
/** Milliseconds that a goodbye may take on its way out. */
const CLOSE_MS = 500;

type Client = ReturnType<typeof clientOf>;

interface Pair {
  readonly publisher: Client;
  readonly subscriber: Client;
  /** Bytes handed over and not yet taken by Redis. */
  waitingBytes: number;
}

export function redisExchange(
  url: string,
  limits: ServerLimits,
  listener: ExchangeListener,
  log: Log,
): Exchange {
  return new RedisExchange(url, limits, listener, log);
}

class RedisExchange implements Exchange {
  readonly #url: string;
  readonly #limits: ServerLimits;
  readonly #listener: ExchangeListener;
  readonly #log: Log;
  #pair: Pair | null = null;
  #isConnected = false;
  #isClosed = false;
  #tries = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(url: string, limits: ServerLimits, listener: ExchangeListener, log: Log) {
    this.#url = url;
    this.#limits = limits;
    this.#listener = listener;
    this.#log = log;
    this.#open();
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  async subscribe(channel: string): Promise<void> {
    const pair = this.#connectedPair();
    if (pair === null) throw new Error("expected a connection to Redis");
    await pair.subscriber.subscribe(PREFIX + channel, message => this.#listener.message(message), true);
  }

  unsubscribe(channel: string): void {
    // Of a connection that is lost nothing is left to be unsubscribed from.
    this.#connectedPair()
      ?.subscriber.unsubscribe(PREFIX + channel)
      .catch(() => undefined);
  }

  publish(channel: string, message: Uint8Array<ArrayBuffer>): boolean {
    const pair = this.#connectedPair();
    const size = message.length;
    if (pair === null || pair.waitingBytes + size > this.#limits.exchangeBufferedBytes) return false;
    pair.waitingBytes += size;
    const taken = () => {
      pair.waitingBytes -= size;
    };
    // What fails, fails with its connection, and that is told by its "error".
    pair.publisher.publish(PREFIX + channel, Buffer.from(message.buffer)).then(taken, taken);
    return true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    const pair = this.#connectedPair();
    this.#isConnected = false;
    if (pair !== null) {
      const deadline = new Promise(resolve => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([pair.publisher.close().catch(() => undefined), deadline]);
    }
    this.#drop();
  }

  #connectedPair(): Pair | null {
    return this.#isConnected ? this.#pair : null;
  }

  #open(): void {
    const [publisher, subscriber] = [clientOf(this.#url), clientOf(this.#url)];
    const pair: Pair = { publisher, subscriber, waitingBytes: 0 };
    this.#pair = pair;
    const lost = (error: unknown) => this.#lost(pair, error);
    for (const client of [publisher, subscriber]) client.on("error", lost);
    Promise.all([publisher.connect(), subscriber.connect()]).then(() => this.#connected(pair), lost);
  }

  #connected(pair: Pair): void {
    if (this.#pair !== pair) return;
    this.#isConnected = true;
    this.#tries = 0;
    this.#log("info", "Redis connected");
    this.#listener.connected();
  }

  #lost(pair: Pair, error: unknown): void {
    if (this.#pair !== pair || this.#isClosed) return;
    // An outage is told once, not at every attempt to end it.
    if (this.#isConnected || this.#tries === 0)
      this.#log("error", "Redis lost", { cause: error instanceof Error ? error.message : String(error) });
    this.#isConnected = false;
    this.#drop();
    const { exchangeRetryMs, exchangeRetryMsMax } = this.#limits;
    const backoffMs = Math.min(exchangeRetryMsMax, exchangeRetryMs * 2 ** Math.min(this.#tries++, 16));
    this.#retry = setTimeout(() => this.#open(), backoffMs * (0.5 + Math.random() / 2));
  }

  #drop(): void {
    const pair = this.#pair;
    this.#pair = null;
    pair?.publisher.destroy();
    pair?.subscriber.destroy();
  }
}

function clientOf(url: string) {
  return createClient({
    url,
    // What every Redis speaks, and all that is needed here.
    RESP: 2,
    disableOfflineQueue: true,
    socket: { connectTimeout: SILENT_MS, socketTimeout: SILENT_MS, reconnectStrategy: false },
  });
}
