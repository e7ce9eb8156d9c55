// Turns the tints of "Who wrote this" on and off.
import { Icon } from "../icons.tsx";

interface Properties {
  readonly isOn: boolean;
  readonly onPress: (isByKey: boolean) => void;
}

export function AuthorsButton({ isOn, onPress }: Properties) {
  return (
    <button
      type="button"
      className="button button-icon authors-button"
      aria-label="Who wrote this"
      title="Who wrote this"
      aria-pressed={isOn}
      // A click that no pointer made counts none.
      onClick={({ detail }) => onPress(detail === 0)}
    >
      <Icon name="pen" />
    </button>
  );
}
