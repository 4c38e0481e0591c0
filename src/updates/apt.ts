import { answerTo, linesOf, listsAge, type Section } from './sections.ts';
import { type Pending, type Update, unknown } from './types.ts';

const instLine = /^Inst (\S+)(?: \[([^\]]*)\])? \((\S+) (.+?) \[[^\]]*\]\)/;
/** What `apt-cache policy` prints of a package: its name, versions, and where each comes from. */
const policyLine =
  /^(|\S+:| {2}(Installed|Candidate|Package pin): .*| {2}Version table:|(?: \*\*\*| {4}) \S+ -?\d+( \(phased \d+%\))?|\s+-?\d+ \S.*)$/;
const summaryLine =
  /^(\d+) upgraded, (\d+) newly installed, (?:\d+ (?:reinstalled|downgraded), )*\d+ to remove and (\d+) not upgraded\.$/m;

/**
 * Debian and Ubuntu, from `apt-get -s dist-upgrade` (apt-get(8)) and `apt-cache policy`. An update is a security update when a version
 * newer than the installed one comes from a suite that ends in -security, also where a later point release has taken it up. Severity
 * and CVE stand nowhere in the lists of apt: unknown.
 * @throws OaopsError `updates-unknown`
 */
export function readApt(sections: ReadonlyMap<string, Section>): Pending {
  if (linesOf(sections, 'lists').length === 0)
    throw unknown('the host has no package lists', 'Fetch them with --refresh.');
  const { out } = answerTo(sections, 'updates', [0]);
  const summary = summaryLine.exec(out);
  if (!summary) throw unknown('the answer of apt-get is not understood');
  const held = new Set(linesOf(sections, 'locks').map(withoutArch));
  const policy = sections.get('policy')?.out ?? '';
  const newerFrom = securityVersions(policy);
  const odd = policy.split('\n').filter((line) => !policyLine.test(line));
  // A line that nobody understood may have been the one that speaks of it.
  const others = odd.length > 0 ? null : false;
  const updates = out.split('\n').flatMap((line): Update[] => {
    const found = instLine.exec(line);
    if (!found) {
      if (line.startsWith('Inst ')) throw unknown('the answer of apt-get is not understood');
      return [];
    }
    const [, name = '', installed, available = '', origins = ''] = found;
    return [
      {
        name,
        kind: 'package',
        installed: installed ?? null,
        available,
        security: origins.split(', ').some(isSecurityOrigin) || newerFrom.has(name) || others,
        severity: null,
        cves: null,
        held: held.has(withoutArch(name)),
      },
    ];
  });
  const [, upgraded, added, notUpgraded] = summary.map(Number);
  const isNew = ({ installed }: Update) => installed === null;
  if (updates.filter((update) => !isNew(update)).length !== upgraded || updates.filter(isNew).length !== added)
    throw unknown('the answer of apt-get is not understood');
  const back = keptBack(out);
  if (back.length !== notUpgraded) throw unknown('the answer of apt-get is not understood');
  return {
    updates: [
      ...updates,
      ...back.map((name) => leftAsItIs(name, held.has(withoutArch(name)), policy, newerFrom, others)),
    ],
    locked: [...held],
    reboot: rebootOf(linesOf(sections, 'reboot')[0]),
    listsAgeSeconds: listsAge(sections),
    unratedReason:
      odd.length > 0
        ? 'the versions that apt-cache tells are not understood'
        : 'apt does not say it of what it keeps back',
    notUnderstood: odd,
  };
}

/** `Debian:12.4/stable`, `Debian-Security:12/stable-security`, `Ubuntu:22.04/jammy-security`, `UbuntuESM:22.04/jammy-infra-security`. */
function isSecurityOrigin(origin: string): boolean {
  return /-security$/.test(origin) || /^debian-security:/i.test(origin);
}

/** Packages of which a version above the installed one is in a security suite, from the version tables of apt-cache. */
function securityVersions(policy: string): Set<string> {
  const found = new Set<string>();
  let name = '';
  let newer = false;
  for (const line of policy.split('\n')) {
    const heading = /^(\S+):$/.exec(line);
    if (heading) [name, newer] = [heading[1]!, false];
    else if (/^ {2}Version table:/.test(line)) newer = true;
    else if (line.startsWith(' *** ')) newer = false;
    else if (newer && /^\s+-?\d+ \S+ \S+-security\/|^\s+-?\d+ \S*\/debian-security \S+/.test(line)) found.add(name);
  }
  return found;
}

/** Packages that apt would not touch, though there is a newer version. */
function keptBack(out: string): string[] {
  const names: string[] = [];
  let inside = false;
  for (const line of out.split('\n')) {
    if (/^(The following packages have been kept back|The following upgrades have been deferred)/.test(line))
      inside = true;
    else if (inside && /^ {2}\S/.test(line)) names.push(...line.trim().split(/\s+/));
    else inside = false;
  }
  return names;
}

/** Of a package that apt keeps back only apt-cache tells the versions. */
function leftAsItIs(
  name: string,
  held: boolean,
  policy: string,
  newerFrom: ReadonlySet<string>,
  others: false | null,
): Update {
  const told = policy.split(/^(?=\S+:$)/m).find((part) => part.startsWith(`${name}:\n`));
  const version = (label: string) => new RegExp(`^  ${label}: (\\S+)$`, 'm').exec(told ?? '')?.[1] ?? null;
  return {
    name,
    kind: 'package',
    installed: version('Installed'),
    available: version('Candidate'),
    security: newerFrom.has(name) || (told === undefined ? null : others),
    severity: null,
    cves: null,
    held,
  };
}

function withoutArch(name: string): string {
  return name.replace(/:[a-z0-9]+$/, '');
}

function rebootOf(word: string | undefined): Pending['reboot'] {
  return word === 'needed' || word === 'not-needed' ? word : 'unknown';
}
