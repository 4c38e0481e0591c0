import BackupPin from './pin.ts';

export default class BackupAccept extends BackupPin {
  static override summary = 'Say that a snapshot is right though a guard stopped pruning because of it';
  static override description =
    'For a snapshot that shrank or changed more than the guards of its backup allow, and for a backup that failed and is known to. Pruning goes on, and the next backup compares with it.';
  static override examples = [
    '<%= config.bin %> backup accept latest --repo main --reason "moved the archive to another server"',
  ];

  protected override readonly note = { kind: 'accepted', word: 'accept' } as const;
}
