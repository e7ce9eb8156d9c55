// The few signs of the interface, drawn on a grid of sixteen. Always beside words or an accessible name.

const paths = {
  documents: "M3 4h10M3 8h10M3 12h6",
  plus: "M8 3v10M3 8h10",
  close: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  bin: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5M7 7v3.5M9 7v3.5",
  verify: "M8 2.5l5 1.8v3.6c0 2.7-2 4.7-5 5.6-3-.9-5-2.9-5-5.6V4.3zM5.8 7.8l1.6 1.6 2.9-3",
  history: "M2.5 8a5.5 5.5 0 1 0 1.7-4M2.5 2.5V5H5M8 5v3.2l2.2 1.3",
  undo: "M5.5 3l-3 3 3 3M2.5 6h7a3.5 3.5 0 0 1 0 7H6",
  redo: "M10.5 3l3 3-3 3M13.5 6h-7a3.5 3.5 0 0 0 0 7H10",
  download: "M8 2.5V10M5 7.5l3 3 3-3M3.5 13.5h9",
  upload: "M8 10V2.5M5 5l3-3 3 3M3.5 13.5h9",
  find: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 1 0 0-9M10.5 10.5l3 3",
  pen: "M3 13l.7-3L10.5 3.2a1.4 1.4 0 0 1 2 0l.3.3a1.4 1.4 0 0 1 0 2L6 12.3zM9 13.2h4.5",
  share: "M8 10V2.5M5 5l3-3 3 3M3.5 9v4.5h9V9",
} as const;

export function Icon({ name }: { readonly name: keyof typeof paths }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
