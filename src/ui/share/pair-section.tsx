// Two without a server: an invitation that goes out by whatever way there is, and an answer that comes back. Fetched when
// it is first asked for.
import { useEffect, useId, useRef, useState } from "react";
import type { OpenDocument, PairingOffer } from "../../sync/view.ts";
import { latePart } from "../late-part.tsx";
import { CopyField } from "./copy-field.tsx";

const QrCode = latePart(
  () => import("./qr-code.tsx"),
  problem => problem ?? <div className="share-code" />,
);

interface Properties {
  readonly document: OpenDocument;
  /** Of a link, to be opened with it. */
  readonly address: string;
}

type Stage = "asked" | "offered" | "connecting" | "connected" | "failed";

// The default export is what `latePart` asks for.
export default function PairSection({ document, address }: Properties) {
  const [stage, setStage] = useState<Stage>("asked");
  const [offer, setOffer] = useState<PairingOffer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [hasCode, setCode] = useState(false);
  const [round, setRound] = useState(0);
  const answer = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each round offers anew
  useEffect(() => {
    let made: PairingOffer | null = null;
    let isGone = false;
    void document
      .pairing()
      .then(pairing => pairing.offer(address))
      .then(offered => {
        if ("error" in offered) {
          setProblem(offered.error);
          setStage("failed");
          return;
        }
        made = offered;
        if (isGone) offered.close();
        else {
          setOffer(offered);
          setStage("offered");
          void offered.connected.then(isConnected => {
            if (!isGone) setStage(isConnected ? "connected" : "failed");
          });
        }
      })
      .catch(() => {
        setProblem("This part of the page could not be loaded.");
        setStage("failed");
      });
    return () => {
      isGone = true;
      made?.close();
    };
  }, [document, address, round]);
  const again = () => {
    setProblem(null);
    setOffer(null);
    setStage("asked");
    setRound(round + 1);
  };
  const accept = () => {
    const wrong = offer!.accept(answer.current!.value);
    setProblem(wrong);
    if (wrong === null) setStage("connecting");
  };
  return (
    <div className="share-pair">
      {stage === "asked" && <p className="quiet">Asking this browser for its addresses…</p>}
      {stage === "connected" && <p role="status">Connected. What you both write is shared directly.</p>}
      {stage === "failed" && (
        <>
          <p role="status" className="bad">
            {problem ?? "No connection came of it. Both must be on one network, or reachable from outside."}
          </p>
          <button type="button" className="button button-line" onClick={again}>
            Try again
          </button>
        </>
      )}
      {offer !== null && (stage === "offered" || stage === "connecting") && (
        <>
          <CopyField label="1. Send them this, in any way" address={offer.address} isFirst={false} />
          <div className="share-about">
            <span className="quiet">It opens the document, and is good once, while this stays open.</span>
            <button
              type="button"
              className="button button-small"
              aria-expanded={hasCode}
              onClick={() => setCode(!hasCode)}
            >
              QR code
            </button>
          </div>
          {hasCode && <QrCode text={offer.address} name="invitation" />}
          <label className="share-name" htmlFor={id}>
            2. Paste what they send back
          </label>
          <textarea
            id={id}
            ref={answer}
            className="field pair-answer"
            dir="ltr"
            rows={3}
            spellCheck={false}
            onChange={() => setProblem(null)}
          />
          {problem !== null && (
            <p role="status" className="bad">
              {problem}
            </p>
          )}
          <button
            type="button"
            className="button button-primary"
            disabled={stage === "connecting"}
            onClick={accept}
          >
            {stage === "connecting" ? "Connecting…" : "Connect"}
          </button>
        </>
      )}
    </div>
  );
}
