// Who was let in, or raised, by somebody who could not any more writes on in a draft that is held, reloads, and is let in now
// and then. By dice of their own, which are thrown only where there is such a person: all other runs are what they were before
// this was thought of.

import { fallenOf } from "../../src/crdt/index.ts";
import type { Tab } from "../sync/world.ts";
import { type } from "./actor.ts";
import { Prng } from "./prng.ts";
import type { Stage } from "./world.ts";

const OWN_DICE = 0x4e1d;

export class FallenDice {
  readonly #luck: Prng;

  constructor(seed: number) {
    this.#luck = new Prng(seed ^ OWN_DICE);
  }

  /** Asked once in each step. */
  act(stage: Stage): void {
    const fallen = stage.awake.filter(hasFallen);
    if (fallen.length === 0) return;
    const tab = this.#luck.pick(fallen);
    if (this.#luck.chance(0.7)) {
      type(tab, this.#luck);
      stage.count("held texts typed");
    }
    if (this.#luck.chance(0.2)) {
      stage.count("fallen pages reloaded");
      stage.leave(tab);
      stage.open(tab.profile);
    }
    if (this.#luck.chance(0.2)) this.#letIn(stage);
  }

  /** As whoever manages does with one click. */
  #letIn(stage: Stage): void {
    const rulers = stage.writers.filter(
      ({ replica }) => fallenOf(replica.ground).length > 0 && replica.people.mayRule,
    );
    if (rulers.length === 0) return;
    const ruler = this.#luck.pick(rulers);
    const { person } = this.#luck.pick(fallenOf(ruler.replica.ground));
    stage.count("fallen people let in");
    ruler.act(session =>
      session.amend(({ people, laneTips }) => {
        people.setRole(person, "editor");
        people.admit(laneTips.filter(({ author }) => people.personOf(author) === person).map(({ id }) => id));
      }),
    );
  }
}

/** They write on, and nobody hears of it. */
export function hasFallen({ replica }: Tab): boolean {
  return replica.hasGenesis && !replica.mayWrite && replica.people.hasFallen(replica.device);
}
