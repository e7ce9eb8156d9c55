// What a line is, told to the style sheet: its own writing direction, and how deep a heading it is. Only lines near
// the window are looked at.
import { syntaxTree } from "@codemirror/language";
import type { Extension, Range } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";

const plain = Decoration.line({ attributes: { dir: "auto" } });
const headings = [1, 2, 3].map(level =>
  Decoration.line({ attributes: { dir: "auto" }, class: `line-h${level}` }),
);
const quote = Decoration.line({ attributes: { dir: "auto" }, class: "line-quote" });
const code = Decoration.line({ attributes: { dir: "ltr" }, class: "line-code" });

export const lines: Extension = [
  // Right-to-left lines among left-to-right ones: arrow keys and carets go by each line's own direction.
  EditorView.perLineTextDirection.of(true),
  ViewPlugin.define(view => new LineLook(view), { decorations: plugin => plugin.decorations }),
];

class LineLook {
  decorations: DecorationSet;

  constructor(view: EditorView) {
    this.decorations = decorate(view);
  }

  update(update: ViewUpdate): void {
    const hasNewTree = syntaxTree(update.startState) !== syntaxTree(update.state);
    if (update.docChanged || update.viewportChanged || hasNewTree) this.decorations = decorate(update.view);
  }
}

function decorate(view: EditorView): DecorationSet {
  const special = new Map<number, Decoration>();
  const { doc } = view.state;
  for (const { from, to } of view.visibleRanges) {
    syntaxTree(view.state).iterate({
      from,
      to,
      enter: node => {
        const decoration = decorationOf(node.name);
        if (decoration === null) return;
        const last = doc.lineAt(Math.min(node.to, to)).number;
        for (let line = doc.lineAt(Math.max(node.from, from)).number; line <= last; line++) {
          special.set(doc.line(line).from, decoration);
        }
      },
    });
  }
  const ranges: Range<Decoration>[] = [];
  for (const { from, to } of view.visibleRanges) {
    for (let position = from; position <= to; ) {
      const line = doc.lineAt(position);
      ranges.push((special.get(line.from) ?? plain).range(line.from));
      position = line.to + 1;
    }
  }
  return Decoration.set(ranges, true);
}

function decorationOf(node: string): Decoration | null {
  const heading = /^(?:ATX|Setext)Heading([1-6])$/.exec(node);
  if (heading !== null) return headings[Math.min(Number(heading[1]), 3) - 1]!;
  if (node === "Blockquote") return quote;
  return node === "FencedCode" || node === "CodeBlock" ? code : null;
}
