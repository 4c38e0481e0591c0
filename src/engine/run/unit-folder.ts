import { join } from 'node:path';

/** Folder of a unit's files. Unit names come from inventories: anything that is not plain is replaced. */
export function unitFolder(runDir: string, step: string, unit: string): string {
  const plain = (name: string) => name.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
  return join(runDir, plain(step), plain(unit));
}
