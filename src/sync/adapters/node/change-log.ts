// The changes of one document in one file that only grows (log-format.ts). In memory stands where each change lies, not the
// change. One call at a time: the store sees to that. What a call appended is on the disk when it resolves; what a call that
// failed had written is cut off before the next one writes.

import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { LOG_GARBAGE_BYTES } from "../../limits.ts";
import type { Bytes, ChainHead, ChangeRecord } from "../../ports.ts";
import {
  codeOf,
  type File,
  type FileSystem,
  openIfThere,
  prepareFile,
  putInPlace,
  replaceFile,
  syncFolder,
  writeAll,
} from "./file-system.ts";
import {
  decodeFrame,
  encodeFrame,
  encodeHeader,
  HEADER_BYTES,
  type LogEntry,
  MARKER_BYTES,
} from "./log-format.ts";
import { Blocks, frameAt, framesOf, markerOf } from "./log-scan.ts";

const LOG = "changes.log";

/** Where a change lies. A change that got its signature later was written again, at the same position. */
interface Row {
  readonly id: string;
  readonly position: number;
  readonly isSigned: boolean;
  readonly offset: number;
  readonly size: number;
}

/** What one call appends. */
export interface Group {
  readonly records: readonly ChangeRecord[];
  /** Of `chain`; undefined where it stays as it is. */
  readonly head: ChainHead | null | undefined;
  /** A device, or null for the profile's own. */
  readonly chain: string | null;
}

interface FoundGroup {
  /** `entry` is null where a later version wrote something that this one does not know. */
  readonly entries: { readonly entry: LogEntry | null; readonly offset: number; readonly size: number }[];
  isEnded: boolean;
  /** Something before one of its frames could not be read. */
  hasGap: boolean;
}

export class ChangeLog {
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #file: File;
  readonly #marker: Bytes;
  /** By position, ascending. */
  readonly #rows: Row[] = [];
  readonly #byId = new Map<string, Row>();
  /** By device; null is the profile's own. With the bytes each takes. */
  readonly #heads = new Map<string | null, { readonly head: ChainHead | null; readonly size: number }>();
  #position = 0;
  /** Where the next group goes: behind what counts. */
  #end = HEADER_BYTES;
  /** The file may be longer than that. */
  #isLonger = false;
  #damaged = 0;
  /** A later version wrote what this one does not know: it stays where it is. */
  #hasUnknown = false;

  private constructor(files: FileSystem, folder: string, file: File, marker: Bytes) {
    this.#files = files;
    this.#folder = folder;
    this.#file = file;
    this.#marker = marker;
  }

  /** The log in a folder, which must be there if one is to be made; null if there is none and none is wanted. */
  static async open(files: FileSystem, folder: string, isWanted: boolean): Promise<ChangeLog | null> {
    const path = join(folder, LOG);
    const file = await openIfThere(files, path, "r+");
    if (file !== null) return await ChangeLog.#read(files, folder, file);
    if (!isWanted) return null;
    const marker = new Uint8Array(randomBytes(MARKER_BYTES));
    await replaceFile(files, path, [encodeHeader(marker)]);
    return new ChangeLog(files, folder, await files.open(path, "r+"), marker);
  }

  static async #read(files: FileSystem, folder: string, file: File): Promise<ChangeLog | null> {
    try {
      const blocks = new Blocks(file, (await file.stat()).size);
      const marker = await markerOf(blocks);
      if (marker !== null) {
        const log = new ChangeLog(files, folder, file, marker);
        await log.#scan(blocks);
        return log.#isWasteful(blocks.size) ? await log.#compacted() : log;
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    // Nothing in it can be read. It is set aside for whoever knows more, and a new one is begun.
    await file.close();
    await files.rename(join(folder, LOG), join(folder, `${LOG}.damaged-${randomUUID()}`));
    await syncFolder(files, folder);
    const log = await ChangeLog.open(files, folder, true);
    log!.#damaged++;
    return log;
  }

  /** The position behind the last change there is. */
  get position(): number {
    return this.#position;
  }

  headOf(chain: string | null): ChainHead | null {
    return this.#heads.get(chain)?.head ?? null;
  }

  /** Stretches of the file that could not be read when it was opened, and records since. */
  get damaged(): number {
    return this.#damaged;
  }

  /** How many changes stand before a position. */
  countBefore(position: number): number {
    return this.#indexOf(position);
  }

  /** As `Store.read`. A record that has rotted since the log was opened is left out. */
  async read(from: number, to = Number.POSITIVE_INFINITY): Promise<ChangeRecord[]> {
    const blocks = new Blocks(this.#file, this.#end);
    const records: ChangeRecord[] = [];
    // A caller that is ahead remembers a log of before the document was deleted: it starts anew.
    const rows = this.#rows.slice(this.#indexOf(from <= this.#position ? from : 0), this.#indexOf(to));
    for (const row of rows) {
      const record = await this.#recordAt(blocks, row);
      if (record !== null) records.push(record);
    }
    return records;
  }

  /** The change with an id; null if there is none, or it has rotted. */
  async find(id: string): Promise<ChangeRecord | null> {
    const row = this.#byId.get(id);
    // Not a byte behind it is read.
    return row === undefined
      ? null
      : await this.#recordAt(new Blocks(this.#file, row.offset + row.size), row);
  }

  async #recordAt(blocks: Blocks, { offset, id }: Row): Promise<ChangeRecord | null> {
    const frame = await frameAt(blocks, this.#marker, offset);
    const entry = frame === null ? null : decodeFrame(frame).entry;
    if (entry?.type === "change" && entry.record.id === id) return entry.record;
    this.#damaged++;
    return null;
  }

  /**
   * Behind what there is; a change that is there already gets a new position. With a head it is all or nothing, since a head
   * and its change make sense together only; other changes count one by one, parents first.
   */
  async append({ records, head, chain }: Group): Promise<void> {
    const entries: LogEntry[] = records.map((record, i) => ({
      type: "change",
      position: this.#position + i,
      record,
    }));
    if (head !== undefined) entries.push({ type: "head", chain, head });
    if (entries.length > 0) await this.#write(entries, head !== undefined);
  }

  /** Writes a change again, with its signature. False if it is not there, or signed. */
  async putSignature(id: string, signature: Bytes): Promise<boolean> {
    const row = this.#byId.get(id);
    if (row === undefined || row.isSigned) return false;
    const record = await this.find(id);
    if (record === null) return false;
    await this.#write([{ type: "change", position: row.position, record: { ...record, signature } }], true);
    return true;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #write(entries: readonly LogEntry[], isGroup: boolean): Promise<void> {
    const last = entries.length - 1;
    const frames = entries.map((entry, i) => encodeFrame(this.#marker, entry, !isGroup || i === last));
    if (this.#isLonger) await this.#file.truncate(this.#end);
    // Until all of it is on the disk none of it counts, also if the disk says later that it did not take it.
    this.#isLonger = true;
    await writeAll(this.#file, Buffer.concat(frames), this.#end);
    await this.#file.datasync();
    this.#isLonger = false;
    for (const [i, frame] of frames.entries()) {
      this.#take(entries[i]!, this.#end, frame.length);
      this.#end += frame.length;
    }
  }

  // ------------------------------------------------------------------------------------------------- opening

  async #scan(blocks: Blocks): Promise<void> {
    let group: FoundGroup = { entries: [], isEnded: false, hasGap: false };
    let expected = HEADER_BYTES;
    let hasLostSinceHead = false;
    const count = (end: number) => {
      for (const { entry, offset, size } of group.entries)
        if (entry !== null) this.#take(entry, offset, size);
      this.#end = end;
    };
    for await (const { offset, bytes } of framesOf(blocks, this.#marker)) {
      if (group.isEnded) count(expected);
      if (group.isEnded) group = { entries: [], isEnded: false, hasGap: false };
      const hasGap = offset !== expected;
      if (hasGap) this.#damaged++;
      const { entry, endsGroup } = decodeFrame(bytes);
      hasLostSinceHead = entry?.type !== "head" && (hasLostSinceHead || hasGap);
      this.#hasUnknown ||= entry === null;
      group.entries.push({ entry, offset, size: bytes.length });
      group.isEnded = endsGroup;
      group.hasGap ||= hasGap;
      expected = offset + bytes.length;
    }
    // A change of one's own that came last and is not whole was not signed yet, so nobody else has it: a head that names it
    // would be waited for in vain.
    const isHeadless = group.hasGap && group.entries.some(({ entry }) => entry?.type === "head");
    if (group.isEnded && !isHeadless) count(expected);
    this.#isLonger = blocks.size > this.#end;
    // What was lost may have been a newer head; none at all is what a session can go on from.
    if (hasLostSinceHead) this.#heads.clear();
  }

  #take(entry: LogEntry, offset: number, size: number): void {
    if (entry.type === "head") {
      this.#heads.set(entry.chain, { head: entry.head, size });
      return;
    }
    const { position, record } = entry;
    const known = this.#byId.get(record.id);
    const index = this.#indexOf(position);
    const isTaken = this.#rows[index]?.position === position;
    // Two changes at one position were never written by us: the one that came first stands.
    if (isTaken && this.#rows[index] !== known) {
      this.#damaged++;
      return;
    }
    const row = { id: record.id, position, isSigned: record.signature !== null, offset, size };
    this.#rows.splice(index, isTaken ? 1 : 0, row);
    this.#byId.set(record.id, row);
    // Other bytes stand for it now, behind the rest.
    if (known !== undefined && !isTaken) this.#rows.splice(this.#rows.indexOf(known), 1);
    this.#position = Math.max(this.#position, position + 1);
  }

  /** Where among the rows a position is, or would be. */
  #indexOf(position: number): number {
    if (position >= this.#position) return this.#rows.length;
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle]!.position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // ---------------------------------------------------------------------------------------------- compacting

  #isWasteful(sizeBytes: number): boolean {
    if (this.#hasUnknown) return false;
    const used = [...this.#rows, ...this.#heads.values()].reduce((sum, { size }) => sum + size, HEADER_BYTES);
    return sizeBytes - used > Math.max(used, LOG_GARBAGE_BYTES);
  }

  /** The same in a new file without what nothing stands for any more; this one if that cannot be written. */
  async #compacted(): Promise<ChangeLog> {
    const path = join(this.#folder, LOG);
    const marker = new Uint8Array(randomBytes(MARKER_BYTES));
    try {
      await prepareFile(this.#files, path, this.#rewritten(marker));
    } catch (error) {
      if (codeOf(error) === null) throw error;
      // A disk that is full is no reason to close a document; it is tried again at the next opening.
      return this;
    }
    // From here on what this one would write goes to a file that nobody finds any more.
    await putInPlace(this.#files, path);
    await this.#file.close();
    const log = new ChangeLog(this.#files, this.#folder, await this.#files.open(path, "r+"), marker);
    await log.#scan(new Blocks(log.#file, (await log.#file.stat()).size));
    log.#damaged = this.#damaged;
    return log;
  }

  async *#rewritten(marker: Bytes): AsyncGenerator<Bytes> {
    yield encodeHeader(marker);
    const blocks = new Blocks(this.#file, this.#end);
    for (const row of this.#rows) {
      const record = await this.#recordAt(blocks, row);
      if (record !== null)
        yield encodeFrame(marker, { type: "change", position: row.position, record }, false);
    }
    for (const [chain, { head }] of this.#heads)
      if (chain !== null) yield encodeFrame(marker, { type: "head", chain, head }, false);
    yield encodeFrame(marker, { type: "head", chain: null, head: this.headOf(null) }, true);
  }
}
