// The sources as the tidy rules see them: path, text, syntax tree and imports. Read once; comments and strings are no
// part of the tree, so a rule that walks it cannot mistake a sentence for code.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export interface Source {
  /** From the root of the repository, with slashes: "src/crdt/replica.ts". */
  readonly path: string;
  readonly text: string;
  /** Of code only; other files have an empty one. */
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

export interface Import {
  readonly specifier: string;
  /** The path of a source when the specifier is relative, null for a package. */
  readonly target: string | null;
}

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const FOLDERS = ["src", "signalling", "scripts", "test", "bench", "docs", "public", ".ci"];
const TEXT = /\.(ts|tsx|mjs|md|css|html|yaml|yml)$|^\.ci\/run$|Dockerfile$/;
const CODE = /\.(ts|tsx|mjs)$/;

/** Every text file that belongs to the project. */
export function readSources(): readonly Source[] {
  const here = readdirSync(root).filter(name => TEXT.test(name) && statSync(join(root, name)).isFile());
  const below = FOLDERS.filter(folder => existsSync(join(root, folder))).flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(name =>
      `${folder}/${name}`.replaceAll("\\", "/"),
    ),
  );
  const paths = [...here, ...below].filter(
    path => TEXT.test(path) && !path.includes("/node_modules/") && statSync(join(root, path)).isFile(),
  );
  return parseSources(paths.sort().map(path => [path, readFileSync(join(root, path), "utf8")]));
}

/** The same from texts, for rules that must show they catch something. */
export function parseSources(files: Iterable<readonly [path: string, text: string]>): readonly Source[] {
  const texts = new Map(files);
  return [...texts].map(([path, text]) => {
    const kind = path.endsWith(".tsx") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
    const code = CODE.test(path) ? text : "";
    const tree = ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true, kind);
    const imports = specifiersOf(tree).map(specifier => ({
      specifier,
      target: resolve(path, specifier, texts),
    }));
    return { path, text, tree, imports };
  });
}

/** Calls `visit` for every node of the tree, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, child => walk(child, visit));
}

export function lineOf(source: Source, node: ts.Node): number {
  return source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1;
}

// import … from "x", export … from "x", import("x"), type X = import("x").Y, new URL("./x", import.meta.url)
function specifiersOf(tree: ts.SourceFile): string[] {
  const specifiers: string[] = [];
  const add = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) specifiers.push(node.text);
  };
  walk(tree, node => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0]);
    else if (
      ts.isNewExpression(node) &&
      node.expression.getText(tree) === "URL" &&
      node.arguments?.length === 2
    ) {
      if (/\.tsx?$/.test(node.arguments[0]!.getText(tree).slice(1, -1))) add(node.arguments[0]);
    }
  });
  return specifiers;
}

function resolve(from: string, specifier: string, known: ReadonlyMap<string, string>): string | null {
  if (!specifier.startsWith(".")) return null;
  const path = posix.join(posix.dirname(from), specifier.split("?")[0]!);
  return (
    [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`].find(candidate => known.has(candidate)) ?? path
  );
}
