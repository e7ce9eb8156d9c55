// The people of a document for what is drawn late: fetched once, looked at as long as it is on the screen.
import { useEffect, useState, useSyncExternalStore } from "react";
import type { DocumentPeople, OpenDocument, PeopleState } from "../../sync/view.ts";

const nothing = () => () => undefined;
const none = () => null;

export interface PeopleHere {
  readonly people: DocumentPeople | null;
  readonly state: PeopleState | null;
  /** What went wrong last, for people to read. */
  readonly problem: string | null;
  readonly isBusy: boolean;
  /** Does something, and says so if it cannot be done. True if it was done. */
  readonly attempt: (act: (people: DocumentPeople) => Promise<void>) => Promise<boolean>;
}

export function usePeople(document: OpenDocument): PeopleHere {
  const [people, setPeople] = useState<DocumentPeople | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    let isWanted = true;
    document.people().then(
      made => isWanted && setPeople(made),
      error => isWanted && setProblem(messageOf(error)),
    );
    return () => {
      isWanted = false;
    };
  }, [document]);
  const state = useSyncExternalStore<PeopleState | null>(people?.subscribe ?? nothing, people?.state ?? none);
  const attempt: PeopleHere["attempt"] = async act => {
    if (people === null) return false;
    setBusy(true);
    setProblem(null);
    try {
      await act(people);
      return true;
    } catch (error) {
      setProblem(messageOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { people, state, problem, isBusy, attempt };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
