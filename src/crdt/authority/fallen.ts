// Whoever was let in, or raised, by somebody who could not any more, which nobody there knew: what they are told, so that they
// know. It is what those are told who let them in, and so nothing that those could not have shown. Who came by a link that was
// made rightly and ended later is told nothing by this: it may have leaked after that.

import type { ChangeId, DeviceId, PersonId } from "../graph/change.ts";
import type { Graph } from "../graph/graph.ts";
import type { Slot } from "../types/dot.ts";
import { type Act, RULING_RANK } from "./acts.ts";
import type { Standing } from "./fold.ts";
import { type Member, type Members, mayWriteSomething } from "./members.ts";

/** The changes that ended what those might do who let a person in, or who had let those in, sorted; none if nobody let the
 * person in, or somebody did who could. */
export function fellBy(
  { members, graph }: { readonly members: Members; readonly graph: Graph },
  device: DeviceId,
): readonly ChangeId[] {
  const { current, acts } = members;
  const { persons } = current;
  const ends = new Set<Slot>();
  const fallen = new Set<PersonId>([persons.personOf(device)]);
  // Whoever is found on the way is looked at too.
  for (const person of fallen) {
    if (!current.hasFallen(person)) continue;
    for (const { author, slot } of lettingIn(current, acts, person)) {
      const giver = persons.personOf(author);
      fallen.add(giver);
      const ofGrants = current.grantsOf(giver).flatMap(grant => grant.ends.filter(isFromRuling));
      for (const act of [...ofGrants.map(end => end.act), ...persons.of(author).disownings])
        if (!graph.reaches(slot, act.slot)) ends.add(act.slot);
    }
  }
  return graph.sorted([...ends]).map(slot => graph.idAt(slot));
}

/** The devices of all whom nothing that took effect let in, or raised to write, and against whom nothing was said, by person. */
export function fallenOf({ members }: { readonly members: Members }): Member[] {
  const { current, acts, policy } = members;
  const persons = acts.flatMap(({ op, author }) =>
    op.type === "join" ? current.persons.personOf(author) : op.type === "role" ? op.person : [],
  );
  const isWaiting = (person: PersonId): boolean => {
    const role = current.roleOfPerson(person);
    return current.hasFallen(person) && (role === null || !mayWriteSomething(role, policy));
  };
  return members.list(new Set(persons.filter(isWaiting)));
}

function isFromRuling({ keeps }: { readonly keeps: number }): boolean {
  return keeps < RULING_RANK;
}

/** The ops without effect that were to give a person a role, or that made the link by which the person came. */
function lettingIn(standing: Standing, acts: readonly Act[], person: PersonId): Act[] {
  const links = new Set<DeviceId>();
  for (const { op, author } of acts)
    if (op.type === "join" && standing.persons.personOf(author) === person) links.add(op.invite);
  return acts.filter(act => {
    const { op } = act;
    const isLetting = op.type === "role" ? op.person === person : op.type === "invite" && links.has(op.key);
    return isLetting && !standing.isDone(act);
  });
}
