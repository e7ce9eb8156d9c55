// Markdown as one reads it: marks stay and step back, headings stand out by size and weight. Loaded after the first
// paint. Only the Markdown grammar: @codemirror/lang-markdown brings HTML, CSS and JavaScript along (83 kB).
import { defineLanguageFacet, Language, LanguageSupport, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { tagHighlighter, tags } from "@lezer/highlight";
import { GFM, type MarkdownConfig, parser } from "@lezer/markdown";

const look = tagHighlighter([
  { tag: tags.heading1, class: "md-h1" },
  { tag: tags.heading2, class: "md-h2" },
  { tag: [tags.heading3, tags.heading4, tags.heading5, tags.heading6], class: "md-h3" },
  { tag: tags.strong, class: "md-strong" },
  { tag: tags.emphasis, class: "md-emphasis" },
  { tag: tags.strikethrough, class: "md-struck" },
  { tag: tags.monospace, class: "md-code" },
  { tag: tags.link, class: "md-link" },
  { tag: tags.url, class: "md-url" },
  { tag: tags.quote, class: "md-quote" },
  { tag: [tags.processingInstruction, tags.contentSeparator, tags.labelName], class: "md-mark" },
]);

/**
 * A paragraph is parsed whole and in one go, at every key. A megabyte without an empty line cost 160 ms per key;
 * beyond this many characters a line begins a new paragraph, for the looks alone.
 */
const PARAGRAPH_LENGTH_MAX = 4_000;

const boundedParagraphs: MarkdownConfig = {
  parseBlock: [
    {
      name: "LongParagraph",
      before: "SetextHeading",
      endLeaf: (_, __, leaf) => leaf.content.length > PARAGRAPH_LENGTH_MAX,
    },
  ],
};

export function markdown(): Extension {
  const grammar = parser.configure([GFM, boundedParagraphs]);
  const language = new Language(defineLanguageFacet({}), grammar, [], "markdown");
  return [new LanguageSupport(language), syntaxHighlighting(look)];
}
