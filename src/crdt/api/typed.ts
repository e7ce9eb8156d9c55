// The types that follow from a schema, and nothing that runs: how a document reads (`View`), what may be assigned
// (`Given`), and what people hold within an edit, as objects (`Plain`) and as handles (`MapHandle`, `ListHandle`).

import type { ListEdit, MapEdit } from "../types/edit.ts";
import type { TextEdit } from "../types/edit-text.ts";
import type { CounterEdit, SetEdit } from "../types/edit-values.ts";
import type { Json } from "../types/node.ts";
import type { CounterKind, RegisterKind, Scalar, SetKind } from "../types/op.ts";
import type { PlainCounter, PlainSet, PlainText } from "./plain-nodes.ts";
import type { CounterShape, Fields, ListShape, MapShape, ScalarShape, Shape, TextShape } from "./schema.ts";

type Held<T extends Scalar> = ScalarShape<"value" | RegisterKind, T>;

/** A document that was read: all keys of the schema are there, a plain value nobody wrote yet is null. */
export type View<S> =
  S extends Held<infer T>
    ? T | null
    : S extends ScalarShape<SetKind, infer T>
      ? readonly T[]
      : S extends CounterShape<CounterKind>
        ? number
        : S extends TextShape
          ? string
          : S extends ListShape<infer I>
            ? readonly ItemView<I>[]
            : S extends MapShape<infer F>
              ? { readonly [K in keyof F]: View<F[K]> }
              : never;

/** An item that is a plain value was written when it was inserted. */
type ItemView<S> = S extends ScalarShape<"value", infer T> ? T : View<S>;

/** What may be assigned or inserted; what is left out is empty. */
export type Given<S> =
  S extends Held<infer T>
    ? T
    : S extends ScalarShape<SetKind, infer T>
      ? readonly T[]
      : S extends CounterShape<CounterKind>
        ? number
        : S extends TextShape
          ? string | TextShape
          : S extends ListShape<infer I>
            ? readonly Given<I>[]
            : S extends MapShape<infer F>
              ? { readonly [K in keyof F]?: Given<F[K]> }
              : never;

type KeysOf<F, S> = { [K in keyof F]: F[K] extends S ? K : never }[keyof F];
type PlainKeys<F> = KeysOf<F, Held<Scalar>>;

/** An object of the plain spelling. A plain value that is absent, or is not what the schema expects, is undefined. */
export type PlainMap<F> = { [K in PlainKeys<F>]?: F[K] extends Held<infer T> ? T : never } & {
  readonly [K in Exclude<keyof F, PlainKeys<F>>]: Plain<F[K]>;
};

export type Plain<S> =
  S extends Held<infer T>
    ? T | undefined
    : S extends ScalarShape<SetKind, infer T>
      ? PlainSet<T>
      : S extends CounterShape<CounterKind>
        ? PlainCounter
        : S extends TextShape
          ? PlainText
          : S extends ListShape<infer I>
            ? PlainList<I>
            : S extends MapShape<infer F>
              ? PlainMap<F>
              : never;

/** An item that is not what the schema expects is undefined: others write what they like. */
export type PlainItem<S> = Plain<S> | undefined;

type ReadOnly<S> = Omit<readonly PlainItem<S>[], "length" | number>;

interface Indexed<S> {
  [index: number]: PlainItem<S>;
}

/** Reads like an array. An index is written by assigning where the items are plain values, else by `splice`. */
export type PlainList<S> = PlainListMethods<S> & (S extends Held<Scalar> ? Indexed<S> : Readonly<Indexed<S>>);

interface PlainListMethods<S> extends ReadOnly<S> {
  length: number;
  push(...items: readonly Given<S>[]): number;
  unshift(...items: readonly Given<S>[]): number;
  pop(): Json | undefined;
  shift(): Json | undefined;
  splice(start: number, deleteCount?: number, ...items: readonly Given<S>[]): Json[];
  insert(index: number, ...items: readonly Given<S>[]): void;
  /** `to` counts among the other items. What is inside goes along, also what others write there meanwhile. */
  move(from: number, to: number): void;
  moveTo(index: number, other: PlainList<S>, to: number): void;
}

/** Without a schema everything may stand everywhere. */
// biome-ignore lint/suspicious/noExplicitAny: the names and kinds of what people wrote are known to them alone
export type PlainAny = any;

// ------------------------------------------------------------------------------------------------------ handles

interface RegisterHandle<T extends Scalar> {
  /** Untrusted: what others wrote need not follow the schema. */
  get(): Json;
  set(value: T): void;
}

interface SetHandle<T extends Scalar> extends Omit<SetEdit, "add"> {
  add(value: T): unknown;
}

type ScalarOf<S> = S extends ScalarShape<infer _, infer T> ? T : never;
type ItemOf<S> = S extends ListShape<infer I> ? I : never;
type NodeKindOf<S> = S extends Shape ? Exclude<S["kind"], "value"> : never;
type FieldsOf<S> = S extends MapShape<infer F> ? F : never;

/** `MapEdit`, for the keys of a schema and what is under each. */
export interface MapHandle<F> extends Pick<MapEdit, "path" | "toJSON" | "keys"> {
  get(key: keyof F & string): Json | undefined;
  delete(key: keyof F & string): void;
  set<K extends KeysOf<F, ScalarShape<"value", Scalar>> & string>(key: K, value: ScalarOf<F[K]>): void;
  map<K extends KeysOf<F, MapShape<Fields>> & string>(key: K): MapHandle<FieldsOf<F[K]>>;
  list<K extends KeysOf<F, ListShape<Shape>> & string>(key: K): ListHandle<ItemOf<F[K]>>;
  text(key: KeysOf<F, TextShape> & string): TextEdit;
  register<K extends KeysOf<F, ScalarShape<"register", Scalar>> & string>(
    key: K,
  ): RegisterHandle<ScalarOf<F[K]>>;
  lww<K extends KeysOf<F, ScalarShape<"lww", Scalar>> & string>(key: K): RegisterHandle<ScalarOf<F[K]>>;
  counter(key: KeysOf<F, CounterShape<"counter">> & string): CounterEdit;
  counter(key: KeysOf<F, CounterShape<"gcounter">> & string, kind: "gcounter"): CounterEdit;
  setOf<K extends KeysOf<F, ScalarShape<"set", Scalar>> & string>(key: K): SetHandle<ScalarOf<F[K]>>;
  setOf<S extends SetKind, K extends KeysOf<F, ScalarShape<S, Scalar>> & string>(
    key: K,
    kind: S,
  ): SetHandle<ScalarOf<F[K]>>;
}

/** `ListEdit`, for items of one shape. */
export interface ListHandle<S>
  extends Pick<ListEdit, "path" | "toJSON" | "length" | "delete" | "get" | "move"> {
  insert(index: number, ...values: S extends ScalarShape<"value", infer T> ? T[] : never): void;
  insertNew(index: number, kind: NodeKindOf<S>): void;
  splice(index: number, count: number, ...values: S extends ScalarShape<"value", infer T> ? T[] : []): void;
  push(...values: S extends ScalarShape<"value", infer T> ? T[] : never): void;
  moveTo(index: number, other: ListHandle<S>, to: number): void;
  // Properties, since a method that answers `never` could still be called.
  readonly map: S extends MapShape<infer F> ? (index: number) => MapHandle<F> : never;
  readonly list: S extends ListShape<infer I> ? (index: number) => ListHandle<I> : never;
  readonly text: S extends TextShape ? (index: number) => TextEdit : never;
  readonly register: S extends ScalarShape<"register", infer T>
    ? (index: number) => RegisterHandle<T>
    : never;
  readonly lww: S extends ScalarShape<"lww", infer T> ? (index: number) => RegisterHandle<T> : never;
  readonly counter: S extends CounterShape<infer K> ? (index: number, kind?: K) => CounterEdit : never;
  readonly setOf: S extends ScalarShape<SetKind, infer T>
    ? (index: number, kind?: SetKind) => SetHandle<T>
    : never;
}
