import { statSync } from 'node:fs';
import type { App } from '../app.ts';
import type { AnchorObject } from '../backup/anchors.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import type { AuditAnchor, AuditVerdict } from '../record/types.ts';
import { signingKey } from './record.ts';

/** The anchor that a backup leaves on its legs; to syslog as well when `audit.syslog` is set. */
export async function anchorForLegs(app: App, warn: (message: string) => void): Promise<AnchorObject> {
  const [{ anchorText, takeAnchor }, { anchorObject }] = await Promise.all([
    import('../record/audit/anchors.ts'),
    import('../backup/anchors.ts'),
  ]);
  const anchor = await takeAnchor((await app.record()).audit, await signingKey(app, undefined));
  if ((await app.config()).settings.audit?.syslog) {
    try {
      const { writeSyslog } = await import('../connectors/syslog/logger.ts');
      await writeSyslog(anchorText(anchor), { env: app.env });
    } catch (error) {
      warn(messageOf(error));
    }
  }
  return anchorObject(anchor);
}

/** Anchors from one place that the user named. */
export interface AnchorSource {
  /** A file, or the location of a leg. */
  place: string;
  kind: 'file' | 'repository';
  anchors: AuditAnchor[];
  /** Anchors of other records that back up to the same leg; they say nothing about this one. */
  ofOthers: number;
  /** Left out because they are not signed while signers were asked for. */
  unsigned: number;
}

export interface AnchoredVerdict extends Omit<AuditVerdict, 'anchoredRows'> {
  /** For each named place the last row that an anchor from there vouches for; null when none does. */
  places: { place: string; anchoredTo: number | null; anchors: number; ofOthers: number; unsigned: number }[];
}

/**
 * Checks the record against anchors of files, evidence bundles and repositories. A repository that was named and vouches
 * for nothing, while none of the others does, is a failure: what was looked for there is gone, or never was.
 * @throws OaopsError `anchors-unreadable`, `anchors-invalid` (exit 2), `anchor-damaged`, `anchor-signature-invalid` (exit 9), `repository-missing` (exit 10)
 */
export async function verifyAgainst(
  app: App,
  given: { places: readonly string[]; allowedSigners?: string | undefined; requireAnchor: boolean },
): Promise<{ verdict: AnchoredVerdict; failed: boolean }> {
  const record = await app.record();
  const { record: recordId } = await record.audit.anchor();
  const sources: AnchorSource[] = [];
  for (const place of given.places) sources.push(...(await anchorsAt(app, place, recordId)));
  if (given.allowedSigners) {
    const { requireSignedAnchors } = await import('../record/audit/anchors.ts');
    for (const source of sources) {
      if (source.kind === 'repository') leaveOutUnsigned(source);
      await requireSignedAnchors(source.anchors, given.allowedSigners);
    }
  }
  const { anchoredRows, ...verdict } = await record.audit.verify(sources.flatMap(({ anchors }) => anchors));
  const vouched = new Set(anchoredRows);
  const places = sources.map(({ place, anchors, ofOthers, unsigned }) => {
    const rows = anchors.map(({ seq }) => seq).filter((seq) => vouched.has(seq));
    return {
      place,
      anchoredTo: rows.length > 0 ? rows.reduce((a, b) => Math.max(a, b)) : null,
      anchors: anchors.length,
      ofOthers,
      unsigned,
    };
  });
  const wanted = given.requireAnchor || sources.some(({ kind }) => kind === 'repository');
  const failed = verdict.state === 'altered' || (wanted && verdict.state !== 'anchored');
  return { verdict: { ...verdict, places }, failed };
}

/** The verdict for people: one line for each place. */
export function verdictText(verdict: AnchoredVerdict): string {
  const words = { anchored: 'anchored', 'consistent-not-anchored': 'consistent, not anchored', altered: 'ALTERED' };
  const lines = [words[verdict.state], verdict.message];
  for (const { place, anchoredTo, ofOthers, unsigned } of verdict.places) {
    const left = [
      ...(ofOthers > 0 ? [`${ofOthers} of other records`] : []),
      ...(unsigned > 0 ? [`${unsigned} not signed`] : []),
    ];
    const note = left.length > 0 ? ` (left out: ${left.join(', ')})` : '';
    // Of a chain that was altered no anchor vouches for anything.
    if (verdict.state !== 'altered')
      lines.push(
        anchoredTo === null ? `no anchor at ${place}${note}` : `anchored to row ${anchoredTo} at ${place}${note}`,
      );
  }
  return lines.join('\n');
}

/** A file or an evidence bundle, else the legs of a repository: a folder, s3://bucket/prefix, or a name of the configuration. */
async function anchorsAt(app: App, place: string, recordId: string): Promise<AnchorSource[]> {
  const isFile = !place.startsWith('s3:') && statSync(place, { throwIfNoEntry: false })?.isDirectory() === false;
  const door = await app.backup();
  const [location = place] = isFile ? [place] : await door.repos([place]);
  if (isFile || (location === place && !isRepository(place))) {
    const { readAnchors } = await import('../record/audit/read-anchors.ts');
    const all = await readAnchors(place);
    // A log server has those of many machines. When not one is of this record, it is no longer the one they were taken from.
    const own = all.filter(({ record }) => record === undefined || record === recordId);
    const anchors = own.length > 0 ? own : all;
    return [{ place, kind: 'file', anchors, ofOthers: all.length - anchors.length, unsigned: 0 }];
  }
  const [{ openRepository }, { storedAnchors }, { parseAnchor }] = await Promise.all([
    import('../backup/repository/open.ts'),
    import('../backup/anchors.ts'),
    import('../record/audit/anchors.ts'),
  ]);
  const sources: AnchorSource[] = [];
  for (const leg of await door.repos([place])) {
    const store = await door.openStore(leg);
    try {
      await openRepository(store, undefined);
      const all = (await storedAnchors(store)).map(({ name, text }) => {
        try {
          return parseAnchor(text, `${name} in ${store.location}`);
        } catch (error) {
          throw new OaopsError('anchor-damaged', messageOf(error), {
            exitCode: ExitCode.verificationFailed,
            next: 'Find out what changed it: nothing of oaops does.',
          });
        }
      });
      // Several machines may back up to one leg, each with its own record.
      const anchors = all.filter((anchor) => anchor.record === recordId);
      sources.push({
        place: store.location,
        kind: 'repository',
        anchors,
        ofOthers: all.length - anchors.length,
        unsigned: 0,
      });
    } finally {
      await store.close();
    }
  }
  return sources;
}

function isRepository(place: string): boolean {
  return place.startsWith('s3:') || statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A leg may hold anchors from before there was a key. */
function leaveOutUnsigned(source: AnchorSource): void {
  const signed = source.anchors.filter((anchor) => anchor.signature !== undefined);
  source.unsigned = source.anchors.length - signed.length;
  source.anchors = signed;
}
