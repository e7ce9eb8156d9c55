// The service worker, and whether a newer version of the app waits. Never reloads by itself: somebody is writing.
import { trustedScriptUrl } from "./trusted.ts";

export interface Updates {
  readonly isWaiting: () => boolean;
  readonly subscribe: (listener: () => void) => () => void;
  /** Lets the new version take over, then reloads this page. */
  readonly reload: () => void;
}

/** How often a page that stays open asks for a new version. */
const ASK_EVERY_MS = 60 * 60 * 1000;

/** Registers `sw.js` where the browser has service workers, which it has on secure pages only. */
export function watchForUpdates(base: string): Updates {
  let waiting: ServiceWorker | null = null;
  const listeners = new Set<() => void>();
  const found = (worker: ServiceWorker | null) => {
    // Without a controller this is the first installation, not an update.
    if (worker === null || navigator.serviceWorker.controller === null) return;
    waiting = worker;
    for (const listener of listeners) listener();
  };
  if ("serviceWorker" in navigator && isSecureContext) void register(base, found);
  return {
    isWaiting: () => waiting !== null,
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reload: () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting?.postMessage({ type: "SKIP_WAITING" });
    },
  };
}

async function register(base: string, found: (worker: ServiceWorker | null) => void): Promise<void> {
  try {
    const registration = await navigator.serviceWorker.register(trustedScriptUrl(`${base}sw.js`), {
      scope: base,
      updateViaCache: "none",
    });
    found(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => {
        if (worker.state === "installed") found(worker);
      });
    });
    setInterval(() => {
      // Offline it fails; the next hour asks again.
      registration.update().catch(() => undefined);
    }, ASK_EVERY_MS);
  } catch (error) {
    // The page works without: it only does not open offline.
    console.warn("The service worker was not registered", error);
  }
}
