/** What is encoded, decoded or looked at: a file, or stdin by the name `-`. */
import fs, { type BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Trouble, trouble } from './trouble.js';

/** Octets that are read at a time. */
const PIECE = 262_144;

export class Input {
  /** For messages. */
  readonly name: string;
  /** Octets that it has; `undefined`: nobody knows until its end. */
  readonly size: number | undefined;
  /** Which file it is, whatever it is called: {@link identity}. `undefined`: nobody knows. */
  readonly identity: string | undefined;
  readonly #file: FileHandle | undefined;

  private constructor(name: string, stats: BigIntStats | undefined, file?: FileHandle) {
    this.name = name;
    this.size = file !== undefined && stats?.isFile() ? Number(stats.size) : undefined;
    this.identity = stats && identity(stats);
    this.#file = file;
  }

  /** @throws Trouble (rejects with it) */
  static async open(name: string): Promise<Input> {
    if (name === '-') {
      if (process.stdin.isTTY)
        throw new Trouble('stdin is a terminal; pipe something in, or name a file');
      return new Input('stdin', ofStdin());
    }
    if (name === '') throw new Trouble('a file has no name');
    let file: FileHandle | undefined;
    try {
      file = await open(name);
      const stats = await file.stat({ bigint: true });
      if (stats.isDirectory()) throw new Trouble(`${name} is a folder; name a file`);
      return new Input(name, stats, file);
    } catch (error) {
      await file?.close();
      throw trouble(name, error, 'read');
    }
  }

  /** All of it, from the beginning, once. */
  async *content(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (this.#file === undefined) {
        for await (const piece of process.stdin) yield piece;
        return;
      }
      const buffer = Buffer.allocUnsafeSlow(PIECE);
      const isSeekable = this.size !== undefined;
      for (let at = 0; ; ) {
        const { bytesRead } = await this.#file.read(buffer, 0, PIECE, isSeekable ? at : null);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } catch (error) {
      throw trouble(this.name, error, 'read');
    }
  }

  /**
   * Fills `bytes` from a position on, where the size is known: at once, for a turn of the thread pool takes
   * ten times as long as a read of some octets. @returns how many octets there were
   */
  readAt(bytes: Buffer, position: number): number {
    try {
      return fs.readSync((this.#file as FileHandle).fd, bytes, 0, bytes.length, position);
    } catch (error) {
      throw trouble(this.name, error, 'read');
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/** What two names of one file have in common. */
export function identity({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

function ofStdin(): BigIntStats | undefined {
  try {
    return fs.fstatSync(0, { bigint: true });
  } catch {
    return undefined;
  }
}
