// A page with something to say and no document on it. Calm: nothing here is the reader's fault.
import type { ReactNode } from "react";

interface Properties {
  readonly heading: string;
  readonly children: ReactNode;
}

export function PlainPage({ heading, children }: Properties) {
  return (
    <main className="plain">
      <h1>{heading}</h1>
      {children}
    </main>
  );
}
