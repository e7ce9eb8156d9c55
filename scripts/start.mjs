// `npm start`: installs what is missing, builds what is stale, and serves app and signalling on one port, in this very
// process, so that signals and exit codes need no passing on. A second start does neither of the first two.
import { buildWhenNeeded, installWhenNeeded, orOneSentence, requireNode } from "./steps.mjs";

const HELP = `npm start: serves Chirograph, the app and its signalling, on one port.

Environment:
  HOST             address to listen on; 0.0.0.0 for all (127.0.0.1)
  PORT             port to listen on; 0 for any that is free (8080)
  ALLOWED_ORIGINS  other origins whose pages may connect: https://a.example,https://b.example (none)
  ICE_SERVERS      STUN and TURN servers for the browsers, as JSON: [{"urls":"stun:stun.example:3478"}] ([])
  TRUST_PROXY      how many proxies stand before this server and append to X-Forwarded-For (0)
`;

await orOneSentence(async () => {
  if (process.argv.includes("--help") || process.argv.includes("-h")) {
    console.log(HELP);
    return;
  }
  requireNode();
  installWhenNeeded();
  await buildWhenNeeded();
  await import("../dist/server/main.js");
});
