// On a new device: recovery words, whose they are, and which devices are lost.
import { useId, useState } from "react";
import type { DocumentDevices, FileRecovery, Recovered } from "../../sync/view.ts";
import { shownName } from "../people/names.ts";
import { DeviceName } from "./device-name.tsx";

interface Properties {
  readonly isBusy: boolean;
  /** Does something, and says so if it cannot be done. */
  readonly attempt: (
    act: (here: Pick<DocumentDevices, "findRecovered" | "recover"> | FileRecovery) => Promise<void>,
  ) => Promise<unknown>;
}

export function Recover({ isBusy, attempt }: Properties) {
  const [words, setWords] = useState("");
  const [found, setFound] = useState<Recovered | { readonly error: string } | null>(null);
  const id = useId();
  return (
    <div className="device-part">
      <form
        onSubmit={event => {
          event.preventDefault();
          void attempt(async here => setFound(await here.findRecovered(words)));
        }}
      >
        <label htmlFor={id}>Were you here before? Your recovery words</label>
        <textarea
          id={id}
          className="field"
          rows={3}
          dir="ltr"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={words}
          onChange={event => {
            setWords(event.target.value);
            setFound(null);
          }}
        />
        <div aria-live="polite">
          {found !== null && "error" in found && <p className="bad">{found.error}</p>}
        </div>
        {(found === null || "error" in found) && (
          <button type="submit" className="button button-line" disabled={isBusy || words.trim() === ""}>
            Enter the words
          </button>
        )}
      </form>
      {found !== null && !("error" in found) && (
        <Lost
          recovered={found}
          isBusy={isBusy}
          onRecover={lost => void attempt(async here => void (await here.recover(words, lost)))}
        />
      )}
    </div>
  );
}

interface LostProperties {
  readonly recovered: Recovered;
  readonly isBusy: boolean;
  readonly onRecover: (lost: readonly string[]) => void;
}

function Lost({ recovered: { name, devices }, isBusy, onRecover }: LostProperties) {
  const [lost, setLost] = useState<readonly string[]>([]);
  const person = shownName(name);
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        onRecover(lost);
      }}
    >
      <p aria-live="polite">
        {person === null ? (
          "The words are right."
        ) : (
          <>
            The words are those of <bdi>{person}</bdi>.
          </>
        )}
      </p>
      {devices.length > 0 && (
        <fieldset className="device-lost">
          <legend>Which devices do you have no more? They are taken out of use:</legend>
          {devices.map(device => (
            <label key={device.key}>
              <input
                type="checkbox"
                checked={lost.includes(device.key)}
                onChange={event =>
                  setLost(
                    event.target.checked ? [...lost, device.key] : lost.filter(key => key !== device.key),
                  )
                }
              />
              <DeviceName device={device} />
            </label>
          ))}
        </fieldset>
      )}
      <button type="submit" className="button button-primary" disabled={isBusy}>
        Make this device mine
      </button>
    </form>
  );
}
