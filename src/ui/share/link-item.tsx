// One link that is alive. Without its secret, which stayed on the device that made it, it can only be revoked.
import { useId, useState } from "react";
import type { LinkEntry } from "../../sync/view.ts";
import { latePart } from "../late-part.tsx";
import { cameWords, linkName } from "../people/words.ts";
import { CopyField } from "./copy-field.tsx";
import { endWords } from "./link-ends.ts";

const QrCode = latePart(
  () => import("./qr-code.tsx"),
  problem => problem ?? <div className="share-code" />,
);

interface Properties {
  readonly link: LinkEntry;
  /** Where the keyboard begins. */
  readonly isFirst: boolean;
  readonly onRevoke: () => void;
}

export function LinkItem({ link, isFirst, onRevoke }: Properties) {
  const [hasCode, setCode] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const about = useId();
  const { address, label } = link;
  const ends = endWords(link, Date.now());
  return (
    <li className="share-link">
      {address === null ? (
        <span className="share-name">{linkName(link.role)}</span>
      ) : (
        <CopyField label={linkName(link.role)} address={address} about={about} isFirst={isFirst} />
      )}
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
      {hasCode && address !== null && <QrCode text={address} name={linkName(link.role)} />}
    </li>
  );
}
