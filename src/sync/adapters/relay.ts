// A link through the signalling server, for when WebRTC cannot. A frame travels in one or two numbered pieces,
// because its envelope must fit into the server's 16 KiB. The server may drop, repeat and reorder: whatever does not
// carry the next number closes the link, and the mesh makes a new one. It has no fingerprints, so the handshake
// above knows that it must encrypt.
import {
  type ConnectionId,
  type PeerId,
  RELAY_NUMBER_MAX,
  RELAY_PIECE_BYTES_MAX,
  type RelayFrame,
} from "../envelope.ts";
import { BUFFERED_BYTES_HIGH, BUFFERED_BYTES_LOW, BUFFERED_BYTES_MAX, FRAME_BYTES_MAX } from "../limits.ts";
import type { Bytes, LinkListener, PeerLink, Standing } from "../ports.ts";
import { Inbox } from "./inbox.ts";

/** The way through the server; shared by all relayed links of a page. */
export interface RelayCarrier {
  /** Bytes of all links together that the network has not taken. */
  readonly bufferedBytes: number;
  send(to: PeerId, piece: RelayFrame): void;
  /** This end closed, for whatever reason of its own. */
  closed(connection: ConnectionId): void;
}

export class RelayLink implements PeerLink {
  readonly kind = "relay";
  readonly fingerprints = null;
  readonly initiator: boolean;
  readonly peer: PeerId;
  readonly connection: ConnectionId;
  judged: (standing: Standing) => void = () => undefined;
  readonly #carrier: RelayCarrier;
  readonly #inbox = new Inbox();
  #sentCount = 0;
  #receivedCount = 0;
  /** Pieces of a frame whose last one has not come. */
  #pieces: Bytes[] = [];
  #isAboveHigh = false;
  #isClosed = false;

  constructor(peer: PeerId, connection: ConnectionId, initiator: boolean, carrier: RelayCarrier) {
    this.peer = peer;
    this.connection = connection;
    this.initiator = initiator;
    this.#carrier = carrier;
  }

  get bufferedBytes(): number {
    return this.#isClosed ? 0 : this.#carrier.bufferedBytes;
  }

  send(frame: Bytes): void {
    if (this.#isClosed) return;
    if (frame.length > FRAME_BYTES_MAX || this.bufferedBytes > BUFFERED_BYTES_MAX) {
      this.close();
      return;
    }
    let start = 0;
    do {
      if (this.#sentCount > RELAY_NUMBER_MAX) {
        this.close();
        return;
      }
      const bytes = frame.slice(start, start + RELAY_PIECE_BYTES_MAX);
      start += bytes.length;
      const last = start >= frame.length;
      const number = this.#sentCount++;
      this.#carrier.send(this.peer, {
        type: "relay-frame",
        connection: this.connection,
        number,
        last,
        bytes,
      });
    } while (start < frame.length);
    if (this.bufferedBytes > BUFFERED_BYTES_HIGH) this.#isAboveHigh = true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.end("here");
    this.#carrier.closed(this.connection);
  }

  listen(listener: LinkListener): void {
    this.#inbox.listen(listener);
  }

  /** A piece came from the other end. */
  receive(piece: RelayFrame): void {
    if (this.#isClosed) return;
    if (piece.number !== this.#receivedCount) {
      this.close();
      return;
    }
    this.#receivedCount++;
    this.#pieces.push(piece.bytes);
    if (!piece.last) {
      // A frame is one or two pieces; a third would only make us hold more.
      if (this.#pieces.length > 1) this.close();
      return;
    }
    const frame = join(this.#pieces);
    this.#pieces = [];
    if (frame.length > FRAME_BYTES_MAX || !this.#inbox.push(frame)) this.close();
  }

  /** The carrier took bytes. */
  carried(): void {
    if (this.#isClosed || !this.#isAboveHigh || this.bufferedBytes >= BUFFERED_BYTES_LOW) return;
    this.#isAboveHigh = false;
    this.#inbox.drained();
  }

  /** The mesh says that this link is over; nothing is sent about it. */
  end(closedBy: "here" | "there"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pieces = [];
    this.#inbox.end(closedBy);
  }
}

function join(pieces: readonly Bytes[]): Bytes {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
