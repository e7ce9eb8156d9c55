// What is said of a person who was verified, apart from what is said of people: whoever only writes waits for this.
import type { Verification } from "../../sync/view.ts";

/** Of a key that is not the one by which somebody here verified the person, or the name; null of any other. */
export function verificationWords(verification: Verification | undefined): string | null {
  if (verification === "new-device") return "a new device, which came after you verified them";
  if (verification === "other-key") return "not the key that you verified by this name";
  return null;
}
