import { Args, Flags } from '@oclif/core';
import { snapshotChoice } from '../../src/app/snapshot-choice.ts';
import { openApp } from '../../src/app.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { snapshotFlags } from '../../src/cli/snapshot-flags.ts';
import { writeLine } from '../../src/cli/write-line.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupLs extends BaseCommand<typeof BackupLs> {
  static override summary = 'List the files of a snapshot';
  static override description =
    'Without a path, everything in it. Needs the private key of an encrypted repository. With --json, one JSON object a line, with the field names of restic. Parts of the list that no leg has are named on stderr (exit 3).';
  static override examples = [
    '<%= config.bin %> backup ls latest --repo /srv/backup --identity key.txt',
    '<%= config.bin %> backup ls latest /srv/oa/contracts --long --repo /srv/backup --identity key.txt',
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
  static override args = {
    snapshot: Args.string({ description: 'id, part of one, or latest', required: true }),
    path: Args.string({ description: 'only this file, or what lies in this folder' }),
  };
  static override flags = {
    repo: Flags.string({
      char: 'r',
      multiple: true,
      multipleNonGreedy: true,
      description: 'repository, once for each leg; also OAOPS_REPO',
      helpValue: 'REPO',
    }),
    identity: Flags.string({ char: 'i', description: 'private age key; also OAOPS_IDENTITY_FILE', helpValue: 'FILE' }),
    long: Flags.boolean({ char: 'l', description: 'also mode, owner, size and time' }),
    recursive: Flags.boolean({ description: 'with a folder: everything below it' }),
    ...snapshotFlags,
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    const [{ withAllLegs }, { findSnapshot }, { entriesOf, entryJson, entryText, lostText }, door] = await Promise.all([
      import('../../src/backup/with-repository.ts'),
      import('../../src/backup/repository/newest.ts'),
      import('../../src/backup/list-entries.ts'),
      app.backup(),
    ]);
    const { repo, identity, long, recursive } = this.flags;
    const { snapshot: wanted, path } = this.args;
    const choice = await snapshotChoice(app, this.flags);
    const { lost, warnings } = await withAllLegs(door, { repo, identity, readsContent: true }, async (repository) => {
      const { snapshot, warnings } = await findSnapshot(repository, wanted, app.stateDir, choice);
      const lost: string[] = [];
      const entries = entriesOf(
        repository,
        snapshot,
        { paths: path === undefined ? [] : [path], recursive },
        (block, problem) => lost.push(lostText(block, problem)),
      );
      for await (const entry of entries) {
        const line = this.globals.json ? JSON.stringify(entryJson(entry)) : entryText(entry, long);
        if (!(await writeLine(line))) break;
      }
      return { lost, warnings };
    });
    for (const warning of [...warnings, ...lost]) this.warn(warning);
    return lost.length > 0 ? { exitCode: ExitCode.incomplete } : {};
  }
}
