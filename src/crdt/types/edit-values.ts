// What a local author holds in hand of a node whose content is plain values: a register. Each call becomes ops that
// name what is seen now.

import { Handle, plain, seen } from "./handle.ts";
import type { Json, RegisterNode } from "./node.ts";
import type { Scalar } from "./op.ts";

export class RegisterEdit extends Handle<RegisterNode> {
  get(): Json {
    return this.toJSON();
  }

  set(value: Scalar): void {
    const written = plain(value);
    const replaces = seen(this.author, this.path, null, this.node.register.dots());
    this.author.add({ type: "set", path: this.path, key: null, value: written, replaces });
  }
}
