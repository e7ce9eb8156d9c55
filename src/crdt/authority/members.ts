// Who may write: the genesis names the owner and the policy, an invite is a key that its maker vouches for, a join
// is a device that such a key vouches for. In this smallest form nothing is ever taken back, so the fold over a
// causal past is a look at what lies in it; removal, demotion and seniority come in these same op kinds.

import { assert } from "../assert.ts";
import type { Change, DeviceId, Policy, Role } from "../graph/change.ts";
import type { Past } from "../graph/graph.ts";
import { EDITOR_BYTES_MAX, EDITOR_OPS_MAX } from "../limits.ts";
import type { Slot } from "../types/dot.ts";
import type { ImageIn, ImageOut } from "../types/image.ts";

/** The higher, the more it may. */
const RANK: Readonly<Record<Role, number>> = { reader: 0, commenter: 1, editor: 2, admin: 3, owner: 4 };

/** What who may write may write: everything, within quotas that no honest person reaches. */
const OPEN_ROLE = { keys: null, opsMax: EDITOR_OPS_MAX, bytesMax: EDITOR_BYTES_MAX };
export const OPEN_POLICY: Policy = { admin: OPEN_ROLE, editor: OPEN_ROLE };

export interface Member {
  readonly device: DeviceId;
  readonly role: Role;
  /** As the device itself last called itself; null if it never did. */
  readonly name: string | null;
}

interface Grant {
  readonly role: Role;
  /** The change that gave it. */
  readonly slot: Slot;
}

/** What a device last called itself, and in which change. */
interface Naming {
  readonly name: string;
  readonly depth: number;
  readonly id: string;
}

/** Everything there is: for what this replica holds now. */
const EVERYTHING: Pick<Past, "has"> = { has: () => true };

export class Members {
  #owner: DeviceId | null = null;
  #policy: Policy = {};
  readonly #invites = new Map<DeviceId, Grant[]>();
  readonly #grants = new Map<DeviceId, Grant[]>();
  readonly #names = new Map<DeviceId, Naming>();

  get owner(): DeviceId | null {
    return this.#owner;
  }

  get policy(): Policy {
    return this.#policy;
  }

  /** Takes in an admitted change. What a join gives depends on its own past alone, never on what came here first. */
  add(change: Change, slot: Slot, past: Pick<Past, "has">): void {
    for (const op of change.ops) {
      if (op.type === "genesis") {
        assert(this.#owner === null, "a document begins once");
        this.#owner = change.author;
        this.#policy = op.policy;
        push(this.#grants, change.author, { role: "owner", slot });
      } else if (op.type === "invite") push(this.#invites, op.key, { role: op.role, slot });
      else if (op.type === "join") {
        const role = this.inviteRole(op.invite, past);
        assert(role !== null, "an admitted join has its invite");
        push(this.#grants, change.author, { role, slot });
      } else if (op.type === "name") this.#rename(change, op.name);
    }
  }

  // One device's changes are a chain, so depth decides; a two-faced device may have two of one depth.
  #rename({ author, depth, id }: Change, name: string): void {
    const known = this.#names.get(author);
    if (known === undefined || known.depth < depth || (known.depth === depth && known.id < id)) {
      this.#names.set(author, { name, depth, id });
    }
  }

  /** The role a device holds in a causal past, or null. */
  roleOf(device: DeviceId, past = EVERYTHING): Role | null {
    return highest(this.#grants.get(device), past);
  }

  /** The role that an invite gives in a causal past, or null if it is not in it. */
  inviteRole(invite: DeviceId, past = EVERYTHING): Role | null {
    return highest(this.#invites.get(invite), past);
  }

  dump(out: ImageOut): void {
    out.json([this.#owner, this.#policy, [...this.#invites], [...this.#grants], [...this.#names]]);
  }

  /** Into one that is empty. */
  load(from: ImageIn): void {
    const [owner, policy, invites, grants, names] = from.json() as [
      DeviceId,
      Policy,
      [DeviceId, Grant[]][],
      [DeviceId, Grant[]][],
      [DeviceId, Naming][],
    ];
    this.#owner = owner;
    this.#policy = policy;
    for (const [key, given] of invites) this.#invites.set(key, given);
    for (const [device, given] of grants) this.#grants.set(device, given);
    for (const [device, naming] of names) this.#names.set(device, naming);
  }

  /** Sorted by device. */
  list(): Member[] {
    return [...this.#grants.keys()]
      .sort()
      .map(device => ({ device, role: this.roleOf(device)!, name: this.#names.get(device)?.name ?? null }));
  }
}

/** Who may make invites, and of what role: nobody gives a role above its own. */
export function mayInvite(issuer: Role, given: Role): boolean {
  return RANK[issuer] >= RANK.admin && RANK[given] <= RANK[issuer] && given !== "owner";
}

/** Whether a role may write under a top-level key. The owner may write everything, a reader nothing. */
export function mayWrite(role: Role, policy: Policy, key: string): boolean {
  if (role === "owner") return true;
  const keys = policy[role]?.keys;
  return keys === null || (keys?.includes(key) ?? false);
}

/** Whether there is anything that a role may write. */
export function mayWriteSomething(role: Role, policy: Policy): boolean {
  if (role === "owner") return true;
  const rights = policy[role];
  return rights !== undefined && (rights.keys === null || rights.keys.length > 0);
}

function highest(grants: readonly Grant[] | undefined, past: Pick<Past, "has">): Role | null {
  let best: Role | null = null;
  for (const { role, slot } of grants ?? []) {
    if (past.has(slot) && (best === null || RANK[role] > RANK[best])) best = role;
  }
  return best;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
