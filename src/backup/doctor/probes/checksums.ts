import { type Finding, type LegProbe, lost, note, ok } from '../finding.ts';

/** Does the place compare what it gets with the sha256 that is sent along; does it know the checksums that other tools send. */
export async function probeChecksums({ store, bucket, probeName }: LegProbe): Promise<Finding[]> {
  const { checksums } = await store.capabilities();
  const findings = [
    checksums
      ? ok('checksums', 'what is sent is compared with its sha256')
      : lost(
          'checksums',
          'the server takes a body whose sha256 is not the one sent along',
          'bytes that change on the way are only found by the next verify',
          'Use https, and verify with --level full after the first backup.',
        ),
  ];
  const problem = await bucket?.defaultChecksum(probeName());
  if (problem !== undefined)
    findings.push(
      note('checksums', `checksums by CRC32 are not taken (${problem}); oaops does not send them, other tools may`),
    );
  return findings;
}
