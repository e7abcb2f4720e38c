/** The files that the laws ask for, made as they are needed; the folder is removed by its owner. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { diskRoom, filesProblem } from './limits.js';

/** Files in a folder. */
export const PER_FOLDER = 1000;

const SIZE = 1024;

/** sluice keeps no file in memory that changed within the last 2.5 s. */
const SETTLE_MS = 3000;

/** The tree's folder below the root. */
export const TREE = 'tree';

/** The URL path of a file of the tree; load.ts says the same in Lua. */
export function treePath(index: number): string {
  return `/${TREE}/${Math.floor(index / PER_FOLDER)}/${index % PER_FOLDER}.bin`;
}

/** The URL path of a file below so many folders. */
export function deepPath(depth: number, name: string): string {
  return `/${'folder/'.repeat(depth)}${name}`;
}

/** Files below a root. */
export class Tree {
  readonly #root: string;
  readonly #content: Buffer = randomBytes(SIZE);
  #files = 0;
  #written = Number.NEGATIVE_INFINITY;

  constructor(root: string) {
    this.#root = root;
  }

  /** How many files the tree has. */
  get files(): number {
    return this.#files;
  }

  /** Waits until the last file written is as old as a server may want it before it keeps it. */
  async settled(): Promise<void> {
    const left = this.#written + SETTLE_MS - performance.now();
    if (left > 0) await sleep(left);
  }

  /** Lets the tree grow to so many files. @throws Error where there is no room for them */
  grow(count: number): void {
    const problem = filesProblem(count - this.#files, diskRoom(this.#root));
    if (problem !== undefined) throw new Error(problem);
    while (this.#files < count) {
      const file = path.join(this.#root, treePath(this.#files));
      if (this.#files % PER_FOLDER === 0) fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, this.#content);
      this.#files++;
      this.#written = performance.now();
    }
  }

  /** Writes a file of this size below so many folders. Returns its URL path. */
  file(size: number, depth: number): string {
    const url = deepPath(depth, `${size}.bin`);
    const file = path.join(this.#root, url);
    if (fs.existsSync(file)) return url;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const block = randomBytes(Math.min(size, 1_048_576));
    const descriptor = fs.openSync(file, 'w');
    for (let at = 0; at < size; ) {
      at += fs.writeSync(descriptor, block, 0, Math.min(block.length, size - at));
    }
    fs.closeSync(descriptor);
    this.#written = performance.now();
    return url;
  }
}
