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

/** Peers at one meeting place we keep track of: as many as the server lets into a room. */
export const PEERS_MAX = 256;

// Beyond a full mesh (overlay.ts).
/** Others with whom everybody is linked: a full mesh of eight. */
export const MESH_OTHERS_MAX = 7;
/** Links beyond that: each costs memory and keep-alives, and everything written travels over all of them. */
export const OVERLAY_LINKS_MAX = 8;
/** Links that we choose ourselves, however many others chose us. */
export const OVERLAY_OWN_MIN = 3;
/** And at most, while there are few others: more, made in a full mesh, are given up where somebody needs the place. */
export const OVERLAY_OWN_MAX = 4;
/** Links beyond which none is chosen any more that is not needed, so that newcomers find a free place. */
export const OVERLAY_LINKS_ENOUGH = 6;
/** Links that others chose. The rest are ours, however many call. */
export const OVERLAY_TAKEN_MAX = OVERLAY_LINKS_MAX - OVERLAY_OWN_MIN;
/** And while we have not as many of our own yet: who calls at once does not leave us fewer. */
export const OVERLAY_TAKEN_FIRST_MAX = 2;
/** Of these, from people whom we do not know, where we are linked with as many whom we do. */
export const OVERLAY_STRANGERS_MAX = 3;
/** Calls of others that are taken in one burst: each may cost a WebRTC connection, of which most are left to our own. */
export const OVERLAY_CALLS_BURST = 2 * OVERLAY_TAKEN_MAX;
/** Calls of others that are taken per second, sustained. */
export const OVERLAY_CALLS_PER_SECOND = 4 / 60;
/** Milliseconds between meeting the first of many and choosing, so that those who answer first are not chosen for it. */
export const OVERLAY_SETTLE_MS = 1_000;
/** Milliseconds for a link to open that was called for: a hello, 3 s without a direct link, the relay. */
export const OVERLAY_CALL_MS = 10_000;
/** Milliseconds before somebody is called again who had no place, or whose link ended; doubles from there. */
export const OVERLAY_REST_MS = 2_000;
/** Milliseconds before somebody is called again at most. */
export const OVERLAY_REST_MS_MAX = 120_000;
/** Milliseconds before one of the links that we chose is exchanged, if another might be better; doubles from there. */
export const OVERLAY_EXCHANGE_MS_FIRST = 1_000;
/** The same once we know somebody at an end of one, or where we know nobody; and at most while there is no member at any. */
export const OVERLAY_EXCHANGE_MS = 10_000;
/** Milliseconds between such exchanges at most. */
export const OVERLAY_EXCHANGE_MS_MAX = 600_000;

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
/** Relayed links that one peer opens with us in one burst: each is a handshake. One whose links all end at once opens six in
 * half a minute, by the backoff. */
export const PEER_RELAYS_BURST = 8;
/** Relayed links that one peer opens with us per second, sustained. */
export const PEER_RELAYS_PER_SECOND = 8 / 60;
/** Connections constructed after which the page is coaxed into collecting closed ones, before the wall at 500. */
export const DIALS_PER_COLLECTION = 400;

/** Milliseconds a direct link has before the relay carries on: longer and people think that nothing works. */
export const RELAY_AFTER_MS = 3_000;
/** Milliseconds an attempt has to open. ICE gives up after about 15 s by itself. */
export const ATTEMPT_MS = 20_000;
/** Milliseconds for an answer to a hello, beyond the backoff. */
export const HELLO_MS = 4_000;
/** Milliseconds after which nobody waits any more for a peer to be linked: a hello's answer and then the relay. */
export const MEETING_MS = HELLO_MS + RELAY_AFTER_MS;
/** Milliseconds a link or server connection must have stood to forget earlier failures. */
export const STABLE_MS = 30_000;
/** Milliseconds before the second attempt with a peer; doubles from there. */
export const RETRY_MS = 1_000;
/** Milliseconds between attempts with one peer at most: a relayed pair makes one connection in two minutes. */
export const RETRY_MS_MAX = 120_000;
/** Milliseconds before the server is tried again; doubles from there. */
export const SERVER_RETRY_MS = 500;
/** Milliseconds between attempts to reach the server at most: an outage that ends must be noticed within ten seconds
 * without any event from the browser. */
export const SERVER_RETRY_MS_MAX = 8_000;
/** Milliseconds for the server's answer about ICE servers: nobody is met before, and a slow phone takes a second or two. */
export const CONFIGURATION_MS = 5_000;
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

/** Bytes of one message put together from frames: the longest signed run, were all of it written out. */
export const MESSAGE_BYTES_MAX = 1024 * 1024;
/** Bytes of changes, written out, that are packed into one message, unless a single run is larger. */
export const BATCH_BYTES = 32 * 1024;
/** Messages of changes packed for one link in a row: some 10 ms of work, so that a page whose document somebody comes to draws and
 * takes keys meanwhile. */
export const MESSAGES_A_TURN = 2;
/** Runs in one message: bounds the signatures asked for in one go. */
export const BATCH_RUNS_MAX = 256;
/** Bytes that the changes of one message may have once written out: a few bytes of a row may stand for many. */
export const UNPACKED_BYTES_MAX = MESSAGE_BYTES_MAX;
/** Bytes of messages with changes a sender may have on the way before the receiver says it took some. */
export const WINDOW_BYTES = 512 * 1024;
/** Bytes of unjudged changes at which a receiver cuts a sender off: half as much again as an honest one ever has on the way. */
export const UNJUDGED_BYTES_MAX = 1.5 * (WINDOW_BYTES + MESSAGE_BYTES_MAX);
/** Changes that a link remembers by their tags at each end: those of two whole claims. What is forgotten is sent whole. */
export const TAGS_MAX = 8_192;
/** Frames waiting for a link that takes none, beyond which it closes: half a minute of carets and claims. */
export const UNTAKEN_FRAMES_MAX = 1_024;
/** Lanes in one comparison: devices that ever wrote, and their forks. */
export const LANES_MAX = 4_096;
/** Bytes of a first claim; one that would be longer is a frontier, which is enough for those who hold the same. */
export const FIRST_CLAIM_BYTES_MAX = 140;
/** Lanes of one device up to which rungs are named: one lane of a million changes has 59 of them. */
export const RUNG_LANES_MAX = 4;
/** Milliseconds of rest on a link after a look at all lanes, for each of them: it takes some 1 µs each, and three bytes ask for it. The
 * same for each rung that was named: some 4 µs and 16 bytes, and thousands are asked for by a message of 1 kB. */
export const LANE_REST_MS = 0.2;
/** Milliseconds of rest after a comparison for each change that the other end lacked in it: to go through these takes some 0.2 µs
 * each, so a link takes a few thousandths of the time at most, whatever is said on it. */
export const COMPARED_REST_MS = 0.1;
/** Milliseconds for each change in a list for ranges before one is made for another link: it takes some 1 µs each, so all links
 * together take a tenth of the time. */
export const LISTED_REST_MS = 0.01;
/** Ranges in one message. */
export const RANGES_MAX = 1_024;
/** Into how many a range is split that differs. */
export const RANGE_PARTS = 16;
/** Changes of a range up to which they are named one by one. */
export const RANGE_LIST_MAX = 16;
/** Messages of ranges that are answered on a link in `RESEND_MS`: one comparison of a million changes takes seven. */
export const RANGES_ANSWERED_MAX = 32;
/** Two-faced devices that are named in one message: as many as lanes. */
export const FORKS_MAX = LANES_MAX;
/** Refused changes or senseless frames after which a link is closed. An honest old version makes a few. */
export const DEMERITS_MAX = 64;
/** UTF-8 bytes of a name in a presence. */
export const PRESENCE_NAME_BYTES_MAX = 128;

// People without a link to us (distant.ts).
/** Heads in a word: what it says to be held is what lies below them, so fewer say less and nothing false. */
export const WORD_HEADS_MAX = 8;
/** Milliseconds between own words at least: each costs everybody a signature to judge. */
export const WORD_MS = 1_000;
/** The same for each device whose words are heard: all together are judged some twenty times a second at most. */
export const WORD_SHARE_MS = 50;
/** Milliseconds after which a word is repeated that says nothing new. */
export const DISTANT_REPEAT_MS = 15_000;
/** Milliseconds after which a device whose word is not repeated is gone: two words may be lost. */
export const DISTANT_GONE_MS = 45_000;
/** Milliseconds that the time of a word may be off: old ones keep nobody here any longer than that. */
export const DISTANT_SKEW_MS = 120_000;
/** Devices whose words are remembered: as many as meet in one room. */
export const DISTANT_MAX = 256;
/** Words that one link may bring in one burst: everybody's once, and some. */
export const WORDS_BURST = 400;
/** Words that one link may bring per second, sustained. */
export const WORDS_PER_SECOND = 40;
/** Milliseconds for which one speaks to those who are not linked, after the last sign that there are any. */
export const CROWD_MS = 60_000;

/** Links at once; more are closed unheard. */
export const LINKS_MAX = 64;
/** Devices that are no member's, such as an always-on peer's, of which is remembered how much of mine they hold: all that may be linked. */
export const HOLDERS_OTHER_MAX = LINKS_MAX;

/** Milliseconds from a draft's first op to its flush: the longest a keystroke waits before it is signed. */
export const FLUSH_MS = 50;
/** Milliseconds between ticks of a session with nothing to do: pings, expiries and second attempts need no more. */
export const IDLE_TICK_MS = 250;
/** Milliseconds both ends have for the handshake. */
export const HANDSHAKE_MS = 10_000;
/** Milliseconds between pings on a link. */
export const LINK_PING_MS = 5_000;
/** Milliseconds without any frame after which a link is given up: two missed pings and some jitter. */
export const LINK_SILENCE_MS = 16_000;
/** Pings on a link that are answered between two ticks: a page in the background may be woken only once a minute. */
export const PONGS_A_TICK = 16;
/** Milliseconds for which small messages that come after each other are gathered; less than `FLUSH_MS`, so that nobody who writes
 * alone waits. */
export const GATHER_MS = 40;
/** Bytes of a message that may wait so. */
export const GATHERED_BYTES_MAX = 1_024;
/** Milliseconds from telling what is held to telling it again: each of n people told each other of every change, n² messages for
 * one letter. Well below the next, or those who have it would be offered it. */
export const TELL_MS = 100;
/** Milliseconds before changes of others are offered on, so that their author's own push comes first. */
export const RELAY_CHANGES_MS = 200;
/** So many different times, over as long again, at which they are offered to links. */
export const RELAY_STEPS = 8;
/** Milliseconds after which what was taken and is not held all the same is sent again. */
export const RESEND_MS = 5_000;
/** Milliseconds without a letter after which a title is written: a change each, and a pause that nobody makes within a word. */
export const TITLE_PAUSE_MS = 300;
/** Milliseconds in which nothing of a document came, after which what this device wrote in it before it was removed from here is
 * waited for no longer: who has it would have said so in two of `RESEND_MS`. */
export const HOMECOMING_MS = 10_000;
/** Milliseconds between presences at least; the newest wins. */
export const PRESENCE_MS = 50;
/** Milliseconds after which a presence is repeated, so that a newcomer and a lossy link hear it. */
export const PRESENCE_REPEAT_MS = 5_000;
/** Milliseconds after which a caret that is not repeated vanishes. */
export const PRESENCE_GONE_MS = 15_000;
/** Milliseconds a store may take before people are told "Saving…". */
export const SAVING_SHOWN_MS = 500;
/** Milliseconds for which a change may be on its way to somebody who is linked before people are told that it waits. */
export const ON_ITS_WAY_MS = 1_000;
/** Changes in a log before an image of it is kept: fewer are replayed in some 20 ms. */
export const IMAGE_CHANGES_MIN = 2_000;
/** Part of the log that has to be new before the image is made again: all images ever made cost what a few logs do. */
export const IMAGE_GROWTH = 1 / 8;
/** Milliseconds without anything stored after which an image is made: it takes as long as a frame or two of the screen. */
export const IMAGE_IDLE_MS = 3_000;
/** Records read at once behind an image: their hashes take less than a frame of the screen. */
export const FILL_RECORDS = 1_024;
/** Milliseconds between attempts to store what could not be stored. */
export const STORE_RETRY_MS = 2_000;
/** Bytes of one record in a log on disk: the longest change, with the longest signed run that proves it, and room to spare. */
export const LOG_FRAME_BYTES_MAX = 4 * 1024 * 1024;
/** Bytes of a log on disk that may stand for nothing: beyond that, if they are more than what counts, it is written anew when
 * it is opened. Smaller logs are not worth it. */
export const LOG_GARBAGE_BYTES = 64 * 1024;
/** Bytes of a text or JSON file that becomes a document: a long book several times over, one page of which an editor lays
 * out without a pause. */
export const TEXT_FILE_BYTES_MAX = 4 * 1024 * 1024;
/** UTF-16 code units of a title that is taken from a file: as many as its field takes. */
export const FILE_TITLE_LENGTH_MAX = 200;

/** Changes of one author that are looked at for when one was made: a minute of the fastest typing, after which a time is
 * stated, several times over. */
export const CLOCK_STEPS_MAX = 4_096;

/** Milliseconds a refusal is shown. */
export const NOTICE_MS = 10_000;

/** Secrets of share links that a device keeps of one document, so that Share can show them again: more than anybody labels. */
export const LINK_SEEDS_MAX = 100;

// Pairing without a server (adapters/opened-pairing.ts), in milliseconds.
/** Without a new address in so long a browser has told all it has. */
export const PAIRING_QUIET_MS = 500;
/** At most, whatever comes. */
export const PAIRING_GATHER_MS = 4_000;
/** After the answer was taken, until it is given up. */
export const PAIRING_ATTEMPT_MS = 20_000;
/** People whose keys somebody compared on this device: more than anybody meets, and some 100 kB of what a page may keep. */
export const VERIFIED_MAX = 500;
