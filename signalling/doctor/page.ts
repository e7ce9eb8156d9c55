// What the browser gives this page: keys, a place to store, a shell that opens offline.
import { bad, type Check, good, warning } from "./finding.ts";

const DATABASE = "chirograph-doctor";

const secure: Check = {
  title: "The page is secure",
  run: async () =>
    isSecureContext
      ? good("Browsers trust this address with keys, storage and offline use.")
      : bad(
          "This page came over plain http, so browsers keep back keys and offline use. Put a proxy with a certificate in front of the server.",
        ),
};

const keys: Check = {
  title: "Keys that cannot be copied",
  run: async () => {
    // Not there at all over plain http, whatever the types say.
    const subtle = crypto.subtle as SubtleCrypto | undefined;
    try {
      const pair = await subtle?.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
      if (pair !== undefined) return good("This browser makes Ed25519 keys that no script can read.");
    } catch {
      // An older browser: the sentence below says what that means.
    }
    return warning(
      "This browser has no Ed25519 of its own, so the app calculates with a readable key. A newer one does better.",
    );
  },
};

const storage: Check = {
  title: "Storage",
  run: async () => {
    const database = await openDatabase();
    const read = await writeAndRead(database);
    database.close();
    indexedDB.deleteDatabase(DATABASE);
    if (read !== "kept") return bad("What was written to this browser's storage did not come back.");
    const isPersistent = await navigator.storage?.persisted?.();
    return good(
      isPersistent === true
        ? "What is written here stays, and the browser has promised not to clear it away."
        : "What is written here stays. The browser has not promised yet to keep it when space runs out; it is asked after the first edit.",
    );
  },
};

const offline: Check = {
  title: "Opens without a network",
  run: async () => {
    if (!("serviceWorker" in navigator))
      return isSecureContext
        ? warning("This browser has no service workers, so the app does not open without a network.")
        : bad("There are no service workers on a page that is not secure.");
    const response = await fetch("sw.js", { cache: "no-store" });
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok || !type.startsWith("text/javascript"))
      return bad(`The service worker did not come as a script (${response.status}, ${type || "no type"}).`);
    const before = await navigator.serviceWorker.getRegistration("./");
    const registration =
      before ?? (await navigator.serviceWorker.register(scriptUrl("sw.js"), { scope: "./" }));
    if (before === undefined) await registration.unregister();
    return good("The app's shell can be kept in this browser.");
  },
};

export const page: readonly Check[] = [secure, keys, storage, offline];

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("values");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function writeAndRead(database: IDBDatabase): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const writing = database.transaction("values", "readwrite", { durability: "strict" });
    writing.objectStore("values").put("kept", 1);
    writing.onabort = () => reject(writing.error);
    writing.oncomplete = () => {
      const request = database.transaction("values").objectStore("values").get(1);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    };
  });
}

/** The content policy wants the address of a script vouched for, under the name that it allows. */
function scriptUrl(address: string): string {
  const factory = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): unknown } })
    .trustedTypes;
  const policy = factory?.createPolicy("chirograph", { createScriptURL: (url: string) => url }) as
    | { createScriptURL(url: string): string }
    | undefined;
  return policy?.createScriptURL(address) ?? address;
}
