// What is said of people, links and what is set aside, in plain words.
import type { AsideEntry, PersonEntry, Reason, RemovalPreview, Role } from "../../sync/view.ts";

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

/** What a person is known to have of my edits; nothing where they never said. */
export function seenWords({ me, lacks }: PersonEntry): string | null {
  if (me || lacks === null) return null;
  if (lacks === 0) return "has all your edits";
  return lacks === 1 ? "has not seen your last edit" : `has not seen your last ${lacks} edits`;
}

/** What is set aside of whom is about to be removed. */
export function uncountedWords({ changes, units }: RemovalPreview): string {
  const letters = units === 0 ? "" : units === 1 ? " with 1 character" : ` with ${units} characters`;
  return `${changesWords(changes)} of theirs${letters} ${changes === 1 ? "is" : "are"} set aside already, and will not count.`;
}

/** What of them is on its way. */
export function unseenWords({ unseen }: RemovalPreview): string {
  return unseen === 1
    ? "1 more change of theirs has not arrived here, and would be set aside. Waiting a moment keeps it."
    : `${unseen} more changes of theirs have not arrived here, and would be set aside. Waiting a moment keeps them.`;
}

export function devicesWords(count: number): string {
  return count === 1 ? "only this one" : `${count} devices`;
}
