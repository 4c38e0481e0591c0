import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupDoor } from '../../../src/backup/door.ts';
import { acceptRecipients, changeRecipients } from '../../../src/backup/keys/manage-keys.ts';
import { openDirectoryStore } from '../../../src/backup/legs/directory.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';

let dir: string;
let repo: string;
let data: string;
let owner: string;
let attacker: string;
const newRecipient = async () => identityToRecipient(await generateX25519Identity());
const door = () =>
  ({
    openStore: (at: string) => openDirectoryStore(at),
    stateDir: join(dir, 'state'),
    clock: systemClock,
  }) as BackupDoor;
const backup = () => backUp([data], [repo], { state: join(dir, 'state') });
const plant = (name: string, recipients: string[]) =>
  writeFileSync(join(repo, 'keys', name), JSON.stringify({ recipients, createdAt: '2026-11-22T18:05:12.123Z' }));

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-known-'));
  repo = join(dir, 'repo');
  data = join(dir, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'secret'), 'secret');
  [owner, attacker] = [await newRecipient(), await newRecipient()];
  await makeRepositoryIn([repo], [owner]);
  await backup();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('recipients that somebody else wrote into the repository', () => {
  it('get nothing: the backup is refused and names them', async () => {
    const before = readdirSync(join(repo, 'snapshots'));
    plant('00000002', [owner, attacker]);
    await expect(backup()).rejects.toMatchObject({
      code: 'recipients-changed',
      exitCode: 4,
      message: expect.stringContaining(`${attacker} was added`),
    });
    expect(readdirSync(join(repo, 'snapshots'))).toEqual(before);
    expect(readdirSync(join(repo, 'locks'))).toEqual([]);
  });

  it('are seen when the list is altered in place, and when the owner is taken out', async () => {
    plant('00000001', [attacker]);
    await expect(backup()).rejects.toMatchObject({
      code: 'recipients-changed',
      details: { added: [attacker], removed: [owner] },
    });
  });

  it('are not blessed by adding one on this machine', async () => {
    plant('00000002', [owner, attacker]);
    const add = changeRecipients(door(), [repo], { add: await newRecipient() });
    await expect(add).rejects.toMatchObject({ code: 'recipients-changed' });
  });

  it('are taken once they are accepted', async () => {
    plant('00000002', [owner, attacker]);
    expect(await acceptRecipients(door(), [repo])).toEqual([owner, attacker]);
    expect((await backup()).exitCode).toBe(0);
  });

  it('a change of which the answer was lost, so that it was sent twice, is one of this machine', async () => {
    const openStore = async (at: string) => {
      const store = await openDirectoryStore(at);
      const put = store.put.bind(store);
      store.put = async (...args) => {
        await put(...args);
        return put(...args);
      };
      return store;
    };
    const withBoth = await changeRecipients({ ...door(), openStore }, [repo], { add: attacker });
    expect(withBoth).toEqual([owner, attacker]);
    expect((await backup()).exitCode).toBe(0);
  });

  it('a change made on this machine needs nothing more', async () => {
    await changeRecipients(door(), [repo], { add: attacker });
    expect((await backup()).exitCode).toBe(0);
  });

  it('a repository laid in the place of the known one gets nothing', async () => {
    rmSync(repo, { recursive: true });
    await makeRepositoryIn([repo], 'none');
    await expect(backup()).rejects.toMatchObject({ code: 'repository-changed', exitCode: 4 });
    expect(readFileSync(join(repo, 'config'), 'utf8')).toContain('"none"');
    expect(readdirSync(repo)).not.toContain('packs');
  });
});
