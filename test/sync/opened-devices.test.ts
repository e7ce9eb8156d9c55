// Goal: the screen is told of devices what the core knows, and what it wishes comes about for everybody; recovery words that
// are wrong, or nobody's, change nothing. Method: the adapter over replicas.

import { expect, it } from "vitest";
import { type DeviceId, introductionMessage } from "../../src/crdt/index.ts";
import { OpenedDevices } from "../../src/sync/adapters/opened-devices.ts";
import type { Asking } from "../../src/sync/introductions.ts";
import { decodeDeviceLink } from "../../src/sync/link.ts";
import type { DocumentRecord } from "../../src/sync/ports.ts";
import { editBody } from "../../src/sync/text.ts";
import { deliver, gather, newcomer, type Person, sync } from "../crdt/people.ts";
import { Prng } from "../sim/prng.ts";
import { deterministicCiphers, keyNamed } from "./lucky-ciphers.ts";

function devicesOf(person: Person, luck = 7) {
  const key = keyNamed("no link");
  const ciphers = deterministicCiphers(new Prng(luck), (_key, message) => key.sign(message), false);
  let record = { roomSecret: null, inviteSeed: null } as DocumentRecord;
  let told: ((asking: Asking) => void) | null = null;
  const introductions = {
    await: (_link: DeviceId, came: (asking: Asking) => void) => {
      told = came;
    },
    stop: () => {
      told = null;
    },
  };
  const platform = {
    ciphers,
    pageUrl: "https://chirograph.example/",
    key: { publicKey: new Uint8Array(32), sign: async (message: Uint8Array) => person.key.sign(message) },
  };
  const devices = new OpenedDevices(
    person.replica,
    platform,
    { introductions, openPeers: () => [] } as never,
    {
      nameOf: device => person.replica.members.find(member => member.device === device)?.name ?? null,
      subscribe: () => () => undefined,
      say: async say => {
        say(person.replica.people);
        person.close();
      },
      record: () => record,
      keepLinks: async links => {
        record = { ...record, ...links };
      },
      take: async records => {
        for (const { id, bytes, signature } of records)
          person.receive({ id: id as never, bytes, signature: signature! });
      },
      changed: () => undefined,
    },
  );
  return { devices, ask: (asking: Asking) => told?.(asking), record: () => record };
}

/** A copy of what somebody holds, on a device that is nobody's. */
function fresh(name: string, from: Person): Person {
  const device = newcomer(name, from, null);
  deliver(from, device);
  return device;
}

it("shows a device link, then who asks, and makes a new one mine and no other", async () => {
  const [alice, bob] = gather("Alice", "Bob");
  sync([alice, bob]);
  const { devices, ask, record } = devicesOf(bob);
  expect(devices.state()).toMatchObject({
    adding: null,
    mayMakeRecoveryWords: true,
    hasRecoveryWords: false,
  });
  await devices.startAdding();
  const { address } = devices.state().adding!;
  expect(decodeDeviceLink(new URL(address).hash)).toMatchObject({
    doc: bob.replica.doc,
    introducer: bob.device,
    roomSecret: record().roomSecret,
  });
  const phone = fresh("phone", bob);
  const signature = phone.key.sign(introductionMessage(bob.replica.doc, bob.device));
  ask({ device: phone.device, signature });
  ask({ device: alice.device, signature });
  const asking = devices.state().adding!.asking;
  expect(asking.map(({ key, standing, words }) => [key, standing, words.length])).toEqual([
    [phone.device, "new", 4],
    [alice.device, "elsewhere", 4],
  ]);
  await expect(devices.add(alice.device)).rejects.toThrow(RangeError);
  await devices.add(phone.device);
  expect(devices.state().adding!.asking[0]!.standing).toBe("mine");
  expect(devices.state().devices.map(({ key, isThis, isReachable }) => [key, isThis, isReachable])).toEqual([
    [bob.device, true, false],
    [phone.device, false, true],
  ]);
  devices.stopAdding();
  await expect(devices.add(phone.device)).rejects.toThrow("does not ask");
  await devices.disown(phone.device);
  expect(devices.state().devices).toHaveLength(1);
  await devices.startAdding();
  ask({ device: phone.device, signature });
  expect(devices.state().adding!.asking[0]!.standing).toBe("elsewhere");
});

it("recovery words bring a new device in and put the lost one out, also a second time", async () => {
  const [alice, bob] = gather("Alice", "Bob");
  const { devices } = devicesOf(bob);
  bob.write(root => editBody(root, [{ from: 0, to: 0, insert: "Bob's" }]));
  const words = await devices.makeRecoveryWords();
  expect(devices.state().hasRecoveryWords).toBe(false);
  await devices.confirmRecoveryWords(words);
  expect(devices.state().hasRecoveryWords).toBe(true);
  sync([alice, bob]);

  const laptop = fresh("new laptop", alice);
  const his = devicesOf(laptop).devices;
  const others = await devicesOf(alice, 8).devices.makeRecoveryWords();
  expect(await his.findRecovered("not words")).toEqual({
    error: expect.stringContaining("not recovery words"),
  });
  expect(await his.findRecovered(others.join(" "))).toEqual({ error: expect.stringContaining("nobody") });
  const found = await his.findRecovered(words.join(" "));
  expect(found).toMatchObject({ name: "Bob", devices: [{ key: bob.device }] });
  await his.recover(words.join(" "), [bob.device]);
  deliver(laptop, alice);
  expect([bob, laptop].map(({ device }) => alice.replica.roleOf(device))).toEqual([null, "editor"]);
  expect(alice.replica.people.personOf(laptop.device)).toBe(bob.device);
  expect(his.state()).toMatchObject({ hasRecoveryWords: true, mayMakeRecoveryWords: false });
  // Who has a part already does not become somebody else.
  expect(await devicesOf(alice).devices.findRecovered(words.join(" "))).toHaveProperty("error");

  // The paper is still good, and its key goes on with its own chain.
  const tablet = fresh("tablet", alice);
  await devicesOf(tablet).devices.recover(words.join(" "), [laptop.device]);
  deliver(tablet, alice);
  expect([laptop, tablet].map(({ device }) => alice.replica.roleOf(device))).toEqual([null, "editor"]);
  expect(alice.replica.people.forks).toEqual([]);
});
