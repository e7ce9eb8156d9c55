// A link as a picture for the camera of a phone beside this screen. Dark on light in every theme, with the quiet zone that
// readers need. Fetched when it is first asked for.
import qrcode from "qrcode-generator";

/** Modules around the code: four by the standard. */
const QUIET = 4;

// The default export is what `latePart` asks for.
export default function QrCode({ text, name }: { readonly text: string; readonly name: string }) {
  // 0: the smallest that holds it. L: a screen is not torn or smudged, and larger modules are read from further away.
  const code = qrcode(0, "L");
  code.addData(text, "Byte");
  code.make();
  const side = code.getModuleCount();
  const whole = side + 2 * QUIET;
  return (
    <svg
      className="share-code"
      role="img"
      aria-label={`QR code of the ${name.toLowerCase()}`}
      viewBox={`${-QUIET} ${-QUIET} ${whole} ${whole}`}
    >
      <rect x={-QUIET} y={-QUIET} width={whole} height={whole} fill="#fff" />
      <path fill="#000" d={modulesPath(side, (row, column) => code.isDark(row, column))} />
    </svg>
  );
}

/** One stroke of a row for each stretch of dark modules. */
export function modulesPath(side: number, isDark: (row: number, column: number) => boolean): string {
  let path = "";
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      if (!isDark(row, column)) continue;
      const from = column;
      while (column + 1 < side && isDark(row, column + 1)) column++;
      path += `M${from} ${row}h${column + 1 - from}v1h-${column + 1 - from}z`;
    }
  return path;
}
