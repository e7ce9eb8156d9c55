// What this browser withholds, said once in a tab and then no more.
import { useState } from "react";
import { Icon } from "../icons.tsx";
import type { RememberedSet } from "../remembered.ts";

interface Properties {
  readonly sentences: readonly string[];
  readonly dismissed: RememberedSet;
}

// The default export is what `latePart` asks for.
export default function Missing({ sentences, dismissed }: Properties) {
  const [isGone, setGone] = useState(false);
  const unseen = sentences.filter(sentence => !dismissed.has(sentence));
  if (isGone || unseen.length === 0) return null;
  const dismiss = () => {
    for (const sentence of unseen) dismissed.add(sentence);
    setGone(true);
  };
  return (
    <aside aria-label="What this browser withholds" className="island missing">
      <div>
        {unseen.map(sentence => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
      <button
        type="button"
        className="button button-icon"
        aria-label="Dismiss"
        title="Dismiss"
        onClick={dismiss}
      >
        <Icon name="close" />
      </button>
    </aside>
  );
}
