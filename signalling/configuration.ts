// The environment, read once and judged as a whole: a configuration, or one sentence that says what is wrong with it.
// `scripts/start.mjs --help` lists the same names; test/scripts/start.test.ts holds the two together.
import type { IceServer } from "./http.ts";

export interface Configuration {
  readonly host: string;
  readonly port: number;
  readonly allowedOrigins: readonly string[];
  readonly iceServers: readonly IceServer[];
  readonly trustProxy: number;
}

/** Every variable that is read. */
export const VARIABLES = ["HOST", "PORT", "ALLOWED_ORIGINS", "ICE_SERVERS", "TRUST_PROXY"] as const;

type Environment = Readonly<Record<string, string | undefined>>;
type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly sentence: string };

export function readConfiguration(environment: Environment): Read<Configuration> {
  const host = environment.HOST || "127.0.0.1";
  const port = readInteger("PORT", environment.PORT || "8080", 65_535);
  if (!port.ok) return port;
  const trustProxy = readInteger("TRUST_PROXY", environment.TRUST_PROXY || "0", 16);
  if (!trustProxy.ok) return trustProxy;
  const allowedOrigins = readOrigins(environment.ALLOWED_ORIGINS ?? "");
  if (!allowedOrigins.ok) return allowedOrigins;
  const iceServers = readIceServers(environment.ICE_SERVERS || "[]");
  if (!iceServers.ok) return iceServers;
  return {
    ok: true,
    value: {
      host,
      port: port.value,
      allowedOrigins: allowedOrigins.value,
      iceServers: iceServers.value,
      trustProxy: trustProxy.value,
    },
  };
}

/** One aligned line per variable, in the order of `VARIABLES`; credentials of TURN servers are left out. */
export function describeConfiguration(configuration: Configuration): string {
  const values: Record<(typeof VARIABLES)[number], string> = {
    HOST: configuration.host,
    PORT: String(configuration.port),
    ALLOWED_ORIGINS: configuration.allowedOrigins.join(",") || "(only this server's own)",
    ICE_SERVERS: configuration.iceServers.flatMap(server => server.urls).join(",") || "(none)",
    TRUST_PROXY: String(configuration.trustProxy),
  };
  return VARIABLES.map(name => `  ${name.padEnd(16)} ${values[name]}`).join("\n");
}

function readInteger(name: string, text: string, max: number): Read<number> {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return { ok: true, value };
  return { ok: false, sentence: `${name} must be a whole number from 0 to ${max}, not "${text}".` };
}

function readOrigins(text: string): Read<readonly string[]> {
  const origins = text
    .split(",")
    .map(origin => origin.trim())
    .filter(origin => origin !== "");
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
