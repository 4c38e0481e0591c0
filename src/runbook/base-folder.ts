import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { yamlFilesBelow } from './discover.ts';
import { readHeader } from './header.ts';
import type { BaseVersions } from './types.ts';

/** Earlier versions in a folder: the file at the same path below it, else the runbook of the same name. */
export function baseFolder(folder: string, cwd: string): BaseVersions {
  const root = resolve(cwd, folder);
  let byName: Map<string, string> | undefined;
  const names = (): Map<string, string> => {
    byName ??= new Map(
      yamlFilesBelow(root).flatMap((file) => {
        const { name } = readHeader(readFileSync(file, 'utf8'));
        return name === undefined ? [] : [[name, file] as const];
      }),
    );
    return byName;
  };
  return {
    description: folder,
    async find({ file, name }) {
      const samePath = resolve(root, relative(cwd, resolve(cwd, file)));
      const found =
        samePath.startsWith(root) && existsSync(samePath)
          ? samePath
          : name === undefined
            ? undefined
            : names().get(name);
      return found === undefined ? undefined : { file: found, text: readFileSync(found) };
    },
  };
}
