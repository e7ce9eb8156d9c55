// How a session begins: by a link, by what the store holds, or with a new document.

import { type DocId, type Fields, isName, type MapShape, Replica } from "../crdt/index.ts";
import { blankRecord } from "../sync/adapters/document-record.ts";
import { openMemoryStore } from "../sync/adapters/memory-store.ts";
import { decodeLink, type ShareLink } from "../sync/link.ts";
import type { DocumentRecord, Store } from "../sync/ports.ts";
import { checkServer, fragmentOf, nowS, platformVerifier, randomBytes, ticketFor } from "./document.ts";
import { failure, storeFailure } from "./error.ts";
import type { Identity } from "./identity.ts";
import { type Beginning, type IceServer, Session, type WebSocketConstructor } from "./session.ts";

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
  /**
   * The WebSocket of a signalling server, such as wss://notes.example/signal. If it is not said: the one that the link names, else
   * that of the page that the link leads to, where it is whole.
   */
  readonly signalling?: string | undefined;
  /** Where changes stay; in memory if it is not said. */
  readonly store?: Store | undefined;
  /** What this person is called, to be seen by the others: at most 42 UTF-16 code units. */
  readonly name?: string | undefined;
  readonly schema?: MapShape<F>;
  /** STUN and TURN servers. None: addresses of the same network are tried, then the relay of the signalling server. */
  readonly iceServers?: readonly IceServer[] | undefined;
  /** False: no direct links, by which the others learn this device's network address; all goes through the server. */
  readonly direct?: boolean | undefined;
  /** Where the platform has none (Node before 22): the one of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
}

/**
 * Rejects with a `ChirographError`: "NameRefused", "LinkMalformed", "DocumentUnknown", "WebSocketMissing", or what the store
 * cannot do.
 */
export function openSession(options: SessionOptions & { readonly schema?: undefined }): Promise<Session>;
export function openSession<F extends Fields>(
  options: SessionOptions<F> & { readonly schema: MapShape<F> },
): Promise<Session<F>>;
export async function openSession(options: SessionOptions): Promise<Session<Fields | null>> {
  const { identity, store = openMemoryStore(), name = null } = options;
  // It becomes part of the document with the first edit, which would throw.
  if (name !== null && !isName(name)) throw failure("NameRefused");
  const link = options.link ? decodeLink(fragmentOf(options.link)) : null;
  if (link !== null && "error" in link) throw failure("LinkMalformed", link.error);
  const server = options.signalling ?? link?.server ?? serverOfPage(options.link);
  if (options.signalling !== undefined) checkServer(options.signalling);
  const Socket = options.WebSocket ?? (globalThis as { readonly WebSocket?: WebSocketConstructor }).WebSocket;
  if (server !== null && Socket === undefined) throw failure("WebSocketMissing");
  try {
    const records = await store.documents();
    const id = link?.doc ?? options.doc;
    const known = records.find(record => record.id === id);
    if (id !== undefined && link === null && known === undefined) throw failure("DocumentUnknown", id);
    const verifier = await platformVerifier();
    const meeting = {
      server,
      WebSocket: Socket,
      iceServers: options.iceServers ?? [],
      direct: options.direct ?? true,
    };
    const given = { schema: options.schema ?? null, name, identity, store, verifier };
    const session = await begin({ ...meeting, ...given }, link, known ?? null);
    await session.connect();
    return session;
  } catch (error) {
    throw storeFailure(error);
  }
}

/** Nothing runs until all that may fail is done: a session that nobody gets could not be closed by anybody. */
async function begin(
  beginning: Omit<Beginning, "replica" | "record">,
  link: ShareLink | null,
  known: DocumentRecord | null,
): Promise<Session<Fields | null>> {
  const { identity, store } = beginning;
  if (link === null && known === null) {
    const { replica, genesis } = Replica.create(identity.id, randomBytes(16), nowS());
    const created = new Session<Fields | null>({ ...beginning, replica, record: blank(replica.doc) });
    created.host.session.adopt(genesis.id);
    return created;
  }
  const doc = (link?.doc ?? known?.id) as DocId;
  const record: DocumentRecord = { ...(known ?? blank(doc)), removedAt: null };
  const { roomSecret, inviteSeed } = link ?? record;
  const seed = record.inviteSeed ?? inviteSeed;
  const ticket = seed === null ? null : ticketFor(identity, doc, seed);
  const replica = Replica.open(identity.id, doc, ticket);
  const stored = await store.read(doc, 0);
  const opened = new Session<Fields | null>({
    ...beginning,
    replica,
    record: { ...record, roomSecret, inviteSeed: seed },
  });
  opened.restore(stored);
  // The link may be gone from the address by now.
  if (link !== null) await opened.rememberNow();
  return opened;
}

/** The page serves app and signalling alike. Null for a fragment alone. */
function serverOfPage(link = ""): string | null {
  const page = link.slice(0, Math.max(0, link.indexOf("#")));
  if (!/^https?:/.test(page) || !URL.canParse(page)) return null;
  return new URL("signal", page).href.replace(/^http/, "ws").replace(/\?.*/, "");
}

function blank(id: string): DocumentRecord {
  return { ...blankRecord(id), updatedAt: Date.now() };
}
