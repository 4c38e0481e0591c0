import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';

/**
 * `oclif.manifest.json`, from the built commands: it saves oaops from loading each of them to know its flags. Made here and not by
 * the `oclif` program, which asks the registry for its own updates and writes to the home folder.
 */
const root = fileURLToPath(new URL('../', import.meta.url));
const plugin = new Plugin({
  root,
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
});
await plugin.load();
// In one step: a command that starts meanwhile reads it.
const file = join(root, 'oclif.manifest.json');
writeFileSync(`${file}.new`, `${JSON.stringify(plugin.manifest)}\n`);
renameSync(`${file}.new`, file);
