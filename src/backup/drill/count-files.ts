import { lstatSync, readdirSync } from 'node:fs';

/** Regular files below a folder, names of one file counted each, and their bytes. */
export function countFiles(folder: string): { files: number; bytes: number } {
  const total = { files: 0, bytes: 0 };
  const queue: Buffer[] = [Buffer.from(folder)];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const entry of readdirSync(at, { withFileTypes: true, encoding: 'buffer' })) {
      const path = Buffer.concat([at, Buffer.from('/'), entry.name]);
      if (entry.isDirectory()) queue.push(path);
      else if (entry.isFile()) {
        total.files += 1;
        total.bytes += lstatSync(path).size;
      }
    }
  }
  return total;
}
