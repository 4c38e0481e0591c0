import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backUp, differences, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { needs } from '../../helpers/needs.ts';
import { makeAgeKey, restoreFrom } from '../../helpers/restoring.ts';

beforeEach(needs('age-keygen', 'rsync'));

let dir: string;
let data: string;
let state: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-damaged-'));
  data = join(dir, 'data');
  state = join(dir, 'state');
  mkdirSync(data);
  for (let i = 0; i < 5; i++) {
    writeFileSync(join(data, `${i}`), `${i} `.repeat(40_000));
    utimesSync(join(data, `${i}`), 1_700_000_000, 1_700_000_000);
  }
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function objectsBelow(folder: string): string[] {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return found.filter((name) => statSync(name).isFile());
}

describe('a backup to a leg with objects that were cut off', () => {
  it.each(['packs', 'blocks'])('stores what is still needed of its %s again', async (kind) => {
    const key = makeAgeKey(dir);
    for (const recipients of ['none' as const, [key.recipient]]) {
      const repo = join(dir, `repo-${recipients.length}`);
      await makeRepositoryIn([repo], recipients);
      await backUp([data], [repo], { state });
      for (const object of objectsBelow(join(repo, kind))) truncateSync(object, 50);
      const healed = await backUp([data], [repo], { state });
      expect(healed).toMatchObject({ exitCode: 0, status: 'complete' });
      expect(healed.warnings.join()).toContain('is damaged (50 bytes instead of');
      const target = join(dir, `restored-${recipients.length}`);
      await restoreFrom(repo, { target }, key.identityFile);
      expect(differences(data, join(target, data))).toEqual([]);
    }
  });

  it('gets them from another leg that is whole', async () => {
    const legs = [join(dir, 'one'), join(dir, 'two')];
    await makeRepositoryIn(legs, 'none');
    await backUp([data], legs, { state });
    for (const object of objectsBelow(join(dir, 'one/packs'))) truncateSync(object, 50);
    expect(await backUp([data], legs, { state })).toMatchObject({ exitCode: 0 });
    for (const [i, leg] of legs.entries()) {
      await restoreFrom(leg, { target: join(dir, `from-${i}`) });
      expect(differences(data, join(dir, `from-${i}`, data))).toEqual([]);
    }
  });
});
