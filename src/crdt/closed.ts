// An own change between its making and its sending: what is stored and signed of it.

import type { Bytes, Writer } from "./graph/bytes.ts";
import type { ChangeId } from "./graph/change.ts";
import { signatureMessage } from "./graph/verify.ts";
import type { Holding } from "./holding.ts";
import type { Slot } from "./types/dot.ts";

/** A change of this device, closed: numbered, chained and hashed. It may be sent once it is signed and stored. */
export class Closed {
  readonly #slot: Slot;
  readonly #holding: Holding;

  constructor(slot: Slot, holding: Holding) {
    this.#slot = slot;
    this.#holding = holding;
  }

  get id(): ChangeId {
    return this.#holding.idAt(this.#slot);
  }

  /** A copy. */
  get bytes(): Bytes {
    return this.#holding.bytesAt(this.#slot);
  }

  /** Appends the bytes: for a message that takes several changes, a copy of each would cost more than the rest. */
  write(out: Writer): void {
    this.#holding.writeBytes(this.#slot, out);
  }

  /** What the device key has to sign. */
  get message(): Bytes {
    return signatureMessage(this.id);
  }
}
