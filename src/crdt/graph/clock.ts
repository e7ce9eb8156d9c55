// How much of each lane a past holds: lane → highest sequence number. Most changes know exactly what their parent
// knew, and a merge adds little to it, so clocks share what they have in common: a tree of small arrays that are
// never written to after they were made (Driscoll, Sarnak, Sleator, Tarjan, "Making Data Structures Persistent",
// 1989, path copying; Bagwell, "Ideal Hash Trees", 2001).
//
//     lanes 0-15   16-31   32-47 …        a node holds 16 children or numbers; what is not there is 0
//         └─────────┴───┬───┘
//     join(a, b)[lane] = max(a[lane], b[lane]), and parts that a and b share are not looked at
//
// A merge so costs what differs between its parents and not the number of lanes, and nothing where one side knows all.

import { type ImageIn, type ImageOut, Unsound } from "../types/image.ts";

const BITS = 4;
const MASK = (1 << BITS) - 1;

/** Numbers of the lanes at the lowest level, nodes above. */
interface Node {
  readonly numbers: readonly number[];
  readonly nodes: readonly (Node | undefined)[];
}

/** Covers the lanes below 16 to the power of `height`. */
export interface Clock {
  readonly height: number;
  readonly root: Node;
}

const NO_NUMBERS: readonly number[] = [];
const NO_NODES: readonly (Node | undefined)[] = [];
const NOTHING: Node = { numbers: NO_NUMBERS, nodes: NO_NODES };
export const EMPTY_CLOCK: Clock = { height: 1, root: NOTHING };

/** 0 where nothing of a lane is known. */
export function seen({ height, root }: Clock, lane: number): number {
  if (lane >> (height * BITS) !== 0) return 0;
  let node: Node | undefined = root;
  for (let shift = (height - 1) * BITS; shift > 0 && node !== undefined; shift -= BITS)
    node = node.nodes[(lane >> shift) & MASK];
  return node?.numbers[lane & MASK] ?? 0;
}

/** The clock with a lane known up to `seq`; the same object if it was. */
export function withSeen(clock: Clock, lane: number, seq: number): Clock {
  if (seen(clock, lane) >= seq) return clock;
  let raised = clock;
  while (lane >> (raised.height * BITS) !== 0) raised = raise(raised);
  return { height: raised.height, root: put(raised.root, (raised.height - 1) * BITS, lane, seq) };
}

/** What either knows; one of the two objects if that knows all. */
export function join(a: Clock, b: Clock): Clock {
  if (a === b) return a;
  let left = a;
  let right = b;
  while (left.height < right.height) left = raise(left);
  while (right.height < left.height) right = raise(right);
  const root = joinNodes(left.root, right.root, left.height);
  return root === left.root ? left : root === right.root ? right : { height: left.height, root };
}

function raise({ height, root }: Clock): Clock {
  return { height: height + 1, root: { numbers: NO_NUMBERS, nodes: [root] } };
}

function put(node: Node, shift: number, lane: number, seq: number): Node {
  const at = (lane >> shift) & MASK;
  if (shift > 0) {
    const nodes = filled(node.nodes, at, undefined);
    nodes[at] = put(nodes[at] ?? NOTHING, shift - BITS, lane, seq);
    return { numbers: NO_NUMBERS, nodes };
  }
  const numbers = filled(node.numbers, at, 0);
  numbers[at] = seq;
  return { numbers, nodes: NO_NODES };
}

/** A copy without holes that has a place `at`. */
function filled<T>(items: readonly T[], at: number, nothing: T): T[] {
  const copy = items.slice();
  while (copy.length <= at) copy.push(nothing);
  return copy;
}

/** Recursion is as deep as the tree is high: 7 for more lanes than memory holds. */
function joinNodes(a: Node, b: Node, height: number): Node {
  if (a === b) return a;
  return height === 1 ? joinNumbers(a, b) : joinChildren(a, b, height);
}

function joinNumbers(a: Node, b: Node): Node {
  let isLeft = true;
  let isRight = true;
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let i = 0; i < length; i++) {
    const left = a.numbers[i] ?? 0;
    const right = b.numbers[i] ?? 0;
    if (left < right) isLeft = false;
    if (left > right) isRight = false;
  }
  if (isLeft) return a;
  if (isRight) return b;
  const numbers: number[] = [];
  for (let i = 0; i < length; i++) numbers.push(Math.max(a.numbers[i] ?? 0, b.numbers[i] ?? 0));
  return { numbers, nodes: NO_NODES };
}

function joinChildren(a: Node, b: Node, height: number): Node {
  let isLeft = true;
  let isRight = true;
  const nodes: (Node | undefined)[] = [];
  const length = Math.max(a.nodes.length, b.nodes.length);
  for (let i = 0; i < length; i++) {
    const left = a.nodes[i];
    const right = b.nodes[i];
    const joined =
      left === undefined ? right : right === undefined ? left : joinNodes(left, right, height - 1);
    if (joined !== left) isLeft = false;
    if (joined !== right) isRight = false;
    nodes.push(joined);
  }
  return isLeft ? a : isRight ? b : { numbers: NO_NUMBERS, nodes };
}

/** What is shared stays shared: each node is written once, those below it before it. */
export function dumpClocks(clocks: readonly Clock[], out: ImageOut): void {
  const nodes = new Map<Node, number>();
  const numbers: (readonly number[])[] = [];
  const children: number[][] = [];
  const numberOf = (node: Node): number => {
    const known = nodes.get(node);
    if (known !== undefined) return known;
    const below = node.nodes.map(child => (child === undefined ? -1 : numberOf(child)));
    numbers.push(node.numbers);
    nodes.set(node, children.push(below) - 1);
    return children.length - 1;
  };
  const different = new Map<Clock, number>();
  const rows: number[][] = [];
  const said = clocks.map(clock => {
    let number = different.get(clock);
    if (number === undefined) {
      number = rows.push([clock.height, numberOf(clock.root)]) - 1;
      different.set(clock, number);
    }
    return number;
  });
  out.lists(numbers);
  out.lists(children);
  out.lists(rows);
  out.numbers(said);
}

export function loadClocks(from: ImageIn): Clock[] {
  const numbers = from.lists();
  const nodes: Node[] = [];
  for (const [i, below] of from.lists().entries()) {
    const isEmpty = below.length === 0 && numbers[i]!.length === 0;
    nodes.push(isEmpty ? NOTHING : { numbers: numbers[i]!, nodes: below.map(child => nodes[child]) });
  }
  const different = from.lists().map(([height, root]) => {
    const isEmpty = height === 1 && nodes[root!] === NOTHING;
    return isEmpty ? EMPTY_CLOCK : { height: height!, root: nodes[root!]! };
  });
  const clocks: Clock[] = [];
  const said = from.ints();
  for (let i = 0; i < said.length; i++) {
    const clock = different[said[i]!];
    if (clock?.root === undefined) throw new Unsound("a past that is not there");
    clocks.push(clock);
  }
  return clocks;
}
