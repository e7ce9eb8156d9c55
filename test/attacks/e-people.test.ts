// Group E of the catalogue: who may do what, by invites and roles. What is taken back stands in e-removal.test.ts. The
// notation is in victims.ts.

import { describe, expect, it, vi } from "vitest";
import type { Op } from "../../src/crdt/graph/change.ts";
import { encodeChange, idOf, impliedRefs } from "../../src/crdt/graph/codec.ts";
import { signatureMessage } from "../../src/crdt/graph/verify.ts";
import { type ChangeId, joinMessage, type Role } from "../../src/crdt/index.ts";
import {
  begin,
  deliver,
  type Forgery,
  forge,
  Key,
  type Letter,
  LINK,
  newcomer,
  type Person,
} from "../crdt/people.ts";
import { refuses, typing, victims } from "./victims.ts";

vi.setConfig({ testTimeout: 20_000 });

describe("E: rights", () => {
  it("E1 a stranger's change is refused", () => {
    const { alice } = victims();
    const stranger = newcomer("Stranger", alice, null);
    deliver(alice, stranger);
    refuses(alice, forge(stranger, { ops: () => [typing("x")] }), "AuthorUnknown");
    refuses(alice, forge(stranger, {}), "AuthorUnknown");
    refuses(alice, forge(stranger, { ops: () => [{ type: "name", name: "I am new" }] }), "AuthorUnknown");
  });

  it("E2 E19 a reader or commenter of a document that gives them nothing cannot write, and an editor cannot invite", () => {
    const alice = begin("Alice");
    for (const role of ["reader", "commenter"] as const) {
      const link = new Key(`link for a ${role}`);
      alice.invite(link, role);
      const guest = newcomer(role, alice, link);
      deliver(alice, guest);
      expect(guest.replica.mayWrite).toBe(false);
      const join: Op = {
        type: "join",
        invite: link.id,
        signature: link.sign(joinMessage(alice.replica.doc, guest.device)),
      };
      refuses(alice, forge(guest, { ops: () => [join, typing("x")] }), "RightMissing");
      expect(alice.receive(forge(guest, { ops: () => [join] })).refused).toEqual([]);
      deliver(alice, guest);
      refuses(alice, forge(guest, { ops: () => [typing("x")] }), "RightMissing");
    }
    const { alice: owner, mallory } = victims();
    for (const role of ["reader", "editor", "admin", "owner"] as const) {
      const invite: Op = { type: "invite", key: new Key("hers").id, role, label: "", expires: 0, uses: 0 };
      refuses(owner, forge(mallory, { ops: () => [invite] }), "RightMissing");
    }
  });

  it("E3 nobody makes an owner, not even the owner, and no admin makes more than an admin", () => {
    const alice = begin("Alice");
    const link = new Key("link for admins");
    alice.invite(link, "admin");
    const admin = newcomer("Admin", alice, link);
    deliver(alice, admin);
    admin.replica.rename("Admin");
    admin.close();
    deliver(admin, alice);
    const inviting = (role: Role): Forgery => ({
      ops: () => [{ type: "invite", key: new Key("hers").id, role, label: "", expires: 0, uses: 0 }],
    });
    refuses(admin, forge(alice, inviting("owner")), "RightMissing");
    refuses(alice, forge(admin, inviting("owner")), "RightMissing");
    expect(alice.receive(forge(admin, inviting("admin"))).refused).toEqual([]);
  });

  it("E4 a join without an invite, or with one that is not in its past, is refused", () => {
    const { alice } = victims();
    const guest = newcomer("Guest", alice, null);
    deliver(alice, guest);
    const unknown = new Key("made up at home");
    const joining = (key: Key, device = guest.device): Forgery => ({
      ops: () => [
        { type: "join", invite: key.id, signature: key.sign(joinMessage(alice.replica.doc, device)) },
      ],
    });
    refuses(alice, forge(guest, joining(unknown)), "InviteUnknown");
    const late = new Key("a later link");
    alice.invite(late);
    refuses(alice, forge(guest, joining(late)), "InviteUnknown");
    // Somebody else's ticket, and a ticket for another document.
    refuses(alice, forge(guest, joining(LINK, new Key("Alice").id)), "SignatureWrong");
    const elsewhere: Op = {
      type: "join",
      invite: LINK.id,
      signature: LINK.sign(joinMessage("ef".repeat(32) as ChangeId, guest.device)),
    };
    refuses(alice, forge(guest, { ops: () => [elsewhere] }), "SignatureWrong");
    expect(alice.receive(forge(guest, joining(LINK))).refused).toEqual([]);
  });

  it("E15 a join anywhere but in a device's first change, or not as its first op, is refused", () => {
    const { alice, mallory } = victims();
    const ticket = (person: Person): Op => ({
      type: "join",
      invite: LINK.id,
      signature: LINK.sign(joinMessage(alice.replica.doc, person.device)),
    });
    refuses(alice, forge(mallory, { ops: () => [ticket(mallory)] }), "JoinMisplaced");
    const guest = newcomer("Guest", alice, null);
    deliver(alice, guest);
    const name: Op = { type: "name", name: "Guest" };
    refuses(alice, forge(guest, { ops: () => [name, ticket(guest)] }), "JoinMisplaced");
    refuses(alice, forge(guest, { ops: () => [ticket(guest), ticket(guest)] }), "JoinMisplaced");
  });

  it("E18 a beginning with other contents has another name, so it cannot be slipped in", () => {
    const alice = begin("Alice");
    const empty = newcomer("Bob", alice, null);
    const [genesis] = alice.letters() as [Letter];
    const implied = impliedRefs({ prev: null, parents: [] }).map(() => "" as ChangeId);
    const ops: Op[] = [{ type: "genesis", nonce: new Uint8Array(16), policy: {} }];
    const { change } = alice.replica.get(genesis.id)!;
    const mallory = new Key("Mallory");
    const { doc, seq, prev, parents, depth, opTotal, byteTotal, time } = change;
    const header = { doc, author: mallory.id, seq, prev, parents, depth, opTotal, byteTotal, time };
    const bytes = encodeChange(header, implied, ops);
    const id = idOf(bytes);
    const forged = { id, bytes, signature: mallory.sign(signatureMessage(id)) };
    expect(empty.receive(forged).refused).toEqual(["DocumentForeign"]);
    expect(empty.receive(genesis).admitted).toEqual([genesis.id]);
  });

  it("E14 what a key signed for one document is worth nothing in another, a ticket included", () => {
    const { alice, mallory } = victims();
    const other = begin("Mallory");
    refuses(alice, other.write(root => root.text("body").insert(0, "x"))[0]!, "DocumentForeign");
    const guest = newcomer("Guest", other, LINK);
    deliver(other, guest);
    guest.replica.rename("Guest");
    expect(guest.replica.doc).not.toBe(mallory.replica.doc);
    const ticket: Op = {
      type: "join",
      invite: LINK.id,
      signature: LINK.sign(joinMessage(guest.replica.doc, guest.device)),
    };
    const here = newcomer("Guest", alice, null);
    deliver(alice, here);
    refuses(alice, forge(here, { ops: () => [ticket] }), "SignatureWrong");
  });
});
