import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Mulberry32: small, and the same everywhere for the same seed. Numbers from 0 to below 1. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const names = ['a', 'b', '附件', 'é', ' ', '-rf', 'new\nline', 'x.doc', '*', 'z'];

/** A tree of files, folders and links that changes at random; the same seed makes the same tree. */
export class ChangingTree {
  readonly #root: string;
  readonly #random: () => number;
  #serial = 0;

  constructor(root: string, random: () => number) {
    this.#root = root;
    this.#random = random;
  }

  /** Makes so many entries more. */
  grow(entries: number): void {
    for (let i = 0; i < entries; i++) this.#create();
  }

  /** Does so many changes, and says what they were. */
  change(times: number): string[] {
    return Array.from({ length: times }, () => {
      const [name, change] = this.#pick(Object.entries(this.#changes));
      const file = this.#pick(this.#paths().filter((path) => lstatSync(path).isFile()));
      if (file === undefined) {
        this.#create();
        return 'create';
      }
      change(file);
      return `${name} ${JSON.stringify(file.slice(this.#root.length + 1))}`;
    });
  }

  readonly #changes: Record<string, (file: string) => void> = {
    create: () => this.#create(),
    append: (file) => appendFileSync(file, this.#bytes(5000)),
    truncate: (file) => truncateSync(file, Math.floor(lstatSync(file).size * this.#random())),
    rewrite: (file) => writeFileSync(file, this.#bytes(30_000)),
    // Only the time of change of the inode tells.
    'hidden change': (file) => {
      const { atime, mtime } = lstatSync(file);
      const bytes = readFileSync(file);
      if (bytes.length > 0) bytes[Math.floor(this.#random() * bytes.length)]! ^= 0x55;
      writeFileSync(file, bytes);
      utimesSync(file, atime, mtime);
    },
    replace: (file) => {
      writeFileSync(`${file}.new`, this.#bytes(2000));
      renameSync(`${file}.new`, file);
    },
    remove: (file) => rmSync(file),
    'file to folder': (file) => {
      rmSync(file);
      mkdirSync(file);
      writeFileSync(join(file, 'inside'), this.#bytes(100));
    },
    'file to link': (file) => {
      rmSync(file);
      symlinkSync(this.#pick(names), file);
    },
    mode: (file) => chmodSync(file, this.#pick([0o600, 0o644, 0o755, 0o000])),
    time: (file) => utimesSync(file, 1e9 * this.#random(), 1e9 * this.#random()),
    'hard link': (file) => linkSync(file, this.#newPath()),
    copy: (file) => writeFileSync(this.#newPath(), readFileSync(file)),
    rename: (file) => renameSync(file, this.#newPath()),
    hole: (file) => truncateSync(file, lstatSync(file).size + Math.floor(this.#random() * 100_000)),
    'remove folder': () => {
      const folder = this.#pick(this.#folders().slice(1));
      if (folder !== undefined) rmSync(folder, { recursive: true });
    },
    'rename folder': () => {
      const folder = this.#pick(this.#folders().slice(1));
      if (folder !== undefined) renameSync(folder, join(this.#root, `moved ${this.#serial++}`));
    },
    // Beyond 8 MiB: stored in segments.
    'big file': () => writeFileSync(join(this.#root, 'big'), Buffer.alloc(9 * 1024 * 1024, this.#bytes(4000))),
    'change in the big file': () => {
      const big = join(this.#root, 'big');
      if (!this.#paths().includes(big)) return;
      const bytes = readFileSync(big);
      this.#bytes(3000).copy(bytes, Math.floor(this.#random() * bytes.length));
      writeFileSync(big, bytes);
    },
  };

  #create(): void {
    const path = this.#newPath();
    const what = this.#random();
    if (what < 0.25) mkdirSync(path);
    else if (what < 0.32) symlinkSync(this.#pick(names), path);
    else writeFileSync(path, this.#bytes(what < 0.4 ? 1 : 40_000));
  }

  #newPath(): string {
    return join(this.#pick(this.#folders()), `${this.#pick(names)}${this.#serial++}`);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  #bytes(most: number): Buffer {
    const bytes = Buffer.alloc(Math.floor(this.#random() * most));
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(this.#random() * 256);
    return bytes;
  }

  #folders(): string[] {
    return [this.#root, ...this.#paths().filter((path) => lstatSync(path).isDirectory())];
  }

  /** In an order that is the same everywhere. */
  #paths(): string[] {
    return readdirSync(this.#root, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => join(this.#root, name));
  }
}
