// Puts a workspace on the screen. Apart from main.tsx, so that a page of the tests can start the same app over a
// workspace of its own.
import { createRoot } from "react-dom/client";
import type { Workspace } from "../sync/view.ts";
import { App } from "./app.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";
import { type AddressBar, Navigator } from "./navigator.ts";
import { PlainPage } from "./pages/plain-page.tsx";
import { problemOf } from "./problem.ts";
import { rememberedSet } from "./remembered.ts";
import { Announcer } from "./status/announcer.tsx";
import type { Updates } from "./update.ts";
import "./styles/tokens.css";
import "./styles/app.css";
import "./styles/bar.css";
import "./styles/islands.css";
import "./styles/files.css";
import "./styles/editor.css";
import "./styles/find.css";
import "./styles/narrow.css";

const addressBar: AddressBar = {
  hash: () => location.hash,
  replace: hash => history.replaceState(null, "", hash),
  push: hash => history.pushState(null, "", hash),
};

export function start(workspace: Workspace, updates: Updates, root: HTMLElement): void {
  const navigator = new Navigator(workspace, addressBar, rememberedSet("begun"));
  addEventListener("hashchange", () => void navigator.follow());
  void navigator.follow();
  createRoot(root).render(
    <ErrorBoundary fallback={<Broken />}>
      <Announcer>
        <App
          workspace={workspace}
          navigator={navigator}
          updates={updates}
          dismissed={rememberedSet("dismissed")}
        />
      </Announcer>
    </ErrorBoundary>,
  );
}

/** The workspace itself could not be opened. */
export function startFailed(error: unknown, root: HTMLElement): void {
  createRoot(root).render(
    <PlainPage heading="Chirograph could not start">
      <p>{problemOf(error)}</p>
    </PlainPage>,
  );
}

function Broken() {
  return (
    <PlainPage heading="The page has stopped">
      <p>What you have written stays on this device. Reload to go on.</p>
      <button type="button" className="button button-primary" onClick={() => location.reload()}>
        Reload
      </button>
    </PlainPage>
  );
}
