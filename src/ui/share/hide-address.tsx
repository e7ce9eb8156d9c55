// Who does not want the others to learn their network address gives up direct connections.
import { useId, useState } from "react";
import type { OpenDocument } from "../../sync/view.ts";

export function HideAddress({ document }: { readonly document: OpenDocument }) {
  const [isDirect, setDirect] = useState(document.isDirect);
  const about = useId();
  return (
    <div className="share-address">
      <label>
        <input
          type="checkbox"
          checked={!isDirect}
          aria-describedby={about}
          onChange={event => {
            document.setDirect(!event.target.checked);
            setDirect(!event.target.checked);
          }}
        />
        Hide my network address from the others
      </label>
      <p id={about} className="quiet">
        {isDirect
          ? "They see it, since you are connected directly."
          : "Everything goes through the server, encrypted, and takes a little longer. For all documents in this browser."}
      </p>
    </div>
  );
}
