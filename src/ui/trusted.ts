// The page's only Trusted Types policy. It vouches for one kind of address: a worker's script from this origin.

interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): { createScriptURL(address: string): unknown };
}

function sameOrigin(address: string): string {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin)
    throw new TypeError(`a script of this origin was expected, not ${url.origin}`);
  return url.href;
}

const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
const policy = factory?.createPolicy("chirograph", { createScriptURL: sameOrigin });

/** The address as a worker or service worker may be started from it; typed as a string because the DOM's types are. */
export function trustedScriptUrl(address: string): string {
  return (policy?.createScriptURL(address) ?? sameOrigin(address)) as string;
}
