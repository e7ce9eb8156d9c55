// Every limit of the signalling server, with its unit and its reason. It knows no platform, because the frames
// (and so the browser) share the first group. A limit without a test at limit and limit + 1 is a wish: the tests
// are in test/signalling/limits.test.ts.

/**
 * What both ends must know: the server cuts off whoever sends more, so an honest sender paces itself below.
 */
export const TRAFFIC_LIMITS = {
  /** Bytes of payload in one frame. WebRTC data channels are safe to 16 KiB, and one link size fits all links. */
  payloadBytes: 16 * 1024,
  /** Frames per second from one connection, sustained: 6.5 MB/s of full frames, far above any typing. */
  framesPerSecond: 400,
  /** Frames at once: opening a document of some 30 MB in full frames, or 2,000 small ones after a reconnect. */
  framesBurst: 2000,
  /** Bytes per second from one connection, sustained. A home uplink is slower than this. */
  bytesPerSecond: 4 * 1024 * 1024,
  /** Bytes at once: a pasted megabyte to each of seven others, without any pacing. */
  bytesBurst: 8 * 1024 * 1024,
} as const;

/** Peers in one room: the mesh is simulated to 200, and `welcome` stays near 2 KiB. */
const PEERS_PER_ROOM = 256;

export type ServerLimits = { readonly [name in keyof typeof SERVER_LIMITS]: number };

/** What only the server needs to know. Tests pass smaller ones; nothing else does. */
export const SERVER_LIMITS = {
  /** Connections in all. An idle one costs about 8 KiB, so these are some 80 MB. */
  connections: 10_000,
  /**
   * Connections from one address (one /64 for IPv6). A classroom behind one router is a few dozen browsers with a
   * few tabs each; a single machine must not be able to fill the server.
   */
  connectionsPerAddress: 256,
  /**
   * Sockets from one address, WebSockets and plain HTTP together, or one machine could hold all there are without ever
   * asking for a WebSocket. Not counted behind a proxy, which has one address for everybody.
   */
  socketsPerAddress: 512,
  /** Sockets above `connections` that may stand while they are told to go, and plain HTTP beside them. */
  socketsBeyondConnections: 512,
  /** Rooms. Each has at least one member, so this only says that rooms are not the way around `connections`. */
  rooms: 10_000,
  /** Peers in one room, wherever they are connected. */
  peersPerRoom: PEERS_PER_ROOM,
  /**
   * Peers in one room from one address: half of them, so that one machine that knows the room, as also who was removed does,
   * does not shut everybody else out. Each instance counts those connected to it: other instances are told no addresses.
   */
  peersPerRoomFromAddress: PEERS_PER_ROOM / 2,
  /** Sustained frames per second from one connection; see `TRAFFIC_LIMITS`. */
  framesPerSecond: TRAFFIC_LIMITS.framesPerSecond,
  /** Frames at once from one connection; see `TRAFFIC_LIMITS`. */
  framesBurst: TRAFFIC_LIMITS.framesBurst,
  /** Sustained bytes per second from one connection; see `TRAFFIC_LIMITS`. */
  bytesPerSecond: TRAFFIC_LIMITS.bytesPerSecond,
  /** Bytes at once from one connection; see `TRAFFIC_LIMITS`. */
  bytesBurst: TRAFFIC_LIMITS.bytesBurst,
  /** Pieces one WebSocket message may come in. Browsers send one; many empty pieces are free work for us. */
  messagePieces: 64,
  /**
   * Bytes waiting for one receiver. A slow honest receiver (1 Mbit/s) of a pasted megabyte has about 1.1 MB
   * waiting for nine seconds; four such pastes at once fit. Cutting off at 1 MiB would lose exactly that person.
   */
  bufferedBytesPerReceiver: 4 * 1024 * 1024,
  /** Bytes waiting for all receivers together: what a small machine can spare when many stop reading at once. */
  bufferedBytes: 32 * 1024 * 1024,
  /**
   * Bytes that a waiting frame counts for beside its own. Node and `ws` keep some 900 of memory for each (measured: 912
   * for a frame of 21 bytes, 696 for one of 16 KiB); uncounted, 4 MiB of the smallest frames were 180 MB.
   */
  waitingFrameBytes: 1024,
  /** Bytes waiting for one receiver once `bufferedBytes` is reached: those who do not read go first. */
  bufferedBytesPerReceiverWhenFull: 256 * 1024,
  /** Milliseconds from the challenge to a valid join. A slow phone signs in well under a second. */
  joinTimeoutMs: 10_000,
  /** Milliseconds between pings. Proxies commonly drop what is silent for 60 s; two unanswered ones fit in it. */
  pingIntervalMs: 25_000,
  /** Milliseconds a closing connection gets to say goodbye before its socket is destroyed. */
  closeTimeoutMs: 2_000,
  /** Milliseconds between the lines that sum up who was refused or cut off: a flood must not become a flood of lines. */
  summaryIntervalMs: 60_000,
  /** Milliseconds between signs of life from one instance to the others. */
  beatIntervalMs: 1_000,
  /** Milliseconds of silence after which another instance, and everybody at it, counts as gone: three beats may be late. */
  silenceMs: 4_000,
  /** Bytes on their way to other instances. A Redis that takes none for so long is as good as lost. */
  exchangeBufferedBytes: 64 * 1024 * 1024,
  /** Milliseconds before a lost Redis is tried again; doubles from there. */
  exchangeRetryMs: 250,
  /** Milliseconds between attempts to reach Redis at most: within them an outage that ended is noticed. */
  exchangeRetryMsMax: 4_000,
  /** Other instances remembered, gone ones included. Who could name more can write to our Redis. */
  instances: 256,
  /** Milliseconds for the head of an HTTP request, so that slow writers do not hold sockets. */
  requestHeadTimeoutMs: 10_000,
  /** Milliseconds for a whole HTTP request; no request here has a body worth reading. */
  requestTimeoutMs: 20_000,
} as const;
