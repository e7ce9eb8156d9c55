// Who is in which room. It knows neither sockets nor keys: a room is an opaque string, a member is something with an
// id that frames can be handed to. A room exists exactly as long as it has members, so nothing has to be cleaned up.
import type { PeerId, ServerFrame } from "./frames.ts";
import type { ServerLimits } from "./limits.ts";

export interface Member {
  readonly id: PeerId;
  /** False when the frame will not arrive, because the member does not read and was cut off. */
  deliver(frame: ServerFrame): boolean;
}

export type Joined =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: "RoomFull" | "TooManyRooms" };

export class Rooms {
  readonly #limits: ServerLimits;
  readonly #rooms = new Map<string, Map<PeerId, Member>>();

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#rooms.size;
  }

  /** Welcomes the member, then tells the others. The id must be new in the room. */
  join(name: string, member: Member): Joined {
    const room = this.#rooms.get(name) ?? new Map<PeerId, Member>();
    if (room.has(member.id)) throw new RangeError(`expected a new peer id, got ${member.id} twice`);
    if (room.size >= this.#limits.peersPerRoom) return { ok: false, code: "RoomFull" };
    if (room.size === 0 && this.#rooms.size >= this.#limits.rooms) return { ok: false, code: "TooManyRooms" };

    const others = [...room.values()];
    const peers = others.map(other => other.id).sort();
    this.#rooms.set(name, room.set(member.id, member));
    member.deliver({ type: "welcome", self: member.id, peers });
    for (const other of others) {
      // Being told may cut a member off, the newcomer itself included: nobody hears "arrived" after "left".
      if (room.get(member.id) === member) other.deliver({ type: "arrived", peer: member.id });
    }
    return { ok: true };
  }

  leave(name: string, member: Member): void {
    const room = this.#rooms.get(name);
    if (room?.get(member.id) !== member) return;
    room.delete(member.id);
    if (room.size === 0) this.#rooms.delete(name);
    // A copy: who is told may be cut off by it, and then leaves this very room.
    for (const other of [...room.values()]) other.deliver({ type: "left", peer: member.id });
  }

  /** Hands the payload to one other member of the sender's room; never to the sender, never to another room. */
  send(name: string, sender: Member, to: PeerId, payload: Uint8Array<ArrayBuffer>): void {
    const receiver = to === sender.id ? undefined : this.#rooms.get(name)?.get(to);
    const isDelivered = receiver?.deliver({ type: "from", peer: sender.id, payload }) ?? false;
    if (!isDelivered) sender.deliver({ type: "unreachable", peer: to });
  }
}
