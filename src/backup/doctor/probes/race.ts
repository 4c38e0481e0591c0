import { OaopsError } from '../../../core/errors.ts';
import { sha256Hex } from '../../../core/json.ts';
import { type Finding, type LegProbe, lost, ok } from '../finding.ts';

const rounds = 6;
const without = 'two machines that start at the same instant may both believe that they hold the only lease';

/** Two puts to one free name at the same instant: exactly one may win. */
export async function probeRace(leg: LegProbe): Promise<Finding[]> {
  const { bucket, probeName } = leg;
  const { refusedAll, bothWon } = bucket ? await bucket.race(probeName, rounds) : await raceFolder(leg);
  if (refusedAll)
    return [
      lost(
        'race',
        'the server does not know conditional puts',
        without,
        'Run prune on one machine only, when no backup runs.',
      ),
    ];
  if (bothWon > 0)
    return [
      lost(
        'race',
        `of two conditional puts to one name both won, in ${bothWon} of ${rounds} rounds`,
        without,
        'Run prune on one machine only, when no backup runs.',
      ),
    ];
  return [ok('race', 'of two puts to one name at the same instant one was refused')];
}

async function raceFolder({ store, probeName, signal }: LegProbe): Promise<{ refusedAll: boolean; bothWon: number }> {
  let bothWon = 0;
  for (let round = 0; round < rounds; round++) {
    const name = probeName();
    const put = async (text: string) => {
      const bytes = Buffer.from(text);
      try {
        return await store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length, signal });
      } catch (error) {
        if (error instanceof OaopsError && error.code === 'object-conflict') return 'exists';
        throw error;
      }
    };
    const won = await Promise.all([put('first'), put('other')]);
    if (won.every((outcome) => outcome === 'stored')) bothWon += 1;
  }
  return { refusedAll: false, bothWon };
}
