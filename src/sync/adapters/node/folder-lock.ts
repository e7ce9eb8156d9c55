// One process at a time for a folder, and none that has died: the operating system closes the sockets of a process, however
// it ends. Each process listens on a socket of its own in the folder, then looks whether another one is answered.
//
//     listen on lock-<mine> ── connect to every other lock-… ── one answers: go away
//                                                            ── none does: they are dead, and removed; the folder is mine
//
// Of two that come at once at least one finds the other, since each listens before it looks; both may, and then each waits
// for a moment and tries again. No clock is asked, no process number, and no name is used twice. A socket is found by its
// file, so two containers that share a folder of one machine keep each other out as well; two machines do not.

import { randomBytes } from "node:crypto";
import { open, readdir, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { StoreFailure } from "../database.ts";
import { codeOf } from "./file-system.ts";

const PREFIX = "lock-";
/** Bytes of the name of a socket: 104 on the systems with the least, its end included. */
const ADDRESS_BYTES_MAX = 103;
/** Attempts, since of two that come at once both may give way: again and again only where somebody has it. */
const TRIES = 5;
/** Milliseconds before the next one at most: many times what listening and looking take. */
const PAUSE_MS_MAX = 100;

/** Resolves to what gives the folder free. Rejects with a `StoreFailure`: "blocked" where another process holds it. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  if (process.platform === "win32")
    throw new StoreFailure("unavailable", undefined, "A folder cannot be locked on Windows");
  for (let tries = 1; ; tries++) {
    const release = await attempt(folder);
    if (release !== null) return release;
    if (tries === TRIES)
      throw new StoreFailure("blocked", undefined, `Another process uses the folder ${folder}`);
    await new Promise(later => setTimeout(later, Math.random() * PAUSE_MS_MAX));
  }
}

/** Null where somebody else is answered. */
async function attempt(folder: string): Promise<(() => Promise<void>) | null> {
  const mine = PREFIX + randomBytes(6).toString("hex");
  const way = await wayTo(folder);
  let server: Server | null = null;
  const release = async () => {
    // Its file goes with it.
    if (server !== null) await new Promise(closed => server!.close(closed));
    await way.close();
  };
  try {
    server = await listen(way.address(mine));
    if (!(await isAnybodyElse(folder, mine, way))) return release;
  } catch (error) {
    await release();
    throw new StoreFailure("unavailable", error, `The folder ${folder} cannot be locked`);
  }
  await release();
  return null;
}

interface Way {
  address(name: string): string;
  close(): Promise<void>;
}

/** Names of sockets are short, paths of folders need not be: on Linux a folder that is open has a short path of its own. */
async function wayTo(folder: string): Promise<Way> {
  const longest = Buffer.byteLength(join(folder, `${PREFIX}${"0".repeat(12)}`));
  if (longest <= ADDRESS_BYTES_MAX)
    return { address: name => join(folder, name), close: () => Promise.resolve() };
  if (process.platform !== "linux")
    throw new StoreFailure(
      "unavailable",
      undefined,
      `The path of the folder is ${longest - ADDRESS_BYTES_MAX} bytes too long for its lock`,
    );
  const opened = await open(folder, "r");
  return { address: name => `/proc/self/fd/${opened.fd}/${name}`, close: () => opened.close() };
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    // That it was answered is all a caller wants to know.
    const server = createServer(socket => socket.destroy());
    server.once("error", reject);
    server.listen({ path: address, exclusive: true }, () => resolve(server));
    // A program that forgets to close its store ends all the same.
    server.unref();
  });
}

async function isAnybodyElse(folder: string, mine: string, way: Way): Promise<boolean> {
  const others = (await readdir(folder)).filter(name => name.startsWith(PREFIX) && name !== mine);
  for (const name of others) {
    if (await isAnswered(way.address(name))) return true;
    await rm(join(folder, name), { force: true });
  }
  return false;
}

function isAnswered(address: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", error => {
      // Refused: nobody listens, for good. Gone: somebody else removed it. Whatever else it says, a process may be there.
      const code = codeOf(error);
      resolve(code !== "ECONNREFUSED" && code !== "ENOENT");
    });
  });
}
