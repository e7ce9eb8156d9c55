// The slim bar over the text. Its places are fixed, so that nothing moves when somebody joins or the status changes:
// documents and undo at the start, title with the status under it in the middle, people and Share at the end.
import { type ReactNode, useEffect } from "react";
import { watchForReturn } from "./recede.ts";

interface Properties {
  readonly navigation: ReactNode;
  readonly title?: ReactNode;
  readonly status?: ReactNode;
  /** For the text: who wrote it, undo. */
  readonly tools?: ReactNode;
  /** The text does not show; their place stays. */
  readonly hidesTools?: boolean;
  readonly people?: ReactNode;
  readonly actions?: ReactNode;
}

export function Bar({ navigation, title, status, tools, hidesTools = false, people, actions }: Properties) {
  useEffect(watchForReturn, []);
  return (
    <header className="bar">
      <div className="bar-start">{navigation}</div>
      {tools && (
        <div className="text-tools" hidden={hidesTools}>
          {tools}
        </div>
      )}
      <div className="bar-middle">
        {title}
        {status}
      </div>
      <div className="bar-end">
        {people}
        <div className="bar-actions">{actions}</div>
      </div>
    </header>
  );
}
