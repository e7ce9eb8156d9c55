// One text of a document as an editor wants it: patches in, steps out. It is the text and not the place that is held on
// to: when the item of a list that it belongs to moves, it is still that text.

import {
  beginOfWay,
  below,
  checkPath,
  ListEdit,
  MapEdit,
  type Path,
  type PlainPath,
  type Replica,
  type Step,
  TextEdit,
  textOf,
} from "../crdt/index.ts";
import type { SharedText, TextPatch } from "../sync/view.ts";

/**
 * The path of the text at a place. Under keys alone it need not be there yet: the first letter makes it. Only where nothing
 * shows, since that letter would do away with what does. A node that nobody has filled yet is no node on the copies of
 * others, so the kind is asked of what shows, alike everywhere.
 */
export function textPath(replica: Replica, place: PlainPath): Path {
  checkPath(place);
  if (place.length === 0) throw new RangeError("Expected a text at [], got a map");
  let node = replica.node([]) ?? undefined;
  let path: Step[] = [];
  for (const [i, at] of place.entries()) {
    const next = place[i + 1];
    const kind = next === undefined ? "text" : typeof next === "string" ? "map" : "list";
    const found = node === undefined ? undefined : below(node, at);
    if (found === undefined && !place.every(step => typeof step === "string"))
      throw new RangeError(`Expected a text at ${JSON.stringify(place)}, and nothing is there`);
    if (found !== undefined && found.step?.kind !== kind) {
      const here = JSON.stringify(place.slice(0, i + 1));
      throw new RangeError(`Expected a ${kind} at ${here}, got a ${found.step?.kind ?? "plain value"}`);
    }
    if (found?.home) path = [...found.home];
    path.push(found?.step ?? { at: at as string, kind });
    node = found?.child;
  }
  return path;
}

/** What a text asks of its document. */
export interface TextHost {
  edit(edit: (root: MapEdit) => void): void;
  undo(): unknown;
  redo(): unknown;
}

export class PlaceText implements SharedText {
  readonly path: Path;
  readonly #replica: Replica;
  readonly #host: TextHost;
  readonly #listeners = new Set<(steps: readonly TextPatch[], isMine: boolean) => void>();
  #stop: () => void = () => undefined;
  #isEditing = false;

  constructor(replica: Replica, place: PlainPath, host: TextHost) {
    this.path = textPath(replica, place);
    this.#replica = replica;
    this.#host = host;
  }

  get #node() {
    const node = this.#replica.node(this.path);
    return node?.kind === "text" ? node : null;
  }

  get length(): number {
    return this.#node?.text.length ?? 0;
  }

  toString(): string {
    const node = this.#node;
    return node === null ? "" : textOf(node);
  }

  edit(patches: readonly TextPatch[]): void {
    this.#isEditing = true;
    try {
      this.#host.edit(root => {
        const text = textEdit(this.#replica, root, this.path);
        // From the last to the first they do not move each other.
        for (const { from, to, insert } of patches.toReversed()) text.splice(from, to - from, insert);
      });
    } finally {
      this.#isEditing = false;
    }
  }

  breakUndo(): void {
    this.#replica.breakUndo();
  }

  undo(): void {
    this.#host.undo();
  }

  redo(): void {
    this.#host.redo();
  }

  subscribe(listener: (steps: readonly TextPatch[], isMine: boolean) => void): () => void {
    // Wrapped, so that one function subscribed twice is two.
    const own = (steps: readonly TextPatch[], isMine: boolean) => listener(steps, isMine);
    if (this.#listeners.size === 0) this.#start();
    this.#listeners.add(own);
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#stop();
    };
  }

  #start(): void {
    this.#stop = this.#replica.subscribe((patches, origin) => {
      if (this.#isEditing) return;
      const steps: TextPatch[] = [];
      for (const patch of patches) {
        if (patch.type !== "text" || !isSamePath(patch.path, this.path)) continue;
        steps.push({ from: patch.index, to: patch.index + patch.removed, insert: patch.inserted });
      }
      if (steps.length > 0) for (const listener of [...this.#listeners]) listener(steps, origin === "local");
    });
  }
}

function isSamePath(a: Path, b: Path): boolean {
  return (
    a.length === b.length &&
    a.every(({ at, kind }, i) => {
      const other = b[i]!;
      if (kind !== other.kind || typeof at === "string" || typeof other.at === "string")
        return kind === other.kind && at === other.at;
      return at.change === other.at.change && at.index === other.at.index;
    })
  );
}

/** The handle at a path within an edit: an item is gone to where it shows now. */
function textEdit(replica: Replica, root: MapEdit, path: Path) {
  const text = handleAt(replica, root, path);
  if (!(text instanceof TextEdit)) throw new RangeError("Expected a text");
  return text;
}

function handleAt(replica: Replica, root: MapEdit, path: Path): MapEdit | ListEdit | TextEdit {
  let handle: MapEdit | ListEdit | TextEdit = root;
  for (let i = beginOfWay(replica, path); i < path.length; i++) {
    const { at, kind } = path[i]!;
    if (handle instanceof MapEdit && typeof at === "string") {
      handle = kind === "text" ? handle.text(at) : kind === "list" ? handle.list(at) : handle.map(at);
    } else if (typeof at !== "string") {
      const moved = replica.moved(at);
      const list: Path = moved?.path ?? path.slice(0, i);
      const holder: MapEdit | ListEdit | TextEdit =
        moved === undefined ? handle : handleAt(replica, root, list);
      const node = replica.node(list);
      const item = moved?.dot ?? at;
      // A deleted item still has its place in the order, and another shows there.
      const index = node?.kind === "list" && node.items.isVisible(item) ? node.items.indexOf(item) : null;
      if (!(holder instanceof ListEdit) || index === null)
        throw new RangeError("Expected a text that shows: its item was deleted");
      handle =
        kind === "text" ? holder.text(index) : kind === "list" ? holder.list(index) : holder.map(index);
    }
  }
  return handle;
}
