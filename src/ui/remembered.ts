// Small things this tab remembers across a reload. Where the browser withholds sessionStorage they are remembered
// for the page's life only, which loses nothing of worth.

export interface RememberedSet {
  has(item: string): boolean;
  add(item: string): void;
  delete(item: string): void;
}

const ITEMS_MAX = 64;

export function rememberedSet(name: string): RememberedSet {
  const key = `chirograph.${name}`;
  const items = new Set(read(key));
  return {
    has: item => items.has(item),
    add: item => {
      items.add(item);
      write(key, [...items].slice(-ITEMS_MAX));
    },
    delete: item => {
      if (items.delete(item)) write(key, [...items].slice(-ITEMS_MAX));
    },
  };
}

function read(key: string): readonly string[] {
  try {
    const items: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(items) ? items.filter(item => typeof item === "string") : [];
  } catch {
    // Withheld or garbled: begin with nothing.
    return [];
  }
}

function write(key: string, items: readonly string[]): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(items));
  } catch {
    // Withheld or full: the page's own memory has it.
  }
}
