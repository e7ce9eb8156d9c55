// Who opened an invitation to pair without a server has to send something back, and waits until the other has it.
import { useEffect, useState } from "react";
import type { OpenDocument, PairingAnswer } from "../../sync/view.ts";
import { Modal } from "../modal.tsx";
import { CopyField } from "./copy-field.tsx";
import "./share.css";

interface Properties {
  readonly document: OpenDocument;
  readonly offer: string;
  readonly onClose: () => void;
}

// The default export is what `latePart` asks for.
export default function AnswerDialog({ document, offer, onClose }: Properties) {
  const [answer, setAnswer] = useState<PairingAnswer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: one offer is answered once
  useEffect(() => {
    let made: PairingAnswer | null = null;
    let isGone = false;
    void document
      .pairing()
      .then(pairing => pairing.answer(offer))
      .then(answered => {
        if ("error" in answered) {
          setProblem(answered.error);
          return;
        }
        made = answered;
        if (isGone) {
          answered.close();
          return;
        }
        setAnswer(answered);
        void answered.connected.then(isConnected => {
          if (isGone) return;
          if (isConnected) onClose();
          else setProblem("No connection came of it. Ask for a new invitation.");
        });
      })
      .catch(() => setProblem("This part of the page could not be loaded."));
    return () => {
      isGone = true;
      made?.close();
    };
  }, [document, offer]);
  return (
    <Modal title="Pair without a server" className="share" onClose={onClose}>
      {close => (
        <div className="share-pair">
          {problem !== null && (
            <p role="status" className="bad">
              {problem}
            </p>
          )}
          {problem === null && answer === null && (
            <p className="quiet">Asking this browser for its addresses…</p>
          )}
          {problem === null && answer !== null && (
            <>
              <CopyField label="Send this back to who invited you" address={answer.text} isFirst />
              <p className="quiet">
                Leave this page open. The document appears once they have pasted it; nothing of it goes
                through a server.
              </p>
            </>
          )}
          <button type="button" className="button button-line" onClick={close}>
            {problem === null ? "Cancel" : "Close"}
          </button>
        </div>
      )}
    </Modal>
  );
}
