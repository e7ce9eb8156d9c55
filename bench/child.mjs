// One measurement in a process of its own: one contestant, one case of one row, once. Tells its parent when everything
// is prepared and the clock may start, and at the end what it measured. A wrong result is an exception.

import { memory } from "./memory.mjs";

const { row, contestant: contestantName, index } = JSON.parse(process.argv[2]);

class Clock {
  #isReady = false;
  #kept = [];
  figures = {};

  /** Prepared. What lies about is collected first, so that nobody pays for the garbage of the preparation. */
  async ready() {
    await collect();
    this.#isReady = true;
    process.send({ ready: true });
  }

  /**
   * What lives on to the end. The collection that comes before the clock would take a warm-up's document, V8 then forgets how
   * objects of its classes are laid out, and with that all it had compiled for them: worse than no warm-up.
   */
  keep(document) {
    this.#kept.push(document);
  }

  /** Milliseconds by the wall and of the processor, both threads and all. Answers what `work` answers. */
  async time(work, figure = "") {
    if (!this.#isReady) throw new Error("Expected ready() before time()");
    const cpu = process.cpuUsage();
    const start = performance.now();
    const answer = await work();
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    this.figures[figure] = { wall, cpu: (user + system) / 1000 };
    return answer;
  }

  /** Milliseconds by the wall, measured elsewhere. */
  wall(value, figure = "") {
    this.figures[figure] = { wall: value, cpu: null, unit: "ms" };
  }

  sum(figure, parts) {
    const add = clock => parts.reduce((total, part) => total + this.figures[part][clock], 0);
    this.figures[figure] = { wall: add("wall"), cpu: add("cpu") };
  }

  /** Bytes. */
  note(value, figure = "") {
    this.figures[figure] = { wall: value, cpu: null };
  }

  /** Bytes held now, after a collection. */
  async held() {
    await collect();
    return memory();
  }
}

async function collect() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    // Finalizers run between turns.
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

const clock = new Clock();
const { cases, measure } = await import(`./rows/${row.toLowerCase()}.mjs`);
const contestant = await import(`./contestants/${contestantName}.mjs`);
await measure(cases[index], contestant, clock);
process.send({ figures: clock.figures });
process.disconnect();
