// What a change may say about people, by what its author knew (T2). Whether it takes effect is not asked here: that may
// change as more is known (fold.ts).

import type { AuthorityOp, DeviceId, PersonId } from "../graph/change.ts";
import { isAuthority } from "../graph/change.ts";
import type { Graph } from "../graph/graph.ts";
import type { Past } from "../graph/past.ts";
import type { WrittenChange } from "../graph/written.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { RANK } from "./acts.ts";
import { type Grant, mayGive, type Standing } from "./fold.ts";

/** Null if every op about people in a change may stand there. A recovery key says nothing else. */
export function judgePeople(
  change: WrittenChange,
  standing: Standing,
  graph: Graph,
  past: Past,
): Refusal | null {
  const self = standing.persons.of(change.author);
  if (self.isRecovery) {
    if (self.disownings.length > 0) return refuse("DeviceDisowned");
    if (change.ops.some(op => op.type !== "introduce" && op.type !== "disown"))
      return refuse("RightMissing", "a recovery key writes nothing");
  }
  if (!change.isAboutPeople) return null;
  const judging = new Judging(change, standing, graph, past);
  for (const op of change.ops) {
    const refusal = isAuthority(op) ? judging.judge(op) : null;
    if (refusal !== null) return refusal;
  }
  return null;
}

class Judging {
  readonly #author: DeviceId;
  readonly #standing: Standing;
  readonly #graph: Graph;
  readonly #past: Past;
  /** What the author acts under: of a newcomer the link. */
  readonly #grant: Grant | null;
  /** Devices introduced in this change already. */
  readonly #introduced = new Set<DeviceId>();

  constructor({ author, ops }: WrittenChange, standing: Standing, graph: Graph, past: Past) {
    this.#author = author;
    this.#standing = standing;
    this.#graph = graph;
    this.#past = past;
    const first = ops[0];
    this.#grant = first?.type === "join" ? standing.linkOf(first.invite) : standing.grantOf(author);
  }

  judge(op: AuthorityOp): Refusal | null {
    switch (op.type) {
      case "genesis":
      case "join":
      case "name":
        return null;
      case "introduce":
        return this.#judgeIntroduction(op.device, op.isRecovery);
      case "disown":
        return this.#judgeDisowning(op.device);
      default:
        return this.#judgeRuling(op);
    }
  }

  #judgeRuling(op: Exclude<AuthorityOp, { type: "genesis" | "join" | "name" | "introduce" | "disown" }>) {
    const grant = this.#grant;
    if (grant === null || RANK[grant.role] < RANK.admin) return refuse("RightMissing", op.type);
    switch (op.type) {
      case "invite":
        return mayGive(grant.role, op.role) ? null : refuse("RightMissing", `invite ${op.role}`);
      case "role":
        if (!mayGive(grant.role, op.role)) return refuse("RightMissing", `role ${op.role}`);
        return this.#judgeTarget(op.person, grant);
      case "dismiss":
        return this.#judgeKnown(op.person) ?? this.#judgeTarget(op.person, grant);
      case "quota":
        return this.#judgeKnown(op.person);
      case "revoke": {
        const links = this.#standing.linksOf(op.invite);
        if (links.length === 0) return refuse("ReferenceUnseen", "link");
        return this.#standing.isAbove(grant, links) ? null : refuse("RightMissing", "a senior link");
      }
      case "admit": {
        for (const id of op.heads) {
          const slot = this.#graph.slotOf(id);
          if (slot === undefined || !this.#past.has(slot)) return refuse("ReferenceUnseen", id.slice(0, 8));
        }
        return null;
      }
    }
  }

  #judgeKnown(person: PersonId): Refusal | null {
    return this.#standing.grantsOf(person).length > 0 ? null : refuse("ReferenceUnseen", "person");
  }

  #judgeTarget(person: PersonId, grant: Grant): Refusal | null {
    if (this.#standing.persons.personOf(person) !== person) return refuse("ReferenceWrong", "not a person");
    return this.#standing.isAbove(grant, this.#standing.grantsOf(person))
      ? null
      : refuse("RightMissing", "somebody senior");
  }

  #judgeIntroduction(device: DeviceId, isRecovery: boolean): Refusal | null {
    const { persons } = this.#standing;
    const self = persons.of(this.#author);
    if (self.disownings.length > 0) return refuse("DeviceDisowned");
    if (this.#introduced.has(device) || device === this.#author || this.#isSomebody(device))
      return refuse("ReferenceWrong", "a device that is here already");
    this.#introduced.add(device);
    if (isRecovery && self.introduction !== null && !self.isRecovery)
      return refuse("RightMissing", "a recovery key");
    return null;
  }

  #isSomebody(device: DeviceId): boolean {
    const { persons } = this.#standing;
    return persons.of(device).introduction !== null || this.#standing.grantsOf(device).length > 0;
  }

  #judgeDisowning(device: DeviceId): Refusal | null {
    const { persons } = this.#standing;
    const self = persons.of(this.#author);
    if (self.disownings.length > 0) return refuse("DeviceDisowned");
    return persons.isSenior(self, persons.of(device))
      ? null
      : refuse("RightMissing", "not a junior device of one's own");
  }
}
