// Who is in which room. It knows neither sockets nor keys: a room is an opaque string, a member is something with an
// id that frames can be handed to. A room exists exactly as long as somebody connected here is in it, so nothing has to
// be cleaned up. Members connected to other instances (elsewhere.ts) are told of and sent to like all others.
import type { PeerId, ServerFrame } from "./frames.ts";
import type { ServerLimits } from "./limits.ts";

export interface Member {
  readonly id: PeerId;
  /** False when the frame will not arrive, because the member does not read and was cut off. */
  deliver(frame: ServerFrame): boolean;
}

/** A member that is connected here. */
export interface MemberHere extends Member {
  /** For which its place counts. */
  readonly address: string;
}

export type Joined =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: "RoomFull" | "AddressFull" | "TooManyRooms" };

interface Room {
  readonly here: Map<PeerId, MemberHere>;
  readonly elsewhere: Map<PeerId, Member>;
}

export class Rooms {
  readonly #limits: ServerLimits;
  readonly #rooms = new Map<string, Room>();
  /** Called when somebody here came or went; nobody left means that the room is gone. */
  onChange: (name: string) => void = () => undefined;

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#rooms.size;
  }

  get names(): Iterable<string> {
    return this.#rooms.keys();
  }

  /** Who is connected here, ascending. */
  here(name: string): readonly PeerId[] {
    return [...(this.#rooms.get(name)?.here.keys() ?? [])].sort();
  }

  /** Welcomes the member, then tells the others. The id must be new in the room. */
  join(name: string, member: MemberHere): Joined {
    const room: Room = this.#rooms.get(name) ?? { here: new Map(), elsewhere: new Map() };
    const { here, elsewhere } = room;
    if (here.has(member.id) || elsewhere.has(member.id))
      throw new RangeError(`expected a new peer id, got ${member.id} twice`);
    if (here.size + elsewhere.size >= this.#limits.peersPerRoom) return { ok: false, code: "RoomFull" };
    const { length } = [...here.values()].filter(({ address }) => address === member.address);
    if (length >= this.#limits.peersPerRoomFromAddress) return { ok: false, code: "AddressFull" };
    if (here.size === 0 && this.#rooms.size >= this.#limits.rooms) return { ok: false, code: "TooManyRooms" };

    const others = [...here.values()];
    const peers = [...here.keys(), ...elsewhere.keys()].sort();
    this.#rooms.set(name, room);
    here.set(member.id, member);
    member.deliver({ type: "welcome", self: member.id, peers });
    for (const other of others) {
      // Being told may cut a member off, the newcomer itself included: nobody hears "arrived" after "left".
      if (here.get(member.id) === member) other.deliver({ type: "arrived", peer: member.id });
    }
    if (here.get(member.id) === member) this.onChange(name);
    return { ok: true };
  }

  leave(name: string, member: Member): void {
    const room = this.#rooms.get(name);
    if (room?.here.get(member.id) !== member) return;
    room.here.delete(member.id);
    if (room.here.size === 0) this.#rooms.delete(name);
    this.#tell(room, { type: "left", peer: member.id });
    this.onChange(name);
  }

  /** Hands the payload to one other member of the sender's room; never to the sender, never to another room. */
  send(name: string, sender: Member, to: PeerId, payload: Uint8Array<ArrayBuffer>): void {
    const room = this.#rooms.get(name);
    const receiver = to === sender.id ? undefined : (room?.here.get(to) ?? room?.elsewhere.get(to));
    const isDelivered = receiver?.deliver({ type: "from", peer: sender.id, payload }) ?? false;
    if (!isDelivered) sender.deliver({ type: "unreachable", peer: to });
  }

  /** As `send`, for who is connected elsewhere: reaches those here alone, or two instances could play at ping-pong. */
  receive(name: string, sender: Member, to: PeerId, payload: Uint8Array<ArrayBuffer>): void {
    const receiver = this.#rooms.get(name)?.here.get(to);
    const isDelivered = receiver?.deliver({ type: "from", peer: sender.id, payload }) ?? false;
    if (!isDelivered) sender.deliver({ type: "unreachable", peer: to });
  }

  /** Somebody connected here hears that what they sent to `peer` went nowhere. */
  unreachable(name: string, sender: PeerId, peer: PeerId): void {
    this.#rooms.get(name)?.here.get(sender)?.deliver({ type: "unreachable", peer });
  }

  /** Somebody connected elsewhere is in a room. False where nobody here is, or there is no place, or they are in it. */
  arrive(name: string, member: Member): boolean {
    const room = this.#rooms.get(name);
    if (room === undefined || room.here.has(member.id) || room.elsewhere.has(member.id)) return false;
    if (room.here.size + room.elsewhere.size >= this.#limits.peersPerRoom) return false;
    room.elsewhere.set(member.id, member);
    this.#tell(room, { type: "arrived", peer: member.id });
    return true;
  }

  depart(name: string, member: Member): void {
    const room = this.#rooms.get(name);
    if (room?.elsewhere.get(member.id) !== member) return;
    room.elsewhere.delete(member.id);
    this.#tell(room, { type: "left", peer: member.id });
  }

  // A copy: who is told may be cut off by it, and then leaves this very room.
  #tell(room: Room, frame: ServerFrame): void {
    for (const member of [...room.here.values()]) member.deliver(frame);
  }
}
