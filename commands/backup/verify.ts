import { Flags } from '@oclif/core';
import { stopSignals } from '../../src/app/signals.ts';
import { openApp } from '../../src/app.ts';
import type { VerifyLevel } from '../../src/backup/verify/levels.ts';
import { BaseCommand, type CommandResult } from '../../src/cli/base-command.ts';
import { ExitCode } from '../../src/core/exit-codes.ts';

export default class BackupVerify extends BaseCommand<typeof BackupVerify> {
  static override summary = 'Check that a repository holds what its snapshots need';
  static override description =
    'Checks each leg of a repository of the configuration. structure: every object is there in its size. sample: also reads a tenth of the packs, each time others. full: reads everything. spot: reads a share of the files of the newest snapshot from the leg and from this machine and compares them; what was written to since the backup counts as changed. With the private key every content is compared with the manifests; without, stored bytes are compared with their names.';
  static override examples = [
    '<%= config.bin %> backup verify --repo /srv/backup',
    '<%= config.bin %> backup verify --repo s3://oa-backup/main --level full --identity key.txt',
    '<%= config.bin %> backup verify --repo /srv/backup --level sample --share 10%',
    '<%= config.bin %> backup verify --repo /srv/backup --level spot --share 2.5% --identity key.txt',
  ];
  static override exitCodes = [
    ExitCode.success,
    ExitCode.failed,
    ExitCode.usage,
    ExitCode.incomplete,
    ExitCode.verificationFailed,
    ExitCode.repositoryMissing,
    ExitCode.lockHeld,
    ExitCode.wrongKey,
  ];
  static override flags = {
    repo: Flags.string({ char: 'r', description: 'repository; also OAOPS_REPO', helpValue: 'REPO' }),
    identity: Flags.string({ char: 'i', description: 'private age key; also OAOPS_IDENTITY_FILE', helpValue: 'FILE' }),
    level: Flags.string({
      description: 'how much is read',
      options: ['structure', 'sample', 'full', 'spot'],
      default: 'full',
    }),
    share: Flags.string({
      description: 'packs that sample reads, or files that spot compares, in percent',
      default: '10%',
      helpValue: 'PERCENT',
    }),
    seed: Flags.string({ description: 'choose the same files as an earlier spot', helpValue: 'SEED' }),
    snapshot: Flags.string({ description: 'only this snapshot', helpValue: 'SNAPSHOT' }),
    'no-lock': Flags.boolean({ description: 'take no lease, and read on while a prune works' }),
  };

  protected override async execute(): Promise<CommandResult> {
    await using app = openApp(this.globals);
    using signals = stopSignals();
    const [
      { withEachLeg },
      { verifyRepository },
      { legsReport },
      { AdHoc, warnOnStderr },
      facts,
      { parseShare },
      door,
    ] = await Promise.all([
      import('../../src/backup/with-repository.ts'),
      import('../../src/backup/verify/verify.ts'),
      import('../../src/backup/verify/report.ts'),
      import('../../src/app/ad-hoc.ts'),
      import('../../src/backup/verify/facts.ts'),
      import('../../src/backup/verify/levels.ts'),
      app.backup(),
    ]);
    const { repo, identity, seed, snapshot, 'no-lock': noLock } = this.flags;
    const request = {
      level: this.flags.level as VerifyLevel,
      share: parseShare(this.flags.share),
      ...(seed ? { seed } : {}),
      ...(snapshot ? { snapshot } : {}),
    };
    using screen = await this.progress(app.clock);
    const work = async () =>
      legsReport(
        request.level,
        await withEachLeg(door, { repo, identity, lease: noLock ? undefined : 'verify' }, (repository) =>
          verifyRepository(repository, request, {
            ...door,
            signal: signals.stop,
            onProgress: ({ done, total, bytesRead }) =>
              screen.show({
                bytesDone: bytesRead,
                // Packs are of much the same size.
                bytesTotal: Math.round((bytesRead / done) * total),
                current: repository.store.location,
                parts: () => [`${done} of ${total} packs`],
              }),
          }),
        ),
      );
    const journal = new AdHoc(app, 'backup.verify', warnOnStderr(app));
    const repos = await door.repos(repo ? [repo] : undefined);
    const { exitCode, text, ...report } = await journal.run(
      repos,
      { ...request },
      work,
      ({ level, problems, legs }) => ({
        key: repos.join(' '),
        facts: { level, problems, legs: legs.length },
      }),
    );
    screen.clear();
    for (const leg of report.legs) await journal.ended(leg.location, facts.verifyFact(leg), facts.verifyTopic);
    return { exitCode, json: report, text: this.say(text) };
  }
}
