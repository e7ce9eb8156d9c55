// A device in words: the name it goes by, if it has one, and always the two words of its key.
import type { DeviceEntry } from "../../sync/view.ts";
import { shownName, wordsOf } from "../people/names.ts";

export function DeviceName({ device }: { readonly device: Pick<DeviceEntry, "key" | "name"> }) {
  const name = shownName(device.name);
  return (
    <span className="device-name">
      {name !== null && (
        <>
          <bdi>{name}</bdi>
          <span className="quiet"> · </span>
        </>
      )}
      {wordsOf(device.key)}
    </span>
  );
}
