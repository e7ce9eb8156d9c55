// `chirograph/node`: what a program in Node keeps on disk, and how it speaks to a signalling server. For Node alone, so that
// no bundle for a browser looks for files.

import { openFolder as open } from "../sync/adapters/node/open-folder.ts";
import { NodeWebSocket } from "../sync/adapters/node/web-socket.ts";
import type { Store } from "../sync/ports.ts";
import { storeFailure } from "./error.ts";
import { Identity } from "./identity.ts";
import type { WebSocketConstructor } from "./session.ts";

/** A folder of one device. */
export interface Folder {
  /** Its Ed25519 key, kept in `device.key`, which its owner alone may read. */
  readonly identity: Identity;
  /** Its documents. Whoever closes it last gives the folder free. */
  readonly store: Store;
}

/**
 * Opens a folder of one device, made if it is not there: `openSession({ ...(await openFolder("data")) })`. What a session says
 * is saved is on the disk and survives a kill and a power cut. Opened again in the same process it is the same device, like a
 * second tab. Rejects with a `ChirographError`: "StoreBlocked" where another process has it, "StoreUnavailable" where it cannot
 * be written or locked, or others may read its key, "StoreFull", and "StoreFailed" where its key is damaged or the disk is ill.
 */
export async function openFolder(path: string): Promise<Folder> {
  try {
    const { seed, store } = await open(path);
    return { identity: Identity.fromSeed(seed), store };
  } catch (error) {
    throw storeFailure(error);
  }
}

/** For `openSession` in Node: the one of the package ws, which takes no frame longer than a server of ours sends. */
export const WebSocket: WebSocketConstructor = NodeWebSocket;
