// `chirograph peer LINK --data DIR`: a device that is always there. It reads, keeps and passes on, and writes nothing, so the
// link of a reader is enough; what it takes in is what every copy takes in. Links are kept in the folder: what stands among a
// command's words can be read by everybody on the machine, and is not needed a second time.

import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { ChirographError } from "../index.ts";
import { type Folder, openFolder, WebSocket } from "../package/node.ts";
import { openSession, type Session } from "../package/sync.ts";
import { StoreFailure } from "../sync/adapters/database.ts";
import { failureOf } from "../sync/adapters/node/file-system.ts";
import { isServer } from "../sync/link.ts";
import { joinLinks, type KeptLink, keepLinks, readLinks, shareLinkOf } from "./kept-links.ts";
import { lineOf, type Standing, standingOf } from "./peer-standing.ts";
import { Complaint, harmless, type Output, plural } from "./speech.ts";

const USAGE = "chirograph peer [LINK] --data DIR [--server URL] [--name NAME] [--json]";
const NAME = "always-on peer";
/** Milliseconds between lines about one document at least. */
const LINE_MS = 500;
/** Milliseconds for goodbyes. Supervisors kill after ten seconds, and we promise five. */
const GOODBYE_MS = 4_500;
/** Milliseconds that a server has to close its end of a connection on which nothing is said any more. */
const LINGER_MS = 500;

interface Words {
  readonly links: readonly KeptLink[];
  readonly data: string;
  readonly name: string;
  readonly isForMachines: boolean;
}

type Event =
  | { readonly event: "started"; readonly device: string; readonly documents: readonly string[] }
  | ({ readonly event: "standing" } & Standing)
  /** `saved`: whether all that was held is on the disk. */
  | { readonly event: "stopped"; readonly saved: boolean };

/** The same for machines and for people. */
type Tell = (event: Event, line: string) => void;

interface Kept {
  readonly session: Session;
  look(): Standing;
  endReport(): void;
}

export async function peer(words: readonly string[], { say }: Output): Promise<number> {
  const asked = await readPeerWords(words);
  const tell: Tell = (event, line) => say(asked.isForMachines ? JSON.stringify(event) : line);
  const stopped = new Promise<void>(resolve => {
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.once(signal, () => {
        // Also while a long document is still being opened: nothing is lost by that.
        setTimeout(() => process.exit(1), GOODBYE_MS).unref();
        resolve();
      });
  });
  const folder = await inOneSentence(() => openFolder(asked.data));
  const kept: Kept[] = [];
  try {
    await inOneSentence(async () => {
      const links = await linksOf(asked);
      for (const link of links) kept.push(await keep(link, folder, asked.name, tell));
      // Only now: one that cannot be opened would be in the way of every later start.
      if (asked.links.length > 0) await keepLinks(asked.data, links);
    });
    const { id } = folder.identity;
    const documents = kept.map(({ session }) => session.id);
    const what = `Keeps ${plural(documents.length, "document")} in ${asked.data}`;
    tell({ event: "started", device: id, documents }, `${what} as device ${id.slice(0, 8)}; SIGTERM ends it`);
    await stopped;
  } finally {
    for (const { endReport } of kept) endReport();
    await Promise.all(kept.map(({ session }) => session.close()));
    folder.store.close();
  }
  const saved = kept.every(({ look }) => look().saved);
  const code = saved ? 0 : 1;
  tell(
    { event: "stopped", saved },
    saved ? "Stopped; everything is kept" : "Stopped; what the folder did not take is NOT SAVED",
  );
  setTimeout(() => process.exit(code), LINGER_MS).unref();
  return code;
}

async function readPeerWords(words: readonly string[]): Promise<Words> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(words);
  } catch {
    // parseArgs says in its own words what it did not understand; ours are shorter.
    throw new Complaint(`That was not understood: ${USAGE}`);
  }
  const { values, positionals } = parsed;
  const { data, server = null, name = NAME, json = false } = values;
  if (data === undefined) throw new Complaint(`Say where it is to be kept: ${USAGE}`);
  if (server !== null && !isServer(server))
    throw new Complaint("A server is named as wss://notes.example/signal.");
  const given = positionals.includes("-") ? (await text(process.stdin)).split(/\s+/) : [];
  const links = [...positionals, ...given].filter(word => word !== "" && word !== "-");
  return { links: links.map(link => ({ link, server })), data, name, isForMachines: json };
}

function parse(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      data: { type: "string" },
      server: { type: "string" },
      name: { type: "string" },
      json: { type: "boolean" },
    },
  });
}

/** What is to be kept: of the starts before, and from now on. */
async function linksOf({ links, data }: Words): Promise<readonly KeptLink[]> {
  const kept = joinLinks(await readLinks(data), links);
  if (kept.length === 0) throw new Complaint(`Say which document is to be kept: ${USAGE}`);
  return kept;
}

async function keep(kept: KeptLink, { identity, store }: Folder, name: string, tell: Tell): Promise<Kept> {
  const share = shareLinkOf(kept);
  // Who gives another link for the same document means the new one: the old one may be revoked.
  const isKnown = (await store.documents()).some(({ id }) => id === share.doc);
  if (isKnown) await store.putDocument({ id: share.doc, inviteSeed: share.inviteSeed });
  const { link } = kept;
  const signalling = kept.server ?? undefined;
  const session = await openSession({ identity, store, link, signalling, name, WebSocket });
  if (session.host.network === null) {
    await session.close();
    throw new Complaint("The link names no server: give the whole address of the page, or --server.");
  }
  const look = () => standingOf(session, share);
  return { session, look, endReport: report(session, look, tell) };
}

/**
 * One line whenever things stand differently, once nothing is under way, and not more often than anybody reads. Answers what
 * ends it.
 */
function report(session: Session, look: () => Standing, tell: Tell): () => void {
  let last = "";
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isEnded = false;
  const say = async () => {
    await session.flush();
    timer = null;
    if (isEnded) return;
    const standing = look();
    const said = JSON.stringify(standing);
    if (said !== last) tell({ event: "standing", ...standing }, lineOf(standing));
    last = said;
  };
  const sayLater = () => {
    timer ??= setTimeout(say, LINE_MS);
  };
  const stop = session.subscribe(sayLater);
  sayLater();
  return () => {
    isEnded = true;
    stop();
    if (timer !== null) clearTimeout(timer);
  };
}

async function inOneSentence<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const failure = failureOf(error);
    if (failure instanceof ChirographError) throw new Complaint(harmless(failure.message));
    if (failure instanceof StoreFailure) throw new Complaint(`${harmless(failure.message)}.`);
    throw error;
  }
}
