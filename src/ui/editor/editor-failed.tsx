// Said when the editor itself fails. Typing is off from that moment: keys that reach no document are worse than none.

export function EditorFailed() {
  return (
    <div role="alert" className="alarm">
      <p>
        The editor has stopped, so typing is off. What you have written stays on this device. Reload the page
        to go on.
      </p>
      <button type="button" className="button" onClick={() => location.reload()}>
        Reload
      </button>
    </div>
  );
}
