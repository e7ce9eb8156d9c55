/** What Chromium, Firefox and Safari say, each in its own words, where a part of the page does not come. */
const NOT_FETCHED = /dynamically imported module|importing a module script/i;

/** Why something was not done, for people to read. */
export function problemOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  if (!NOT_FETCHED.test(said)) return said;
  return "A part of the page could not be fetched. Try again once the server can be reached, or reload the page";
}
