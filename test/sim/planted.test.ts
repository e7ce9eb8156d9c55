// Goal: the simulator is able to find bugs. Method: one defence at a time is taken out of the real code, as another
// implementation of a module's own exports, and within so many seeds a run must fail for it; with nothing taken out none
// does (sim.test.ts).
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import type * as admission from "../../src/crdt/authority/admission.ts";
import type * as verify from "../../src/crdt/graph/verify.ts";
import type * as delivery from "../../src/sync/delivery.ts";
import type * as keeper from "../../src/sync/keeper.ts";
import type * as reconcile from "../../src/sync/reconcile.ts";

/** Seeds within which a planted bug is to be found. */
const SEEDS = 120;
interface Plant {
  readonly what: string;
  readonly path: string;
  readonly change: (module: object) => object;
  /** What the failing run says. */
  readonly found: RegExp;
}

function plant<M extends object>(
  what: string,
  path: string,
  found: RegExp,
  change: (module: M) => Partial<M>,
): Plant {
  return { what, path, found, change: module => change(module as M) };
}

const PLANTS: readonly Plant[] = [
  plant<typeof verify>(
    "a wrong signature is good enough",
    "crdt/graph/verify.ts",
    /twice|is taken|holds/,
    ({ concludeRun }) => ({
      concludeRun: inspected =>
        concludeRun(
          inspected,
          inspected.questions.map(() => true),
        ),
    }),
  ),
  plant<typeof keeper>(
    "an own change is sent before it is stored",
    "sync/keeper.ts",
    /not stored/,
    ({ Keeper }) => ({
      Keeper: class extends Keeper {
        override maySend(): boolean {
          return true;
        }
      } as typeof Keeper,
    }),
  ),
  plant<typeof keeper>(
    "what is held is claimed before it is stored",
    "sync/keeper.ts",
    /claimed/,
    ({ Keeper }) => ({
      Keeper: class extends Keeper {
        override get held(): ReadonlySet<never> {
          return new Set();
        }
      } as typeof Keeper,
    }),
  ),
  plant<typeof keeper>(
    "that the disk takes nothing is told to nobody",
    "sync/keeper.ts",
    /while its disk answers/,
    ({ Keeper }) => ({
      Keeper: class extends Keeper {
        override get failure(): null {
          return null;
        }
      } as typeof Keeper,
    }),
  ),
  plant<typeof delivery>(
    "who holds a change is said to hold the next",
    "sync/delivery.ts",
    /says that/,
    ({ deliveryOf }) => ({
      deliveryOf: (...given) => {
        const made = deliveryOf(...given);
        const heard = made.heard.bind(made);
        made.heard = (device, seq) => heard(device, seq + 1);
        return made;
      },
    }),
  ),
  plant<typeof reconcile>(
    "the oldest missing change is not offered",
    "sync/reconcile.ts",
    /do not hold/,
    ({ compare }) => ({
      compare: (...asked) => {
        const difference = compare(...asked);
        return { ...difference, missing: difference.missing?.slice(1) ?? null };
      },
    }),
  ),
  plant<typeof admission>(
    "numbers and references are not judged",
    "crdt/authority/admission.ts",
    /./,
    () => ({
      judge: () => null,
    }),
  ),
];

const SRC = new URL("../../src/", import.meta.url);

afterEach(() => {
  for (const { path } of PLANTS) vi.doUnmock(fileURLToPath(new URL(path, SRC)));
  vi.resetModules();
});

test.each(PLANTS)(
  "finds it when $what",
  async ({ path, change, found }) => {
    vi.resetModules();
    vi.doMock(fileURLToPath(new URL(path, SRC)), async original => {
      const module = (await original()) as object;
      return { ...module, ...change(module) };
    });
    const { play } = await import("./run.ts");
    let failure: string | null = null;
    let seed = 0;
    while (failure === null && seed < SEEDS) failure = play(++seed).result.failure;
    console.log(`seed ${seed}: ${failure?.split("\n")[0]}`);
    expect(failure).toMatch(found);
  },
  300_000,
);
