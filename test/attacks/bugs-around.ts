// Bugs around the core: handshake, frames, links, what is kept and told; see bugs.ts.

import type { Bug, Finder } from "./bugs.ts";
import type { SCENES } from "./quarrel.ts";

const room = (name: keyof typeof SCENES): Finder => ["room", name];
const seeds = (count: number): Finder => ["seeds", count];
const nothing = (piece: string) => [[piece, ""]] as const;

export const AROUND: readonly Bug[] = [
  {
    about: "certificates are not in the transcript",
    file: "sync/handshake.ts",
    edits: nothing("firstPrint,\n        secondPrint,"),
    story: room("middle"),
    isSample: true,
  },
  {
    about: "a proof is asked about and its verdict not looked at",
    file: "sync/handshake.ts",
    edits: nothing('if (!verdicts.every(verdict => verdict)) return this.#fail("intercepted");'),
    story: room("middle"),
  },
  {
    about: "everybody who is linked may read",
    file: "sync/readers.ts",
    edits: [['if (replica.roleOf(device) !== null) return "all";', 'if (device !== null) return "all";']],
    story: room("strangers"),
  },
  {
    about: "the key of any link opens the document",
    file: "sync/readers.ts",
    edits: [['if (isOpen(replica, invite, isGreeted, now)) return "all";', 'return "all";']],
    story: room("strangers"),
    isSample: true,
  },
  {
    about: "every sealed frame has the same number",
    file: "sync/channel.ts",
    edits: [
      ["nonce(this.#sent++)", "nonce(this.#sent)"],
      ["nonce(this.#received++)", "nonce(this.#received)"],
    ],
    story: room("sealed"),
  },
  {
    about: "a message grows beyond what it said",
    file: "sync/channel.ts",
    edits: nothing('if (this.#assembly.length > this.#assemblyLength) return "broken";'),
    story: room("floods"),
  },
  {
    about: "a second message begins before the first has ended",
    file: "sync/channel.ts",
    edits: nothing('if (this.#assembly !== null) return "broken";'),
    story: room("floods"),
  },
  {
    about: "demerits are counted and nobody is cut off",
    file: "sync/peer.ts",
    edits: [["if (++this.#demerits >= DEMERITS_MAX)", "if (++this.#demerits >= DEMERITS_MAX * 1e6)"]],
    story: room("floods"),
  },
  {
    about: "changes come in faster than they are judged",
    file: "sync/peer.ts",
    edits: [["this.#receivedBytes - this.#judgedBytes > UNJUDGED_BYTES_MAX", "this.#receivedBytes < 0"]],
    story: room("floods"),
  },
  {
    about: "frames before the end of the handshake have no limit",
    file: "sync/peer.ts",
    edits: [["this.#early.length < UNHEARD_FRAMES_MAX", "this.#early.length >= 0"]],
    story: room("floods"),
  },
  {
    about: "each question is answered with everything again",
    file: "sync/outbox.ts",
    edits: nothing("if (this.#queued.has(slot) || (sentAt !== undefined && sentAt >= since)) continue;"),
    story: room("comparing"),
  },
  {
    about: "who holds a number is taken to hold both branches of it",
    file: "sync/reconcile.ts",
    edits: [
      ["if (replica.numbered(only, seq).length === 0) beyond.push", "if (seq > 0) beyond.push"],
      ["if (tip.seq < seq && tip.seq < below)", "if (tip.seq <= seq && tip.seq < below)"],
    ],
    story: room("comparing"),
  },
  {
    about: "what is not stored is claimed to be held",
    file: "sync/keeper.ts",
    edits: [["return new Set([...this.#unstored.keys(), ...this.#unsigned]);", "return new Set();"]],
    story: seeds(40),
    isSample: true,
  },
  {
    about: "what is not stored is sent",
    file: "sync/keeper.ts",
    edits: [
      ["return !this.#unstored.has(slot) && !this.#unsigned.has(slot);", "return !this.#unsigned.has(slot);"],
    ],
    story: seeds(40),
  },
  {
    about: "a change leaves before its signature is stored",
    file: "sync/keeper.ts",
    edits: [
      [
        "this.#host.putSignature(id, signature);",
        "this.#host.putSignature(id, signature); this.signatureStored(id);",
      ],
    ],
    story: seeds(40),
  },
  {
    about: "a number that another tab took is given again",
    file: "sync/keeper.ts",
    edits: [["return known !== head.id;", "return false;"]],
    story: seeds(400),
  },
  {
    about: "what a transaction could not store is forgotten",
    file: "sync/keeper.ts",
    edits: [["this.#failure = code;", "this.#failure = code; this.#unstored.clear();"]],
    story: seeds(40),
  },
  {
    about: "a page that opens does not sign what was stored unsigned",
    file: "sync/keeper.ts",
    edits: nothing(
      "this.#sign(records.filter(({ signature }) => signature === null).map(({ id }) => id as ChangeId));",
    ),
    story: seeds(100),
  },
];
