// What a document is expected to be, in values that TypeScript reads as types and `read` holds documents against.
//
//     defineSchema({ title: lww(isString), body: text(), todo: list(map({ what: text(), done: register(isBoolean) })) })
//
// A type in angle brackets would be a wish: nobody could check it, and others write what they like. So a plain value has
// a guard, a function that looks at it; its type follows from it.

import { DEPTH_MAX } from "../limits.ts";
import type { CounterKind, RegisterKind, Scalar, SetKind } from "../types/op.ts";

/** Tells whether a plain value is what is expected. */
export type Guard<T extends Scalar> = (value: Scalar) => value is T;

/** The guards of plain values, to be given to shapes. */
export const isString = (value: Scalar): value is string => typeof value === "string";
export const isNumber = (value: Scalar): value is number => typeof value === "number";
export const isBoolean = (value: Scalar): value is boolean => typeof value === "boolean";
export const isScalar = (_: Scalar): _ is Scalar => true;

/** A plain value under a key or in a list ("value"), a register, or a set of plain values. */
export class ScalarShape<K extends "value" | RegisterKind | SetKind, T extends Scalar> {
  readonly kind: K;
  readonly is: Guard<T>;

  constructor(kind: K, is: Guard<T>) {
    this.kind = kind;
    this.is = is;
  }
}

export class CounterShape<K extends CounterKind> {
  readonly kind: K;

  constructor(kind: K) {
    this.kind = kind;
  }
}

export class TextShape {
  readonly kind = "text";
  /** What it begins with, where a text is assigned; a schema says nothing about contents. */
  readonly initial: string;

  constructor(initial: string) {
    this.initial = initial;
  }
}

export class ListShape<S extends Shape> {
  readonly kind = "list";
  readonly of: S;

  constructor(of: S) {
    this.of = of;
  }
}

export class MapShape<F extends Fields> {
  readonly kind = "map";
  /** Without a prototype, so that only what was declared is there. */
  readonly fields: F;

  constructor(fields: F) {
    this.fields = Object.assign(Object.create(null), fields);
  }
}

export type Shape =
  | ScalarShape<"value" | RegisterKind | SetKind, Scalar>
  | CounterShape<CounterKind>
  | TextShape
  | ListShape<Shape>
  | MapShape<Fields>;

// An interface, because a type that names itself through MapShape would be a circle.
export interface Fields {
  readonly [key: string]: Shape;
}

export function isShape(value: unknown): value is Shape {
  return (
    value instanceof ScalarShape ||
    value instanceof CounterShape ||
    value instanceof TextShape ||
    value instanceof ListShape ||
    value instanceof MapShape
  );
}

/** The keys of a document and what is under each. */
export function defineSchema<const F extends Fields>(fields: F): MapShape<F> {
  const schema = map(fields);
  checkShape(schema, []);
  return schema;
}

function checkShape(shape: unknown, path: readonly string[]): void {
  const where = JSON.stringify(path);
  if (!isShape(shape)) throw new TypeError(`Expected a shape at ${where} of the schema, such as text()`);
  if (path.length > DEPTH_MAX) throw new RangeError(`Expected at most ${DEPTH_MAX} levels at ${where}`);
  if (shape.kind === "text" && shape.initial !== "")
    throw new TypeError(`Expected text() without content at ${where}: a schema says what kind, not what`);
  if (shape.kind === "list") checkShape(shape.of, [...path, "[]"]);
  if (shape.kind === "map")
    for (const [key, field] of Object.entries(shape.fields)) checkShape(field, [...path, key]);
}

/** In a schema: a text. Assigned or inserted: a new text with that content, where a string would be a plain value. */
export function text(initial = ""): TextShape {
  if (typeof initial !== "string" || !initial.isWellFormed())
    throw new TypeError("Expected text without lone surrogates");
  return new TextShape(initial);
}

/** A list of one kind of item. */
export function list<S extends Shape>(of: S): ListShape<S> {
  return new ListShape(of);
}

/** A map with known keys. */
export function map<const F extends Fields>(fields: F): MapShape<F> {
  return new MapShape(fields);
}

/** A plain value right under a key, or in a list. */
export function value(): ScalarShape<"value", Scalar>;
export function value<T extends Scalar>(is: Guard<T>): ScalarShape<"value", T>;
export function value(is: Guard<Scalar> = isScalar): ScalarShape<"value", Scalar> {
  return new ScalarShape("value", is);
}

/** Of values written at the same time all are kept. */
export function register(): ScalarShape<"register", Scalar>;
export function register<T extends Scalar>(is: Guard<T>): ScalarShape<"register", T>;
export function register(is: Guard<Scalar> = isScalar): ScalarShape<"register", Scalar> {
  return new ScalarShape("register", is);
}

/** Of values written at the same time one is kept. */
export function lww(): ScalarShape<"lww", Scalar>;
export function lww<T extends Scalar>(is: Guard<T>): ScalarShape<"lww", T>;
export function lww(is: Guard<Scalar> = isScalar): ScalarShape<"lww", Scalar> {
  return new ScalarShape("lww", is);
}

/** It goes up and down. */
export function counter(): CounterShape<"counter"> {
  return new CounterShape("counter");
}

/** It only grows. */
export function gcounter(): CounterShape<"gcounter"> {
  return new CounterShape("gcounter");
}

/** The add-wins set, unless `kind` says another. */
export function set(): ScalarShape<"set", Scalar>;
export function set<T extends Scalar>(is: Guard<T>): ScalarShape<"set", T>;
export function set<T extends Scalar, K extends SetKind>(is: Guard<T>, kind: K): ScalarShape<K, T>;
export function set(is: Guard<Scalar> = isScalar, kind: SetKind = "set"): ScalarShape<SetKind, Scalar> {
  return new ScalarShape(kind, is);
}
