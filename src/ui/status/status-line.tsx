// The one role="status" of the page. It says where the text is; its changes are not read out at every keystroke
// (aria-live is off), what is worth hearing goes through the announcer.
import { useEffect, useRef, useState } from "react";
import type { Status } from "../../sync/view.ts";
import { GRACE_MS, isUnsettled, statusTone, statusWords } from "./words.ts";

export function StatusLine({ status, notice }: { readonly status: Status; readonly notice: string | null }) {
  const shown = useSettled(status);
  return (
    <div role="status" aria-live="off" className="status" data-tone={statusTone(shown)}>
      <span className="status-words">{statusWords(shown)}</span>
      {notice !== null && <span className="status-notice"> {notice}</span>}
    </div>
  );
}

/** The status, except one that has not yet lasted its grace: the one before it stays until then. */
function useSettled(status: Status): Status {
  const isSavingLong = useLasting(status.kind === "saving");
  // Counted over saving and sharing together: somebody who types without a pause goes to and fro between them, and
  // must see in the end that nobody has the text.
  const isUnsettledLong = useLasting(isUnsettled(status));
  const shown = useRef(status);
  const isRipe = status.kind === "saving" ? isSavingLong : isUnsettledLong;
  if (isRipe || !isUnsettled(status)) shown.current = status;
  return shown.current;
}

/** True once the condition has held without a break for the grace. */
function useLasting(condition: boolean): boolean {
  const [isLasting, setLasting] = useState(false);
  useEffect(() => {
    if (!condition) return;
    const timer = setTimeout(() => setLasting(true), GRACE_MS);
    return () => {
      clearTimeout(timer);
      setLasting(false);
    };
  }, [condition]);
  return condition && isLasting;
}
