// Goal: what is written beside something that does not count, and is not built on, names nothing of it, so that everybody can
// take it. Method: Alice writes beside the loose words of Mallory, who has two faces; Bob holds none of them.
import { expect, test } from "vitest";
import { copyOf, gather, type Person } from "../people.ts";

const write = (person: Person, at: number, text: string) =>
  person.write(root => root.text("body").insert(at, text));

function setUp() {
  const [alice, bob, mallory] = gather("Alice", "Bob", "Mallory");
  for (const letter of write(alice, 0, "abc")) for (const person of [bob, mallory]) person.receive(letter);
  const twin = copyOf(mallory);
  alice.receiveAll(write(mallory, 1, "xy"));
  bob.receiveAll(write(alice, 0, "-"));
  // What shows her second face is loose, and whatever comes from then on.
  const second = write(twin, 2, "uv");
  alice.receiveAll(second);
  const before = write(alice, 0, "=");
  bob.receiveAll([...alice.letters(bob.heads)]);
  const third = copyOf(mallory);
  const another = write(third, 3, "z");
  alice.receiveAll(another);
  return { alice, bob, before, loose: [...second, ...another] };
}

test("every place of a text can be written at, beside what is loose", () => {
  const { alice, bob, loose } = setUp();
  expect(alice.replica.people.aside.map(({ id }) => id)).toEqual(loose.map(({ id }) => id));
  const { length } = alice.text();
  for (let at = 0; at <= length; at++) {
    const [one, other] = [copyOf(alice), copyOf(bob)];
    const letters = write(one, at, "!");
    expect(other.receiveAll(letters).flatMap(({ refused }) => refused)).toEqual([]);
    expect(other.text()).toBe(`${alice.text().slice(0, at)}!${alice.text().slice(at)}`);
    expect(one.text()).toBe(other.text());
  }
});

test("every letter of a text can be replaced, beside what is loose", () => {
  const { alice, bob } = setUp();
  const { length } = alice.text();
  for (let at = 0; at < length; at++) {
    const [one, other] = [copyOf(alice), copyOf(bob)];
    const letters = one.write(root => root.text("body").splice(at, 1, "!?"));
    expect(other.receiveAll(letters).flatMap(({ refused }) => refused)).toEqual([]);
    expect(other.text()).toBe(`${alice.text().slice(0, at)}!?${alice.text().slice(at + 1)}`);
    expect(one.text()).toBe(other.text());
  }
});
