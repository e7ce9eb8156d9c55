// One open document: the bar with all that belongs to it, and the text.
import { type ReactNode, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { OpenDocument } from "../../sync/view.ts";
import { AuthorsButton } from "../bar/authors-button.tsx";
import { Bar } from "../bar/bar.tsx";
import { TitleField } from "../bar/title-field.tsx";
import { UndoButtons } from "../bar/undo-buttons.tsx";
import { shownTitle } from "../documents/shown-title.ts";
import { Editor, type EditorHandle } from "../editor/editor.tsx";
import { EditorFailed } from "../editor/editor-failed.tsx";
import { ErrorBoundary } from "../error-boundary.tsx";
import { ExportMenu } from "../files/export-menu.tsx";
import { printWhole } from "../files/print.ts";
import { Icon } from "../icons.tsx";
import { lateDialog, latePart } from "../late-part.tsx";
import { People } from "../people/people.tsx";
import { useAsideNotice, useNews } from "../status/announcer.tsx";
import { StatusLine } from "../status/status-line.tsx";
import { useDocumentView } from "../stores.ts";

/** Whoever only writes does not wait for it. */
const HistoryPage = latePart(
  () => import("../history/history-page.tsx"),
  problem => <div className="history-wait">{problem ?? <p>Opening the history…</p>}</div>,
);
const SetAsidePage = latePart(
  () => import("../people/set-aside-page.tsx"),
  problem => <div className="history-wait">{problem ?? <p>Opening what is set aside…</p>}</div>,
);
const DevicesDialog = lateDialog("My devices", () => import("../devices/devices-dialog.tsx"));
const ShareDialog = lateDialog("Share", () => import("../share/share-dialog.tsx"));
const AnswerDialog = lateDialog("Pair without a server", () => import("../share/answer-dialog.tsx"));
const Hindered = latePart(
  () => import("./hindered.tsx"),
  problem => problem && <div className="hindered">{problem}</div>,
);
const WaitingPage = latePart(() => import("./waiting-page.tsx"), pageMeanwhile);
const AskingPage = latePart(() => import("./asking-page.tsx"), pageMeanwhile);
const LiveAuthorship = latePart(
  () => import("../authorship/live-authorship.tsx"),
  problem => problem && <div className="island toast">{problem}</div>,
);

interface Properties {
  readonly document: OpenDocument;
  readonly navigation: ReactNode;
  readonly update: ReactNode;
}

export function DocumentPage({ document, navigation, update }: Properties) {
  const view = useDocumentView(document);
  useNews(view);
  const asideNotice = useAsideNotice(view);
  const editor = useRef<EditorHandle | null>(null);
  const [dialog, setDialog] = useState<"share" | "devices" | null>(null);
  const [offer, setOffer] = useState(document.offered);
  /** What stands in place of the text. */
  const [instead, setInstead] = useState<"history" | "aside" | null>(null);
  const [hasAuthors, setAuthors] = useState(false);
  const historyButton = useRef<HTMLButtonElement>(null);
  // The text is on the screen again at once: what one clicks or types next is not to lose the focus a moment later.
  const closeInstead = () => flushSync(() => setInstead(null));
  const closeHistory = (goesToText: boolean) => {
    closeInstead();
    if (goesToText) focusText();
    else historyButton.current?.focus();
  };
  const closeAside = () => {
    closeInstead();
    focusText();
  };
  const isReadOnly = view.hindrance !== null && view.hindrance !== "fell";
  const title = shownTitle(view.title);
  useEffect(() => {
    // What has not arrived may well have a title.
    window.document.title = view.ready ? `${title} · Chirograph` : "Chirograph";
  }, [title, view.ready]);
  useEffect(() => printWhole(() => ({ title, text: document.text.toString() })), [document, title]);
  return (
    <>
      <Bar
        navigation={navigation}
        title={
          view.ready && (
            <TitleField document={document} title={view.title} isReadOnly={isReadOnly} onDone={focusText} />
          )
        }
        tools={
          view.ready && (
            <>
              <AuthorsButton
                isOn={hasAuthors}
                onPress={isByKey => {
                  setAuthors(!hasAuthors);
                  // The caret is what asks.
                  if (!hasAuthors && isByKey) editor.current?.focus();
                }}
              />
              <button
                type="button"
                className="button button-icon"
                aria-label="Find"
                title="Find"
                onClick={() => editor.current?.find()}
              >
                <Icon name="find" />
              </button>
              <UndoButtons
                canUndo={view.canUndo}
                canRedo={view.canRedo}
                onTakeBack={direction => editor.current?.takeBack(direction)}
              />
            </>
          )
        }
        // Nobody undoes what is not seen; and over the past who wrote it is asked there.
        hidesTools={instead !== null}
        status={<StatusLine status={view.status} notice={view.notice ?? asideNotice} />}
        people={
          <People
            document={document}
            people={view.people}
            aside={view.aside.count}
            onName={name => document.setName(name)}
            onAside={() => setInstead("aside")}
            onDevices={() => setDialog("devices")}
          />
        }
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
                aria-expanded={instead === "history"}
                onClick={() => (instead === "history" ? closeHistory(false) : setInstead("history"))}
                // The focus is here until what it opens has been fetched.
                onKeyDown={({ key }) => key === "Escape" && instead === "history" && closeHistory(false)}
              >
                <Icon name="history" />
                <span className="button-words">History</span>
              </button>
            )}
            {view.ready && (
              <button
                type="button"
                className="button button-primary share-button"
                onClick={() => setDialog("share")}
              >
                <Icon name="share" />
                <span>Share</span>
              </button>
            )}
          </>
        }
      />
      {view.ready ? (
        <main className="page">
          <h1 className="hidden">{title}</h1>
          {(view.hindrance !== null || view.aside.mine > 0) && (
            <Hindered document={document} hindrance={view.hindrance} mine={view.aside.mine} title={title} />
          )}
          {/* It stays as it is while one looks back: caret, scrolling, what is held for it. */}
          <div className="page-text" hidden={instead !== null}>
            <ErrorBoundary fallback={<EditorFailed />}>
              <Editor document={document} title={title} isReadOnly={isReadOnly} handle={editor} />
            </ErrorBoundary>
            {hasAuthors && <LiveAuthorship document={document} people={view.people} editor={editor} />}
          </div>
          {instead === "aside" && (
            <SetAsidePage document={document} people={view.people} title={title} onClose={closeAside} />
          )}
          {instead === "history" && (
            <HistoryPage
              document={document}
              people={view.people}
              title={view.title}
              isReadOnly={isReadOnly}
              onClose={closeHistory}
            />
          )}
        </main>
      ) : view.isAsking ? (
        <AskingPage document={document} search={view.search} />
      ) : (
        <WaitingPage search={view.search ?? "connecting"} />
      )}
      {dialog === "share" && (
        <ShareDialog
          document={document}
          onClose={() => setDialog(one => (one === "share" ? null : one))}
          onDevices={() => setDialog("devices")}
        />
      )}
      {dialog === "devices" && <DevicesDialog document={document} onClose={() => setDialog(null)} />}
      {offer !== null && <AnswerDialog document={document} offer={offer} onClose={() => setOffer(null)} />}
    </>
  );
}

function focusText(): void {
  window.document.querySelector<HTMLElement>(".cm-content")?.focus();
}

function pageMeanwhile(problem: ReactNode): ReactNode {
  return <main className="page">{problem && <div className="history-wait">{problem}</div>}</main>;
}
