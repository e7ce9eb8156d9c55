// Goal: behind a proxy that gives the app a path of its own, everything works there and nothing asks beside it.

import { beforeAll, expect, it } from "vitest";
import { PATIENCE_MS, setStage } from "./people.ts";

const stage = setStage({ installs: true });

beforeAll(async () => {
  await stage.stopServer();
  stage.basePath = "/notes";
  await stage.startServer();
  stage.wasCut = false;
});

it("two people write below a path, and one opens it again without a network", async () => {
  expect(new URL(stage.url).pathname).toBe("/notes/");
  const [alice, bob, link] = await stage.pair("down here");
  expect(new URL(link).pathname).toBe("/notes/");
  await bob.type("Even ");
  await alice.sees("Even down here");
  await bob.isStored();
  for (const url of [...alice.requests, ...bob.requests])
    if (!url.startsWith("data:") && !url.startsWith("blob:"))
      expect(new URL(url).pathname).toMatch(/^\/notes\//);

  await bob.page.waitForFunction(async () => (await navigator.serviceWorker.ready).active !== null, null, {
    timeout: PATIENCE_MS,
  });
  stage.wasCut = true;
  await bob.page.context().setOffline(true);
  await bob.page.reload();
  await bob.sees("Even down here");
});
