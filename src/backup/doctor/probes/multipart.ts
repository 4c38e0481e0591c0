import { type Finding, type LegProbe, note, ok } from '../finding.ts';

/** Packs are stored in one request, so nothing is lost without it; other tools and copies by hand use it. */
export async function probeMultipart({ bucket, probeName }: LegProbe): Promise<Finding[]> {
  if (!bucket) return [];
  const problem = await bucket.multipart(probeName());
  if (problem === undefined) return [ok('multipart', 'an object was stored in parts')];
  return [note('multipart', `uploads in parts do not work (${problem}); oaops does not need them below 5 GiB`)];
}
