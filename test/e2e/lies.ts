// What an invited member may send instead of the truth, and what is said of it to those who refuse it.

import { seedSign } from "../../src/crdt/index.ts";
import { ciphers } from "../../src/sync/adapters/ciphers.ts";
import type { SignedChange } from "../../src/sync/protocol.ts";
import type { Mallory } from "./mallory.ts";

export interface Lie {
  readonly name: string;
  /** What is sent before `honest`, a change of hers that is sound; made when it is asked for. */
  readonly changes: (liar: Mallory, honest: () => SignedChange) => readonly SignedChange[];
  readonly told: string;
}

const STRANGER = "An edit from Mallory was refused: its author is not a member.";
const FORGED = "An edit from Mallory was refused: the signature does not match.";

// Neighbours differ in what is said of them: it stands for ten seconds.
export const LIES: readonly Lie[] = [
  {
    name: "one byte altered, wherever it stands",
    changes: (_, honest) =>
      Array.from({ length: 12 }, (_, i) => {
        const bytes = new Uint8Array(honest().bytes);
        bytes[Math.floor((i * bytes.length) / 12)]! ^= 1;
        return { ...honest(), bytes };
      }),
    told: "An edit from Mallory was refused",
  },
  {
    name: "by a device that nobody invited",
    changes: liar => [liar.writeAs(ciphers.random(32), "LIE ", null)],
    told: STRANGER,
  },
  {
    name: "one letter of the text altered",
    changes: (_, honest) => {
      const bytes = new Uint8Array(honest().bytes);
      bytes[new TextDecoder("latin1").decode(bytes).indexOf("true")] = "T".charCodeAt(0);
      return [{ ...honest(), bytes }];
    },
    told: FORGED,
  },
  {
    name: "by a device that nobody invited, once more",
    changes: liar => [liar.writeAs(ciphers.random(32), "LIE ", null)],
    told: STRANGER,
  },
  {
    name: "its signature altered",
    changes: (_, honest) => {
      const signature = new Uint8Array(honest().signature);
      signature[5]! ^= 8;
      return [{ ...honest(), signature }];
    },
    told: FORGED,
  },
  {
    name: "by a device that nobody invited, for the last time",
    changes: liar => [liar.writeAs(ciphers.random(32), "LIE ", null)],
    told: STRANGER,
  },
  {
    name: "signed by another key",
    changes: (liar, honest) => {
      const { bytes } = honest();
      const message = liar.replica.messageOf(liar.replica.ownHead!.id);
      return [{ bytes, signature: seedSign(ciphers.random(32), message) }];
    },
    told: FORGED,
  },
  {
    name: "joining with a forged signature of the invitation",
    changes: liar => {
      const invite = [...liar.replica.changes()].flatMap(({ change }) =>
        change.ops.flatMap(op => (op.type === "invite" ? [op.key] : [])),
      )[0]!;
      return [liar.writeAs(ciphers.random(32), "LIE ", { invite, signature: ciphers.random(64) })];
    },
    told: FORGED,
  },
];
