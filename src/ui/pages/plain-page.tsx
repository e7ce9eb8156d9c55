// A page with something to say and no document on it. Calm: nothing here is the reader's fault.
import type { ReactNode } from "react";

interface Properties {
  readonly heading: string;
  readonly children: ReactNode;
  /** Shown only after a moment, because mostly the page is gone again before it could be read. */
  readonly isLate?: boolean;
}

export function PlainPage({ heading, children, isLate = false }: Properties) {
  return (
    <main className={isLate ? "plain is-late" : "plain"}>
      <h1>{heading}</h1>
      {children}
    </main>
  );
}
