// A newer version waits: said quietly, taken when the writer wants it.
import { useSyncExternalStore } from "react";
import type { Updates } from "../update.ts";

export function UpdateButton({ updates }: { readonly updates: Updates }) {
  const isWaiting = useSyncExternalStore(updates.subscribe, updates.isWaiting);
  if (!isWaiting) return null;
  return (
    <button type="button" className="button button-line update" onClick={updates.reload}>
      Reload to update
    </button>
  );
}
