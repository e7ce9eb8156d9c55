// The page's entry: the workspace of this browser, on the screen.
import { openWorkspace } from "../workspace.ts";
import { start, startFailed } from "./start.tsx";
import { trustedScriptUrl } from "./trusted.ts";
import { watchForUpdates } from "./update.ts";

const root = document.getElementById("root") ?? document.body.appendChild(document.createElement("div"));
const updates = import.meta.env.PROD
  ? watchForUpdates(import.meta.env.BASE_URL)
  : { isWaiting: () => false, subscribe: () => () => undefined, reload: () => undefined };

openWorkspace(trustedScriptUrl).then(
  workspace => start(workspace, updates, root),
  error => startFailed(error, root),
);
