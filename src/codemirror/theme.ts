// How others' carets look where no style sheet of ours is: as in the app, in colours that are legible on light and on dark
// ground. `--hue` is set for each person; a style sheet of the page may say all of it otherwise.

import { EditorView } from "@codemirror/view";

export const caretTheme = EditorView.baseTheme({
  "&light": { "--person": "0.52 0.12" },
  "&dark": { "--person": "0.78 0.11" },
  ".person-selection": {
    background: "oklch(var(--person) var(--hue) / 0.2)",
    borderRadius: "2px",
  },
  ".people-carets": { pointerEvents: "none" },
  ".person-caret": {
    width: "2px",
    marginInlineStart: "-1px",
    borderRadius: "1px",
    background: "oklch(var(--person) var(--hue))",
  },
  ".person-caret.is-idle": { opacity: "0.55" },
  ".person-flag": {
    position: "absolute",
    bottom: "100%",
    left: "0",
    maxWidth: "180px",
    padding: "1px 6px",
    overflow: "hidden",
    borderRadius: "5px 5px 5px 0",
    background: "oklch(var(--person) var(--hue))",
    font: "500 12px / 18px system-ui, sans-serif",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    opacity: "0",
    transition: "opacity 0.2s",
  },
  "&light .person-flag": { color: "#fff" },
  "&dark .person-flag": { color: "#111" },
  ".is-fresh .person-flag, .is-near .person-flag": { opacity: "1" },
  ".is-below .person-flag": { top: "100%", bottom: "auto", borderRadius: "0 5px 5px" },
  ".is-left .person-flag": { right: "0", left: "auto", borderRadius: "5px 5px 0" },
  ".is-below.is-left .person-flag": { borderRadius: "5px 0 5px 5px" },
});
