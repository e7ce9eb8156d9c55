// What a machine keeps about the sources: who may import whom, which names a ring may not know, and what must not be
// left lying about. Tables first; below them the few functions that read the tables.
import ts from "typescript";
import { lineOf, type Source, walk } from "./sources.ts";

/** Returns one sentence per violation, beginning with the path. */
export type Rule = (sources: readonly Source[]) => string[];

interface Ring {
  readonly name: string;
  readonly files: RegExp;
  /** Sources it may import, besides none. */
  readonly sources: RegExp;
  /** Packages it may import. */
  readonly packages: RegExp;
}

const NONE = /^$/;
const PLATFORM_PACKAGES = /^(idb|simple-peer|@scure\/bip39|@noble\/[a-z0-9-]+)(\/|$)/;

// The first row whose `files` match counts. A source without a row is a violation, so that a new folder is decided on.
const RINGS: readonly Ring[] = [
  {
    name: "a leaf of crdt",
    files: /^src\/crdt\/(refusal|limits|assert)\.ts$/,
    sources: NONE,
    packages: NONE,
  },
  {
    name: "crdt/types",
    files: /^src\/crdt\/types\//,
    sources: /^src\/crdt\/(types\/|(refusal|limits|assert)\.ts$)/,
    packages: NONE,
  },
  {
    name: "crdt/graph",
    files: /^src\/crdt\/graph\//,
    sources: /^src\/crdt\/(graph\/|types\/|(refusal|limits|assert)\.ts$)/,
    packages: /^@noble\//,
  },
  {
    name: "crdt/authority",
    files: /^src\/crdt\/authority\//,
    sources: /^src\/crdt\/(authority\/|graph\/|types\/|(refusal|limits|assert)\.ts$)/,
    packages: NONE,
  },
  {
    // Apart from all others: a state trusts who sends it (state/lattice.ts), so nothing that hears peers may hold one.
    name: "crdt/state",
    files: /^src\/crdt\/state\//,
    sources: /^src\/crdt\/(state\/|assert\.ts$)/,
    packages: NONE,
  },
  {
    // Looks back, through what a replica lets it read (history.ts, Ground). Named by replica.ts as types alone, so who does
    // without pays nothing.
    name: "crdt/history",
    files: /^src\/crdt\/history\//,
    sources: /^src\/crdt\/(history\/|authority\/|graph\/|types\/|(refusal|limits|assert)\.ts$)/,
    packages: NONE,
  },
  {
    // What people hold in hand. Nothing within it is imported by replica.ts (a cycle), so who does without pays nothing.
    name: "crdt/api",
    files: /^src\/crdt\/api\//,
    sources: /^src\/crdt\/(?!state\/|index\.ts$)/,
    packages: NONE,
  },
  {
    // Nothing within it is imported by replica.ts either: who neither saves nor opens a file does without an inflater.
    name: "crdt/file",
    files: /^src\/crdt\/file\//,
    sources: /^src\/crdt\/(file\/|graph\/|types\/|(refusal|limits|assert)\.ts$)/,
    packages: /^fflate$/,
  },
  {
    name: "crdt",
    files: /^src\/crdt\/[^/]+\.ts$/,
    sources: /^src\/crdt\/(?!state\/)/,
    packages: NONE,
  },
  {
    name: "sync/adapters/node",
    files: /^src\/sync\/adapters\/node\//,
    sources: /^(src\/sync\/|src\/crdt\/index\.ts$|signalling\/frames\.ts$)/,
    packages: /^(node:|ws$|@noble\/)/,
  },
  {
    name: "sync/adapters",
    files: /^src\/sync\/adapters\//,
    sources: /^(src\/sync\/|src\/crdt\/index\.ts$|signalling\/frames\.ts$)/,
    packages: PLATFORM_PACKAGES,
  },
  {
    name: "sync",
    files: /^src\/sync\//,
    sources: /^(src\/sync\/|src\/crdt\/index\.ts$|signalling\/frames\.ts$)/,
    packages: NONE,
  },
  {
    name: "what the page opens",
    files: /^src\/workspace\.ts$/,
    sources: /^src\/sync\/(view|adapters\/workspace)\.ts$/,
    packages: NONE,
  },
  {
    name: "the package",
    files: /^src\/package\//,
    sources: /^src\/(package\/|sync\/|crdt\/index\.ts$)/,
    packages: NONE,
  },
  {
    name: "the front door",
    files: /^src\/index\.ts$/,
    sources: /^src\/(package\/|sync\/|crdt(?!\/state)\/)/,
    packages: NONE,
  },
  {
    // The same tie as the app's, so what the app's editor is made of and knows no page is shared with it.
    name: "codemirror",
    files: /^src\/codemirror\//,
    sources:
      /^src\/(codemirror\/|package\/|sync\/view\.ts$|crdt\/index\.ts$|ui\/(editor\/(binding|carets|presence|remote)|people\/names)\.ts$)/,
    packages: /^@codemirror\/(state|view)$/,
  },
  {
    name: "react",
    files: /^src\/react\//,
    sources: /^src\/(react\/|package\/|sync\/view\.ts$|crdt\/index\.ts$)/,
    packages: /^react$/,
  },
  {
    name: "ui",
    files: /^src\/ui\//,
    sources: /^src\/(ui\/|workspace\.ts$|sync\/view\.ts$)/,
    packages: /^(?!node:)/,
  },
  {
    name: "cli",
    files: /^src\/cli\//,
    sources:
      /^(src\/cli\/|src\/(crdt\/)?index\.ts$|src\/package\/(sync|node)\.ts$|src\/sync\/(link\.ts$|adapters\/((verifier|database)\.ts$|node\/))|signalling\/)/,
    packages: /^node:/,
  },
  {
    name: "what browser and server share",
    files: /^signalling\/(frames|limits)\.ts$/,
    sources: /^signalling\/limits\.ts$/,
    packages: NONE,
  },
  {
    // A page of its own, in browsers.
    name: "the doctor",
    files: /^signalling\/doctor\//,
    sources: /^signalling\/(doctor\/|(frames|limits)\.ts$)/,
    packages: /^@noble\/curves\//,
  },
  {
    // Clients are the real ones, so that what comes back after a crash is what would come back.
    name: "the server's bench",
    files: /^signalling\/bench\//,
    sources:
      /^(signalling\/(bench\/|frames\.ts$|limits\.ts$)|src\/sync\/adapters\/(network|ciphers)\.ts$|src\/sync\/ports\.ts$)/,
    packages: /^(node:|ws$)/,
  },
  {
    name: "what speaks to Redis",
    files: /^signalling\/redis\.ts$/,
    sources: /^signalling\//,
    packages: /^@redis\/client$/,
  },
  {
    name: "signalling",
    files: /^signalling\//,
    sources: /^signalling\/(?!bench\/|doctor\/)/,
    packages: /^(node:|ws$)/,
  },
];

/** What no source has to import: where programs start, the memory adapters that tests and simulations stand on, and the
 * states that merge, which tests alone use so far. */
const ENTRIES =
  /^(src\/crdt\/state\/index\.ts|src\/sync\/adapters\/memory[\w-]*\.ts|src\/index\.ts|src\/package\/(sync|node)\.ts|src\/(codemirror|react)\/index\.ts|src\/ui\/main\.tsx|src\/cli\/index\.ts|signalling\/(main|doctor\/main|bench\/(main|bare))\.ts)$|\.d\.ts$/;

interface Ban {
  readonly where: string;
  readonly files: RegExp;
  readonly names: readonly string[];
}

const SYNC_NAMES = (
  "await async Promise Date Math.random setTimeout setInterval window document navigator " +
  "globalThis queueMicrotask"
).split(" ");

// `await` and `async` stand for the syntax, "Math.random" for the member, every other name for the global.
const BANS: readonly Ban[] = [
  {
    where: "src/crdt",
    files: /^src\/crdt\//,
    names: [
      ..."Date Math.random console setTimeout setInterval crypto performance fetch await async Promise".split(
        " ",
      ),
      ..."Atomics WeakRef Intl localeCompare globalThis queueMicrotask".split(" "),
    ],
  },
  {
    where: "src/sync outside adapters",
    files: /^src\/sync\/(?!adapters\/|ports\.ts|view(-history|-pairing)?\.ts)/,
    names: SYNC_NAMES,
  },
  {
    // Types only: they describe promises which the adapters keep and the front door makes.
    where: "a border of src/sync",
    files: /^src\/sync\/(ports|view)\.ts$/,
    names: SYNC_NAMES.filter(name => name !== "Promise"),
  },
];

const LINES_WORTH_A_LOOK = 450;
const LINES_MAX = 500;

const SOURCE = /^(src|signalling)\/.*\.tsx?$/;
const CODE = /\.(ts|tsx|mjs)$/;

// Put together from parts, because this file is read too.
const MARKERS = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].join("|")})\\b`);
const SILENCERS = new RegExp(`@ts-(${["ig" + "nore", "no" + "check"].join("|")})`);
const HOMES = ["home", "Users", "root", "work"].join("|");
const MACHINE_PATH = new RegExp(`(^|[\\s"'\`(=])/(${HOMES})/[\\w.-]|C:\\\\\\\\?Users|\\.lib${"rary"}/`);

export const importsFollowTheArrows: Rule = sources =>
  sources.filter(isSource).flatMap(source => {
    const ring = RINGS.find(candidate => candidate.files.test(source.path));
    if (source.path.endsWith(".d.ts")) return [];
    if (!ring) return [`${source.path}: belongs to no ring; give it a row in RINGS`];
    return source.imports
      .filter(
        ({ specifier, target }) =>
          !(target === null ? ring.packages.test(specifier) : ring.sources.test(target)),
      )
      .map(({ specifier }) => `${source.path}: ${ring.name} may not import "${specifier}"`);
  });

export const importsHaveNoCycles: Rule = sources => {
  const byPath = new Map(sources.filter(isSource).map(source => [source.path, source]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push(`${path}: ${[...trail.slice(start), path].join(" → ")} is a cycle`);
    if (start >= 0 || done.has(path)) return;
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target !== null && byPath.has(target)) visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of byPath.keys()) visit(path, []);
  return cycles;
};

export const everySourceIsImported: Rule = sources => {
  const imported = new Set(
    sources
      .filter(isSource)
      .flatMap(({ path, imports }) => imports.map(({ target }) => target).filter(t => t !== path)),
  );
  return sources
    .filter(isSource)
    .filter(({ path }) => !ENTRIES.test(path) && !imported.has(path))
    .map(({ path }) => `${path}: nobody imports it`);
};

export const ringsDoNotKnowThePlatform: Rule = sources =>
  BANS.flatMap(ban =>
    sources
      .filter(source => isSource(source) && ban.files.test(source.path))
      .flatMap(source =>
        usedNames(source)
          .filter(({ name }) => ban.names.includes(name))
          .map(({ name, line }) => `${source.path}:${line}: ${ban.where} may not know ${name}`),
      ),
  );

export const nothingIsLeftOver: Rule = sources =>
  sources
    .filter(({ path }) => CODE.test(path))
    .flatMap(source => [...leftInText(source), ...leftInTree(source)]);

export const noMachineIsNamed: Rule = sources =>
  sources.flatMap(({ path, text }) =>
    text
      .split("\n")
      .flatMap((line, i) =>
        MACHINE_PATH.test(line) ? [`${path}:${i + 1}: names a path of one machine`] : [],
      ),
  );

export const filesFitASitting: Rule = sources =>
  sources
    .filter(isSource)
    .filter(source => lineCount(source) > LINES_MAX)
    .map(source => `${source.path}: ${lineCount(source)} lines, more than ${LINES_MAX}`);

/** Not a violation yet: what will be one soon. */
export const filesWorthALook: Rule = sources =>
  sources
    .filter(
      source => isSource(source) && lineCount(source) > LINES_WORTH_A_LOOK && lineCount(source) <= LINES_MAX,
    )
    .map(
      source => `${source.path}: ${lineCount(source)} lines; ${LINES_WORTH_A_LOOK} is where two ideas begin`,
    );

export const exportsAreListed: Rule = sources =>
  sources.filter(isSource).flatMap(source =>
    source.tree.statements
      .filter(ts.isExportDeclaration)
      .filter(({ exportClause }) => exportClause === undefined || ts.isNamespaceExport(exportClause))
      .map(statement => `${source.path}:${lineOf(source, statement)}: exports everything instead of names`),
  );

export const limitsGiveTheirReason: Rule = sources =>
  sources
    .filter(source => isSource(source) && source.path.endsWith("/limits.ts"))
    .flatMap(source =>
      limitsOf(source)
        .filter(node => !hasOwnComment(source, node))
        .map(node => `${source.path}:${lineOf(source, node)}: a limit without unit and reason`),
    );

function isSource({ path }: Source): boolean {
  return SOURCE.test(path);
}

function lineCount({ text }: Source): number {
  return text.replace(/\n$/, "").split("\n").length;
}

function leftInText({ path, text }: Source): string[] {
  return text
    .split("\n")
    .flatMap((line, i) => [
      ...(MARKERS.test(line) ? [`${path}:${i + 1}: a marker for later`] : []),
      ...(SILENCERS.test(line) ? [`${path}:${i + 1}: silences the compiler`] : []),
    ]);
}

function leftInTree(source: Source): string[] {
  const found: string[] = [];
  walk(source.tree, node => {
    const what = leftover(node, source);
    if (what !== undefined) found.push(`${source.path}:${lineOf(source, node)}: ${what}`);
  });
  return found;
}

function leftover(node: ts.Node, source: Source): string | undefined {
  if (ts.isDebuggerStatement(node)) return "debugger";
  if (ts.isAsExpression(node) && node.type.kind === ts.SyntaxKind.AnyKeyword) return "as any";
  if (ts.isCatchClause(node) && node.block.statements.length === 0) {
    return /\/[/*]/.test(node.block.getText(source.tree))
      ? undefined
      : "an empty catch that does not say why";
  }
  if (ts.isPropertyAccessExpression(node) && node.name.text === "only") {
    const called = ts.isCallExpression(node.parent) && node.parent.expression === node;
    if (called && /^(it|test|describe)\b/.test(node.expression.getText(source.tree)))
      return "runs one test only";
  }
  return undefined;
}

/** The globals, members and keywords that a ban can name, where they are used. */
function usedNames(source: Source): { name: string; line: number }[] {
  const declared = declaredNames(source);
  const used: { name: string; line: number }[] = [];
  const use = (name: string, node: ts.Node) => used.push({ name, line: lineOf(source, node) });
  walk(source.tree, node => {
    if (node.kind === ts.SyntaxKind.AsyncKeyword) use("async", node);
    else if (node.kind === ts.SyntaxKind.AwaitKeyword || ts.isAwaitExpression(node)) use("await", node);
    else if (ts.isPropertyAccessExpression(node)) {
      if (node.expression.getText(source.tree) === "Math") use(`Math.${node.name.text}`, node);
      // A method of every string, so it can only be told by its name.
      if (node.name.text === "localeCompare") use("localeCompare", node);
    } else if (ts.isIdentifier(node) && !isMemberName(node) && !declared.has(node.text)) use(node.text, node);
  });
  return used;
}

// A parameter may be called `document` or `crypto`: then it is handed in, which is what the ban is for. Constructors
// are never declared by honest code here, so nothing with a capital is excused.
function declaredNames(source: Source): ReadonlySet<string> {
  const names = new Set<string>();
  walk(source.tree, node => {
    const isBinding =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isImportSpecifier(node) ||
      ts.isFunctionDeclaration(node);
    if (isBinding && node.name && ts.isIdentifier(node.name) && /^[a-z]/.test(node.name.text))
      names.add(node.name.text);
  });
  return names;
}

function isMemberName(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  return (
    (ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isGetAccessor(parent)) &&
    parent.name === node
  );
}

// Right above it: a comment behind an empty line is the file's, not the limit's.
function hasOwnComment(source: Source, node: ts.Node): boolean {
  const comment = ts.getLeadingCommentRanges(source.text, node.getFullStart())?.at(-1);
  return (
    comment !== undefined && !source.text.slice(comment.end, node.getStart(source.tree)).includes("\n\n")
  );
}

// An exported constant is a limit; one that is an object (behind `as const` or not) holds one limit per property.
function limitsOf(source: Source): ts.Node[] {
  return source.tree.statements
    .filter(ts.isVariableStatement)
    .filter(statement => statement.modifiers?.some(modifier => modifier.kind === ts.SyntaxKind.ExportKeyword))
    .flatMap((statement): readonly ts.Node[] => {
      const initializer = statement.declarationList.declarations[0]?.initializer;
      const value = initializer && withoutType(initializer);
      return value && ts.isObjectLiteralExpression(value) ? [...value.properties] : [statement];
    });
}

function withoutType(expression: ts.Expression): ts.Expression {
  const isTyped = ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression);
  return isTyped ? withoutType(expression.expression) : expression;
}
