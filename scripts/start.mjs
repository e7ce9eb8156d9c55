// `npm start`: installs what is missing, builds what is stale, and serves app and signalling on one port, in this very
// process, so that signals and exit codes need no passing on. A second start does neither of the first two.
import { buildWhenNeeded, installWhenNeeded, orOneSentence, requireNode } from "./steps.mjs";

const HELP = `npm start: serves Chirograph, the app and its signalling, on one port.

Environment:
  HOST             address to listen on; 0.0.0.0 for all (127.0.0.1)
  PORT             port to listen on; 0 for any that is free (8080)
  BASE_PATH        path that a proxy passes on whole, below which everything is: /notes (none)
  ALLOWED_ORIGINS  other origins whose pages may connect: https://a.example,https://b.example (none)
  TRUST_PROXY      how many proxies stand before this server and append to X-Forwarded-For (0)
  ICE_SERVERS      STUN and TURN servers for the browsers, as JSON: [{"urls":"stun:stun.example:3478"}] ([])
  TURN_URLS        TURN servers that share TURN_SECRET: turn:turn.example:3478,turns:turn.example (none)
  TURN_SECRET      what passwords for them are made from, as coturn's static-auth-secret (none)
  TURN_TTL         seconds that such a password is good for (86400)
  REDIS_URL        Redis through which several instances are one: redis://redis:6379 (none: one instance)
  LOG_LEVEL        error, info, or debug, which alone writes addresses and rooms (info)
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
