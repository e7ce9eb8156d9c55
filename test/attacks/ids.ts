// Every id of the catalogue of attacks, and what shows its outcome. A title in this folder that begins with the id is
// enough; what needs a browser, or is tested where it belongs, is named here by file and title; what waits for a layer that
// is not there is named with its reason. ids.test.ts sees to it that nothing is silently passed over.

const GROUPS = { A: 19, B: 20, C: 17, D: 15, E: 20, F: 19, G: 20 } as const;

export const IDS: readonly string[] = Object.entries(GROUPS).flatMap(([group, count]) =>
  Array.from({ length: count }, (_, i) => `${group}${i + 1}`),
);

/** Tests elsewhere: id → file below test/, and the title as it stands there. */
export const ELSEWHERE: readonly (readonly [id: string, file: string, title: string])[] = [
  [
    "A8",
    "crdt/graph/ed25519.test.ts",
    "gives the verdict of the rule on every crafted case, on every platform",
  ],
  ["A8", "e2e/ed25519.e2e.ts", "gives the verdicts of Node with WebCrypto and in script"],
  ["A9", "crdt/graph/one-form.test.ts", "has one form, whatever"],
  ["A15", "ui/people/names.test.ts", "shows a name without characters that hide or reorder text"],
  [
    "B12",
    "sync/session-forks.test.ts",
    "who holds one face alone learns of the other by the proof, and it is known after a reload",
  ],
  ["B18", "crdt/graph/graph.test.ts", "knows what is in whose past, however it forks and merges"],
  ["B19", "crdt/graph/clock.test.ts", "costs a merge what differs, not the number of lanes"],
  [
    "C14",
    "crdt/moves.test.ts",
    "of 1,000 items in circles lose none of them, and make nothing deeper than what may be",
  ],
  [
    "D12",
    "e2e/privacy.e2e.ts",
    "comes with its content policy, asks nobody but its server, and needs no more than",
  ],
  [
    "D15",
    "ui/editor/clean-input.test.ts",
    "makes any edit of a well-formed text well formed, in order and without overlap",
  ],
  [
    "F2",
    "sync/mesh.test.ts",
    "is worthless as a recorded hello-back, offer or relay-open: each side's half is new",
  ],
  ["F3", "sync/mesh.test.ts", "never makes us construct: a thousand announcements, for an hour"],
  [
    "F4",
    "signalling/limits.test.ts",
    "opens the last room and refuses the next, but still lets people into open ones",
  ],
  ["F4", "signalling/limits.test.ts", "gives a burst, refuses one more, and gives again as time passes"],
  ["F12", "e2e/privacy.e2e.ts", "is hidden from the others where somebody wishes it, also after a reload"],
  [
    "F12",
    "sync/mesh-pairs.test.ts",
    "have a relay at once where one of them makes no direct links, which then constructs none",
  ],
  ["G1", "crdt/file/damage.test.ts", "is refused where its snapshot says something else than its history"],
  [
    "G12",
    "sync/session-keeping.test.ts",
    "never fork, whatever the interleaving of what they type, while others write too",
  ],
  ["G12", "e2e/fresh-key.e2e.ts", "goes on under a fresh key after a restored disk, and nothing is lost"],
  ["G12", "e2e/store.e2e.ts", "gives two pages that type at once one chain"],
  ["G13", "e2e/store-damage.e2e.ts", "reads what is left, goes on, and takes the lost change again"],
  [
    "G13",
    "sync/node/folder-store.test.ts",
    "refuses the record that it hit and keeps all others, at every byte",
  ],
  [
    "G14",
    "sync/node/fragile.test.ts",
    "refuses what a full disk has no room for, whole, and takes it once there is room",
  ],
  ["G14", "e2e/store.e2e.ts", "says that the disk is full, changes nothing, and goes on when there is room"],
  ["G15", "sync/session-keeping.test.ts", "nothing leaves while the transaction is open"],
  [
    "G15",
    "sync/session-keeping.test.ts",
    "a change that was stored and not signed is signed and sent at the next start",
  ],
  [
    "G16",
    "e2e/store.e2e.ts",
    "opens its handle again after a deletion and says when a newer version took over",
  ],
  [
    "G17",
    "crdt/file/damage.test.ts",
    "is refused where a change in it breaks a rule, and what stands before that counts",
  ],
  ["G17", "crdt/file/damage.test.ts", "is refused where a signature is somebody else's"],
  [
    "G20",
    "sync/keys.test.ts",
    "is made by the platform and cannot be read out, but is not kept without IndexedDB",
  ],
  ["G20", "e2e/store.e2e.ts", "survives a reload and cannot be exported"],
];

const COURTESY = "a link's end and number of uses, asked for in the handshake";
const AGREEMENT = "seals and votes";
const TRANSFERS = "witnessed transfers";
const RENDERING = "a view that makes markup or pictures of text: there is none";

/** What no test shows yet, and the layer it waits for. */
export const WAITING: Readonly<Record<string, string>> = {
  A19: RENDERING,
  C16: "an import of foreign JSON as text: there is none, and objects have no key twice",
  D10: "formatting of text: there are no marks",
  D11: "formatting of text: there are no marks",
  D13: RENDERING,
  E17: AGREEMENT,
  E20: AGREEMENT,
  F19: "anything that expires by a clock: nothing does",
  G2: AGREEMENT,
  G3: AGREEMENT,
  G4: AGREEMENT,
  G5: AGREEMENT,
  G6: AGREEMENT,
  G7: AGREEMENT,
  G8: AGREEMENT,
  G9: AGREEMENT,
  G10: TRANSFERS,
  G11: TRANSFERS,
  G18: AGREEMENT,
};

/** Shown as far as it stands today; the rest of the outcome waits. */
export const PARTLY: Readonly<Record<string, string>> = {
  B16: AGREEMENT,
  D12: RENDERING,
  E9: AGREEMENT,
  E15: COURTESY,
  E16: COURTESY,
  F6: "heads that members sign, by which a withheld change is noticed",
  F7: "heads that members sign, by which a rolled back copy is noticed",
  G1: AGREEMENT,
};
