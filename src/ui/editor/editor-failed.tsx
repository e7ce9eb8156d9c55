// Said when the editor itself fails. Typing is off from that moment: keys that reach no document are worse than none.

export function EditorFailed() {
  return (
    <div role="alert" className="alarm">
      <p>
        The editor has stopped, so typing is off. What was written before is kept on this device; of the last
        letters some may be missing.
      </p>
      <button type="button" className="button button-line" onClick={() => location.reload()}>
        Reload
      </button>
    </div>
  );
}
