// From a key to the few bits that a colour, a mark and two words are made of. Not a security boundary: whoever
// tries many keys finds one that looks like yours, so a likeness never replaces the signature that was checked.
// A hash and not the key's own bytes, so that keys that share a beginning still look different.

/** 32 bits that depend on the whole key and on `salt`. FNV-1a, then murmur3's last mixing. */
export function keyBits(key: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
