// A further device of mine: a link, or its picture, for the other one to open; then the question whether what came is it.
import { useEffect, useRef, useState } from "react";
import type { AskingDevice, DevicesState, DocumentDevices } from "../../sync/view.ts";
import { latePart } from "../late-part.tsx";
import { CopyField } from "../share/copy-field.tsx";
import type { Late } from "../use-late.ts";

const QrCode = latePart(
  () => import("../share/qr-code.tsx"),
  problem => problem ?? <div className="share-code" />,
);

const LINK_NAME = "Link for your other device";

type Attempt = Late<DocumentDevices, DevicesState>["attempt"];

interface Properties {
  readonly devices: DocumentDevices;
  readonly adding: DevicesState["adding"];
  readonly isBusy: boolean;
  readonly attempt: Attempt;
}

export function AddDevice({ devices, adding, isBusy, attempt }: Properties) {
  const [wasDenied, setDenied] = useState(false);
  // Nobody is let in by a link that is not looked at any more.
  useEffect(() => () => devices.stopAdding(), [devices]);
  if (adding === null)
    return (
      <div className="device-part">
        <div aria-live="polite">
          {wasDenied && (
            <p>It was not added. The link is good for nothing any more; another one can be made.</p>
          )}
        </div>
        <button
          type="button"
          className="button button-primary"
          disabled={isBusy}
          onClick={() => {
            setDenied(false);
            void attempt(here => here.startAdding());
          }}
        >
          Add a device
        </button>
      </div>
    );
  return (
    <div className="device-part">
      <CopyField label={LINK_NAME} address={adding.address} isFirst />
      {adding.asking.length === 0 && <QrCode text={adding.address} name={LINK_NAME} />}
      <div aria-live="polite" className="device-asking">
        {adding.asking.length === 0 && (
          <p>
            Open it on the other device, with the camera or by copying it, and leave this window open until it
            is there. It is good only so long.
          </p>
        )}
        {adding.asking.map(asking => (
          <Asking
            key={asking.key}
            asking={asking}
            isBusy={isBusy}
            onYes={() => void attempt(here => here.add(asking.key))}
            onNo={() => {
              setDenied(true);
              devices.stopAdding();
            }}
          />
        ))}
      </div>
    </div>
  );
}

interface AskingProperties {
  readonly asking: AskingDevice;
  readonly isBusy: boolean;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

function Asking({ asking, isBusy, onYes, onNo }: AskingProperties) {
  const place = useRef<HTMLParagraphElement>(null);
  const wasNew = useRef(asking.standing === "new");
  useEffect(() => {
    // The button that was pressed is gone.
    if (wasNew.current && asking.standing !== "new") place.current?.focus();
  }, [asking.standing]);
  if (asking.standing !== "new")
    return (
      <p ref={place} tabIndex={-1}>
        {asking.standing === "mine"
          ? "It is one of your devices now, and has the document."
          : "That device has a part in this document already, as somebody of its own, and keeps it. In another " +
            "browser there, the link makes it yours."}
      </p>
    );
  return (
    <>
      <p>A device is asking. Does it show these words?</p>
      <p className="device-words">{asking.words.join(" ")}</p>
      <div className="row">
        <button type="button" className="button button-primary" disabled={isBusy} onClick={onYes}>
          Yes, add it
        </button>
        <button type="button" className="button button-line" disabled={isBusy} onClick={onNo}>
          No, it shows others
        </button>
      </div>
    </>
  );
}
