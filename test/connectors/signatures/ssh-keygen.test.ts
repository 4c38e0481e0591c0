import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sshKeygenDoor } from '../../../src/connectors/signatures/ssh-keygen.ts';

const atMs = Date.parse('2026-06-01T00:00:00Z');
const data = '{"digest":"abc"}';
const namespace = 'oaops-approval';

describe('who signed', () => {
  let dir: string;
  let key: string;
  let allowedSigners: string;
  let signature: string;
  const door = sshKeygenDoor({ env: process.env, trustedUids: [process.getuid!()] });

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-signers-'));
    allowedSigners = join(dir, 'allowed');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'key')]);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'locked', '-f', join(dir, 'locked')]);
    key = readFileSync(join(dir, 'key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    signature = await door.sign(join(dir, 'key'), namespace, data);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const verify = (line: string, more: Partial<Parameters<typeof door.verify>[0]> = {}) => {
    writeFileSync(allowedSigners, `${line.replace('KEY', key)}\n`);
    return door.verify({ data, signature, namespace, allowedSigners, atMs, ...more });
  };

  it('is all names of the key, so that none of them can approve for another', async () => {
    expect(await verify('alice@example.com,bob KEY')).toMatchObject({
      principal: 'alice@example.com',
      principals: ['alice@example.com', 'bob'],
    });
  });

  it.each([
    ['a pattern for everybody', '* KEY'],
    ['a pattern for a domain', '*@example.com KEY'],
    ['a pattern beside a name', 'alice,*@example.com KEY'],
    ['everybody but one', '!bob,* KEY'],
    ['another purpose', 'alice namespaces="git" KEY'],
    ['not valid yet', 'alice valid-after="20270101" KEY'],
    ['not valid any more', 'alice valid-before="20260101" KEY'],
    ['a key of an authority', 'alice cert-authority KEY'],
    ['a broken line', 'alice valid-before="never" KEY'],
    ['nothing', '# nobody'],
  ])('nobody: %s', async (_what, line) => {
    await expect(verify(line)).rejects.toMatchObject({ code: 'signer-unknown', exitCode: 4 });
  });

  it.each([
    ['purpose', { namespace: 'oaops-plan' }],
    ['text', { data: '{"digest":"abd"}' }],
    ['signature', { signature: 'no signature' }],
  ])('no signature of another %s counts', async (_what, more) => {
    await expect(verify('alice KEY', more)).rejects.toMatchObject({ code: 'signature-invalid', exitCode: 4 });
  });

  it('a locked key without an agent and without a terminal is a named failure', async () => {
    const alone = sshKeygenDoor({ env: { PATH: process.env['PATH'], SSH_ASKPASS_REQUIRE: 'never' } });
    if (process.stdin.isTTY) return;
    await expect(alone.sign(join(dir, 'locked'), namespace, data)).rejects.toMatchObject({
      code: 'signing-failed',
      exitCode: 4,
      next: expect.stringContaining('agent'),
    });
  });

  it('a missing ssh-keygen is named', async () => {
    const bare = sshKeygenDoor({ env: { PATH: dir } });
    await expect(bare.sign(join(dir, 'key'), namespace, data)).rejects.toMatchObject({ code: 'ssh-keygen-missing' });
  });

  it('a file that others may change names nobody', async () => {
    writeFileSync(allowedSigners, `alice ${key}\n`);
    chmodSync(allowedSigners, 0o664);
    await expect(door.allowedSigners(allowedSigners)).rejects.toMatchObject({ code: 'allowed-signers-unsafe' });
    chmodSync(allowedSigners, 0o644);
    await expect(door.allowedSigners(allowedSigners)).resolves.toMatchObject({ path: allowedSigners });
  });
});
