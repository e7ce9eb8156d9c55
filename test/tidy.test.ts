// Goal: what ARCHITECTURE promises about the sources stays true without anybody watching. Method: each rule of
// test/tidy/rules.ts reads all sources, and has to find what is planted here before its silence counts.
import { describe, expect, it } from "vitest";
import {
  everySourceIsImported,
  exportsAreListed,
  filesFitASitting,
  filesWorthALook,
  importsFollowTheArrows,
  importsHaveNoCycles,
  limitsGiveTheirReason,
  noMachineIsNamed,
  nothingIsLeftOver,
  type Rule,
  ringsDoNotKnowThePlatform,
} from "./tidy/rules.ts";
import { parseSources, readSources } from "./tidy/sources.ts";

const sources = readSources();

const RULES = {
  importsFollowTheArrows,
  importsHaveNoCycles,
  everySourceIsImported,
  ringsDoNotKnowThePlatform,
  nothingIsLeftOver,
  noMachineIsNamed,
  filesFitASitting,
  exportsAreListed,
  limitsGiveTheirReason,
} as const satisfies Record<string, Rule>;

type RuleName = keyof typeof RULES;
type Files = Record<string, string>;

const NAMES = Object.keys(RULES) as RuleName[];
const crdt = (text: string): Files => ({ "src/crdt/replica.ts": text });
const sync = (text: string): Files => ({ "src/sync/mesh.ts": text });
const ui = (text: string): Files => ({ "src/ui/app.tsx": text });
const imports = (path: string, specifier: string): Files => ({ [path]: `import "${specifier}";` });

// Each line: the rule, what is planted, and what of it must be found (a part of the sentence).
const PLANTED: readonly (readonly [RuleName, Files, string])[] = [
  ["importsFollowTheArrows", imports("src/crdt/types/text.ts", "../graph/graph.ts"), "crdt/types may not"],
  [
    "importsFollowTheArrows",
    imports("src/crdt/types/text.ts", "@noble/hashes/sha2.js"),
    "crdt/types may not",
  ],
  [
    "importsFollowTheArrows",
    imports("src/crdt/graph/graph.ts", "../authority/members.ts"),
    "crdt/graph may not",
  ],
  ["importsFollowTheArrows", imports("src/crdt/graph/graph.ts", "../replica.ts"), "crdt/graph may not"],
  ["importsFollowTheArrows", imports("src/crdt/authority/members.ts", "idb"), "crdt/authority may not"],
  ["importsFollowTheArrows", imports("src/crdt/limits.ts", "./assert.ts"), "a leaf of crdt may not"],
  ["importsFollowTheArrows", imports("src/crdt/replica.ts", "../sync/session.ts"), "crdt may not"],
  ["importsFollowTheArrows", imports("src/crdt/state/or-set.ts", "../types/op.ts"), "crdt/state may not"],
  ["importsFollowTheArrows", imports("src/crdt/state/or-set.ts", "../limits.ts"), "crdt/state may not"],
  ["importsFollowTheArrows", imports("src/crdt/replica.ts", "./state/index.ts"), "crdt may not"],
  ["importsFollowTheArrows", imports("src/crdt/types/text.ts", "../state/index.ts"), "crdt/types may not"],
  ["importsFollowTheArrows", imports("src/sync/keeper.ts", "../crdt/state/index.ts"), "sync may not"],
  ["importsFollowTheArrows", imports("src/index.ts", "./crdt/state/index.ts"), "the front door may not"],
  ["importsFollowTheArrows", imports("src/crdt/types/edit.ts", "../api/place.ts"), "crdt/types may not"],
  ["importsFollowTheArrows", imports("src/crdt/api/doc.ts", "../state/index.ts"), "crdt/api may not"],
  ["importsFollowTheArrows", imports("src/crdt/new/thing.ts", "../replica.ts"), "belongs to no ring"],
  ["importsFollowTheArrows", imports("src/sync/mesh.ts", "../crdt/replica.ts"), "sync may not"],
  ["importsFollowTheArrows", imports("src/sync/mesh.ts", "simple-peer/simplepeer.min.js"), "sync may not"],
  ["importsFollowTheArrows", imports("src/sync/mesh.ts", "../../signalling/server.ts"), "sync may not"],
  ["importsFollowTheArrows", imports("src/sync/adapters/indexeddb.ts", "react"), "sync/adapters may not"],
  ["importsFollowTheArrows", imports("src/index.ts", "./ui/app.tsx"), "the front door may not"],
  ["importsFollowTheArrows", imports("src/workspace.ts", "./package/document.ts"), "the page opens may not"],
  ["importsFollowTheArrows", imports("src/package/session.ts", "../ui/app.tsx"), "the package may not"],
  ["importsFollowTheArrows", imports("src/package/session.ts", "../crdt/replica.ts"), "the package may not"],
  ["importsFollowTheArrows", imports("src/package/session.ts", "react"), "the package may not"],
  [
    "importsFollowTheArrows",
    imports("src/codemirror/index.ts", "../ui/editor/setup.ts"),
    "codemirror may not",
  ],
  ["importsFollowTheArrows", imports("src/codemirror/index.ts", "react"), "codemirror may not"],
  ["importsFollowTheArrows", imports("src/react/index.ts", "../ui/app.tsx"), "react may not"],
  ["importsFollowTheArrows", imports("src/ui/app.tsx", "../index.ts"), "ui may not"],
  ["importsFollowTheArrows", imports("src/ui/app.tsx", "../sync/session.ts"), "ui may not"],
  ["importsFollowTheArrows", imports("src/ui/app.tsx", "node:fs"), "ui may not"],
  ["importsFollowTheArrows", ui('const late = () => import("../crdt/index.ts");'), "ui may not"],
  ["importsFollowTheArrows", ui('export type X = import("../crdt/index.ts").Y;'), "ui may not"],
  ["importsFollowTheArrows", imports("signalling/server.ts", "../src/index.ts"), "signalling may not"],
  ["importsFollowTheArrows", imports("signalling/server.ts", "express"), "signalling may not"],
  [
    "importsFollowTheArrows",
    imports("signalling/frames.ts", "node:buffer"),
    "what browser and server share may not",
  ],
  [
    "importsHaveNoCycles",
    {
      "src/sync/a.ts": 'import "./b.ts";',
      "src/sync/b.ts": 'import "./c.ts";',
      "src/sync/c.ts": 'import "./a.ts";',
    },
    "src/sync/a.ts → src/sync/b.ts → src/sync/c.ts → src/sync/a.ts",
  ],
  ["everySourceIsImported", { "src/ui/main.tsx": "", "src/ui/forgotten.tsx": "" }, "forgotten.tsx: nobody"],
  [
    "everySourceIsImported",
    { "src/crdt/state/index.ts": "", "src/crdt/state/g-set.ts": "" },
    "g-set.ts: nobody",
  ],
  ["ringsDoNotKnowThePlatform", crdt("export const now = Date.now();"), "know Date"],
  ["ringsDoNotKnowThePlatform", crdt("const d: Date = x;"), "know Date"],
  ["ringsDoNotKnowThePlatform", crdt("Math.random();"), "know Math.random"],
  ["ringsDoNotKnowThePlatform", crdt("console.log(1);"), "know console"],
  ["ringsDoNotKnowThePlatform", crdt("setTimeout(f); setInterval(f);"), "know setInterval"],
  ["ringsDoNotKnowThePlatform", crdt("crypto.subtle;"), "know crypto"],
  ["ringsDoNotKnowThePlatform", crdt("const t = performance.now();"), "know performance"],
  ["ringsDoNotKnowThePlatform", crdt("fetch(url);"), "know fetch"],
  ["ringsDoNotKnowThePlatform", crdt("export async function f() {}"), "know async"],
  ["ringsDoNotKnowThePlatform", crdt("for await (const x of y) f(x);"), "know await"],
  ["ringsDoNotKnowThePlatform", crdt("type P = Promise<void>;"), "know Promise"],
  [
    "ringsDoNotKnowThePlatform",
    crdt("Atomics.load(a, 0); new WeakRef(a); new Intl.Collator();"),
    "know Intl",
  ],
  ["ringsDoNotKnowThePlatform", crdt("a.localeCompare(b);"), "know localeCompare"],
  ["ringsDoNotKnowThePlatform", crdt("const s = `$" + "{Date.now()}`;"), "know Date"],
  ["ringsDoNotKnowThePlatform", crdt("globalThis.x;"), "know globalThis"],
  ["ringsDoNotKnowThePlatform", sync("const x = await y;"), "know await"],
  ["ringsDoNotKnowThePlatform", sync("new Promise(f);"), "know Promise"],
  ["ringsDoNotKnowThePlatform", { "src/sync/ports.ts": "setTimeout(f);" }, "know setTimeout"],
  ["ringsDoNotKnowThePlatform", sync("window.name; document.title;"), "know document"],
  ["ringsDoNotKnowThePlatform", sync("navigator.onLine;"), "know navigator"],
  ["nothingIsLeftOver", ui(`// ${"TO"}${"DO"}: later`), "a marker"],
  ["nothingIsLeftOver", ui(`// @ts-${"ignore"}`), "silences"],
  ["nothingIsLeftOver", ui("debugger;"), "debugger"],
  ["nothingIsLeftOver", ui("const x = y as any;"), "as any"],
  ["nothingIsLeftOver", ui("try { f(); } catch {}"), "empty catch"],
  ["nothingIsLeftOver", { "test/x.test.ts": "it.only('x', f);" }, "one test only"],
  ["nothingIsLeftOver", { "test/x.test.ts": "describe.only('x', f);" }, "one test only"],
  ["noMachineIsNamed", { "docs/x.md": `see /${"home"}/alice/notes` }, "docs/x.md:1"],
  ["noMachineIsNamed", ui(`const path = "/${"Users"}/alice";`), "app.tsx:1"],
  ["filesFitASitting", ui("\n".repeat(501)), "501 lines"],
  ["exportsAreListed", sync('export * from "./peer.ts";'), "mesh.ts:1"],
  ["exportsAreListed", sync('export * as peer from "./peer.ts";'), "mesh.ts:1"],
  ["limitsGiveTheirReason", { "src/crdt/limits.ts": "export const SIZE_MAX = 1;" }, "limits.ts:1"],
  [
    "limitsGiveTheirReason",
    { "signalling/limits.ts": "export const LIMITS = {\n  /** Bytes. */\n  a: 1,\n  b: 2,\n} as const;" },
    "limits.ts:4",
  ],
  [
    "limitsGiveTheirReason",
    { "src/crdt/limits.ts": "// What the file is for.\n\nexport const SIZE_MAX = 1;" },
    "limits.ts:3",
  ],
];

// What looks like a violation and is none.
const INNOCENT: readonly (readonly [RuleName, Files])[] = [
  ["importsFollowTheArrows", imports("src/crdt/types/text.ts", "../assert.ts")],
  ["importsFollowTheArrows", imports("src/crdt/graph/graph.ts", "@noble/hashes/sha2.js")],
  ["importsFollowTheArrows", imports("src/crdt/state/or-set.ts", "../assert.ts")],
  ["importsFollowTheArrows", imports("src/sync/adapters/webrtc.ts", "simple-peer/simplepeer.min.js")],
  ["importsFollowTheArrows", imports("src/sync/adapters/relay.ts", "../../../signalling/frames.ts")],
  ["importsFollowTheArrows", ui('import "react"; import "./app.css"; import "../sync/view.ts";')],
  ["importsHaveNoCycles", { "src/sync/a.ts": 'import "./b.ts"; import "./b.ts";', "src/sync/b.ts": "" }],
  [
    "everySourceIsImported",
    { "src/index.ts": 'new Worker(new URL("./worker.ts", import.meta.url));', "src/worker.ts": "" },
  ],
  ["ringsDoNotKnowThePlatform", crdt('// Date, await\n/** Promise */ const s = "Date" + `fetch`;')],
  ["ringsDoNotKnowThePlatform", crdt("const at = x.Date; const y = { fetch: 1 }; Math.max(1, 2);")],
  ["ringsDoNotKnowThePlatform", crdt("function f(crypto: Crypto2) { return crypto.verify(x); }")],
  ["ringsDoNotKnowThePlatform", { "src/sync/adapters/relay.ts": "await new Promise(f); Date.now();" }],
  ["ringsDoNotKnowThePlatform", { "src/sync/ports.ts": "interface Store { load(): Promise<void> }" }],
  ["nothingIsLeftOver", ui("try { f(); } catch {\n  // The tab is gone, and so is what it held.\n}")],
  ["nothingIsLeftOver", ui('const s = "debugger"; list.only(1);')],
  ["noMachineIsNamed", ui('const path = "/homepage"; // a/work/b')],
  ["filesFitASitting", ui("\n".repeat(500))],
  ["limitsGiveTheirReason", { "src/crdt/limits.ts": "/** Bytes; because. */\nexport const SIZE_MAX = 1;" }],
];

describe("the sources", () => {
  it.each(NAMES)("keep %s", name => {
    expect(RULES[name](sources)).toEqual([]);
  });

  it("are there", () => {
    expect(sources.filter(source => source.path.startsWith("src/")).length).toBeGreaterThan(5);
    for (const line of filesWorthALook(sources)) console.warn(line);
  });
});

describe("a rule", () => {
  it.each(PLANTED)("%s catches %j", (name, files, found) => {
    expect(RULES[name](parseSources(Object.entries(files))).join("\n")).toContain(found);
  });

  it.each(INNOCENT)("%s lets %j pass", (name, files) => {
    expect(RULES[name](parseSources(Object.entries(files)))).toEqual([]);
  });

  it.each(NAMES)("%s has something planted for it", name => {
    expect(PLANTED.some(([rule]) => rule === name)).toBe(true);
  });
});
