// One line of JSON for each thing worth telling. What is told at `info` holds no address, room or peer; `debug` holds
// all three, for whoever looks for a fault and says so with LOG_LEVEL=debug.

export const LOG_LEVELS = ["error", "info", "debug"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export type Log = (
  level: LogLevel,
  event: string,
  facts?: Readonly<Record<string, string | number | object>>,
) => void;

/** Writes what is at or above `level`. JSON escapes line ends, so nothing that a client sends begins a line of its own. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  const rank = LOG_LEVELS.indexOf(level);
  return (at, event, facts = {}) => {
    if (LOG_LEVELS.indexOf(at) > rank) return;
    write(JSON.stringify({ time: new Date().toISOString(), level: at, event, ...facts }));
  };
}

export const silent: Log = () => undefined;
