import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catSnapshot } from '../../../src/backup/restore/cat.ts';
import { stagedPath } from '../../../src/backup/restore/in-place/stage.ts';
import { restoreToHost } from '../../../src/backup/restore/remote.ts';
import type { RestoreRequest } from '../../../src/backup/restore/restore.ts';
import { LocalHost } from '../../../src/connectors/process/local-host.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { blankLine, FormatV1Writer, type Line, sha256 } from '../../helpers/format-v1-writer.ts';
import { isRoot } from '../../helpers/hostile-tree.ts';
import { openDirectoryRepository, restoreFrom } from '../../helpers/restoring.ts';

const id = '20261122T180512Z-9f3a1c2b';
const { signal } = new AbortController();

type Make = (writer: FormatV1Writer, outside: string) => Line[];
type Outcome = { exitCode: number; code?: string; problems?: { class: string; path: string; message: string }[] };

/** What somebody who writes manifests could try, against each way out of a repository. As root, who could do the most harm. */
describe.skipIf(!isRoot)('a hostile manifest', () => {
  let work: string;
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'oaops-hostile-'));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  /** A place with something to lose, and a target in it that holds what `prepare` puts there. */
  class Stage {
    readonly dir = mkdtempSync(join(work, 'stage-'));
    readonly outside = join(this.dir, 'outside');
    readonly target = join(this.dir, 'target');
    readonly repo = mkdtempSync(join(work, 'repo-'));
    readonly #before: string;

    constructor(make: Make, prepare: (stage: Stage) => void = () => undefined) {
      mkdirSync(join(this.outside, 'folder'), { recursive: true });
      for (const name of ['victim', 'folder/kept', '../evil']) writeFileSync(join(this.outside, name), 'mine');
      mkdirSync(this.target);
      prepare(this);
      const writer = new FormatV1Writer(this.repo);
      writer.snapshot(id, make(writer, this.outside));
      this.#before = this.#look();
    }

    /** Everything that lies beside the target: names, types, modes, owners, times, contents, ACLs. */
    #look(): string {
      const find = [
        '.',
        '-path',
        './target',
        '-prune',
        '-o',
        '-path',
        '.',
        '-o',
        '-printf',
        '%p %y %m %U %G %s %T@ %C@ %l\n',
      ];
      const run = (program: string, args: string[]) =>
        execFileSync(program, args, { cwd: this.dir, encoding: 'latin1' });
      return (
        run('find', find).split('\n').sort().join('\n') +
        run('getfacl', ['-R', '-P', 'outside', 'evil']) +
        readFileSync(join(this.outside, 'victim'), 'latin1')
      );
    }

    expectUntouched(): void {
      expect(this.#look()).toBe(this.#before);
    }

    async restore(more: Partial<RestoreRequest> = {}): Promise<Outcome> {
      const outcome = await restoreFrom(this.repo, { target: this.target, ...more }).catch((error) => error as Outcome);
      this.expectUntouched();
      return outcome;
    }

    /** As over ssh, with this machine as the other one. */
    async remote(): Promise<Outcome> {
      const target = { name: 'far', connection: 'local', host: 'far', groups: [], vars: {} } as const;
      const host = new LocalHost(
        { ...target, groups: [], vars: {} },
        { stateDir: join(work, 'state'), env: process.env, clock: systemClock, random: systemRandom, cwd: '/' },
      );
      const repository = await openDirectoryRepository(this.repo);
      const request = { snapshot: 'latest', target: this.target };
      const outcome = await restoreToHost(repository, request, { host, clock: systemClock, signal }).catch(
        (error) => error as Outcome,
      );
      this.expectUntouched();
      return outcome;
    }

    /** What comes of it when somebody unpacks the archive into the target. */
    async archive(): Promise<Outcome> {
      const chunks: Buffer[] = [];
      const write = async (bytes: Buffer) => void chunks.push(Buffer.from(bytes));
      const repository = await openDirectoryRepository(this.repo);
      const outcome = await catSnapshot(repository, { snapshot: 'latest', path: '/' }, { signal, write }).then(
        () => ({ exitCode: 0 }),
        (error) => error as Outcome,
      );
      const flags = ['-xpf', '-', '--xattrs', '--acls', '--numeric-owner', '-C', this.target];
      try {
        execFileSync('tar', flags, { input: Buffer.concat(chunks), stdio: ['pipe', 'ignore', 'ignore'] });
      } catch {
        // Half an archive, or a device with a number that there is not.
      }
      this.expectUntouched();
      return outcome;
    }
  }

  const file = (writer: FormatV1Writer, path: string, more: Partial<Line> = {}): Line => ({
    ...blankLine('f', path),
    ...writer.fileContent(Buffer.from('evil')),
    ...more,
  });
  const link = (path: string, target: string): Line => ({ ...blankLine('l', path), target });
  const rules = 'user::rwx,group::rwx,other::rwx';

  const refused: Record<string, Make> = {
    'the path ../evil': (writer) => [file(writer, '../evil')],
    'an absolute path': (writer, outside) => [file(writer, `${outside}/victim`)],
    'a folder ..': (writer) => [blankLine('d', '..'), file(writer, '../evil')],
    'NUL in a path': (writer) => [file(writer, 'a\\0000b')],
    'a file below a link': (writer, outside) => [link('a', outside), file(writer, 'a/victim')],
    'a link and a folder of one name': (writer, outside) => [
      link('a', outside),
      blankLine('d', 'a'),
      file(writer, 'a/victim'),
    ],
    'a path twice': (writer, outside) => [link('a', join(outside, 'victim')), file(writer, 'a')],
    'a folder below a link': (_writer, outside) => [link('a', outside), blankLine('d', 'a/folder')],
    'a file below a file': (writer) => [file(writer, 'a'), file(writer, 'a/victim')],
    'an ACL that names another file': (writer, outside) => [
      file(writer, 'a', { acl: `${rules},,# file: ${outside}/victim,${rules}` }),
    ],
    'an ACL that gives away': (writer) => [file(writer, 'a', { acl: `# owner: nobody,# flags: s--,${rules}` })],
    'the ACL of a folder that names another file': (_writer, outside) => [
      { ...blankLine('d', 'a'), acl: `${rules},,# file: ${outside}/victim,${rules}` },
    ],
    'a device without a number': () => [{ ...blankLine('c', 'a'), target: '-' }],
    'a device with another number': () => [{ ...blankLine('b', 'a'), target: '1:3 x' }],
    'a link to nothing': () => [{ ...blankLine('l', 'a'), target: '-' }],
    'a size of more than 2^53': (writer) => [file(writer, 'a', { size: '9999999999999999' })],
    'a size that its pieces do not have': (writer) => [file(writer, 'a', { size: '4503599627370496' })],
  };

  describe.each(Object.entries(refused))('%s', (_name, make) => {
    it('is refused by a restore into an empty folder, in place, also with --delete', async () => {
      for (const more of [
        {},
        { inPlace: true, confirm: 'target' },
        { inPlace: true, delete: true, confirm: 'target' },
      ]) {
        const stage = new Stage(make);
        expect(await stage.restore(more)).toMatchObject({ exitCode: 9, code: 'repository-damaged' });
        expect(execFileSync('ls', ['-A', stage.target], { encoding: 'utf8' })).toBe('');
      }
    });

    it('in place, where the target has links of these names', async () => {
      for (const more of [
        { inPlace: true, confirm: 'target' },
        { inPlace: true, delete: true, confirm: 'target' },
      ]) {
        const stage = new Stage(make, ({ target, outside }) => symlinkSync(outside, join(target, 'a')));
        expect(await stage.restore(more)).toMatchObject({ exitCode: 9, code: 'repository-damaged' });
      }
    });

    it('over ssh, and as an archive', async () => {
      expect(await new Stage(make).remote()).toMatchObject({ exitCode: 9, code: 'repository-damaged' });
      expect(await new Stage(make).archive()).toMatchObject({ exitCode: 9, code: 'repository-damaged' });
    });
  });

  describe('what may be restored changes nothing outside', () => {
    const modes = [{}, { inPlace: true, confirm: 'target' }, { inPlace: true, delete: true, confirm: 'target' }];

    it('links to outside, and further names of them', async () => {
      const make: Make = (writer, outside) => [
        { ...link('a', join(outside, 'victim')), link: '1:1', mode: '0777' },
        { ...file(writer, 'b', { mode: '0777', acl: rules, xattrs: 'user.x=0x41' }), link: '1:1' },
        { ...link('c', join(outside, 'victim')), link: '1:1' },
        { ...file(writer, 'd', { mode: '0777', acl: rules }), link: '1:1' },
      ];
      for (const more of modes) {
        const stage = new Stage(make);
        expect(await stage.restore(more)).toMatchObject({ exitCode: 0 });
        expect(readFileSync(join(stage.target, 'd'), 'latin1')).toBe('evil');
      }
      expect(await new Stage(make).remote()).toMatchObject({ exitCode: 0, problems: [] });
      expect(await new Stage(make).archive()).toMatchObject({ exitCode: 0 });
      // Where they are all there already, as links.
      for (const more of modes.slice(1)) {
        const stage = new Stage(make, ({ target, outside }) => {
          for (const name of ['a', 'b', 'c', 'd']) symlinkSync(join(outside, 'victim'), join(target, name));
        });
        expect(await stage.restore(more)).toMatchObject({ exitCode: 0 });
        expect(readFileSync(join(stage.target, 'd'), 'latin1')).toBe('evil');
      }
    });

    it('names of attributes that look like lines for setfattr', async () => {
      const make: Make = (writer, outside) => [
        file(writer, 'a', { xattrs: `user.a\\0012\\0012# file: ${outside}/victim\\0012user.b=0x41` }),
      ];
      for (const more of modes) await new Stage(make).restore(more);
      await new Stage(make).remote();
      await new Stage(make).archive();
    });

    it('a device that cannot be made, with a link where it would lie until it takes its place', async () => {
      const number = '9999999999:1';
      const make: Make = (_writer, outside) => [
        link(stagedPath('device', `c${number}`), join(outside, 'victim')),
        { ...blankLine('c', 'device'), mode: '0777', target: number },
      ];
      for (const more of modes) {
        const stage = new Stage(make, ({ target }) => more.inPlace && writeFileSync(join(target, 'device'), ''));
        expect(await stage.restore(more)).toMatchObject({
          exitCode: 3,
          problems: [{ class: 'write', path: 'device', message: 'mknod could not make it' }],
        });
      }
      await new Stage(make).remote();
      await new Stage(make).archive();
    });

    it('a file larger than there can be is named, and the rest is restored', async ({ skip }) => {
      const size = '900000000000000';
      const hole = { size, sha256: sha256('x'), pieces: `-:-:${size}`, flags: 'sparse' };
      const make: Make = (writer) => [{ ...blankLine('f', 'a'), ...hole }, file(writer, 'b')];
      const { status } = spawnSync('truncate', ['-s', size, join(work, 'large')]);
      if (status === 0) skip('this file system holds files of 900 TB');
      for (const more of modes) {
        const stage = new Stage(make);
        expect(await stage.restore(more)).toMatchObject({
          exitCode: 3,
          files: 1,
          problems: [{ class: 'write', path: 'a', message: expect.stringContaining('EFBIG') }],
        });
        expect(execFileSync('ls', ['-A', stage.target], { encoding: 'utf8' })).toBe('b\n');
      }
    });

    it('a hole of many terabytes is not hashed, here or over ssh', async () => {
      const size = String(10 * 1024 ** 4);
      const hole = { size, sha256: sha256('x'), pieces: `-:-:${size}`, flags: 'sparse' };
      const make: Make = (writer) => [{ ...blankLine('f', 'a'), ...hole }, file(writer, 'b')];
      const stage = new Stage(make);
      expect(await stage.restore({})).toMatchObject({ exitCode: 0, files: 2, problems: [] });
      expect(statSync(join(stage.target, 'a'))).toMatchObject({ size: Number(size), blocks: 0 });
      const remote = new Stage(make);
      await remote.remote();
      expect(execFileSync('ls', ['-A', remote.target], { encoding: 'utf8' })).toBe('a\nb\n');
    });

    it('in place, a link of the target where the snapshot has a folder', async () => {
      const make: Make = (writer) => [blankLine('d', 'a'), blankLine('d', 'a/folder'), file(writer, 'a/victim')];
      const linked = ({ target, outside }: Stage) => symlinkSync(outside, join(target, 'a'));
      expect(await new Stage(make, linked).restore({ inPlace: true, confirm: 'target' })).toMatchObject({
        exitCode: 3,
        problems: [{ class: 'write', path: 'a' }],
      });
      const stage = new Stage(make, linked);
      expect(await stage.restore(modes[2])).toMatchObject({ exitCode: 0 });
      expect(readFileSync(join(stage.target, 'a/victim'), 'latin1')).toBe('evil');
    });
  });
});
