// The entry: environment in, one running server out. Built to dist/server/main.js, beside the app in dist/app.
// What can go wrong at start is said in one sentence on stderr; a stack trace would be for us, and it is for others.
import { fileURLToPath } from "node:url";
import { describeConfiguration, readConfiguration } from "./configuration.ts";
import type { OpenExchange } from "./elsewhere.ts";
import { SERVER_LIMITS } from "./limits.ts";
import { createLog, type Log } from "./log.ts";
import { createServer } from "./server.ts";

// Above the server's own deadline for goodbyes, below the ten seconds most supervisors wait before they kill.
const EXIT_DEADLINE_MS = 4_500;

const configuration = readConfiguration(process.env);
if (!configuration.ok) fail(configuration.sentence);

const { host, port, redisUrl, logLevel } = configuration.value;
const log = createLog(logLevel, line => console.log(line));
const exchange = redisUrl === null ? {} : { exchange: await openRedis(redisUrl, log) };
const server = createServer({
  ...configuration.value,
  ...exchange,
  log,
  folder: fileURLToPath(new URL("../app/", import.meta.url)),
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    log("info", "closing", { signal });
    setTimeout(() => process.exit(0), EXIT_DEADLINE_MS).unref();
    server.close().then(() => process.exit(0));
  });
}

try {
  const { url } = await server.listen();
  console.log(`Chirograph serves with\n${describeConfiguration(configuration.value)}\n\nOpen ${url}`);
  console.log(`Whether browsers get what they need: ${url}doctor`);
} catch (error) {
  fail(sentenceFor((error as NodeJS.ErrnoException).code));
}

/** The client for Redis is loaded where there is a Redis, and nowhere else. */
async function openRedis(url: string, log: Log): Promise<OpenExchange> {
  const { redisExchange } = await import("./redis.ts");
  return listener => redisExchange(url, SERVER_LIMITS, listener, log);
}

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

function sentenceFor(code: string | undefined): string {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is in use; stop what uses it, or choose another with PORT=8081 npm start.`;
    case "EACCES":
      return `Port ${port} needs rights this account does not have; choose one above 1023 with PORT=8080 npm start.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST=${host} is no address of this machine; use 127.0.0.1, or 0.0.0.0 for all of them.`;
    default:
      return `The server could not listen on ${host}:${port} (${code ?? "unknown error"}).`;
  }
}
