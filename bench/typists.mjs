// The others of S12: the owner, who makes a document of a megabyte, and some who write in it, each at a place of their own,
// the owner among them. Told `{ signalling, typists }` it answers `{ link }`, with `{ start }` they begin.

import { once } from "node:events";
import { WebSocket } from "ws";

const { Identity } = await import(process.env.BENCH_PACKAGE);
const { openSession } = await import(process.env.BENCH_SESSIONS);
const LENGTH = 1_000_000;
const KEY_MS = 200;
const LINE = "What was written can be seen, undone, proven and carried away; nothing of it is lost.\n";

const [{ signalling, typists }] = await once(process, "message");
const open = async link =>
  openSession({ identity: await Identity.create(), link, signalling, WebSocket, name: "Bob" });
const owner = await open(undefined);
const text = LINE.repeat(Math.ceil(LENGTH / LINE.length));
for (let at = 0; at < text.length; at += 50_000)
  owner.doc.edit(root => root.text("body").insert(at, text.slice(at, at + 50_000)));
await owner.flush();
const link = await owner.link();
const others = typists > 0 ? [owner] : [];
while (others.length < typists) {
  const other = await open(link);
  await other.arrived();
  others.push(other);
}
process.send({ link: `#${link.replace(/^#/, "").split(".").slice(0, 2).join(".")}` });
await once(process, "message");
for (const [i, other] of others.entries()) {
  let at = Math.floor((LENGTH / (typists + 1)) * (i + 1));
  setInterval(() => {
    other.doc.edit(root => root.text("body").insert(at++, "x"));
  }, KEY_MS);
}
