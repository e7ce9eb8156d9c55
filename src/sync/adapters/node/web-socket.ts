// The WebSocket of the package ws, as our server is spoken to: no compression, which costs memory, and no frame longer than
// the server may send, so that one that lies cannot fill this process.

import { WebSocket as WsWebSocket } from "ws";
import { FRAME_BYTES_MAX } from "../../../../signalling/frames.ts";
import { JOIN_MS } from "../../limits.ts";

export class NodeWebSocket extends WsWebSocket {
  constructor(url: string) {
    super(url, { maxPayload: FRAME_BYTES_MAX, perMessageDeflate: false, handshakeTimeout: JOIN_MS });
  }
}
