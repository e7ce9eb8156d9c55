// A file of a document that is somebody else's: to be read, with who wrote what, and to be copied. Every signature in it
// was judged before it came here, so nothing is left to be asked.
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { FileRecovery, ForeignFile, Imported, Proof } from "../../sync/view.ts";
import { type Asked, WhoWrote } from "../authorship/who-wrote.tsx";
import { AuthorsButton } from "../bar/authors-button.tsx";
import { Bar } from "../bar/bar.tsx";
import { Recover } from "../devices/recover.tsx";
import { shownTitle } from "../documents/shown-title.ts";
import { PastText } from "../history/past-text.ts";
import { nameOf } from "../history/words.ts";
import { Mark } from "../people/mark.tsx";
import { labelsOf } from "../people/names.ts";
import { problemOf } from "../problem.ts";
import { printWhole } from "./print.ts";
import "../devices/devices.css";
import "./foreign-page.css";

/** Of more people than fit only the number is told. */
const PEOPLE_SHOWN_MAX = 12;

interface Properties {
  readonly file: ForeignFile;
  readonly navigation: ReactNode;
  readonly update: ReactNode;
  readonly onCopy: () => void;
  readonly onRecovered: (imported: Imported) => void;
}

const holds = async (): Promise<Proof> => "holds";

// The default export is what `latePart` asks for.
export default function ForeignPage({ file, navigation, update, onCopy, onRecovered }: Properties) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [hasAuthors, setAuthors] = useState(true);
  const mount = useRef<HTMLDivElement>(null);
  const shown = useRef<PastText | null>(null);
  const labels = useMemo(() => labelsOf(file.people), [file]);
  const title = shownTitle(file.title);
  useEffect(() => {
    window.document.title = `${title} · Chirograph`;
  }, [title]);
  useEffect(() => printWhole(() => ({ title, text: file.text })), [title, file]);
  useEffect(() => {
    const between = (from: number, to: number) => stretches(file.authors, from, to);
    const text = new PastText(mount.current!, title, between, { at: setAsked });
    shown.current = text;
    text.show([{ kind: "same", text: file.text, author: null }]);
    text.showAuthors(true);
    return () => text.destroy();
  }, [file, title]);
  return (
    <>
      <Bar
        navigation={navigation}
        title={
          <h1 className="foreign-title">
            <bdi>{title}</bdi>
          </h1>
        }
        status={
          <div role="status" aria-live="off" className="status">
            <span className="status-words">Read only, kept nowhere here</span>
          </div>
        }
        tools={
          <AuthorsButton
            isOn={hasAuthors}
            onPress={() => {
              setAuthors(!hasAuthors);
              shown.current?.showAuthors(!hasAuthors);
            }}
          />
        }
        actions={
          <>
            {update}
            <button type="button" className="button button-primary" onClick={onCopy}>
              Make a copy
            </button>
          </>
        }
      />
      <main className="page foreign">
        <div className="foreign-about">
          <p>
            Everything in this file holds: written with these keys, nothing altered.{" "}
            {file.isOwn
              ? "This device wrote more in the document than the file has, so it opens to read."
              : "You are no member of the document, so it opens to read."}
          </p>
          <ul aria-label="Who wrote in it">
            {file.people.slice(0, PEOPLE_SHOWN_MAX).map(({ key, changes }) => (
              <li key={key}>
                <Mark personKey={key} />
                <bdi>{nameOf(key, labels)}</bdi>
                <span className="quiet">
                  {changes.toLocaleString("en")} {changes === 1 ? "change" : "changes"}
                </span>
              </li>
            ))}
            {file.people.length > PEOPLE_SHOWN_MAX && (
              <li className="quiet">and {file.people.length - PEOPLE_SHOWN_MAX} others</li>
            )}
          </ul>
          {file.recovery !== null && <ComeBack recovery={file.recovery} onRecovered={onRecovered} />}
        </div>
        <div className="editor foreign-text" ref={mount} />
        {hasAuthors && file.text !== "" && (
          <WhoWrote asked={asked} prove={holds} labels={labels} now={Date.now()} />
        )}
      </main>
    </>
  );
}

/** For a member who lost the device that was one: with recovery words it is no foreign file. */
function ComeBack({
  recovery,
  onRecovered,
}: {
  readonly recovery: FileRecovery;
  readonly onRecovered: (imported: Imported) => void;
}) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const attempt = async (act: (here: FileRecovery) => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await act({
        findRecovered: words => recovery.findRecovered(words),
        async recover(words, lost) {
          const imported = await recovery.recover(words, lost);
          onRecovered(imported);
          return imported;
        },
      });
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-label="Recovery words">
      <Recover isBusy={isBusy} attempt={attempt} />
      <div aria-live="polite">{problem !== null && <p className="bad">{problem}</p>}</div>
    </section>
  );
}

/** Those that touch [from, to), cut to it; found by halving, since a long text has many. */
function stretches(authors: ForeignFile["authors"], from: number, to: number): ForeignFile["authors"] {
  let low = 0;
  let high = authors.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (authors[middle]!.to <= from) low = middle + 1;
    else high = middle;
  }
  const found = [];
  for (let i = low; i < authors.length && authors[i]!.from < to; i++) {
    const one = authors[i]!;
    found.push({ ...one, from: Math.max(from, one.from), to: Math.min(to, one.to) });
  }
  return found;
}
