// The devices that are mine in this document: which they are, a new one, one that is lost, and the words for when all are.
// Fetched when somebody looks at them.
import { useState } from "react";
import type { DeviceEntry, DevicesState, DocumentDevices, OpenDocument } from "../../sync/view.ts";
import { Modal } from "../modal.tsx";
import { Mark } from "../people/mark.tsx";
import { wordsOf } from "../people/names.ts";
import { useLate } from "../use-late.ts";
import { AddDevice } from "./add-device.tsx";
import { DeviceName } from "./device-name.tsx";
import { MakeWords } from "./make-words.tsx";
import { Recover } from "./recover.tsx";
import "../share/share.css";
import "./devices.css";

interface Properties {
  readonly document: OpenDocument;
  readonly onClose: () => void;
}

const devicesOf = (document: OpenDocument) => document.devices();

// The default export is what `latePart` asks for.
export default function DevicesDialog({ document, onClose }: Properties) {
  const { here, state, problem, isBusy, attempt } = useLate<DevicesState, DocumentDevices>(
    document,
    devicesOf,
  );
  return (
    <Modal title="My devices" className="share" onClose={onClose}>
      {() => (
        <>
          {problem !== null && <p className="bad">That was not done: {problem}</p>}
          {here !== null && state !== null && state.devices.length > 0 && (
            <>
              <p className="quiet">In this document they write in your name, and may do what you may.</p>
              <ul aria-label="My devices" className="devices">
                {state.devices.map(device => (
                  <DeviceRow
                    key={device.key}
                    device={device}
                    isBusy={isBusy}
                    onRemove={() => void attempt(devices => devices.disown(device.key))}
                  />
                ))}
              </ul>
              <AddDevice devices={here} adding={state.adding} isBusy={isBusy} attempt={attempt} />
              <MakeWords state={state} isBusy={isBusy} attempt={attempt} />
            </>
          )}
          {here !== null && state !== null && state.devices.length === 0 && (
            <>
              <p>
                Nothing of yours is in this document yet. Once you write in it, this device stands here and
                you can add others.
              </p>
              <Recover isBusy={isBusy} attempt={attempt} />
            </>
          )}
        </>
      )}
    </Modal>
  );
}

interface RowProperties {
  readonly device: DeviceEntry;
  readonly isBusy: boolean;
  readonly onRemove: () => void;
}

function DeviceRow({ device, isBusy, onRemove }: RowProperties) {
  const [isAsking, setAsking] = useState(false);
  const { key, isThis, isHere, isReachable } = device;
  const words = wordsOf(key);
  return (
    <li className="device">
      <Mark personKey={key} />
      <DeviceName device={device} />
      <span className="quiet">{isThis ? "this device" : isHere ? "here" : "away"}</span>
      {isReachable && (
        <button
          type="button"
          className="button button-small"
          aria-label={`Remove: ${words}`}
          aria-expanded={isAsking}
          onClick={() => setAsking(!isAsking)}
        >
          Remove
        </button>
      )}
      {isAsking && (
        <div className="share-ask">
          <span>
            From now on it can write nothing in your name and gets nothing new, as soon as the others hear of
            it; what it wrote stays, and it keeps what it has read. It cannot be added again.
          </span>
          <button type="button" className="button button-bad" disabled={isBusy} onClick={onRemove}>
            Remove this device
          </button>
        </div>
      )}
    </li>
  );
}
