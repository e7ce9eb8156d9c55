// What a screen reader hears without asking: who came and went, that the link is gone, that a document was removed. One
// polite region in the page and in each dialog (while one is open, nothing outside of it is read), apart from the status, filled
// at most once in a second and a half.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from "react";
import type { DocumentView, Person } from "../../sync/view.ts";
import { labelsOf, labelText } from "../people/names.ts";
import { verificationWords } from "../people/verification-words.ts";
import { edits } from "./words.ts";

const PAUSE_MS = 1500;
const CLEAR_MS = 6000;
const NOTICE_MS = 10_000;

/** The sentences that lead from one view to the next; none for the first. */
export function newsBetween(before: DocumentView, after: DocumentView): readonly string[] {
  const news: string[] = [];
  const wasHere = hereKeys(before);
  const isHere = hereKeys(after);
  const labels = labelsOf([...after.people, ...before.people.filter(gone => !hasKey(after, gone.key))]);
  const called = (key: string) => labelText(labels.get(key) ?? { name: "Somebody", words: null });
  for (const key of isHere) if (!wasHere.has(key)) news.push(`${called(key)} joined`);
  for (const key of wasHere) if (!isHere.has(key)) news.push(`${called(key)} left`);
  if (after.status.kind === "offline" && before.status.kind !== "offline") news.push("Offline");
  if (after.status.kind !== "offline" && before.status.kind === "offline") news.push("Connected again");
  if (after.status.kind === "not-saved" && before.status.kind !== "not-saved") news.push("Not saved");
  if (after.notice !== null && after.notice !== before.notice) news.push(after.notice);
  const words = asideNews(before, after);
  if (words !== null) news.push(words);
  const unlike = verificationNews(before, after);
  if (unlike !== null) news.push(unlike);
  return news;
}

/** Somebody's changes are set aside that were not before, or came and are. My own are said in place of the text's frame. */
export function asideNews(before: DocumentView, after: DocumentView): string | null {
  const count = after.aside.count - after.aside.mine - (before.aside.count - before.aside.mine);
  if (count <= 0 || after.aside.newestBy === null) return null;
  const { newestBy } = after.aside;
  const labels = labelsOf([...after.people.filter(({ key }) => key !== newestBy.key), newestBy]);
  return `${edits(count)} by ${labelText(labels.get(newestBy.key)!)} set aside`;
}

/** A key has come that is not the one by which somebody here verified a person. */
export function verificationNews(before: DocumentView, after: DocumentView): string | null {
  const isUnlike = ({ verification }: Person) => verificationWords(verification) !== null;
  const known = new Set(before.people.filter(isUnlike).map(({ key }) => key));
  const person = after.people.find(one => isUnlike(one) && !known.has(one.key));
  if (person === undefined) return null;
  const name = labelsOf([{ key: person.key, name: person.name }]).get(person.key)!.name;
  return person.verification === "new-device"
    ? `${name} has a new device since you verified them`
    : `Somebody is called ${name} whose key is not the one that you verified`;
}

/** The same as a line that goes away. */
export function useAsideNotice(view: DocumentView): string | null {
  const before = useRef(view);
  const [notice, setNotice] = useState<string | null>(null);
  useEffect(() => {
    const isSame = before.current.id === view.id;
    const aside = isSame ? asideNews(before.current, view) : null;
    const unlike = isSame ? verificationNews(before.current, view) : null;
    before.current = view;
    if (aside !== null) setNotice(`${aside}. People shows them.`);
    else if (unlike !== null) setNotice(`${unlike}. People shows it.`);
  }, [view]);
  useEffect(() => {
    if (notice === null) return;
    const timer = setTimeout(() => setNotice(null), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return notice;
}

const Say = createContext<(sentences: readonly string[]) => void>(() => undefined);

/** Has sentences read aloud, in their turn. */
export function useAnnouncer(): (sentences: readonly string[]) => void {
  return useContext(Say);
}

/** Announces what is new in a document's view. */
export function useNews(view: DocumentView): void {
  const say = useAnnouncer();
  const before = useRef(view);
  useEffect(() => {
    if (before.current.id === view.id) say(newsBetween(before.current, view));
    before.current = view;
  }, [view, say]);
}

export function Announcer({ children }: { readonly children: ReactNode }) {
  const waiting = useRef<string[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const say = useCallback((sentences: readonly string[]) => {
    waiting.current.push(...sentences);
    if (waiting.current.length === 0 || timer.current !== null) return;
    const speak = () => {
      show(waiting.current.splice(0).slice(-4).join(". "));
      timer.current = setTimeout(() => {
        timer.current = null;
        if (waiting.current.length > 0) speak();
        else timer.current = setTimeout(fallSilent, CLEAR_MS);
      }, PAUSE_MS);
    };
    const fallSilent = () => {
      timer.current = null;
      if (waiting.current.length > 0) speak();
      else show("");
    };
    timer.current = setTimeout(speak, 100);
  }, []);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );
  return (
    <Say value={say}>
      {children}
      <div className="hidden said" aria-live="polite" aria-atomic="true" />
    </Say>
  );
}

/** Wherever there is a region: a dialog knows nothing of who speaks. */
function show(sentence: string): void {
  for (const region of document.querySelectorAll(".said")) region.textContent = sentence;
}

function hereKeys(view: DocumentView): ReadonlySet<string> {
  return new Set(view.people.filter(person => !person.me && person.path !== null).map(person => person.key));
}

function hasKey(view: DocumentView, key: string): boolean {
  return view.people.some(person => person.key === key);
}
