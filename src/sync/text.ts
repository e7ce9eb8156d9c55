// The page's text as an editor wants it: patches in, steps out, positions ↔ names of elements. What a document
// contains is the app's affair; here only where its text, title and carets are.

import {
  type ChangeId,
  fieldJson,
  fieldValue,
  type MapEdit,
  type Patch,
  type Path,
  type Replica,
  sha256,
  textOf,
  toHex,
} from "../crdt/index.ts";
import type { AnchorName } from "./protocol.ts";
import type { TextPatch } from "./view.ts";

export const TITLE_KEY = "title";
export const BODY_KEY = "body";
/** Names of versions, as data: { name, heads } under a key made of the heads. Who gave a name is who signed it. */
export const VERSIONS_KEY = "versions";
const VERSIONS_PATH: Path = [{ at: VERSIONS_KEY, kind: "map" }];
/** What is read of a name that somebody gave, and of the heads it names. */
const VERSION_NAME_LENGTH_MAX = 100;
const VERSION_HEADS_MAX = 64;
export const BODY_PATH: Path = [{ at: BODY_KEY, kind: "text" }];

function body(replica: Replica, path: Path = BODY_PATH) {
  const node = replica.node(path);
  return node?.kind === "text" ? node : null;
}

export function bodyText(replica: Replica): string {
  const node = body(replica);
  return node === null ? "" : textOf(node);
}

export function bodyLength(replica: Replica): number {
  return body(replica)?.text.length ?? 0;
}

export function titleOf(replica: Replica): string {
  const root = replica.node([]);
  const field = root?.kind === "map" ? root.keys.get(TITLE_KEY) : undefined;
  const title = field === undefined ? undefined : fieldValue(field);
  return typeof title === "string" ? title : "";
}

/** The patches hold in the text before; from the last to the first they do not move each other. */
export function editBody(root: MapEdit, patches: readonly TextPatch[]): void {
  const text = root.text(BODY_KEY);
  for (const { from, to, insert } of patches.toReversed()) text.splice(from, to - from, insert);
}

export interface NamedHeads {
  readonly name: string;
  readonly heads: readonly ChangeId[];
  /** The change that gave the name; null while it is in the draft. */
  readonly change: ChangeId | null;
}

/** Names of versions, in an order that is alike everywhere; what is no such thing is passed over. */
export function namedVersions(replica: Replica): NamedHeads[] {
  const node = replica.node(VERSIONS_PATH);
  if (node?.kind !== "map") return [];
  const named: NamedHeads[] = [];
  for (const key of [...node.keys.keys()].sort()) {
    const field = node.keys.get(key)!;
    const json = fieldJson(field) as { readonly name?: unknown; readonly heads?: unknown } | null | undefined;
    if (typeof json?.name !== "string" || typeof json.heads !== "string") continue;
    const heads = json.heads.split(" ");
    if (heads.length > VERSION_HEADS_MAX || !heads.every(id => replica.has(id as ChangeId))) continue;
    const dot = field.register.latest?.dot;
    const change = dot === undefined ? null : (replica.nameOf(dot)?.id ?? null);
    named.push({ name: json.name.slice(0, VERSION_NAME_LENGTH_MAX), heads: heads as ChangeId[], change });
  }
  return named;
}

/** An empty name takes the name away. */
export function nameVersion(root: MapEdit, heads: readonly ChangeId[], name: string): void {
  const line = heads.join(" ");
  const key = toHex(sha256(new TextEncoder().encode(line))).slice(0, 16);
  const versions = root.map(VERSIONS_KEY);
  if (name === "") versions.delete(key);
  else versions.set(key, { name: name.slice(0, VERSION_NAME_LENGTH_MAX), heads: line });
}

/** The steps that some patches of the document mean for the text. */
export function bodySteps(patches: readonly Patch[]): TextPatch[] {
  const steps: TextPatch[] = [];
  for (const patch of patches) {
    if (patch.type !== "text" || patch.path.length !== 1 || patch.path[0]!.at !== BODY_KEY) continue;
    steps.push({ from: patch.index, to: patch.index + patch.removed, insert: patch.inserted });
  }
  return steps;
}

/** The element left of a position; "draft" while it has no name yet. */
export function anchorAt(replica: Replica, position: number, path?: Path): AnchorName | "draft" {
  const node = body(replica, path);
  const at = Math.min(position, node?.text.length ?? 0);
  if (node === null || at === 0) return null;
  return replica.nameOf(node.text.dotAt(at - 1)) ?? "draft";
}

/** Behind the element, or where it was; null while it has not arrived. */
export function positionOf(replica: Replica, anchor: AnchorName, path?: Path): number | null {
  if (anchor === null) return 0;
  const dot = replica.dotOf(anchor);
  const node = body(replica, path);
  if (dot === null || node === null) return null;
  const index = node.text.indexOf(dot);
  return index === null ? null : index + (node.text.isVisible(dot) ? 1 : 0);
}
