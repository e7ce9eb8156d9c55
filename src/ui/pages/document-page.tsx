// One open document: the bar with all that belongs to it, and the text.
import { type ReactNode, useEffect, useState } from "react";
import type { OpenDocument } from "../../sync/view.ts";
import { Bar } from "../bar/bar.tsx";
import { TitleField } from "../bar/title-field.tsx";
import { Editor } from "../editor/editor.tsx";
import { EditorFailed } from "../editor/editor-failed.tsx";
import { ErrorBoundary } from "../error-boundary.tsx";
import { Icon } from "../icons.tsx";
import { People } from "../people/people.tsx";
import { ShareDialog } from "../share/share-dialog.tsx";
import { useNews } from "../status/announcer.tsx";
import { StatusLine } from "../status/status-line.tsx";
import { useDocumentView } from "../stores.ts";
import { WaitingPage } from "./waiting-page.tsx";

interface Properties {
  readonly document: OpenDocument;
  readonly navigation: ReactNode;
  readonly update: ReactNode;
}

export function DocumentPage({ document, navigation, update }: Properties) {
  const view = useDocumentView(document);
  useNews(view);
  const [isSharing, setSharing] = useState(false);
  const title = view.title === "" ? "Untitled" : view.title;
  useEffect(() => {
    // What has not arrived may well have a title.
    window.document.title = view.ready ? `${title} · Chirograph` : "Chirograph";
  }, [title, view.ready]);
  return (
    <>
      <Bar
        navigation={navigation}
        title={view.ready && <TitleField document={document} title={view.title} onDone={focusText} />}
        status={<StatusLine status={view.status} notice={view.notice} />}
        people={<People people={view.people} onName={name => document.setName(name)} />}
        actions={
          <>
            {update}
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
          <ErrorBoundary fallback={<EditorFailed />}>
            <Editor document={document} title={view.title} />
          </ErrorBoundary>
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
