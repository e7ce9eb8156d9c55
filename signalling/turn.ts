// Passwords for a TURN server that end by themselves, so that what every visitor reads in /config.json is worth nothing
// a day later. The scheme is the one coturn calls `use-auth-secret` (draft-uberti-behave-turn-rest-00): server and TURN
// server share a secret, and the password is the user name's HMAC under it.
import { createHmac, randomBytes } from "node:crypto";
import type { IceServer } from "./http.ts";

export interface Turn {
  readonly urls: readonly string[];
  /** Shared with the TURN server, and never told to anybody else. */
  readonly secret: string;
  /** How long a password is good for, from when the page asked for it. */
  readonly lifetimeSeconds: number;
}

/** A user name that nobody had before and its password. SHA-1 is what the scheme has, and enough for an HMAC. */
export function turnCredentials(turn: Turn, nowMs: number): IceServer {
  const endsAt = Math.floor(nowMs / 1000) + turn.lifetimeSeconds;
  const username = `${endsAt}:${randomBytes(4).toString("hex")}`;
  const credential = createHmac("sha1", turn.secret).update(username).digest("base64");
  return { urls: turn.urls, username, credential };
}
