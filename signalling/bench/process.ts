// A server in a process of its own, as it is in earnest: it can be killed, and its memory is its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly isAlive: () => boolean;
  /** Bytes of resident memory, as /metrics says. */
  rss(): Promise<number>;
  /** A row of /metrics; 0 where there is none. */
  metric(name: string): Promise<number>;
  /** Resolves with the exit code, null after a signal. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

/**
 * As the Dockerfile and the unit in docs/self-hosting.md start it. With room for more young objects Node lets 50 MB more of
 * spent buffers lie about under attack before it looks for them, and relays no faster for that.
 */
const FLAGS = ["--max-semi-space-size=2"];

/** Milliseconds until the process says where it listens. */
const START_MS = 10_000;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts what was built from signalling/main.ts or bare.ts, and waits until it listens. */
export async function startProcess(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const env = { ...process.env, HOST: "127.0.0.1", PORT: "0", VITEST: "", NODE_OPTIONS: "", ...environment };
  const child = spawn(process.execPath, [...FLAGS, script], { env, stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  const exit = once(child, "exit").then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  const url = await new Promise<string>((resolve, reject) => {
    let out = "";
    const timer = setTimeout(() => reject(new Error(`the server said nothing but "${out}"`)), START_MS);
    void exit.then(code => reject(new Error(`the server ended with ${code} as it started`)));
    child.stdout.on("data", data => {
      out += data;
      const found = /Open (http:\S+)/.exec(out);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[1]!);
    });
  });
  const metric = async (name: string) => {
    const text = await (await fetch(new URL("metrics", url))).text();
    const row = text.split("\n").find(line => line.startsWith(`${name} `));
    return Number(row?.slice(name.length + 1) ?? 0);
  };
  return {
    url,
    port: Number(new URL(url).port),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    rss: () => metric("process_resident_memory_bytes"),
    metric,
    end: signal => {
      child.kill(signal);
      return exit;
    },
  };
}
