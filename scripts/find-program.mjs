// Finds a program that some tests need and most people do not, such as Redis or coturn. One that is there, or the system's
// package where we may install it; without either, those tests are skipped and say so.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const INSTALL_TIMEOUT_MS = 300_000;

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
  const existing = onPath(names);
  if (existing !== null || !install || !mayInstallPackages()) return existing;
  say(`installing the system's ${name} package for the tests that need it`);
  if (run("apt-get", ["update"])) run("apt-get", ["install", "-y", "--no-install-recommends", name]);
  return onPath(names);
}

export function mayInstallPackages() {
  return process.getuid?.() === 0 && onPath(["apt-get"]) !== null;
}

function onPath(names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(folder => folder !== "");
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable) ?? null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there or not ours to start: either way the next candidate is asked.
    return false;
  }
}

// Its output goes to stderr: the last line of stdout belongs to the tests. Run level 1 keeps the package from starting
// a server of its own, which nobody asked for.
function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  return spawnSync(command, args, { timeout: INSTALL_TIMEOUT_MS, env, stdio: ["ignore", 2, 2] }).status === 0;
}
