import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { checkPackageSignature } from '../../src/actions/package-signature.ts';
import { systemClock } from '../../src/core/clock.ts';
import { preconditionSchema } from '../../src/rollout/preconditions.ts';
import { needs } from '../helpers/needs.ts';
import { runOaops } from '../helpers/oaops.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-sig-'));
  writeFileSync(join(dir, 'package.tar'), 'the package');
  writeFileSync(join(dir, 'other.tar'), 'another package');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What the precondition says, with paths as a runbook in `dir` would write them. */
async function look(signature: object, artefact = 'package.tar') {
  const parsed = preconditionSchema.parse({ what: 'package', artefact: join(dir, artefact), signature });
  if (parsed.what !== 'package') throw new Error('not a package');
  const plan = { runbook: { file: join(dir, 'hotfix.yaml') } } as never;
  return checkPackageSignature(parsed.artefact, parsed.signature!, {
    plan,
    clock: systemClock,
    signal: new AbortController().signal,
  });
}

describe('by gpg', () => {
  const homes: string[] = [];
  /** A key ring with one key, its public half in `NAME.gpg`. `at`: when the key is made, which is valid for a day; absent = now, for ever. */
  function key(name: string, at?: string) {
    const home = join(dir, `gnupg-${name}`);
    mkdirSync(home, { mode: 0o700 });
    homes.push(home);
    const time = at === undefined ? [] : ['--faked-system-time', `${at}!`];
    const gpg = (...args: string[]) =>
      execFileSync(
        'gpg',
        ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...time, ...args],
        {
          stdio: 'pipe',
        },
      );
    gpg('--quick-gen-key', `${name} <${name}@example.com>`, 'ed25519', 'sign', at === undefined ? 'never' : '1d');
    writeFileSync(join(dir, `${name}.gpg`), gpg('--export'), { mode: 0o644 });
    const sign = (file: string) => gpg('--yes', '--output', join(dir, `${name}.sig`), '--detach-sign', join(dir, file));
    return { gpg, sign };
  }
  afterAll(() => {
    for (const home of homes) execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  });
  beforeEach(needs('gpg', 'gpgv'));
  const signed = (name: string, more: object = {}) =>
    look({ by: 'gpg', file: `${name}.sig`, keyring: `${name}.gpg`, ...more });

  it('tells whose signature it is, and refuses another file, an unknown key and what is no signature', async () => {
    const { sign } = key('release');
    sign('package.tar');
    expect(await signed('release')).toEqual({
      signer: expect.stringMatching(/^release <release@example\.com> \([0-9A-F]{40}\)$/),
    });
    expect(await look({ by: 'gpg', file: 'release.sig', keyring: 'release.gpg' }, 'other.tar')).toEqual({
      problem: expect.stringMatching(/other\.tar is not good: it does not fit the file \(key [0-9A-F]{16}, release /),
    });
    key('stranger');
    expect(await signed('release', { keyring: 'stranger.gpg' })).toEqual({
      problem: expect.stringMatching(/is not good: the key [0-9A-F]{16} is not in the keyring$/),
    });
    writeFileSync(join(dir, 'none.sig'), 'no signature at all');
    expect(await signed('release', { file: 'none.sig' })).toEqual({
      problem: expect.stringContaining('is not good: '),
    });
    // A signed message carries a file of its own: it says nothing of this one.
    writeFileSync(join(dir, 'empty.sig'), '');
    expect(await signed('release', { file: 'empty.sig' })).toEqual({
      problem: expect.stringContaining('is not good: '),
    });
  });

  it('refuses keys that have expired or were revoked, which gpgv takes', async () => {
    key('old', '20200101T000000').sign('package.tar');
    expect(await signed('old')).toEqual({
      problem: expect.stringMatching(/the key [0-9A-F]{16} \(old .*\) has expired$/),
    });

    const revoked = key('revoked');
    revoked.sign('package.tar');
    const [, fingerprint] = /fpr:+([0-9A-F]{40}):/.exec(revoked.gpg('--with-colons', '--list-keys').toString())!;
    const file = join(dir, 'gnupg-revoked/openpgp-revocs.d', `${fingerprint}.rev`);
    // gpg writes it with a colon before the armor, so that nobody imports it by mistake.
    writeFileSync(join(dir, 'revocation'), readFileSync(file, 'utf8').replace(/^:-----/m, '-----'));
    revoked.gpg('--import', join(dir, 'revocation'));
    writeFileSync(join(dir, 'revoked.gpg'), revoked.gpg('--export'));
    expect(await signed('revoked')).toEqual({ problem: expect.stringMatching(/\(revoked .*\) was revoked$/) });
  });

  it('refuses what cannot be verified: files that are missing or open to others, no gpgv', async () => {
    key('fine').sign('package.tar');
    expect(await signed('fine', { file: 'nowhere.sig' })).toEqual({
      problem: `the signature of ${join(dir, 'package.tar')} cannot be verified: ${join(dir, 'nowhere.sig')} does not exist`,
    });
    expect(await signed('fine', { keyring: 'nowhere.gpg' })).toEqual({
      problem: expect.stringContaining(`${join(dir, 'nowhere.gpg')} does not exist`),
    });
    const path = process.env['PATH'];
    onTestFinished(() => {
      process.env['PATH'] = path;
    });
    process.env['PATH'] = dir;
    expect(await signed('fine')).toEqual({
      problem: expect.stringContaining('cannot be verified: gpgv is not installed'),
    });
    process.env['PATH'] = path;
    chmodSync(join(dir, 'fine.gpg'), 0o666);
    expect(await signed('fine')).toEqual({
      problem: expect.stringContaining('fine.gpg can be changed by others than its owner'),
    });
  });
});

describe('by ssh', () => {
  beforeEach(needs('ssh-keygen'));
  const keys = (name: string) => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(dir, name)]);
    return readFileSync(join(dir, `${name}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  };
  const signers = (line: string) => writeFileSync(join(dir, 'signers'), `${line}\n`, { mode: 0o644 });

  it('tells whose signature it is, and refuses others', async () => {
    const vendor = keys('vendor');
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', join(dir, 'vendor'), '-n', 'file', join(dir, 'package.tar')]);
    const signature = { by: 'ssh', file: 'package.tar.sig', allowedSigners: 'signers' };
    signers(`vendor@example.com ${vendor}`);
    expect(await look(signature)).toEqual({ signer: expect.stringMatching(/^vendor@example\.com \(SHA256:/) });
    expect(await look(signature, 'other.tar')).toEqual({ problem: expect.stringContaining('other.tar is not good: ') });
    expect(await look({ ...signature, namespace: 'git' })).toEqual({
      problem: expect.stringContaining('is not good: '),
    });
    signers(`stranger@example.com ${keys('stranger')}`);
    expect(await look(signature)).toEqual({ problem: expect.stringMatching(/the key SHA256:\S+ is not in /) });
    signers(`vendor@example.com valid-before="20200101" ${vendor}`);
    expect(await look(signature)).toEqual({ problem: expect.stringMatching(/for this purpose and time$/) });
  });

  it.skipIf(process.getuid?.() !== 0)('says which disk is full when no temporary file can be made', async (context) => {
    const small = join(dir, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      context.skip('nothing can be mounted here');
    }
    const before = process.env['TMPDIR'];
    onTestFinished(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
      execFileSync('umount', [small]);
    });
    signers(`packer@example.com ${keys('packer')}`);
    rmSync(join(dir, 'package.tar.sig'), { force: true });
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', join(dir, 'packer'), '-n', 'file', join(dir, 'package.tar')]);
    process.env['TMPDIR'] = small;
    expect(() => writeFileSync(join(small, 'fill'), Buffer.alloc(100_000))).toThrow('ENOSPC');
    const written = { by: 'ssh', file: 'package.tar.sig', allowedSigners: 'signers' };
    expect(await look(written)).toEqual({
      problem: `the signature of ${join(dir, 'package.tar')} cannot be verified: no temporary file can be made: the disk of ${small} is full`,
    });
    expect(readdirSync(small)).toEqual(['fill']);
  });

  it('holds up a rollout (exit 4) until the package is signed', async () => {
    signers(`maker@example.com ${keys('maker')}`);
    writeFileSync(join(dir, 'users.csv'), 'login\nanna\n');
    writeFileSync(
      join(dir, 'signed.yaml'),
      `apiVersion: oaops/v1
kind: Rollout
metadata: {name: signed, version: 1.0.0, title: Signed, owner: tests}
spec:
  inputs: {package: {type: file, required: true}}
  population: {from: csv, file: users.csv, id: login}
  batches: {sizes: [1]}
  preconditions:
    - what: package
      artefact: "\${{ inputs.package }}"
      signature: {by: ssh, file: "\${{ inputs.package + '.sig' }}", allowedSigners: signers, namespace: release}
  rollback: {mode: none}
  steps: [{id: touch, uses: exec, with: {argv: [touch, ${join(dir, 'done')}]}}]
  gates: [{id: fine, uses: exec, with: {argv: ["true"]}}]
`,
    );
    const oaops = (...args: string[]) =>
      runOaops(args, { cwd: dir, env: { HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') } });
    const refused = await oaops('patch', 'rollout', './signed.yaml', '-i', 'package=other.tar', '--yes');
    expect(refused.exitCode, refused.stdout + refused.stderr).toBe(4);
    expect(refused.stdout + refused.stderr).toContain('other.tar.sig does not exist');
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', join(dir, 'maker'), '-n', 'release', join(dir, 'other.tar')]);
    const resumed = await oaops('patch', 'resume', 'latest', '--json');
    expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0);
    expect(resumed.stdout).toContain('"signer":"maker@example.com (SHA256:');
  });
});
