// Puts on the screen what the navigator says, and owns what outlives a document: the list, the removals that can
// still be undone, the sentences about this browser.
import { type ReactNode, useRef, useState, useSyncExternalStore } from "react";
import type { DocumentEntry, Imported, OpenDocument, Workspace } from "../sync/view.ts";
import { Bar } from "./bar/bar.tsx";
import { UpdateButton } from "./bar/update-button.tsx";
import { Documents } from "./documents/documents.tsx";
import { FileDoor } from "./files/file-door.tsx";
import type { FromFile } from "./files/imported-bar.tsx";
import { latePart } from "./late-part.tsx";
import type { Navigator } from "./navigator.ts";
import { DocumentPage } from "./pages/document-page.tsx";
import type { RememberedSet } from "./remembered.ts";
import { useAnnouncer } from "./status/announcer.tsx";
import { StatusLine } from "./status/status-line.tsx";
import type { Updates } from "./update.ts";

// These few people see, or once.
const Missing = latePart(() => import("./bar/missing.tsx"));
const RemovedBar = latePart(
  () => import("./documents/removed-bar.tsx"),
  problem => problem && <div className="island toast">{problem}</div>,
);
/** Only who opens somebody else's file waits for it. */
const ImportedBar = latePart(
  () => import("./files/imported-bar.tsx"),
  problem => problem && <div className="island toast">{problem}</div>,
);
const NoDocument = latePart(
  () => import("./pages/no-document.tsx"),
  problem => <main className="page">{problem && <div className="history-wait">{problem}</div>}</main>,
);
const ForeignPage = latePart(
  () => import("./files/foreign-page.tsx"),
  (problem, { navigation, update }) => (
    <>
      {problem && <BarAlone navigation={navigation} update={update} />}
      <main className="page">{problem && <div className="history-wait">{problem}</div>}</main>
    </>
  ),
);

interface Properties {
  readonly workspace: Workspace;
  readonly navigator: Navigator;
  readonly updates: Updates;
  readonly dismissed: RememberedSet;
}

interface Removed {
  readonly id: string;
  /** It was on the screen, so undoing brings it back there. */
  readonly wasOpen: boolean;
}

export function App({ workspace, navigator, updates, dismissed }: Properties) {
  const screen = useSyncExternalStore(navigator.subscribe, navigator.current);
  const [lately, setRemoved] = useState<readonly Removed[]>([]);
  // What came back by a file or its link needs no Undo.
  const removed = lately.filter(({ id }) => !workspace.documents().some(entry => entry.id === id));
  const say = useAnnouncer();
  const remove = async (entry: DocumentEntry) => {
    const one: Removed = { id: entry.id, wasOpen: navigator.openId() === entry.id };
    await workspace.remove(entry.id);
    setRemoved(before => [...before, one]);
    say([removedWords(removed.length + 1)]);
    setTimeout(() => setRemoved(before => before.filter(each => each !== one)), workspace.undoMs);
    if (one.wasOpen) await navigator.startNew();
  };
  const undo = async () => {
    setRemoved([]);
    await Promise.all(removed.map(({ id }) => workspace.restore(id)));
    const shown = removed.findLast(({ wasOpen }) => wasOpen);
    if (shown !== undefined) await navigator.goTo(shown.id);
  };
  const chooseFile = useRef<(() => void) | null>(null);
  const [news, setNews] = useState<FromFile | null>(null);
  const begin = (title: string, text: string) =>
    navigator.startNew(document => writeInto(document, title, text));
  const imported = async (made: Imported) => {
    if (made.kind === "text") await begin(made.title, made.text);
    if (made.kind === "foreign") await navigator.showFile(made.file);
    if (made.kind !== "held") return;
    await navigator.goTo(made.id);
    setNews(made);
  };
  const startNew = () => void navigator.startNew();
  const navigation = (
    <Documents
      workspace={workspace}
      openId={navigator.openId()}
      onNew={startNew}
      onImport={() => chooseFile.current?.()}
      onRemove={remove}
    />
  );
  const update = <UpdateButton updates={updates} />;
  return (
    <>
      {screen.kind === "document" ? (
        <DocumentPage
          key={`${screen.document.id} ${screen.document.device}`}
          document={screen.document}
          navigation={navigation}
          update={update}
        />
      ) : screen.kind === "file" ? (
        <ForeignPage
          file={screen.file}
          navigation={navigation}
          update={update}
          onCopy={() => void begin(screen.file.title, screen.file.text)}
          onRecovered={made => void imported(made)}
        />
      ) : (
        <>
          <BarAlone navigation={navigation} update={update} />
          {screen.kind === "opening" ? (
            <main className="page" />
          ) : (
            <NoDocument screen={screen} onNew={startNew} />
          )}
        </>
      )}
      {workspace.missing.length > 0 && <Missing sentences={workspace.missing} dismissed={dismissed} />}
      <FileDoor workspace={workspace} choose={chooseFile} onImported={made => void imported(made)} />
      {news !== null && removed.length === 0 && <ImportedBar made={news} onDone={() => setNews(null)} />}
      {removed.length > 0 && (
        <RemovedBar count={removed.length} words={removedWords(removed.length)} onUndo={undo} />
      )}
    </>
  );
}

function removedWords(count: number): string {
  return count === 1 ? "Removed." : `${count} documents removed.`;
}

/** What a new document begins with; what is typed later is undone apart from it. */
function writeInto(document: OpenDocument, title: string, text: string): void {
  if (text !== "") document.text.edit([{ from: 0, to: 0, insert: text }]);
  document.text.breakUndo();
  document.setTitle(title);
  document.flush();
}

interface BarProperties {
  readonly navigation: ReactNode;
  readonly update: ReactNode;
}

/** Over what is no document. */
function BarAlone({ navigation, update }: BarProperties) {
  return (
    <Bar
      navigation={navigation}
      status={<StatusLine status={{ kind: "blank" }} notice={null} />}
      actions={update}
    />
  );
}
