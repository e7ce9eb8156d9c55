// What a process holds for its script: the heap, what array buffers have outside of it, and the memory of WebAssembly,
// which stands for neither and where three of the contestants keep everything.

const memories = new Set();

/** Bytes. WebAssembly's memory never shrinks, so of it this is what was needed at most. */
export function memory() {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  let wasm = 0;
  for (const { buffer } of memories) wasm += buffer.byteLength;
  return heapUsed + arrayBuffers + wasm;
}

// Modules keep their memory to themselves, so it is noted when they are started.
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    for (const value of Object.values(this.exports))
      if (value instanceof WebAssembly.Memory) memories.add(value);
  }
};
