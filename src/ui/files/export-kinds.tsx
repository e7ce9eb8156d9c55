// What the Export button opens.
import { useState } from "react";
import type { ExportForm, OpenDocument } from "../../sync/view.ts";
import { problemOf } from "../problem.ts";
import { fileName, saveFile } from "../save-file.ts";

interface Kind {
  readonly form: ExportForm;
  readonly name: string;
  readonly about: string;
  readonly ending: string;
  readonly type: string;
}

const KINDS: readonly Kind[] = [
  { form: "text", name: "Text", about: "Markdown, as written", ending: "md", type: "text/markdown" },
  {
    form: "json",
    name: "JSON",
    about: "all that shows, for programs",
    ending: "json",
    type: "application/json",
  },
  {
    form: "chirograph",
    name: "Signed file",
    about: "all history; anyone can verify it",
    ending: "chirograph",
    type: "application/octet-stream",
  },
];

interface Properties {
  readonly document: OpenDocument;
  readonly title: string;
  readonly onDone: () => void;
}

function ExportKinds({ document, title, onDone }: Properties) {
  const [problem, setProblem] = useState<string | null>(null);
  const item = (name: string, about: string, act: () => void) => (
    <button key={name} type="button" className="button export-kind" onClick={act}>
      <span>{name}</span>
      <span className="export-about">{about}</span>
    </button>
  );
  const give = (kind: Kind) =>
    offer(document, kind, title).then(onDone, error => setProblem(problemOf(error)));
  return (
    <>
      {KINDS.map(kind => item(kind.name, kind.about, () => void give(kind)))}
      {item("Print", "or save as PDF", () => {
        onDone();
        print();
      })}
      {problem !== null && (
        <p role="alert" className="bad">
          That was not done: {problem}
        </p>
      )}
    </>
  );
}

async function offer(document: OpenDocument, { form, ending, type }: Kind, title: string): Promise<void> {
  const bytes = await document.exported(form);
  saveFile(bytes, `${fileName(title)}.${ending}`, type);
}

export { ExportKinds as default };
