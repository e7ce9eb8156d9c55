// What a file brought into a document that is here, said for a while.
import { useEffect } from "react";
import type { Imported } from "../../sync/view.ts";
import { Icon } from "../icons.tsx";
import { useAnnouncer } from "../status/announcer.tsx";

const SHOWN_MS = 10_000;

export type FromFile = Pick<Extract<Imported, { readonly kind: "held" }>, "isNew" | "fresh" | "left">;

interface Properties {
  readonly made: FromFile;
  readonly onDone: () => void;
}

export default function ImportedBar({ made, onDone }: Properties) {
  const say = useAnnouncer();
  useEffect(() => say([importedWords(made)]), [made, say]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `onDone` is new at every drawing and does the same
  useEffect(() => {
    const timer = setTimeout(onDone, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [made]);
  return (
    <div className="island toast">
      <span>{importedWords(made)}</span>
      <button type="button" className="button button-icon" aria-label="Dismiss" onClick={onDone}>
        <Icon name="close" />
      </button>
    </div>
  );
}

export function importedWords({ isNew, fresh, left }: FromFile): string {
  const came = isNew
    ? "Everything in the file holds. The document is kept on this device now."
    : fresh === 0
      ? "Nothing new: all that holds in the file is here already."
      : `${changes(fresh)} came from the file.`;
  return left === 0
    ? came
    : `${came} ${left === 1 ? "1 was" : `${left} were`} left out, as nothing here could prove ${left === 1 ? "it" : "them"} to others.`;
}

function changes(count: number): string {
  return count === 1 ? "1 new change" : `${count.toLocaleString("en")} new changes`;
}
