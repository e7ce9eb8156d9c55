// Ops about people ↔ canonical bytes (docs/wire-format.md §6, §6.3). As for all ops there is one way to write each; the
// reader refuses the others and is bounded before it allocates.

import {
  ADMITTED_HEADS_MAX,
  KEY_BYTES_MAX,
  LABEL_BYTES_MAX,
  NAME_BYTES_MAX,
  POLICY_KEYS_MAX,
} from "../limits.ts";
import { Malformed, Reader, Writer } from "./bytes.ts";
import type { AuthorityOp, ChangeId, DeviceId, Policy, Role, RolePolicy } from "./change.ts";
import { SIGNATURE_BYTES } from "./ed25519.ts";

/** wire §6: numbers of the op kinds. */
export const PEOPLE_OP = {
  genesis: 16,
  invite: 17,
  join: 18,
  name: 19,
  role: 20,
  dismiss: 21,
  revoke: 22,
  introduce: 23,
  disown: 24,
  admit: 25,
  quota: 26,
} as const satisfies Record<AuthorityOp["type"], number>;

/** wire §6.3: numbers of the roles are places in this list. */
const ROLES: readonly Role[] = ["owner", "admin", "editor", "commenter", "reader"];
const NONCE_BYTES = 16;

// ------------------------------------------------------------------------------------------------- writing

/** What follows the number of the kind. */
export function writePeopleOp(out: Writer, op: AuthorityOp): void {
  switch (op.type) {
    case "genesis":
      out.bytes(op.nonce);
      writePolicy(out, op.policy);
      break;
    case "invite":
      out.hex(op.key);
      out.byte(ROLES.indexOf(op.role));
      out.string(op.label);
      out.varint(op.expires);
      out.varint(op.uses);
      break;
    case "join":
      out.hex(op.invite);
      out.bytes(op.signature);
      break;
    case "name":
      out.string(op.name);
      break;
    case "role":
      out.hex(op.person);
      out.byte(ROLES.indexOf(op.role));
      break;
    case "dismiss":
      out.hex(op.person);
      break;
    case "revoke":
      out.hex(op.invite);
      break;
    case "introduce":
      out.hex(op.device);
      out.bytes(op.signature);
      out.byte(op.isRecovery ? 1 : 0);
      out.varint(op.opsMax);
      out.varint(op.bytesMax);
      break;
    case "disown":
      out.hex(op.device);
      break;
    case "admit":
      out.varint(op.heads.length);
      for (const head of op.heads) out.hex(head);
      break;
    case "quota":
      out.hex(op.person);
      out.varint(op.opsMax);
      out.varint(op.bytesMax);
      break;
    default:
      op satisfies never;
  }
}

function writePolicy(out: Writer, policy: Policy): void {
  const roles = ROLES.filter(role => policy[role] !== undefined);
  out.varint(roles.length);
  for (const role of roles) {
    const { keys, opsMax, bytesMax } = policy[role]!;
    out.byte(ROLES.indexOf(role));
    out.varint(keys === null ? 0 : keys.length + 1);
    for (const key of [...(keys ?? [])].sort()) out.string(key);
    out.varint(opsMax);
    out.varint(bytesMax);
  }
}

/** Bytes of an op besides its kind. Throws `RangeError` for one that nobody could read: it must not come into a draft. */
export function peopleOpSize(op: AuthorityOp): number {
  const out = new Writer();
  writePeopleOp(out, op);
  const input = new Reader(out.finish());
  try {
    readPeopleOp(input, PEOPLE_OP[op.type]);
    input.end();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new RangeError(`Expected what can be said about people, got ${op.type}: ${error.message}`);
  }
  return out.length;
}

// ------------------------------------------------------------------------------------------------- reading

/** The op of a kind; null if the kind is not one about people. Throws `Malformed`. */
export function readPeopleOp(input: Reader, kind: number): AuthorityOp | null {
  switch (kind) {
    case PEOPLE_OP.genesis:
      return { type: "genesis", nonce: input.bytes(NONCE_BYTES), policy: readPolicy(input) };
    case PEOPLE_OP.invite:
      return {
        type: "invite",
        key: readKey(input),
        role: readRole(input),
        label: input.string(LABEL_BYTES_MAX),
        expires: input.varint(),
        uses: input.varint(),
      };
    case PEOPLE_OP.join:
      return { type: "join", invite: readKey(input), signature: input.bytes(SIGNATURE_BYTES) };
    case PEOPLE_OP.name:
      return { type: "name", name: input.string(NAME_BYTES_MAX) };
    case PEOPLE_OP.role:
      return { type: "role", person: readKey(input), role: readRole(input) };
    case PEOPLE_OP.dismiss:
      return { type: "dismiss", person: readKey(input) };
    case PEOPLE_OP.revoke:
      return { type: "revoke", invite: readKey(input) };
    case PEOPLE_OP.introduce:
      return {
        type: "introduce",
        device: readKey(input),
        signature: input.bytes(SIGNATURE_BYTES),
        isRecovery: readFlag(input),
        opsMax: input.varint(),
        bytesMax: input.varint(),
      };
    case PEOPLE_OP.disown:
      return { type: "disown", device: readKey(input) };
    case PEOPLE_OP.admit:
      return { type: "admit", heads: readHeads(input) };
    case PEOPLE_OP.quota:
      return { type: "quota", person: readKey(input), opsMax: input.varint(), bytesMax: input.varint() };
    default:
      return null;
  }
}

function readKey(input: Reader): DeviceId {
  return input.name() as DeviceId;
}

function readRole(input: Reader): Role {
  const role = ROLES[input.byte()];
  if (role === undefined) throw new Malformed("unknown role");
  return role;
}

function readFlag(input: Reader): boolean {
  const flag = input.byte();
  if (flag > 1) throw new Malformed("flag");
  return flag === 1;
}

function readHeads(input: Reader): ChangeId[] {
  const heads: ChangeId[] = [];
  for (let left = input.count(ADMITTED_HEADS_MAX); left > 0; left--) {
    const head = input.name() as ChangeId;
    if (heads.length > 0 && heads[heads.length - 1]! >= head) throw new Malformed("heads not sorted");
    heads.push(head);
  }
  if (heads.length === 0) throw new Malformed("admits nothing");
  return heads;
}

function readPolicy(input: Reader): Policy {
  const policy: Partial<Record<Role, RolePolicy>> = {};
  let last = -1;
  for (let left = input.count(ROLES.length); left > 0; left--) {
    const role = readRole(input);
    if (ROLES.indexOf(role) <= last) throw new Malformed("roles not sorted");
    last = ROLES.indexOf(role);
    const count = input.count(POLICY_KEYS_MAX + 1);
    const keys = count === 0 ? null : Array.from({ length: count - 1 }, () => input.string(KEY_BYTES_MAX));
    if (keys?.some((key, i) => i > 0 && keys[i - 1]! >= key)) throw new Malformed("keys not sorted");
    policy[role] = { keys, opsMax: input.varint(), bytesMax: input.varint() };
  }
  return policy;
}
