// What of a document is fetched when somebody looks at it: once, and followed as long as it is on the screen.
import { useEffect, useState, useSyncExternalStore } from "react";
import type { OpenDocument } from "../sync/view.ts";
import { problemOf } from "./problem.ts";

/** Facts that change, and what may be done about them. */
interface Followed<State> {
  readonly state: () => State;
  readonly subscribe: (listener: () => void) => () => void;
}

export interface Late<Here, State> {
  readonly here: Here | null;
  readonly state: State | null;
  /** What went wrong last, for people to read. */
  readonly problem: string | null;
  readonly isBusy: boolean;
  /** Does something, and says so if it cannot be done. True if it was done. */
  readonly attempt: (act: (here: Here) => Promise<void>) => Promise<boolean>;
}

const nothing = () => () => undefined;
const none = () => null;

/** `fetch`: the same function at every drawing. */
export function useLate<State, Here extends Followed<State>>(
  document: OpenDocument,
  fetch: (document: OpenDocument) => Promise<Here>,
): Late<Here, State> {
  const [here, setHere] = useState<Here | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    let isWanted = true;
    fetch(document).then(
      made => isWanted && setHere(made),
      error => isWanted && setProblem(problemOf(error)),
    );
    return () => {
      isWanted = false;
    };
  }, [document, fetch]);
  const state = useSyncExternalStore<State | null>(here?.subscribe ?? nothing, here?.state ?? none);
  const attempt: Late<Here, State>["attempt"] = async act => {
    if (here === null) return false;
    setBusy(true);
    setProblem(null);
    try {
      await act(here);
      return true;
    } catch (error) {
      setProblem(problemOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { here, state, problem, isBusy, attempt };
}
