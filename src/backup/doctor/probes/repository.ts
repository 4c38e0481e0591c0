import { existsSync } from 'node:fs';
import { OaopsError } from '../../../core/errors.ts';
import { checkKnown, knownFile } from '../../keys/known-recipients.ts';
import { readKeys } from '../../repository/open.ts';
import { type Finding, failed, type LegProbe, lost, note, ok } from '../finding.ts';

/** Who can read new backups, and is that what this machine knows. */
export async function probeRepository({ store, config, stateDir }: LegProbe): Promise<Finding[]> {
  if (!config) return [note('repository', 'there is no repository here yet', 'Make one with "oaops backup init".')];
  const keys = await readKeys({ store, config, reading: { encryption: config.encryption, identities: undefined } });
  const findings: Finding[] = [];
  if (existsSync(knownFile(stateDir, store.location))) {
    try {
      checkKnown(stateDir, store.location, { ...config, ...keys });
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
      findings.push(failed('repository', error));
    }
  }
  if (config.encryption === 'none')
    findings.push(note('repository', 'the repository is not encrypted: who reads it reads everything'));
  else if (keys.recipients.length < 2)
    findings.push(
      lost(
        'repository',
        'there is one recipient only',
        'if its key is lost, every backup is lost',
        'Add a second one, sealed away, with "oaops backup key add".',
      ),
    );
  else findings.push(ok('repository', `backups are encrypted for ${keys.recipients.length} recipients`));
  return findings;
}
