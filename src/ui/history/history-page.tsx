// The history of the open document, in place of its text: a slider over the text, beside it who wrote when. The text
// underneath stays as it is. Loaded when it is wanted for the first time.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { OpenDocument, Person, TextHistory } from "../../sync/view.ts";
import { problemOf } from "../problem.ts";
import { HistoryView } from "./history-view.tsx";
import "./history.css";

interface Properties {
  readonly document: OpenDocument;
  readonly people: readonly Person[];
  /** As it is now. */
  readonly title: string;
  /** Nothing is restored, and no version named. */
  readonly isReadOnly: boolean;
  /** `goesToText`: something was restored, and the text is what one wants to see. */
  readonly onClose: (goesToText: boolean) => void;
}

const nothing = () => () => undefined;
const none = () => null;

// The default export is what `latePart` asks for.
export default function HistoryPage({ document, people, title, isReadOnly, onClose }: Properties) {
  const [history, setHistory] = useState<TextHistory | null>(null);
  const [done, setDone] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  // What is blank may be written in while one looks at it.
  const order = useSyncExternalStore(history?.subscribe ?? nothing, history?.order ?? none);
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    let isWanted = true;
    let opened: TextHistory | null = null;
    document
      .history(part => isWanted && setDone(part))
      .then(
        made => {
          opened = made;
          if (isWanted) setHistory(made);
          else made.close();
        },
        error => isWanted && setProblem(problemOf(error)),
      );
    return () => {
      isWanted = false;
      opened?.close();
    };
  }, [document]);
  useEffect(() => section.current?.focus(), []);
  return (
    <section
      ref={section}
      aria-label="History"
      className="history"
      tabIndex={-1}
      onKeyDown={event => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        onClose(false);
      }}
    >
      {history !== null && order !== null && order.entries.length > 0 ? (
        <HistoryView
          history={history}
          people={people}
          title={title}
          isReadOnly={isReadOnly}
          onClose={onClose}
        />
      ) : (
        <div className="history-wait">
          {problem !== null ? (
            <p className="bad">The history could not be read: {problem}</p>
          ) : history !== null ? (
            <p>Nothing was written here yet.</p>
          ) : (
            <Reading done={done} />
          )}
        </div>
      )}
    </section>
  );
}

/** Shown from the moment on at which one would begin to wonder. */
function Reading({ done }: { readonly done: number | null }) {
  if (done === null) return <p>Opening the history…</p>;
  return (
    <>
      <p>Reading the history…</p>
      <progress aria-label="Reading the history" max={1} value={done} />
    </>
  );
}
