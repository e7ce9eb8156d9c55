// What is said of people, links and what is set aside, in plain words.
import type { AsideEntry, Reason, Role, Verification } from "../../sync/view.ts";

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  owner: "owner",
  admin: "can manage",
  editor: "can edit",
  commenter: "can comment",
  reader: "can only read",
};

export function roleWords(role: Role | null): string {
  return role === null ? "removed" : ROLE_WORDS[role];
}

/** "Link that can edit", the accessible name of its field. */
export function linkName(role: Role): string {
  return `Link that ${ROLE_WORDS[role]}`;
}

export function cameWords(role: Role, joined: number): string {
  if (joined === 0 && role === "reader") return "Who only reads is not counted";
  if (joined === 0) return "Nobody has written by it yet";
  return joined === 1 ? "1 person came by it and wrote" : `${joined} people came by it and wrote`;
}

const REASONS: Readonly<Record<Reason, (name: string) => string>> = {
  removed: name => `${name} wrote this without knowing of having been removed.`,
  demoted: name => `${name} wrote this without knowing that the role had been changed.`,
  disowned: name => `This came from a device that ${name} had taken out of use.`,
  "never let in": name =>
    `${name} came by a link that had been revoked, or by somebody who had been removed.`,
  "two-faced": name => `Two versions of one edit were signed by ${name}; what followed is set aside.`,
};

export function reasonWords({ reason }: AsideEntry, name: string): string {
  return REASONS[reason](name);
}

export function changesWords(count: number): string {
  return count === 1 ? "1 change" : `${count} changes`;
}

export function devicesWords(count: number): string {
  return count === 1 ? "only this one" : `${count} devices`;
}

/** Of a key that is not the one by which somebody here verified the person, or the name; null of any other. */
export function verificationWords(verification: Verification | undefined): string | null {
  if (verification === "new-device") return "a new device, which came after you verified them";
  if (verification === "other-key") return "not the key that you verified by this name";
  return null;
}
