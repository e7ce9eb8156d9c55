// `chirograph/react`: what a document shows, and how a session stands, as hooks. A component draws again only when what it
// looks at shows differently; editing needs no hook.

import { useMemo, useSyncExternalStore } from "react";
import { canonicalJson, type Json, type PlainPath } from "../crdt/index.ts";
import type { Session, SessionView } from "../package/session.ts";
import type { SharedDoc } from "../package/shared-doc.ts";

/** A `Document`, or the `doc` of a session, whatever its schema. */
export type ShownDoc = Pick<SharedDoc, "get" | "observe">;

/** All of a document as JSON, the same value until something in it shows differently. */
export function useDocument(doc: ShownDoc): Json {
  return useValue(doc, []) as Json;
}

/** What shows at a place, as JSON; undefined where nothing does. The path may be written anew at each call. */
export function useValue(doc: ShownDoc, path: PlainPath): Json | undefined {
  const name = JSON.stringify(path);
  const place = useMemo(() => new Watched(doc, JSON.parse(name) as PlainPath), [doc, name]);
  return useSyncExternalStore(place.subscribe, place.snapshot, place.snapshot);
}

/** The text at a place; "" while nothing has been written there, and where no text shows. */
export function useText(doc: ShownDoc, path: PlainPath): string {
  const value = useValue(doc, path);
  return typeof value === "string" ? value : "";
}

/** Who is here, what is saved and shared, whether the document has arrived. */
export function useSession(session: Pick<Session, "view" | "subscribe">): SessionView {
  const { subscribe, snapshot } = useMemo(
    () => ({
      subscribe: (listener: () => void) => session.subscribe(listener),
      snapshot: () => session.view(),
    }),
    [session],
  );
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

/** One place of a document. React asks again and again, and takes another object for another value. */
class Watched {
  readonly #doc: ShownDoc;
  readonly #path: PlainPath;
  #value: Json | undefined;
  #json: string | null = null;
  #watchers = 0;
  #isCurrent = false;

  constructor(doc: ShownDoc, path: PlainPath) {
    this.#doc = doc;
    this.#path = path;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const stop = this.#doc.observe(this.#path, () => {
      this.#isCurrent = false;
      listener();
    });
    // What happened between the first look and now nobody was told.
    this.#isCurrent = false;
    this.#watchers++;
    return () => {
      stop();
      this.#watchers--;
    };
  };

  readonly snapshot = (): Json | undefined => {
    if (this.#isCurrent && this.#watchers > 0) return this.#value;
    const value = this.#doc.get(this.#path);
    const json = value === undefined ? "" : canonicalJson(value);
    if (json !== this.#json) this.#value = value;
    this.#json = json;
    this.#isCurrent = true;
    return this.#value;
  };
}
