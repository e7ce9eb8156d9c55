// What is fetched once for all who want it.

/** Asked for again where it failed: its code may not have been reached. */
export function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | null = null;
  return () => {
    opened ??= open().catch(error => {
      opened = null;
      throw error;
    });
    return opened;
  };
}
