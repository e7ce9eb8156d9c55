// Goal: who removed a document and opens its link again gives no number away twice, as far as somebody there has what they
// wrote. Method: a copy without anything, to which what others hold comes piece by piece.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Replica } from "../../src/crdt/index.ts";
import { Homecoming } from "../../src/sync/adapters/homecoming.ts";
import { HOMECOMING_MS } from "../../src/sync/limits.ts";
import { gather, type Letter, Person } from "../crdt/people.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const write = (person: Person): Letter[] => person.write(root => root.text("body").insert(0, "x"));

describe("what this device wrote before the document was removed from it", () => {
  const [alice, bob] = gather("Alice", "Bob");
  const earlier = alice.letters();
  const own = [1, 2, 3].flatMap(() => write(bob));
  const foreign = write(alice);

  function comeBack() {
    const replica = Replica.open(bob.device, bob.replica.doc, null);
    const ended = vi.fn();
    const homecoming = new Homecoming(replica, bob.replica.ownHead!.seq, ended);
    const again = new Person("Bob", bob.key, replica);
    again.receiveAll(earlier);
    return { again, homecoming, ended };
  }

  test("is waited for until all of it has come", () => {
    const { again, homecoming, ended } = comeBack();
    for (const letter of own) {
      expect(homecoming.isAwaited).toBe(true);
      again.receive(letter);
      vi.advanceTimersByTime(HOMECOMING_MS / 2);
    }
    expect(homecoming.isAwaited).toBe(false);
    expect(ended).not.toHaveBeenCalled();
  });

  test("is waited for as long as anything comes, and no longer", () => {
    const { again, homecoming, ended } = comeBack();
    expect(homecoming.isAwaited).toBe(true);
    vi.advanceTimersByTime(HOMECOMING_MS - 1);
    again.receiveAll(foreign);
    expect(homecoming.isAwaited).toBe(true);
    vi.advanceTimersByTime(HOMECOMING_MS - 1);
    expect(ended).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ended).toHaveBeenCalledOnce();
    expect(homecoming.isAwaited).toBe(false);
  });

  test("is not waited for by who wrote nothing, nor by a page that is gone", () => {
    const { again, homecoming, ended } = comeBack();
    expect(new Homecoming(again.replica, 0, ended).isAwaited).toBe(false);
    expect(homecoming.isAwaited).toBe(true);
    homecoming.end();
    vi.advanceTimersByTime(HOMECOMING_MS);
    expect(ended).not.toHaveBeenCalled();
  });
});
