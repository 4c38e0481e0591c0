import { renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { App } from '../app.ts';
import { canaryTopic } from '../backup/drill/canary.ts';
import { isoTime } from '../core/clock.ts';
import { fsyncDir } from '../core/durable-file.ts';
import { messageOf, OaopsError } from '../core/errors.ts';

export interface PlantedCanary {
  name: string;
  value: string;
  at: string;
  file: string | null;
}

/**
 * Makes a value that no earlier backup can hold and remembers it, after the file is written: a value that is nowhere is expected by no
 * drill.
 * @throws OaopsError `canary-not-planted`
 */
export async function plantCanary(app: App, name: string, file: string | undefined): Promise<PlantedCanary> {
  const at = isoTime(app.clock.nowMs());
  const value = `oaops-canary-${at}-${Buffer.from(app.random(8)).toString('hex')}`;
  const path = file === undefined ? null : resolve(file);
  if (path !== null) {
    try {
      // Readable for whoever reads the data: it is no secret.
      writeFileSync(`${path}.new`, `${value}\n`, { mode: 0o644, flush: true });
      renameSync(`${path}.new`, path);
      fsyncDir(dirname(path));
    } catch (error) {
      throw new OaopsError('canary-not-planted', `the canary could not be written: ${messageOf(error)}`, {
        next: 'Name a file in a folder that is there and is backed up.',
        cause: error,
      });
    }
  }
  const { facts } = await app.record();
  await facts.add(canaryTopic, name, at, { value, file: path });
  return { name, value, at, file: path };
}
