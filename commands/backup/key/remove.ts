import BackupKeyAdd from './add.ts';

export default class BackupKeyRemove extends BackupKeyAdd {
  static override summary = 'Remove a recipient: backups made from now on are not for it';
  static override description =
    'Backups that are stored already can still be read with the removed key. Name every leg of the repository.';
  static override examples = ['<%= config.bin %> backup key remove age1... --repo /srv/backup'];

  protected override readonly change = 'remove';
}
