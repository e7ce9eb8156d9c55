// What a page left unstored is said again by the next one, by what is known then: others must take it, whoever was removed,
// set aside or demoted meanwhile.

import { describe, expect, it } from "vitest";
import { copyOf, deliver, gather, LINK, newcomer, type Person, sync } from "./people.ts";

/** The document says "ab". */
function people(): [Person, Person, Person] {
  const all = gather("Alice", "Bob", "Carol");
  all[0].write(root => root.text("body").insert(0, "ab"));
  sync(all);
  return all;
}

/** Everything of `person` is taken by somebody who has heard of nothing, and shows the same there. */
function isTaken(person: Person): void {
  const reader = newcomer("Dora", person, null);
  for (const letter of person.letters()) expect(reader.receive(letter).refused).toEqual([]);
  expect(reader.json).toBe(person.json);
}

describe("what a page left", () => {
  it("beside what is loose now stands beside what is seen", () => {
    const [alice, bob] = people();
    const tab = copyOf(alice);
    deliver(bob, alice);
    const bobs = bob.write(root => {
      root.text("body").insert(2, "xyz");
      root.list("list").insert(0, "his");
    });
    alice.receiveAll(bobs);
    alice.replica.edit(root => {
      root.text("body").insert(4, "QR");
      root.text("body").insert(6, "S");
      root.text("body").delete(2, 1);
      root.list("list").insert(1, "mine");
    });
    expect(alice.text()).toBe("abyQRSz");
    const { draftBytes, ownHead } = alice.replica;
    // Another tab had not heard of these letters when it removed Bob.
    tab.replica.people.dismiss(bob.device);
    tab.close();
    tab.receiveAll(bobs);
    expect(tab.text()).toBe("ab");
    expect(tab.replica.resumeDraft(draftBytes, ownHead!.seq)).toBe("whole");
    expect(tab.replica.toJson()).toMatchObject({ body: "abQRS", list: ["mine"] });
    tab.close();
    expect(tab.replica.toJson()).toMatchObject({ body: "abQRS", list: ["mine"] });
    isTaken(tab);
  });

  it("of what was said about people is said again as far as it may be", () => {
    const [alice, bob, carol] = people();
    alice.replica.people.setRole(bob.device, "admin");
    alice.close();
    sync([alice, bob, carol]);
    const tab = copyOf(bob);
    bob.replica.people.dismiss(carol.device);
    bob.replica.people.revoke(LINK.id);
    bob.replica.rename("Robert");
    const { draftBytes, ownHead } = bob.replica;
    alice.replica.people.setRole(bob.device, "editor");
    tab.receiveAll(alice.close());
    expect(tab.replica.resumeDraft(draftBytes, ownHead!.seq)).toBe("whole");
    tab.close();
    isTaken(tab);
    const { members } = tab.replica;
    expect(members.find(({ device }) => device === bob.device)!.name).toBe("Robert");
    expect([tab.replica.roleOf(carol.device), tab.replica.inviteRole(LINK.id)]).toEqual(["editor", "editor"]);
  });

  it("of a readmission knows of whom it takes back in", () => {
    const [alice, bob] = people();
    const tab = copyOf(alice);
    const bobs = bob.write(root => root.text("body").insert(2, "!"));
    alice.replica.people.dismiss(bob.device);
    const dismissal = alice.close();
    alice.receiveAll(bobs);
    tab.receiveAll([...bobs, ...dismissal]);
    expect([alice.text(), tab.text()]).toEqual(["ab", "ab"]);
    alice.replica.people.admit(bobs.map(({ id }) => id));
    const { draftBytes, ownHead } = alice.replica;
    tab.replica.resumeDraft(draftBytes, ownHead!.seq);
    tab.close();
    expect(tab.text()).toBe("ab!");
    isTaken(tab);
  });

  it("stays behind where the role no longer lets it be written", () => {
    const [alice, bob] = people();
    const tab = copyOf(bob);
    bob.replica.edit(root => root.text("body").insert(0, "late "));
    const { draftBytes, ownHead } = bob.replica;
    alice.replica.people.setRole(bob.device, "commenter");
    tab.receiveAll(alice.close());
    expect(tab.replica.resumeDraft(draftBytes, ownHead!.seq)).toBe("forbidden");
    expect([tab.replica.hasDraft, tab.text()]).toEqual([false, "ab"]);
  });
});
