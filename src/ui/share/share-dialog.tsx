// The links that let people in, each with its key behind the #: what it gives, how many came by it, how to end it. Fetched
// when somebody shares for the first time.
import { useEffect, useRef, useState } from "react";
import type { OpenDocument } from "../../sync/view.ts";
import { latePart } from "../late-part.tsx";
import { Modal } from "../modal.tsx";
import { usePeople } from "../people/use-people.ts";
import { HideAddress } from "./hide-address.tsx";
import { LinkItem } from "./link-item.tsx";
import { NewLink } from "./new-link.tsx";
import "./share.css";

const PairSection = latePart(() => import("./pair-section.tsx"));

interface Properties {
  readonly document: OpenDocument;
  readonly onClose: () => void;
  /** To what is said of my own devices, which is another dialog. */
  readonly onDevices: () => void;
}

// The default export is what `latePart` asks for.
export default function ShareDialog({ document, onClose, onDevices }: Properties) {
  const { people, state, problem, isBusy, attempt } = usePeople(document);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when they are here
  useEffect(() => {
    void attempt(people => people.prepareLinks());
  }, [people]);
  const [isPairing, setPairing] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const links = state?.links ?? [];
  const address = links.find(link => link.address !== null)?.address ?? null;
  return (
    <Modal title="Share" className="share" onClose={onClose}>
      {() => (
        <>
          {problem !== null && <p className="bad">That was not done: {problem}</p>}
          {state !== null && !state.mayRule && links.length === 0 && (
            <p>There is no link that lets people in. The owner, and who can manage, can make one.</p>
          )}
          {state?.lacksWords && (
            <p className="share-own">
              Before you let others in: only this device can manage the document. Should it be lost, twelve
              words on paper bring you back.
              <button type="button" className="button button-line" onClick={onDevices}>
                Recovery words
              </button>
            </p>
          )}
          <ul className="share-links" ref={list} tabIndex={-1}>
            {links.map(link => (
              <LinkItem
                key={link.key}
                link={link}
                isFirst={link === links[0]}
                onRevoke={() => {
                  // What was pressed goes with its link.
                  list.current?.focus();
                  void attempt(people => people.revoke(link.key));
                }}
              />
            ))}
          </ul>
          {state !== null && links.length === 0 && isBusy && <p className="quiet">Making a link…</p>}
          {state?.mayRule && (
            <NewLink
              roles={state.roles}
              isBusy={isBusy}
              onMake={(role, label, ends) => void attempt(people => people.makeLink(role, label, ends))}
            />
          )}
          <p className="share-own">
            For a phone or laptop of your own there is a better way than a link:
            <button type="button" className="button button-line" onClick={onDevices}>
              My devices
            </button>
          </p>
          {address !== null && (
            <div className="share-without">
              <button
                type="button"
                className="button button-line"
                aria-expanded={isPairing}
                onClick={() => setPairing(!isPairing)}
              >
                Pair without a server
              </button>
              {isPairing && <PairSection document={document} address={address} />}
            </div>
          )}
          <HideAddress document={document} />
          <p className="quiet">
            Whoever has a link can pass it on. Once revoked it lets nobody in; who came by it and wrote stays,
            until removed under People. When it ends by itself is kept to by the devices of the people here: a
            cheat among them could let somebody in all the same.
          </p>
          <p className="quiet">
            The part after # is the key. It is never sent to the server, which learns who connects and when,
            but nothing of the text.
          </p>
        </>
      )}
    </Modal>
  );
}
