// What honest people do of themselves, one row for each thing in `DEEDS`, drawn by its weight: whatever a person can do
// with the app and a run should try is added here and nowhere else. It goes through the session as the page does it.

import type { PersonId, Role } from "../../src/crdt/index.ts";
import { EDITS, editBy } from "../crdt/random-edits.ts";
import { keyNamed } from "../sync/lucky-ciphers.ts";
import type { Tab } from "../sync/world.ts";
import type { Prng } from "./prng.ts";
import type { Stage, Step } from "./world.ts";

const NAMES = ["Alice", "Bob", "Carol", "Dave", "Erin", "Frank", "Grace", "Heidi", "Ivan", "Judy", "Ken"];
/** Honest profiles in one run: a step costs as the square of them. */
const PEOPLE_MAX = NAMES.length;
const INVITES_MAX = 4;
const LETTERS = [..."abcdefghij klmnop\n", "é", "😀"];
const ROLES: readonly Role[] = ["admin", "editor", "editor", "commenter", "reader"];

export const DEEDS: readonly Step[] = [
  { name: "texts typed", weight: 30, act: withWriter(type) },
  { name: "data edits", weight: 12, act: withWriter(editData) },
  { name: "pastes", weight: 3, act: withWriter(paste) },
  { name: "undos", weight: 3, act: withWriter(undo) },
  { name: "flushes", weight: 4, act: withWriter(tab => tab.act(session => session.flush())) },
  {
    name: "carets",
    weight: 4,
    act: withWriter((tab, luck) => tab.caret(luck.below(tab.text.length + 1), tab.name)),
  },
  { name: "names", weight: 1, act: withWriter(rename) },
  { name: "invites", weight: 1, act: invite },
  { name: "joins", weight: 2, act: join },
  { name: "roles set", weight: 3, act: ruling(setRole) },
  { name: "removals", weight: 2, act: ruling(dismiss) },
  { name: "links revoked", weight: 1, act: ruling(revoke) },
  { name: "readmissions", weight: 2, act: ruling(admit) },
  { name: "tabs opened", weight: 2, act: openTab },
  { name: "tabs left", weight: 4, act: leave },
  { name: "devices set aside", weight: 1, act: setAside },
  { name: "devices taken back", weight: 1, act: takeBack },
];

export function nameAt(index: number): string {
  return NAMES[index]!;
}

function withWriter(act: (tab: Tab, luck: Prng) => void): Step["act"] {
  return ({ writers, luck }) => {
    if (writers.length === 0) return false;
    act(luck.pick(writers), luck);
    return true;
  };
}

/** By an owner or an admin. */
function ruling(act: (tab: Tab, stage: Stage) => boolean): Step["act"] {
  return stage => {
    const rulers = stage.writers.filter(({ replica }) => replica.people.mayRule);
    return rulers.length > 0 && act(stage.luck.pick(rulers), stage);
  };
}

/** A few keys in a row, some of them backspaces. */
export function type(tab: Tab, luck: Prng): void {
  for (let i = luck.between(1, 4); i > 0; i--) {
    const { text } = tab;
    const at = wholeAt(text, luck.below(text.length + 1));
    if (luck.chance(0.65) || text.length === 0) {
      tab.write(luck.pick(LETTERS), at);
      continue;
    }
    const to = wholeAt(text, Math.min(text.length, at + luck.between(1, 5)));
    if (to > at) tab.replace(at, to, luck.chance(0.3) ? "new" : "");
  }
}

/** Every kind of node that a document can have. */
function editData(tab: Tab, luck: Prng): void {
  const draw = { kind: luck.below(EDITS), at: luck.below(200), size: luck.below(9), key: luck.below(4) };
  tab.edit(session => session.edit(root => editBy(draw, root)));
}

function paste(tab: Tab, luck: Prng): void {
  const length = luck.between(20, luck.chance(0.05) ? 30_000 : 200);
  tab.write(luck.pick(LETTERS).repeat(length), wholeAt(tab.text, luck.below(tab.text.length + 1)));
}

function undo(tab: Tab, luck: Prng): void {
  tab.act(session =>
    session.amend(replica => {
      if (luck.chance(0.7)) replica.undo();
      else replica.redo();
    }),
  );
}

function rename(tab: Tab, luck: Prng): void {
  tab.act(session => session.amend(replica => replica.rename(`${tab.profile.name} ${luck.below(9)}`)));
}

/** The owner makes one more link, in any role. */
function invite({ awake, honest, luck, invites }: Stage): boolean {
  const owner = awake.find(({ profile }) => profile === honest[0]);
  if (owner === undefined || invites.length >= INVITES_MAX) return false;
  const role = luck.pick(ROLES);
  const key = keyNamed(`link ${invites.length} of the world`);
  owner.act(session => session.amend(replica => replica.invite(key.id, role)));
  invites.push({ key, role });
  return true;
}

/** Of somebody whom this device may reach; liars are promoted like everybody else. */
function setRole(tab: Tab, { luck }: Stage): boolean {
  const person = reachable(tab, luck, () => true);
  if (person === null) return false;
  const role = luck.pick(ROLES);
  tab.act(session => session.amend(replica => replica.people.setRole(person, role)));
  return true;
}

/** Mostly of a liar: a run in which everybody is removed shows little. */
function dismiss(tab: Tab, { luck, liars }: Stage): boolean {
  const isLiar = (person: PersonId): boolean => liars.some(({ profile }) => profile.key.id === person);
  const person = reachable(tab, luck, one => isLiar(one) || luck.chance(0.2));
  if (person === null) return false;
  tab.act(session => session.amend(replica => replica.people.dismiss(person)));
  return true;
}

function reachable(tab: Tab, luck: Prng, isMeant: (person: PersonId) => boolean): PersonId | null {
  const { people } = tab.replica;
  const others = people.members.filter(
    ({ person, role }) => role !== null && people.mayReach(person) && isMeant(person),
  );
  return others.length === 0 ? null : luck.pick(others).person;
}

function revoke(tab: Tab, { luck, invites }: Stage): boolean {
  const { people } = tab.replica;
  // The first one only now and then: everybody new comes by it, and liars know it.
  const live = people.links.filter(
    ({ invite, isLive }) =>
      isLive && people.mayRevoke(invite) && (invite !== invites[0]!.key.id || luck.chance(0.3)),
  );
  if (live.length === 0) return false;
  const { invite } = luck.pick(live);
  tab.act(session => session.amend(replica => replica.people.revoke(invite)));
  return true;
}

/** Of what is set aside some is taken back in, whoever wrote it. */
function admit(tab: Tab, { luck }: Stage): boolean {
  const { aside } = tab.replica.people;
  if (aside.length === 0) return false;
  const ids = Array.from({ length: luck.between(1, 3) }, () => luck.pick(aside).id);
  tab.act(session => session.amend(replica => replica.people.admit(ids)));
  return true;
}

/** Somebody comes by a link that a second person has heard of: one that its maker lost in a crash opens nothing. */
function join(stage: Stage): boolean {
  const { honest, tabs, luck } = stage;
  const known = stage.invites.filter(({ key }) => {
    const heard = tabs.filter(({ replica }) => replica.inviteRole(key.id) !== null);
    return new Set(heard.map(({ profile }) => profile)).size > 1;
  });
  if (known.length === 0 || honest.length >= PEOPLE_MAX) return false;
  const profile = stage.newcomer(nameAt(honest.length), luck.pick(known).key);
  honest.push(profile);
  stage.open(profile);
  return true;
}

function openTab(stage: Stage): boolean {
  const profile = stage.luck.pick(stage.honest);
  if (stage.tabsOf(profile).length >= 2) return false;
  stage.open(profile);
  return true;
}

/** The page is closed, perhaps in the middle of a word; the person comes back later, or when all is well again. */
function leave(stage: Stage): boolean {
  if (stage.tabs.length === 0) return false;
  const tab = stage.luck.pick(stage.tabs);
  const { profile } = tab;
  stage.leave(tab);
  stage.world.after(stage.luck.between(100, 20_000), () => {
    if (stage.tabsOf(profile).length === 0) stage.open(profile);
  });
  return true;
}

/** Everybody masks what a liar wrote from some number on, and what comes of it later. */
function setAside({ liars, luck, setAside }: Stage): boolean {
  if (liars.length === 0) return false;
  setAside.set(luck.pick(liars).profile.key.id, luck.between(1, 6));
  return true;
}

function takeBack({ setAside, luck }: Stage): boolean {
  const devices = [...setAside].filter(([, from]) => from !== Number.POSITIVE_INFINITY);
  if (devices.length === 0) return false;
  setAside.set(luck.pick(devices)[0], Number.POSITIVE_INFINITY);
  return true;
}

/** Not between the halves of a character. */
function wholeAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
