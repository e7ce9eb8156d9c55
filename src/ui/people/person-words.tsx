// A person in words: the name, told from others of that name, and where they are.
import type { Person } from "../../sync/view.ts";
import type { Label } from "./names.ts";

export function ShownLabel({ label }: { readonly label: Label }) {
  return (
    <>
      <bdi>{label.name}</bdi>
      {label.isVerified && (
        <span className="person-verified" title="Verified by you">
          <span aria-hidden="true"> ✓</span>
          <span className="hidden">, verified by you</span>
        </span>
      )}
      {label.words !== null && <span className="person-words"> · {label.words}</span>}
    </>
  );
}

export function isAway(person: Person): boolean {
  return !person.me && person.path === null;
}

export function whereIs({ path }: Person): string {
  if (path === null) return "away";
  return path === "direct" ? "here" : `here, through ${path === "relay" ? "the relay" : path}`;
}
