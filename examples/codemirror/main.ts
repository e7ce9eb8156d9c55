// A shared CodeMirror. The signalling server is the one that serves this page.
import { Identity } from "chirograph";
import { chirograph } from "chirograph/codemirror";
import { openSession, openStore } from "chirograph/sync";
import { basicSetup, EditorView } from "codemirror";

const session = await openSession({
  identity: await Identity.open("example"),
  store: await openStore("example"),
  link: location.hash,
  signalling: new URL("signal", location.href).href.replace(/^http/, "ws").replace(/#.*$/, ""),
  name: new URLSearchParams(location.search).get("name") ?? undefined,
});
const editor = new EditorView({
  parent: document.querySelector("#main")!,
  extensions: [basicSetup, chirograph({ session, text: ["body"] })],
});
editor.focus();
await session.arrived();
history.replaceState(null, "", `#${await session.link()}`);
