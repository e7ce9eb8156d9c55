// The doctor's page: runs the checks in this browser, one after another, and says what each found. Behind a proxy most
// faults show from the browser's side alone, and the app is built to go on without whatever is missing, so that nobody
// would notice. Served by the server it examines; no part of the app.
import type { Check, Finding } from "./finding.ts";
import { bad, within } from "./finding.ts";
import { page } from "./page.ts";
import { patience, serverChecks } from "./server.ts";
import { webRtcChecks } from "./web-rtc.ts";

/** Milliseconds for one check. The longest honest one gathers addresses from a TURN server that is not there. */
const CHECK_MS = 20_000;

const WORDS = { good: "works", warning: "could be better", bad: "does not work" } as const;

const list = document.getElementById("checks")!;
const summary = document.getElementById("summary")!;
const findings: Finding[] = [];

async function show(check: Check, limitMs: number): Promise<void> {
  const item = list.appendChild(document.createElement("li"));
  const verdict = append(item, "span", "…");
  verdict.className = "verdict";
  append(item, "h2", check.title);
  const words = append(item, "p", "Looking…");
  const finding = await within(limitMs, safely(check), bad("There was no answer in time."));
  item.dataset.verdict = finding.verdict;
  verdict.textContent = WORDS[finding.verdict];
  words.textContent = finding.sentence;
  findings.push(finding);
}

/** An exception is a finding too: some browser does what none of ours did. */
async function safely(check: Check): Promise<Finding> {
  try {
    return await check.run();
  } catch (error) {
    return bad(`It failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function append(parent: Element, name: string, text: string): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  return parent.appendChild(element);
}

function conclude(isDone: boolean): void {
  const count = (verdict: Finding["verdict"]) => findings.filter(each => each.verdict === verdict).length;
  const [broken, poor] = [count("bad"), count("warning")];
  const parts = [
    broken > 0 ? `${broken} of ${findings.length} checks failed` : `${findings.length} checks, none failed`,
    ...(poor > 0 ? [`${poor} could be better`] : []),
    ...(isDone ? [] : ["one more takes a minute"]),
  ];
  summary.textContent = `${parts.join("; ")}.`;
  document.body.dataset.state = isDone ? "done" : "waiting";
}

const { check: staying, limitMs } = patience();
for (const check of [...page, ...serverChecks, ...webRtcChecks]) await show(check, CHECK_MS);
conclude(false);
await show(staying, limitMs);
conclude(true);
