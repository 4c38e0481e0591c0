import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/**
 * A small office-automation site as it lies on a server: documents, attachments (also with Chinese names and a name in
 * GBK bytes, as old file servers leave them), links, an empty folder, a sparse file and a SQLite database.
 * The same call makes the same contents.
 */
export function makeSampleSite(root: string): { files: number; bytes: number } {
  let files = 0;
  let bytes = 0;
  const write = (path: string | Buffer, data: string | Buffer) => {
    writeFileSync(path, data);
    files += 1;
    bytes += Buffer.byteLength(data);
  };

  for (const dir of ['documents/2026', 'documents/合同', 'attachments', 'mail/inbox', 'outbox', 'data'])
    mkdirSync(join(root, dir), { recursive: true });
  for (let n = 1; n <= 120; n++) {
    write(join(root, 'documents/2026', `approval-${String(n).padStart(4, '0')}.txt`), document(`Approval ${n}`, n));
  }
  for (let n = 1; n <= 20; n++) write(join(root, 'documents/合同', `采购合同-${n}.txt`), document(`采购合同 ${n}`, n));
  for (let n = 1; n <= 40; n++) write(join(root, 'attachments', `scan-${n}.bin`), noise(`scan-${n}`, 64 * 1024));
  // The same attachment sent twice is stored once.
  write(join(root, 'attachments/copy of scan-1.bin'), noise('scan-1', 64 * 1024));
  // "附件" in GBK: bytes that are not UTF-8.
  write(
    Buffer.concat([
      Buffer.from(join(root, 'attachments/')),
      Buffer.from([0xb8, 0xbd, 0xbc, 0xfe]),
      Buffer.from('.doc'),
    ]),
    document('GBK', 1),
  );
  for (let n = 1; n <= 60; n++)
    write(
      join(root, 'mail/inbox', `${n}.eml`),
      `From: user${n}@example.com\nSubject: leave request ${n}\n\n${document('mail', n)}`,
    );

  write(join(root, 'data/disk.img'), '');
  truncateSync(join(root, 'data/disk.img'), 32 * 1024 * 1024);
  linkSync(join(root, 'documents/2026/approval-0001.txt'), join(root, 'documents/latest-approval.txt'));
  symlinkSync('2026', join(root, 'documents/current'));
  const aYearAgo = new Date('2025-11-22T08:00:00.123Z');
  utimesSync(join(root, 'documents/2026/approval-0001.txt'), aYearAgo, aYearAgo);
  makeDatabase(join(root, 'data/oa.sqlite'));
  return { files: files + 1, bytes };
}

function makeDatabase(path: string): void {
  const db = new Database(path);
  db.exec(`CREATE TABLE approvals (id INTEGER PRIMARY KEY, title TEXT NOT NULL, state TEXT NOT NULL, decided_at TEXT);
           CREATE TABLE canary (value TEXT NOT NULL);`);
  const insert = db.prepare('INSERT INTO approvals (title, state, decided_at) VALUES (?, ?, ?)');
  db.transaction(() => {
    for (let n = 1; n <= 2000; n++)
      insert.run(`费用报销 ${n}`, n % 7 === 0 ? 'returned' : 'approved', '2026-11-20T08:00:00Z');
    db.prepare('INSERT INTO canary (value) VALUES (?)').run('oa-demo-canary');
  })();
  db.close();
}

function document(title: string, seed: number): string {
  return `${title}\n\n${'The request was read, found complete and passed on to the next desk.\n'.repeat(5 + (seed % 30))}`;
}

/** Bytes that don't compress and are the same on every machine. */
function noise(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let n = 0; n * 32 < length; n++) blocks.push(createHash('sha256').update(`${seed}:${n}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
