// A part of the page that is fetched when it is first wanted. One that does not come takes nothing else with it: a sentence
// stands in its place, and it is asked for again, by itself and by whoever opens it anew. React's `lazy` does neither: it
// keeps the first refusal for ever, and throws it at all that is around.
import { type ComponentType, type ReactNode, useEffect, useReducer, useState } from "react";
import { ErrorBoundary } from "./error-boundary.tsx";
import { Modal } from "./modal.tsx";

/** Milliseconds between two attempts. */
const AGAIN_MS = 5_000;
/** Milliseconds after which people are told that something goes on. */
const LATE_MS = 300;

type Fetch<P> = () => Promise<{ readonly default: ComponentType<P> }>;

/** What stands in the place of a part. `problem` is null while it may still come at once. */
type Meanwhile<P> = (problem: ReactNode, properties: P) => ReactNode;

interface Slot<P> {
  readonly fetch: Fetch<P>;
  readonly meanwhile: Meanwhile<P>;
  /** Null until it has come. */
  part: ComponentType<P> | null;
}

export function latePart<P extends object>(
  fetch: Fetch<P>,
  meanwhile: Meanwhile<P> = problem => problem,
): (properties: P) => ReactNode {
  const slot: Slot<P> = { fetch, meanwhile, part: null };
  return properties => <InSlot slot={slot} properties={properties} />;
}

/** The same for a dialog. */
export function lateDialog<P extends { readonly onClose: () => void }>(
  title: string,
  fetch: Fetch<P>,
): (properties: P) => ReactNode {
  return latePart(fetch, (problem, { onClose }) => (
    <ComingDialog title={title} problem={problem} onClose={onClose} />
  ));
}

interface SlotProperties<P> {
  readonly slot: Slot<P>;
  readonly properties: P;
}

function InSlot<P extends object>({ slot, properties }: SlotProperties<P>) {
  const [isMissing, setMissing] = useState(false);
  const [, drawAgain] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    if (slot.part !== null) return;
    let isWanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        await fetchStyles();
        slot.part = (await slot.fetch()).default;
        if (isWanted) drawAgain();
      } catch (error) {
        console.warn("A part of the page did not load", error);
        if (!isWanted) return;
        setMissing(true);
        timer = setTimeout(ask, AGAIN_MS);
      }
    };
    void ask();
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [slot]);
  if (slot.part === null) return slot.meanwhile(isMissing ? <Missing /> : null, properties);
  return (
    <ErrorBoundary fallback={slot.meanwhile(<Broken />, properties)}>
      <slot.part {...properties} />
    </ErrorBoundary>
  );
}

interface ComingProperties {
  readonly title: string;
  readonly problem: ReactNode;
  readonly onClose: () => void;
}

/** A dialog that is on its way. Escape gives it up at any time, or it would take the keys of who has gone on writing. */
export function ComingDialog({ title, problem, onClose }: ComingProperties) {
  const [isLate, setLate] = useState(false);
  const isShown = isLate || problem !== null;
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), LATE_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (isShown) return;
    const onKey = ({ key }: KeyboardEvent) => key === "Escape" && onClose();
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [isShown, onClose]);
  if (!isShown) return null;
  return (
    <Modal title={title} className="share" onClose={onClose}>
      {() => problem ?? <p className="quiet">Opening…</p>}
    </Modal>
  );
}

function Missing() {
  return (
    <p role="alert" className="bad">
      This part of the page could not be loaded; the text itself is safe. The page keeps trying. If nothing
      comes of it, reload the page once the server can be reached.
    </p>
  );
}

function Broken() {
  return (
    <p role="alert" className="bad">
      This part of the page could not be shown. The text itself is safe.
    </p>
  );
}

/** Stylesheets that did not come. Vite asks for each of them once, and then shows the part without. */
const missingStyles = new Set<HTMLLinkElement>();

addEventListener(
  "error",
  ({ target }) => {
    if (target instanceof HTMLLinkElement && target.rel === "stylesheet") missingStyles.add(target);
  },
  { capture: true },
);

async function fetchStyles(): Promise<void> {
  const links = [...missingStyles];
  missingStyles.clear();
  await Promise.all(
    links.map(link => {
      const again = link.cloneNode() as HTMLLinkElement;
      const arrival = new Promise((resolve, reject) => {
        again.addEventListener("load", resolve);
        again.addEventListener("error", reject);
      });
      link.replaceWith(again);
      return arrival;
    }),
  );
}
