import { Args, Flags } from '@oclif/core';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { writeLine } from '../../src/cli/write-line.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

const typesByName = { file: 'f', dir: 'd', symlink: 'l' } as const;

export default class BackupFind extends BaseCommand<typeof BackupFind> {
  static override summary = 'Find files in all snapshots, with every version of each';
  static override description =
    'A pattern is an absolute path, or a name anywhere, with *, ?, ** and [abc], as in --include of a restore. For each path the versions, the newest first, and the snapshots that have them. Needs the private key of an encrypted repository. With --json, one version a line.';
  static override examples = [
    '<%= config.bin %> backup find "*.docx" --repo /srv/backup --identity key.txt',
    '<%= config.bin %> backup find /srv/oa/contracts/2026.xlsx --newest --repo /srv/backup',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.verificationFailed,
    ExitCode.repositoryMissing,
    ExitCode.wrongKey,
  ];
  static override strict = false;
  static override args = { pattern: Args.string({ description: 'path or name to look for', required: true }) };
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      multipleNonGreedy: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    identity: Flags.string({ char: 'i', description: 'private age key; also OAOPS_IDENTITY_FILE', helpValue: 'FILE' }),
    snapshot: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'only in this snapshot',
      helpValue: 'SNAPSHOT',
      exclusive: ['all'],
    }),
    all: Flags.boolean({ description: 'in all snapshots; this is the default' }),
    host: Flags.string({ description: 'only snapshots of this host', helpValue: 'NAME' }),
    newest: Flags.boolean({ description: 'only the newest version of each path' }),
    'ignore-case': Flags.boolean({ description: 'letters match in both cases' }),
    type: Flags.string({ description: 'only this type', options: Object.keys(typesByName) }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ withAllLegs }, { chooseSnapshots }, { findVersions, foundJson, foundText }, { lostText }, door] =
      await Promise.all([
        import('../../src/backup/with-repository.ts'),
        import('../../src/backup/browse/choose.ts'),
        import('../../src/backup/browse/find.ts'),
        import('../../src/backup/list-entries.ts'),
        app.backup(),
      ]);
    const { repo, identity, snapshot, host, newest, 'ignore-case': ignoreCase, type } = this.flags;
    const { argv } = await this.parse(BackupFind);
    let paths = 0;
    const { lost, warnings } = await withAllLegs(door, { repo, identity, readsContent: true }, async (repository) => {
      const lost: string[] = [];
      const { ids, warnings } = await chooseSnapshots(repository, { snapshots: snapshot ?? [], host });
      const types = type ? { types: [typesByName[type as keyof typeof typesByName]] } : {};
      const request = { patterns: argv.map(String), snapshots: ids, newest, ignoreCase, ...types };
      const versionsOfPaths = findVersions(
        repository,
        request,
        (block, why) => lost.push(lostText(block, why)),
        (id, why) => lost.push(`${id}: ${why}`),
      );
      for await (const versions of versionsOfPaths) {
        paths++;
        const shown = this.globals.json
          ? versions.map((version) => JSON.stringify(foundJson(version))).join('\n')
          : foundText(versions, (english) => this.say(english));
        if (!(await writeLine(shown))) break;
      }
      return { lost, warnings };
    });
    for (const warning of [...warnings, ...lost]) this.warn(warning);
    const text =
      paths === 0 && !this.globals.json
        ? { text: this.say(lost.length > 0 ? 'what can be read does not have it' : 'no snapshot has it') }
        : {};
    return { exitCode: lost.length > 0 ? ExitCode.incomplete : ExitCode.success, ...text };
  }
}
