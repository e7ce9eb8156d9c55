// Finds a program that some tests need and most people do not, such as Redis or coturn. One that is there, or the system's
// package where we may install it; without either, those tests are skipped and say so.
import { installPackage, isExecutable, onPath } from "./programs.mjs";

/** By the variable that names one, what it is called, and the Debian package that brings it. */
export const PROGRAMS = {
  REDIS_SERVER: { names: ["redis-server", "valkey-server"], package: "redis-server" },
  TURNSERVER: { names: ["turnserver"], package: "coturn" },
  CADDY: { names: ["caddy"], package: "caddy" },
  NGINX: { names: ["nginx"], package: "nginx-light" },
  SYSTEMD_ANALYZE: { names: ["systemd-analyze"], package: "systemd" },
};

/** The path of a program, or null. With `install` the system's package is tried; `say` hears what takes long. */
export function findProgram(variable, { install = false, say = () => undefined } = {}) {
  const wished = process.env[variable];
  if (wished) return isExecutable(wished) ? wished : null;
  const { names, package: name } = PROGRAMS[variable];
  const existing = onPath(names).find(isExecutable) ?? null;
  if (existing !== null || !install) return existing;
  installPackage(name, say);
  return onPath(names).find(isExecutable) ?? null;
}
