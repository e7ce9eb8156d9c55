// People for the tests: each has a browser profile of their own, opens what `npm start` would serve and does what a
// person does, by the names that a person sees. Whatever goes wrong in a page fails the test it belongs to: an
// exception, an error in the console, a violation of the content policy, a request that leaves this machine.

import { fileURLToPath } from "node:url";
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  CDPSession,
  Locator,
  Page,
} from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { createServer, type Server } from "../../signalling/server.ts";
import { launchChromium } from "./page.ts";

export const APP = fileURLToPath(new URL("../../dist/app", import.meta.url));
/** Milliseconds for anything that two people wait for. Machines that run tests are busy. */
export const PATIENCE_MS = 15_000;

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]|plain\.test)$/;
/** What a browser itself writes into the console when the server is not there. */
const UNREACHABLE = /ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|WebSocket connection to .* failed/;

/** Said on plain http of a header that is right everywhere else. */
const IGNORED = /Cross-Origin-Opener-Policy header has been ignored/;

/** What CodeMirror leaves on its element. The view holds the whole text; the page only what is near the window. */
interface EditorElement {
  readonly cmTile: {
    readonly root: {
      readonly view: {
        readonly state: {
          readonly doc: { toString(): string; readonly length: number };
          replaceSelection(text: string): object;
        };
        dispatch(spec: object): void;
      };
    };
  };
}

export interface PersonOptions extends BrowserContextOptions {
  /** False: a browser that cannot make direct connections. */
  readonly hasWebRtc?: boolean;
  /** True: its direct connections can be cut and mended with `cut`. */
  readonly isCuttable?: boolean;
  /** Whether their pages install the app, which is there without the server then; if not said, what all of the stage do. */
  readonly installs?: boolean;
}

/** One tab of one profile. */
export class Person {
  readonly page: Page;
  readonly stage: Stage;
  /** Every address that the profile asked for. */
  readonly requests: string[] = [];
  readonly #devtools: CDPSession;

  private constructor(stage: Stage, page: Page, devtools: CDPSession) {
    this.stage = stage;
    this.page = page;
    this.#devtools = devtools;
  }

  static async enter(stage: Stage, context: BrowserContext, isCuttable: boolean): Promise<Person> {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    const person = new Person(stage, page, devtools);
    page.on("pageerror", error => stage.faults.push(`exception: ${error.stack ?? error}`));
    page.on("crash", () => stage.faults.push("the page crashed"));
    page.on("console", message => {
      const text = message.text();
      if (message.type() !== "error" || IGNORED.test(text) || (stage.wasCut && UNREACHABLE.test(text)))
        return;
      stage.faults.push(`console: ${text}`);
    });
    page.on("request", request => person.#asked(request.url()));
    page.on("websocket", socket => person.#asked(socket.url()));
    if (isCuttable) await person.#losePackets(0);
    return person;
  }

  #asked(url: string): void {
    this.requests.push(url);
    const { protocol, hostname } = new URL(url);
    if (protocol !== "data:" && protocol !== "blob:" && !LOOPBACK.test(hostname))
      this.stage.faults.push(`a request left this machine: ${url}`);
  }

  // ------------------------------------------------------------------------------------------ what they look at

  get editor(): Locator {
    return this.page.locator(".cm-content[role=textbox]");
  }

  get status(): Locator {
    return this.page.getByRole("status");
  }

  get title(): Locator {
    return this.page.getByRole("textbox", { name: "Title", exact: true });
  }

  get people(): Locator {
    return this.page.getByRole("list", { name: "People" }).getByRole("listitem");
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  text(): Promise<string> {
    return this.editor.evaluate(element =>
      (element as unknown as EditorElement).cmTile.root.view.state.doc.toString(),
    );
  }

  // ------------------------------------------------------------------------------------------------ what they do

  /** Opens the page at a link or at `/`, and waits until one can write. */
  async open(url = this.stage.url): Promise<this> {
    await this.page.goto(url);
    await this.canWrite();
    return this;
  }

  async canWrite(): Promise<void> {
    await this.editor.waitFor({ timeout: PATIENCE_MS });
    await expect.poll(() => this.isInText(), { timeout: PATIENCE_MS }).toBe(true);
  }

  /** Whether the keyboard stands in the text. */
  isInText(): Promise<boolean> {
    return this.page.evaluate(() => document.activeElement?.classList.contains("cm-content") ?? false);
  }

  /** The list of documents; it is fetched when it is opened first. */
  async openDocuments(): Promise<void> {
    await this.button("Documents").click();
    await this.page.locator(".documents-panel ul, .documents-none").waitFor({ timeout: PATIENCE_MS });
  }

  /** With real key presses, where the caret stands. */
  async type(text: string, delayMs = 0): Promise<void> {
    await this.page.keyboard.type(text, { delay: delayMs });
  }

  press(...keys: readonly string[]): Promise<void> {
    return keys.reduce(async (before, key) => {
      await before;
      await this.page.keyboard.press(key);
    }, Promise.resolve());
  }

  /** Puts the caret at a position of the text. */
  async putCaret(position: number, head = position): Promise<void> {
    await this.editor.focus();
    await this.editor.evaluate(
      (element, [from, to]) => {
        const { view } = (element as unknown as EditorElement).cmTile.root;
        // The others may have deleted the end meanwhile.
        const end = view.state.doc.length;
        view.dispatch({ selection: { anchor: Math.min(from, end), head: Math.min(to, end) } });
      },
      [position, head] as const,
    );
  }

  /** Selects one of the places that a pattern fits, by a number in [0, 1), and answers what stands there; null if there is none. */
  async selectOneOf(pattern: RegExp, chance: number): Promise<string | null> {
    await this.editor.focus();
    return this.editor.evaluate(
      (element, [wanted, share]) => {
        const { view } = (element as unknown as EditorElement).cmTile.root;
        const found = [...view.state.doc.toString().matchAll(wanted)];
        const one = found[Math.floor(share * found.length)];
        if (one === undefined) return null;
        view.dispatch({ selection: { anchor: one.index, head: one.index + one[0].length } });
        return one[0];
      },
      [pattern, chance] as const,
    );
  }

  /** Deletes what is selected unless others have done so: a key, which comes a moment later, would take what stands behind it then. */
  async deleteSelected(): Promise<void> {
    await this.editor.evaluate(element => {
      const { view } = (element as unknown as EditorElement).cmTile.root;
      view.dispatch({ ...view.state.replaceSelection(""), userEvent: "delete.selection" });
    });
  }

  /** As the browser does it: a paste event that carries the text. */
  async paste(text: string): Promise<void> {
    await this.editor.evaluate((element, pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", pasted);
      element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  }

  /** Through the dialog, as far as reading the link. */
  async share(): Promise<string> {
    await this.button("Share").click();
    const link = await this.shownLink();
    await this.press("Escape");
    await this.page.getByRole("dialog").waitFor({ state: "detached" });
    await this.editor.focus();
    return link;
  }

  async shownLink(): Promise<string> {
    const field = this.page.getByRole("textbox", { name: "Link that can edit" });
    await expect.poll(() => field.inputValue(), { timeout: PATIENCE_MS }).toContain("#");
    return field.inputValue();
  }

  /** A second tab of the same profile. */
  async secondTab(): Promise<Person> {
    return Person.enter(this.stage, this.page.context(), false);
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }

  // -------------------------------------------------------------------------------------------------- the network

  /** Cuts the direct connections of this page, which lets nothing through from now on, or mends them. */
  async cut(): Promise<void> {
    this.stage.wasCut = true;
    await this.#losePackets(100);
  }

  async mend(): Promise<void> {
    await this.#losePackets(0);
  }

  // A throughput must have been given before the connection is made, or the loss is not applied to it.
  async #losePackets(percent: number): Promise<void> {
    await this.#devtools.send("Network.enable");
    await this.#devtools.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: 1e8,
      uploadThroughput: 1e8,
      packetLoss: percent,
    });
  }

  get devtools(): CDPSession {
    return this.#devtools;
  }

  // --------------------------------------------------------------------------------------------- what they expect

  async sees(text: string): Promise<void> {
    await expect.poll(() => this.text(), { timeout: PATIENCE_MS }).toBe(text);
  }

  /**
   * The words say that everything is on this device, and have said so for as long as they may lag behind: what is on
   * its way to the disk replaces them only after half a second, so that they do not flicker.
   */
  async isStored(): Promise<void> {
    await this.page.waitForTimeout(200);
    await this.readsStatus(/Saved on this device|Shared with|Offline|Connecting|Nobody else is here/);
  }

  /** Others hold everything, and the words no longer lag behind: a change on its way shows only after a second. */
  async isSharedWith(count: number): Promise<void> {
    await this.page.waitForTimeout(1_600);
    await this.readsStatus(`Shared with ${count}`);
  }

  async readsStatus(words: string | RegExp, timeoutMs = PATIENCE_MS): Promise<void> {
    const wanted = typeof words === "string" ? expect.stringContaining(words) : expect.stringMatching(words);
    await expect.poll(() => this.status.textContent(), { timeout: timeoutMs }).toEqual(wanted);
  }
}

/** A server and a browser, for all tests of a file. */
export class Stage {
  browser!: Browser;
  url = "";
  /** What went wrong in any page since the test began. */
  readonly faults: string[] = [];
  /** The test took the network away: complaints of the browser about that are right. */
  wasCut = false;
  /** What the server serves, read when it starts. */
  folder = APP;
  /** Other origins whose pages may connect, from when it starts. */
  allowedOrigins: readonly string[] = [];
  /** What stands before every path, from when it starts. */
  basePath = "";
  readonly #installs: boolean;
  #server: Server | null = null;
  readonly #contexts: BrowserContext[] = [];

  constructor(installs: boolean) {
    this.#installs = installs;
  }

  async begin(): Promise<void> {
    [this.browser] = await Promise.all([launchChromium(), this.startServer()]);
  }

  /** On the port it had before, if it had one: addresses and storage belong to the port. */
  async startServer(): Promise<void> {
    const port = this.url === "" ? 0 : Number(new URL(this.url).port);
    const { folder, allowedOrigins, basePath } = this;
    this.#server = createServer({ folder, port, allowedOrigins, basePath });
    this.url = (await this.#server.listen()).url;
  }

  async stopServer(): Promise<void> {
    this.wasCut = true;
    await this.#server?.close();
    this.#server = null;
  }

  /** Somebody with a browser of their own, not yet on any page. */
  async person(options: PersonOptions = {}): Promise<Person> {
    const { hasWebRtc = true, isCuttable = false, installs = this.#installs, ...rest } = options;
    const serviceWorkers = installs ? "allow" : "block";
    const context = await this.browser.newContext({ serviceWorkers, ...rest });
    this.#contexts.push(context);
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", event => {
        console.error(`content policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    if (!hasWebRtc) {
      await context.addInitScript(() => {
        for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"])
          Reflect.deleteProperty(globalThis, name);
      });
    }
    return Person.enter(this, context, isCuttable);
  }

  /** Two people in one document, linked. The first made it, and typed `text`. */
  async pair(
    text = "",
    options: PersonOptions = {},
  ): Promise<readonly [alice: Person, bob: Person, link: string]> {
    const [alice, bob] = await Promise.all([this.person(options), this.person(options)]);
    await alice.open();
    if (text !== "") await alice.type(text);
    const link = await alice.share();
    await bob.open(link);
    await bob.sees(text);
    return [alice, bob, link];
  }

  async afterTest(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map(context => context.close()));
    if (this.#server === null) await this.startServer();
    const faults = this.faults.splice(0);
    this.wasCut = false;
    expect(faults, "no page complained").toEqual([]);
  }

  async end(): Promise<void> {
    await this.browser?.close();
    await this.#server?.close();
  }
}

/** Sets the stage for the tests of a file. `installs`: pages install the app, as they do for everybody; where no test is about
 * that they need not, for a browser compiles all of it then, which is a third of what opening a page costs. */
export function setStage({ installs = false } = {}): Stage {
  const stage = new Stage(installs);
  beforeAll(() => stage.begin());
  afterEach(() => stage.afterTest());
  afterAll(() => stage.end());
  return stage;
}

/** Waits until all of them have the same text, and tells which. */
export async function untilEqual(people: readonly Person[], timeoutMs = PATIENCE_MS): Promise<string> {
  return await vi.waitFor(
    async () => {
      const [first, ...others] = await Promise.all(people.map(person => person.text()));
      for (const other of others) expect(other).toBe(first);
      return first!;
    },
    { timeout: timeoutMs, interval: 25 },
  );
}

/** For figures that are measured and not judged. */
export function report(what: string, figure: string): void {
  console.log(`measured: ${what}: ${figure}`);
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
