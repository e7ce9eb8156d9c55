// How a session begins: by a link, by what the store holds, or with a new document.

import { type DocId, type Fields, type MapShape, Replica } from "../crdt/index.ts";
import { openMemoryStore } from "../sync/adapters/memory-store.ts";
import { decodeLink, type ShareLink } from "../sync/link.ts";
import type { DocumentRecord, Store, Verifier } from "../sync/ports.ts";
import { fragmentOf, nowS, platformVerifier, randomBytes, ticketFor } from "./document.ts";
import { failure, storeFailure } from "./error.ts";
import type { Identity } from "./identity.ts";
import { type IceServer, Session, type WebSocketConstructor } from "./session.ts";

/** What a session is to be. */
export interface SessionOptions<F extends Fields = Fields> {
  readonly identity: Identity;
  /**
   * A share link or its fragment: joins that document. Without it and without `doc` a new one is made; an empty string is
   * none, so that `location.hash` can be given as it is.
   */
  readonly link?: string | undefined;
  /** A document that the store holds. Rejects with "DocumentUnknown" if it does not. */
  readonly doc?: string | undefined;
  /** The WebSocket of a signalling server, such as wss://notes.example/signal. The link's own if it is not said. */
  readonly signalling?: string | undefined;
  /** Where changes stay; in memory if it is not said. */
  readonly store?: Store | undefined;
  /** What this person is called, to be seen by the others. */
  readonly name?: string | undefined;
  readonly schema?: MapShape<F>;
  /** STUN and TURN servers. None: addresses of the same network are tried, then the relay of the signalling server. */
  readonly iceServers?: readonly IceServer[] | undefined;
  /** Where the platform has none (Node before 22): the one of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
}

/** Rejects with a `ChirographError`: "LinkMalformed", "DocumentUnknown", "WebSocketMissing", or what the store cannot do. */
export function openSession(options: SessionOptions & { readonly schema?: undefined }): Promise<Session>;
export function openSession<F extends Fields>(
  options: SessionOptions<F> & { readonly schema: MapShape<F> },
): Promise<Session<F>>;
export async function openSession(options: SessionOptions): Promise<Session<Fields | null>> {
  const { identity, store = openMemoryStore() } = options;
  const link = options.link ? decodeLink(fragmentOf(options.link)) : null;
  if (link !== null && "error" in link) throw failure("LinkMalformed", link.error);
  try {
    const records = await store.documents();
    const id = link?.doc ?? options.doc;
    const known = records.find(record => record.id === id);
    if (id !== undefined && link === null && known === undefined) throw failure("DocumentUnknown", id);
    const verifier = await platformVerifier();
    const session = await begin(options, identity, store, verifier, link, known ?? null);
    await session.connect();
    return session;
  } catch (error) {
    throw storeFailure(error);
  }
}

async function begin(
  options: SessionOptions,
  identity: Identity,
  store: Store,
  verifier: Verifier,
  link: ShareLink | null,
  known: DocumentRecord | null,
): Promise<Session<Fields | null>> {
  const session = (replica: Replica, record: DocumentRecord) =>
    new Session<Fields | null>({
      schema: options.schema ?? null,
      name: options.name ?? null,
      iceServers: options.iceServers ?? [],
      WebSocket: options.WebSocket,
      identity,
      store,
      replica,
      record,
      verifier,
      server: options.signalling ?? link?.server ?? null,
    });
  if (link === null && known === null) {
    const { replica, genesis } = Replica.create(identity.id, randomBytes(16), nowS());
    const created = session(replica, blank(replica.doc));
    created.host.session.adopt(genesis.id);
    return created;
  }
  const doc = (link?.doc ?? known?.id) as DocId;
  const record: DocumentRecord = { ...(known ?? blank(doc)), removedAt: null };
  const { roomSecret, inviteSeed } = link ?? record;
  const seed = record.inviteSeed ?? inviteSeed;
  const ticket = seed === null ? null : ticketFor(identity, doc, seed);
  const opened = session(Replica.open(identity.id, doc, ticket), { ...record, roomSecret, inviteSeed: seed });
  // A link is kept before anything else: it may be gone from the address by now.
  if (link !== null) await opened.rememberNow();
  opened.restore(await store.read(doc, 0));
  return opened;
}

function blank(id: string): DocumentRecord {
  return {
    id,
    title: "",
    updatedAt: Date.now(),
    unshared: 0,
    roomSecret: null,
    inviteSeed: null,
    delivered: {},
    removedAt: null,
  };
}
