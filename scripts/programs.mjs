// Where programs are on this machine, and how one is had that is not: the system's package, where we may install it.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const INSTALL_TIMEOUT_MS = 300_000;

/** Where programs of these names would be, the likeliest first. */
export function onPath(names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(folder => folder !== "");
  return names.flatMap(name => folders.map(folder => join(folder, name)));
}

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there or not ours to start: either way the next candidate is asked.
    return false;
  }
}

export function mayInstallPackages() {
  return process.getuid?.() === 0 && onPath(["apt-get"]).some(isExecutable);
}

/** Debian's, where we may. Whether it is there and starts is seen afterwards. */
export function installPackage(name, say) {
  if (!mayInstallPackages()) return;
  say(`installing the system's ${name} package`);
  if (run("apt-get", ["update"])) run("apt-get", ["install", "-y", name]);
}

/** True if it ended well. Its output goes to stderr: the last line of stdout belongs to the tests. */
export function run(command, args, timeout = INSTALL_TIMEOUT_MS) {
  // Run level 1 keeps a package from starting a server of its own, which nobody asked for.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  return spawnSync(command, args, { timeout, env, stdio: ["ignore", 2, 2] }).status === 0;
}
