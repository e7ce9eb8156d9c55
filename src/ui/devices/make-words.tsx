// Recovery words: shown once, checked by asking for some of them, and only then good. They are in this component's memory
// while it stands on the screen, and nowhere else.
import { useEffect, useId, useRef, useState } from "react";
import type { DevicesState, DocumentDevices } from "../../sync/view.ts";
import type { Late } from "../use-late.ts";

/** How many are asked for. */
const ASKED = 3;

interface Properties {
  readonly state: DevicesState;
  readonly isBusy: boolean;
  readonly attempt: Late<DocumentDevices, DevicesState>["attempt"];
}

type Step =
  | { readonly kind: "none" }
  | { readonly kind: "shown"; readonly words: readonly string[] }
  | { readonly kind: "asked"; readonly words: readonly string[]; readonly places: readonly number[] };

export function MakeWords({ state, isBusy, attempt }: Properties) {
  const [step, setStep] = useState<Step>({ kind: "none" });
  const part = useRef<HTMLElement>(null);
  const before = useRef(step.kind);
  useEffect(() => {
    // What was pressed is gone.
    if (before.current !== step.kind) part.current?.focus();
    before.current = step.kind;
  }, [step.kind]);
  const make = () =>
    void attempt(async here => setStep({ kind: "shown", words: await here.makeRecoveryWords() }));
  return (
    <section ref={part} className="device-part" tabIndex={-1} aria-label="Recovery words">
      {step.kind === "none" && <Offer state={state} isBusy={isBusy} onMake={make} />}
      {step.kind === "shown" && (
        <>
          <p>
            Write these words on paper, in this order. They are shown this once and kept nowhere: not on this
            device, and by nobody else. Whoever has them can be you in this document.
          </p>
          <ol className="device-list">
            {step.words.map((word, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a word may come twice, and they never move
              <li key={place}>{word}</li>
            ))}
          </ol>
          <button
            type="button"
            className="button button-primary"
            onClick={() => setStep({ ...step, kind: "asked", places: somePlaces(step.words.length) })}
          >
            I have written them down
          </button>
        </>
      )}
      {step.kind === "asked" && (
        <Check
          words={step.words}
          places={step.places}
          isBusy={isBusy}
          onBack={() => setStep({ kind: "shown", words: step.words })}
          onRight={async () => {
            if (await attempt(here => here.confirmRecoveryWords(step.words))) setStep({ kind: "none" });
          }}
        />
      )}
    </section>
  );
}

interface OfferProperties {
  readonly state: DevicesState;
  readonly isBusy: boolean;
  readonly onMake: () => void;
}

function Offer({ state, isBusy, onMake }: OfferProperties) {
  if (state.hasRecoveryWords)
    return (
      <p>
        There are recovery words for you in this document. Should all your devices be lost, open a link to it
        on a new one, before you write there, and enter them under My devices.
      </p>
    );
  if (!state.mayMakeRecoveryWords)
    return <p className="quiet">Recovery words can be made on the first of your devices alone.</p>;
  return (
    <>
      <p>
        If you lose all your devices, twelve words on paper make a new one yours
        {state.devices.length === 1 ? ", and this is your only one" : ""}.
      </p>
      <button type="button" className="button button-line" disabled={isBusy} onClick={onMake}>
        Make recovery words
      </button>
    </>
  );
}

interface CheckProperties {
  readonly words: readonly string[];
  readonly places: readonly number[];
  readonly isBusy: boolean;
  readonly onBack: () => void;
  readonly onRight: () => void;
}

function Check({ words, places, isBusy, onBack, onRight }: CheckProperties) {
  const [typed, setTyped] = useState<readonly string[]>(places.map(() => ""));
  const [isWrong, setWrong] = useState(false);
  const id = useId();
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        const isRight = places.every((place, i) => typed[i]!.trim().toLowerCase() === words[place]);
        setWrong(!isRight);
        if (isRight) onRight();
      }}
    >
      <p>From your paper:</p>
      <div className="device-fields">
        {places.map((place, i) => (
          <label key={place} htmlFor={`${id}${place}`}>
            Word {place + 1}
            <input
              id={`${id}${place}`}
              className="field"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              value={typed[i]}
              onChange={event => setTyped(typed.map((each, j) => (j === i ? event.target.value : each)))}
            />
          </label>
        ))}
      </div>
      <div aria-live="polite">
        {isWrong && <p className="bad">These are not the words that were shown. Look at your paper again.</p>}
      </div>
      <div className="row">
        <button type="submit" className="button button-primary" disabled={isBusy}>
          Check
        </button>
        <button type="button" className="button button-line" onClick={onBack}>
          Show the words again
        </button>
      </div>
    </form>
  );
}

/** Ascending, and others each time. */
function somePlaces(count: number): readonly number[] {
  const luck = crypto.getRandomValues(new Uint32Array(count));
  return Array.from(luck.keys())
    .sort((a, b) => luck[a]! - luck[b]!)
    .slice(0, ASKED)
    .sort((a, b) => a - b);
}
