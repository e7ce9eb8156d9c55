// Limits of the sync ring, each with its unit and its reason. What both ends of the signalling server must agree
// on stands in signalling/limits.ts instead.

/** Bytes of one frame of a link: WebRTC data channels are safe between all browsers to 16 KiB. */
export const FRAME_BYTES_MAX = 16 * 1024;
/** Bytes handed to a link beyond which a sender should wait; data channels throw at 16 MiB. */
export const BUFFERED_BYTES_HIGH = 1024 * 1024;
/** Bytes at which a sender that waited may go on: low enough to rest, high enough that the line never idles. */
export const BUFFERED_BYTES_LOW = 256 * 1024;
/** Bytes handed to a link at which it closes: a sender that far beyond the high mark does not listen. */
export const BUFFERED_BYTES_MAX = 8 * 1024 * 1024;
/** Bytes of frames kept for a listener that is not there yet: a handshake is far smaller. */
export const UNHEARD_BYTES_MAX = 1024 * 1024;
/** Frames kept for a listener that is not there yet, so that empty ones are bounded as well. */
export const UNHEARD_FRAMES_MAX = 256;

/** Characters of one session description: one with a data channel alone has about 1,000. */
export const SDP_LENGTH_MAX = 12 * 1024;
/** Characters of one ICE candidate: real ones have about 150. */
export const CANDIDATE_LENGTH_MAX = 1024;
/** Characters of a media id: ours is "0". */
export const MID_LENGTH_MAX = 16;
/** Media sections of a session description: we use one. */
export const MEDIA_LINES_MAX = 16;
/** Candidates taken for one connection: a machine with many interfaces and two TURN servers offers about 30. */
export const CANDIDATES_MAX = 64;

/** Peers at one meeting place we keep track of: a full mesh is sensible to 8, the overlay picks from this many. */
export const PEERS_MAX = 64;
/** WebRTC connections at once, attempts included: each costs memory, ports and keep-alives. */
export const DIRECT_MAX = 32;
/** WebRTC connections made in one burst: joining a room may dial everybody at once. */
export const DIALS_BURST = DIRECT_MAX;
/** WebRTC connections made per second, sustained. Chromium allows 500 per page, uncollected closed ones included. */
export const DIALS_PER_SECOND = 10 / 60;
/** WebRTC connections made with one peer in one burst, so that one that flaps leaves the budget to the others. */
export const PEER_DIALS_BURST = 4;
/** WebRTC connections made with one peer per second, sustained. */
export const PEER_DIALS_PER_SECOND = 4 / 60;
/** Connections constructed after which the page is coaxed into collecting closed ones, before the wall at 500. */
export const DIALS_PER_COLLECTION = 400;

/** Milliseconds a direct link has before the relay carries on: longer and people think that nothing works. */
export const RELAY_AFTER_MS = 3_000;
/** Milliseconds an attempt has to open. ICE gives up after about 15 s by itself. */
export const ATTEMPT_MS = 20_000;
/** Milliseconds for an answer to a hello, beyond the backoff. */
export const HELLO_MS = 4_000;
/** Milliseconds a link or server connection must have stood to forget earlier failures. */
export const STABLE_MS = 30_000;
/** Milliseconds before the second attempt with a peer; doubles from there. */
export const RETRY_MS = 1_000;
/** Milliseconds between attempts with one peer at most: a relayed pair makes one connection in two minutes. */
export const RETRY_MS_MAX = 120_000;
/** Milliseconds before the server is tried again; doubles from there. */
export const SERVER_RETRY_MS = 500;
/** Milliseconds between attempts to reach the server at most. */
export const SERVER_RETRY_MS_MAX = 30_000;
/** Milliseconds from opening the WebSocket to the welcome. */
export const JOIN_MS = 10_000;
/** Milliseconds between pings to the server: proxies drop what is silent for a minute. */
export const PING_MS = 20_000;
/** Pings without an answer after which the server counts as gone. */
export const PINGS_MISSED_MAX = 2;
/** Milliseconds for the answer to a ping sent because something woke us up: after sleep sockets look alive. */
export const PROBE_MS = 5_000;
/** Milliseconds between looks at a buffer that offers no event when it empties. */
export const POLL_MS = 25;
/** The share of what the server allows that we use: its clock and ours do not run alike. */
export const PACE_SHARE = 0.8;
