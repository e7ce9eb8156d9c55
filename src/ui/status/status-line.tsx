// The one role="status" of the page. It says where the text is; its changes are not read out at every keystroke
// (aria-live is off), what is worth hearing goes through the announcer.
import type { Status } from "../../sync/view.ts";
import { statusTone, statusWords } from "./words.ts";

export function StatusLine({ status, notice }: { readonly status: Status; readonly notice: string | null }) {
  return (
    <div
      role="status"
      aria-live="off"
      className="status"
      data-tone={statusTone(status)}
      data-kind={status.kind}
    >
      <span className="status-words">{statusWords(status)}</span>
      {notice !== null && <span className="status-notice"> {notice}</span>}
    </div>
  );
}
