import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { Seeded } from './seeded.ts';

/** Rows have one length, so that one is found without reading the file. */
const rowBytes = 128;
/** Changes come in runs, as the records of one day lie together. Rows changed one by one would touch every piece of the file. */
const runOfRows = 1000;
const rowsPerWrite = 8192;

/** A dump as pg_dump writes a table: tab-separated rows of a number, a time, a state and words. Gives the number of rows. */
export function makeDump(file: string, bytes: number): number {
  const rows = Math.floor(bytes / rowBytes);
  const writer = new Rows('dump');
  const fd = openSync(file, 'wx');
  for (let row = 0; row < rows; row += rowsPerWrite) {
    writeSync(fd, writer.make(row, Math.min(rowsPerWrite, rows - row)));
  }
  closeSync(fd);
  return rows;
}

/** Puts other values into one row in a hundred. */
export function changeRows(file: string, round: string): void {
  const fd = openSync(file, 'r+');
  const writer = new Rows(`change ${round}`);
  for (const row of placesOfRuns(fd, `change ${round}`))
    writeSync(fd, writer.make(row, runOfRows), 0, undefined, row * rowBytes);
  closeSync(fd);
}

/** Writes the dump anew with one row in a hundred more: whatever follows lies elsewhere in the file. */
export function insertRows(file: string, round: string): void {
  const from = openSync(file, 'r');
  const to = openSync(`${file}.new`, 'wx');
  const writer = new Rows(`insert ${round}`);
  const total = fstatSync(from).size / rowBytes;
  let copied = 0;
  for (const row of placesOfRuns(from, `insert ${round}`).sort((a, b) => a - b)) {
    copyRows(from, to, copied, row);
    writeSync(to, writer.make(total + row, runOfRows));
    copied = row;
  }
  copyRows(from, to, copied, total);
  closeSync(from);
  closeSync(to);
  renameSync(`${file}.new`, file);
}

function placesOfRuns(fd: number, seed: string): number[] {
  const rows = Math.floor(fstatSync(fd).size / rowBytes);
  const seeded = new Seeded(seed);
  const runs = Math.max(1, Math.round(rows / 100 / runOfRows));
  return Array.from({ length: runs }, () => seeded.integer(rows - runOfRows));
}

function copyRows(from: number, to: number, first: number, end: number): void {
  const buffer = Buffer.allocUnsafe(8 * 1024 * 1024);
  for (let at = first * rowBytes; at < end * rowBytes; ) {
    const read = readSync(from, buffer, 0, Math.min(buffer.length, end * rowBytes - at), at);
    writeSync(to, buffer, 0, read);
    at += read;
  }
}

class Rows {
  readonly #seeded: Seeded;
  readonly #words: Buffer;

  constructor(seed: string) {
    this.#seeded = new Seeded(seed);
    this.#words = this.#seeded.text(1024 * 1024);
  }

  make(first: number, count: number): Buffer {
    const out = Buffer.allocUnsafe(count * rowBytes);
    for (let i = 0; i < count; i++) {
      const random = this.#seeded.integer(2 ** 31);
      const day = String((random % 28) + 1).padStart(2, '0');
      const head = `${String(first + i).padStart(9, '0')}\t2026-11-${day} 08:${10 + (random % 50)}\t${random % 7 === 0 ? 'returned' : 'approved'}\t`;
      out.write(head, i * rowBytes, 'latin1');
      const from = random % (this.#words.length - rowBytes);
      this.#words.copy(out, i * rowBytes + head.length, from, from + rowBytes - head.length - 1);
      out[i * rowBytes + rowBytes - 1] = 10;
    }
    return out;
  }
}
