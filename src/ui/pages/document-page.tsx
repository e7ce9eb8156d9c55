// One open document: the bar with all that belongs to it, and the text.
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import type { OpenDocument } from "../../sync/view.ts";
import { AuthorsButton } from "../bar/authors-button.tsx";
import { Bar } from "../bar/bar.tsx";
import { TitleField } from "../bar/title-field.tsx";
import { UndoButtons } from "../bar/undo-buttons.tsx";
import { Editor, type EditorHandle } from "../editor/editor.tsx";
import { EditorFailed } from "../editor/editor-failed.tsx";
import { ErrorBoundary } from "../error-boundary.tsx";
import { ExportMenu } from "../files/export-menu.tsx";
import { printWhole } from "../files/print.ts";
import { Icon } from "../icons.tsx";
import { People } from "../people/people.tsx";
import { ShareDialog } from "../share/share-dialog.tsx";
import { useNews } from "../status/announcer.tsx";
import { StatusLine } from "../status/status-line.tsx";
import { useDocumentView } from "../stores.ts";
import { WaitingPage } from "./waiting-page.tsx";

/** Whoever only writes does not wait for it. */
const HistoryPage = lazy(() => import("../history/history-page.tsx"));
const LiveAuthorship = lazy(() => import("../authorship/live-authorship.tsx"));

interface Properties {
  readonly document: OpenDocument;
  readonly navigation: ReactNode;
  readonly update: ReactNode;
}

export function DocumentPage({ document, navigation, update }: Properties) {
  const view = useDocumentView(document);
  useNews(view);
  const editor = useRef<EditorHandle | null>(null);
  const [isSharing, setSharing] = useState(false);
  const [isLookingBack, setLookingBack] = useState(false);
  const [hasAuthors, setAuthors] = useState(false);
  const historyButton = useRef<HTMLButtonElement>(null);
  const closeHistory = (goesToText: boolean) => {
    setLookingBack(false);
    // Once the text is on the screen again.
    requestAnimationFrame(() => (goesToText ? focusText() : historyButton.current?.focus()));
  };
  const title = view.title === "" ? "Untitled" : view.title;
  useEffect(() => {
    // What has not arrived may well have a title.
    window.document.title = view.ready ? `${title} · Chirograph` : "Chirograph";
  }, [title, view.ready]);
  useEffect(() => printWhole(() => ({ title, text: document.text.toString() })), [document, title]);
  return (
    <>
      <Bar
        navigation={navigation}
        title={view.ready && <TitleField document={document} title={view.title} onDone={focusText} />}
        tools={
          view.ready && (
            <>
              <AuthorsButton
                isOn={hasAuthors}
                // Over the past it has one of its own; its place stays.
                isHidden={isLookingBack}
                onPress={isByKey => {
                  setAuthors(!hasAuthors);
                  // The caret is what asks.
                  if (!hasAuthors && isByKey) editor.current?.focus();
                }}
              />
              <UndoButtons
                canUndo={view.canUndo}
                canRedo={view.canRedo}
                onTakeBack={direction => editor.current?.takeBack(direction)}
              />
            </>
          )
        }
        status={<StatusLine status={view.status} notice={view.notice} />}
        people={<People people={view.people} onName={name => document.setName(name)} />}
        actions={
          <>
            {update}
            {view.ready && <ExportMenu document={document} title={title} />}
            {view.ready && (
              <button
                ref={historyButton}
                type="button"
                className="button"
                aria-label="History"
                title="History"
                aria-expanded={isLookingBack}
                onClick={() => (isLookingBack ? closeHistory(false) : setLookingBack(true))}
              >
                <Icon name="history" />
                <span className="button-words">History</span>
              </button>
            )}
            {view.ready && (
              <button type="button" className="button button-primary" onClick={() => setSharing(true)}>
                <Icon name="share" />
                Share
              </button>
            )}
          </>
        }
      />
      {view.ready ? (
        <main className="page">
          <h1 className="hidden">{title}</h1>
          {/* It stays as it is while one looks back: caret, scrolling, what is held for it. */}
          <div className="page-text" hidden={isLookingBack}>
            <ErrorBoundary fallback={<EditorFailed />}>
              <Editor document={document} title={view.title} handle={editor} />
            </ErrorBoundary>
            {hasAuthors && (
              <ErrorBoundary fallback={null}>
                <Suspense>
                  <LiveAuthorship document={document} people={view.people} editor={editor} />
                </Suspense>
              </ErrorBoundary>
            )}
          </div>
          {isLookingBack && (
            <ErrorBoundary fallback={<HistoryFailed />}>
              <Suspense fallback={<p className="history-wait">Opening the history…</p>}>
                <HistoryPage document={document} people={view.people} title={title} onClose={closeHistory} />
              </Suspense>
            </ErrorBoundary>
          )}
        </main>
      ) : (
        <WaitingPage search={view.search ?? "connecting"} />
      )}
      {isSharing && <ShareDialog document={document} onClose={() => setSharing(false)} />}
    </>
  );
}

function focusText(): void {
  window.document.querySelector<HTMLElement>(".cm-content")?.focus();
}

function HistoryFailed() {
  return <p className="history-wait">The history could not be shown. The text itself is safe.</p>;
}
