// The links of an always-on peer, in a file of its folder that its owner alone may read: a line for each document, and behind
// the link the server if the link does not tell it. Whoever wants a document kept no longer takes its line out.

import * as files from "node:fs/promises";
import { join } from "node:path";
import { readWhole, replaceFile } from "../sync/adapters/node/file-system.ts";
import { decodeLink, type ShareLink } from "../sync/link.ts";
import { Complaint } from "./speech.ts";

const NAME = "links";

export interface KeptLink {
  /** As it was given: a fragment, or the address of a page with one. */
  readonly link: string;
  /** Of the signalling server's WebSocket, where it was said apart. */
  readonly server: string | null;
}

export async function readLinks(folder: string): Promise<KeptLink[]> {
  const text = new TextDecoder().decode((await readWhole(files, join(folder, NAME))) ?? undefined);
  const lines = text.split("\n").filter(line => line.trim() !== "");
  return lines.map((line, i) => {
    const [link, server] = line.trim().split(/\s+/);
    const kept = { link: link!, server: server ?? null };
    if ("error" in decoded(kept)) throw new Complaint(`Line ${i + 1} of ${join(folder, NAME)} is no link.`);
    return kept;
  });
}

/** Those that are kept and those that are new; of two for one document the new one. */
export function joinLinks(kept: readonly KeptLink[], added: readonly KeptLink[]): KeptLink[] {
  const byDocument = new Map<string, KeptLink>();
  for (const one of [...kept, ...added]) byDocument.set(shareLinkOf(one).doc, one);
  return [...byDocument.values()];
}

export async function keepLinks(folder: string, links: readonly KeptLink[]): Promise<void> {
  const lines = links.map(({ link, server }) => (server === null ? `${link}\n` : `${link} ${server}\n`));
  await replaceFile(files, join(folder, NAME), [new TextEncoder().encode(lines.join(""))]);
}

export function shareLinkOf(kept: KeptLink): ShareLink {
  const share = decoded(kept);
  if ("error" in share) throw new Complaint(share.error);
  return share;
}

function decoded({ link }: KeptLink): ReturnType<typeof decodeLink> {
  return decodeLink(link.slice(link.indexOf("#") + 1));
}
