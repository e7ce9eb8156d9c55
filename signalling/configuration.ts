// The environment, read once and judged as a whole: a configuration, or one sentence that says what is wrong with it.
// `scripts/start.mjs --help` lists the same names; test/scripts/start.test.ts holds the two together.
import type { IceServer } from "./http.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";
import type { Turn } from "./turn.ts";

export interface Configuration {
  readonly host: string;
  readonly port: number;
  readonly allowedOrigins: readonly string[];
  readonly iceServers: readonly IceServer[];
  readonly trustProxy: number;
  readonly basePath: string;
  readonly turn: Turn | null;
  readonly redisUrl: string | null;
  readonly logLevel: LogLevel;
}

/** Seconds that a TURN password is good for, unless said otherwise: a page that stays open a day goes on by relay. */
const TURN_TTL_DEFAULT = 86_400;
/** Seconds, a month: longer and it might as well stand in ICE_SERVERS. */
const TURN_TTL_MAX = 30 * 86_400;

/** Every variable that is read. */
export const VARIABLES = [
  ...(["HOST", "PORT", "BASE_PATH", "ALLOWED_ORIGINS", "TRUST_PROXY"] as const),
  ...(["ICE_SERVERS", "TURN_URLS", "TURN_SECRET", "TURN_TTL", "REDIS_URL", "LOG_LEVEL"] as const),
] as const;

type Environment = Readonly<Record<string, string | undefined>>;
type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly sentence: string };

export function readConfiguration(environment: Environment): Read<Configuration> {
  const parts = {
    port: readInteger("PORT", environment.PORT || "8080", 0, 65_535),
    trustProxy: readInteger("TRUST_PROXY", environment.TRUST_PROXY || "0", 0, 16),
    basePath: readBasePath(environment.BASE_PATH ?? ""),
    allowedOrigins: readOrigins(environment.ALLOWED_ORIGINS ?? ""),
    iceServers: readIceServers(environment.ICE_SERVERS || "[]"),
    turn: readTurn(environment),
    redisUrl: readRedisUrl(environment.REDIS_URL ?? ""),
    logLevel: readLogLevel(environment.LOG_LEVEL || "info"),
  };
  for (const part of Object.values(parts)) if (!part.ok) return part;
  const value = Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, part.ok ? part.value : undefined]),
  ) as Omit<Configuration, "host">;
  return { ok: true, value: { host: environment.HOST || "127.0.0.1", ...value } };
}

/** One aligned line per variable, in the order of `VARIABLES`; secrets and credentials are left out. */
export function describeConfiguration(configuration: Configuration): string {
  const { turn, redisUrl } = configuration;
  const values: Record<(typeof VARIABLES)[number], string> = {
    HOST: configuration.host,
    PORT: String(configuration.port),
    BASE_PATH: configuration.basePath || "(none)",
    ALLOWED_ORIGINS: configuration.allowedOrigins.join(",") || "(only this server's own)",
    TRUST_PROXY: String(configuration.trustProxy),
    ICE_SERVERS: configuration.iceServers.flatMap(server => server.urls).join(",") || "(none)",
    TURN_URLS: turn?.urls.join(",") ?? "(none)",
    TURN_SECRET: turn === null ? "(none)" : "(set)",
    TURN_TTL: turn === null ? "(none)" : String(turn.lifetimeSeconds),
    REDIS_URL: redisUrl === null ? "(none: one instance)" : new URL(redisUrl).host,
    LOG_LEVEL: configuration.logLevel,
  };
  return VARIABLES.map(name => `  ${name.padEnd(16)} ${values[name]}`).join("\n");
}

function readInteger(name: string, text: string, min: number, max: number): Read<number> {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return { ok: true, value };
  return { ok: false, sentence: `${name} must be a whole number from ${min} to ${max}, not "${text}".` };
}

function readBasePath(text: string): Read<string> {
  const path = text.replace(/\/$/, "");
  // No dots alone, which addresses resolve away; nothing that is written in several ways.
  if (/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)*$/.test(path)) return { ok: true, value: path };
  return { ok: false, sentence: `BASE_PATH must be a path such as /notes, not "${text}".` };
}

function readTurn(environment: Environment): Read<Turn | null> {
  const urls = listOf(environment.TURN_URLS ?? "");
  const secret = environment.TURN_SECRET ?? "";
  const ttl = readInteger("TURN_TTL", environment.TURN_TTL || String(TURN_TTL_DEFAULT), 60, TURN_TTL_MAX);
  if (!ttl.ok) return ttl;
  if (urls.some(url => !/^turns?:[^\s]+$/.test(url)))
    return {
      ok: false,
      sentence: "TURN_URLS must list addresses such as turn:turn.example:3478, with commas between.",
    };
  if (urls.length === 0 && secret === "") return { ok: true, value: null };
  if (urls.length === 0 || secret === "")
    return { ok: false, sentence: "TURN_SECRET must be set where TURN_URLS is, and the other way round." };
  return { ok: true, value: { urls, secret, lifetimeSeconds: ttl.value } };
}

function readRedisUrl(text: string): Read<string | null> {
  if (text === "") return { ok: true, value: null };
  const isRedis =
    URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol) && new URL(text).host !== "";
  // What was written is not repeated: a password may stand in it.
  if (!isRedis) return { ok: false, sentence: "REDIS_URL must be an address such as redis://redis:6379." };
  return { ok: true, value: text };
}

function readLogLevel(text: string): Read<LogLevel> {
  const level = LOG_LEVELS.find(each => each === text);
  if (level !== undefined) return { ok: true, value: level };
  return { ok: false, sentence: `LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}, not "${text}".` };
}

function listOf(text: string): readonly string[] {
  return text
    .split(",")
    .map(part => part.trim())
    .filter(part => part !== "");
}

function readOrigins(text: string): Read<readonly string[]> {
  const origins = listOf(text);
  const wrong = origins.find(origin => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (wrong === undefined) return { ok: true, value: origins };
  return {
    ok: false,
    sentence: `ALLOWED_ORIGINS must list origins such as https://notes.example, not "${wrong}".`,
  };
}

function readIceServers(text: string): Read<readonly IceServer[]> {
  const wrong = {
    ok: false,
    sentence: 'ICE_SERVERS must be a JSON list such as [{"urls":"stun:stun.example:3478"}].',
  } as const;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The sentence says all there is to say; the parser's position in the text would not help.
    return wrong;
  }
  return Array.isArray(value) && value.every(isIceServer) ? { ok: true, value } : wrong;
}

function isIceServer(value: unknown): value is IceServer {
  if (typeof value !== "object" || value === null || !("urls" in value)) return false;
  const urls: unknown[] = Array.isArray(value.urls) ? value.urls : [value.urls];
  return urls.length > 0 && urls.every(url => typeof url === "string" && /^(stun|turn)s?:/.test(url));
}
