import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
// In one step: a command that starts meanwhile reads it. Under a name of our own: another build may do the same.
const file = join(root, 'oclif.manifest.json');
const fresh = join(root, '.tmp', `manifest-${process.pid}.json`);
mkdirSync(dirname(fresh), { recursive: true });
writeFileSync(fresh, `${JSON.stringify(plugin.manifest)}\n`);
renameSync(fresh, file);
