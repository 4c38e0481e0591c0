import { sha256Hex } from '../../../core/json.ts';
import { type Finding, type LegProbe, note, ok } from '../finding.ts';

/** May these keys delete: who may not cannot destroy backups either. */
export async function probeDelete({ store, probeName }: LegProbe): Promise<Finding[]> {
  const name = probeName();
  const bytes = Buffer.from('delete');
  await store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length });
  if ((await store.delete(name)) === 'retained')
    return [
      note(
        'delete',
        'nothing may be deleted with these rights: leases stay until they run out (15 min), and prune needs keys of its own',
      ),
    ];
  return [ok('delete', 'objects can be deleted with these rights')];
}
