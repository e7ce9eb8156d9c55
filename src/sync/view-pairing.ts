// Of the border between the session and the screen (view.ts): two who meet without a server.

/** The two texts by which two meet without a server. What cannot be done is an error of one sentence. */
export interface DocumentPairing {
  /** `address`: a link of the document, which the other opens with it. */
  offer(address: string): Promise<PairingOffer | { readonly error: string }>;
  /** `offer`: what came with the address. */
  answer(offer: string): Promise<PairingAnswer | { readonly error: string }>;
}

interface Pairing {
  /** True once a link stands; false if it will not: then both begin anew. */
  readonly connected: Promise<boolean>;
  /** Nobody waits for it any more. A link that stands stays. */
  close(): void;
}

export interface PairingOffer extends Pairing {
  /** What the other opens. */
  readonly address: string;
  /** What the other sent back; a sentence that says what is wrong with it, or null. */
  accept(text: string): string | null;
}

export interface PairingAnswer extends Pairing {
  /** What the other has to be sent. */
  readonly text: string;
}
