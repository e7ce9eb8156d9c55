// Goal: a browser gets an address from coturn with the password that /config.json hands out, and /doctor tells a right
// secret from a wrong one. Method: real Chromium and coturn at an address of this machine that is no loopback one, which
// browsers do not send from to others.
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServer } from "../../signalling/server.ts";
import { freePort, programOrSkip, type Running, run } from "../signalling/built.ts";
import { APP, PATIENCE_MS, setStage } from "./people.ts";

const SECRET = "between the two servers";
const address = Object.values(networkInterfaces())
  .flatMap(each => each ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
const program = programOrSkip("TURNSERVER", "TURN in a browser");
if (address === undefined)
  console.warn("SKIPPED: TURN in a browser: this machine has but a loopback address");

describe.skipIf(program === null || address === undefined)("through coturn", () => {
  const stage = setStage();
  let turnserver: Running;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    const args = [
      ...["-n", "--use-auth-secret", `--static-auth-secret=${SECRET}`, "--realm=turn.example"],
      ...[`--listening-ip=${address}`, `--listening-port=${port}`, `--relay-ip=${address}`],
      ...["--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", "--pidfile="],
    ];
    turnserver = await run(program!, args, /Total auth threads|Relay ports initialization done/i);
  });

  afterAll(() => turnserver?.kill());

  it.each([
    [SECRET, "good", "The one that is configured answers."],
    ["a guess", "bad", `No address came from turn:${address}:`],
  ])("the doctor finds TURN with the secret %j to be %s", async (secret, verdict, sentence) => {
    const turn = { urls: [`turn:${address}:${port}?transport=udp`], secret, lifetimeSeconds: 600 };
    const server = createServer({ folder: APP, port: 0, turn });
    const { url } = await server.listen();
    const alice = await stage.person();
    await alice.page.goto(`${url}doctor`);
    const item = alice.page.getByRole("listitem").filter({ hasText: "STUN and TURN" });
    await expect
      .poll(() => item.getAttribute("data-verdict").catch(() => null), { timeout: PATIENCE_MS })
      .toBe(verdict);
    expect(await item.textContent()).toContain(sentence);
    await server.close();
  });
});
