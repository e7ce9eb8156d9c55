// One link that is alive. Without its secret, which stayed on the device that made it, it can only be revoked.
import { lazy, Suspense, useEffect, useId, useRef, useState } from "react";
import type { LinkEntry } from "../../sync/view.ts";
import { cameWords, linkName } from "../people/words.ts";
import { copyText } from "./copy-text.ts";
import { endWords } from "./link-ends.ts";

const QrCode = lazy(() => import("./qr-code.tsx"));

interface Properties {
  readonly link: LinkEntry;
  /** Where the keyboard begins. */
  readonly isFirst: boolean;
  readonly onRevoke: () => void;
}

export function LinkItem({ link, isFirst, onRevoke }: Properties) {
  const [isCopied, setCopied] = useState(false);
  const [hasCode, setCode] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const [id, about] = [useId(), useId()];
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 3000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  useEffect(() => {
    if (isFirst) field.current?.focus();
  }, [isFirst]);
  const { address, label } = link;
  const ends = endWords(link, Date.now());
  return (
    <li className="share-link">
      {address === null ? (
        <span className="share-name">{linkName(link.role)}</span>
      ) : (
        <>
          <label className="share-name" htmlFor={id}>
            {linkName(link.role)}
          </label>
          <div className="row">
            <input
              id={id}
              ref={field}
              className="field link-field"
              readOnly
              dir="ltr"
              aria-describedby={about}
              value={address}
              onFocus={event => event.target.select()}
            />
            <button
              type="button"
              className="button button-primary copy"
              aria-describedby={about}
              onClick={async () => setCopied(await copyText(address, field.current!))}
            >
              {isCopied ? "Copied" : "Copy"}
            </button>
          </div>
        </>
      )}
      {/* A region of its own: while the dialog is open, nothing outside of it is read. */}
      <div className="hidden" aria-live="polite">
        {isCopied ? "Copied" : ""}
      </div>
      <div className="share-about">
        <span id={about} className="quiet">
          {label !== "" && (
            <>
              <bdi className="share-label">{label}</bdi>
              {" · "}
            </>
          )}
          {cameWords(link.role, link.joined)}
          {ends !== "" && <span className="share-ends"> · {ends}</span>}
          {address === null && " · shown where it was made"}
        </span>
        {address !== null && (
          <button
            type="button"
            className="button button-small"
            aria-expanded={hasCode}
            onClick={() => setCode(!hasCode)}
          >
            QR code
          </button>
        )}
        {link.isReachable && (
          <button
            type="button"
            className="button button-small"
            aria-label={`Revoke: ${label === "" ? linkName(link.role) : label}`}
            aria-expanded={isAsking}
            onClick={() => setAsking(!isAsking)}
          >
            Revoke
          </button>
        )}
      </div>
      {isAsking && (
        <div className="share-ask">
          <span>Nobody new will come in by it, and who only read by it will get nothing more.</span>
          <button type="button" className="button button-line" onClick={onRevoke}>
            Revoke this link
          </button>
        </div>
      )}
      {hasCode && address !== null && (
        <Suspense fallback={<div className="share-code" />}>
          <QrCode text={address} name={linkName(link.role)} />
        </Suspense>
      )}
    </li>
  );
}
