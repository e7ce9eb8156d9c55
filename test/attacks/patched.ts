// The sources once more, with one of them altered as it is loaded: a module graph of its own, in which everything that is
// asked for sees the alteration, and which nothing outside of it sees. Nothing in the product knows of this.

import { fileURLToPath } from "node:url";
import { createServer, createServerModuleRunner, type ViteDevServer } from "vite";
import type { ModuleRunner } from "vite/module-runner";

/** What is replaced in one file; each piece must stand there exactly once. */
export interface Alteration {
  /** Below src. */
  readonly file: string;
  readonly edits: readonly (readonly [from: string, to: string])[];
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export class PatchedSources {
  readonly #server: ViteDevServer;
  readonly #runner: ModuleRunner;
  #alteration: Alteration | null = null;

  private constructor(server: ViteDevServer, alterationOf: (sources: PatchedSources) => void) {
    this.#server = server;
    this.#runner = createServerModuleRunner(server.environments.ssr, { hmr: false });
    alterationOf(this);
  }

  static async open(): Promise<PatchedSources> {
    let sources: PatchedSources | null = null;
    const server = await createServer({
      configFile: false,
      root: ROOT,
      logLevel: "error",
      optimizeDeps: { noDiscovery: true },
      server: { middlewareMode: true, hmr: false, ws: false, watch: null },
      plugins: [{ name: "alter", enforce: "pre", transform: (code, id) => sources?.altered(code, id) }],
    });
    return new PatchedSources(server, made => {
      sources = made;
    });
  }

  /** The module as it is with one alteration, or with none; everything is loaded anew. `path` is below test. */
  async load<M>(path: string, alteration: Alteration | null): Promise<M> {
    const { moduleGraph } = this.#server.environments.ssr;
    for (const { file } of [this.#alteration, alteration].filter(one => one !== null))
      for (const module of moduleGraph.getModulesByFile(pathOf(file)) ?? [])
        moduleGraph.invalidateModule(module);
    this.#alteration = alteration;
    this.#runner.clearCache();
    return this.#runner.import<M>(`/test/${path}`);
  }

  altered(code: string, id: string): string | null {
    if (this.#alteration === null || id !== pathOf(this.#alteration.file)) return null;
    return alter(code, this.#alteration);
  }

  async close(): Promise<void> {
    await this.#runner.close();
    await this.#server.close();
  }
}

/** Throws where a piece is not there exactly once: then the table of bugs has to follow the source. */
export function alter(code: string, { file, edits }: Alteration): string {
  return edits.reduce((text, [from, to]) => {
    const parts = text.split(from);
    if (parts.length !== 2)
      throw new Error(`Expected once in ${file}, found ${parts.length - 1} times: ${from}`);
    return parts.join(to);
  }, code);
}

export function pathOf(file: string): string {
  return `${ROOT}src/${file}`;
}
