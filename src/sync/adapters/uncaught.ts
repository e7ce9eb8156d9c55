// What a program's listeners throw while a session goes on: its own work is not to end halfway because of it.

/** Reports it as the platform reports what nobody caught. */
export function reportUncaught(error: unknown): void {
  void Promise.reject(error);
}

/** Calls all, whatever some of them throw. */
export function tellAll(listeners: Iterable<() => void>): void {
  for (const listener of [...listeners])
    try {
      listener();
    } catch (error) {
      reportUncaught(error);
    }
}
