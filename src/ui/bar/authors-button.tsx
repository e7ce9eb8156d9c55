// Turns the tints of "Who wrote this" on and off.
import { Icon } from "../icons.tsx";

interface Properties {
  readonly isOn: boolean;
  readonly isHidden?: boolean;
  readonly onPress: (isByKey: boolean) => void;
}

export function AuthorsButton({ isOn, isHidden = false, onPress }: Properties) {
  return (
    <button
      type="button"
      className="button button-icon authors-button"
      aria-label="Who wrote this"
      title="Who wrote this"
      aria-pressed={isOn}
      hidden={isHidden}
      // A click that no pointer made counts none.
      onClick={({ detail }) => onPress(detail === 0)}
    >
      <Icon name="pen" />
    </button>
  );
}
