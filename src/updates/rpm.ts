import { answerTo, linesOf, listsAge, type Section } from './sections.ts';
import { type Pending, type Update, unknown } from './types.ts';

/** What advisories say of a package, by `name.arch`. */
interface Advice {
  security: boolean;
  severity: string | null;
  cves: Set<string>;
}

const severities = ['critical', 'important', 'moderate', 'low'];
const arches = 'x86_64|i[3-6]86|noarch|aarch64|armv7hl|ppc64|ppc64le|s390x?|riscv64|loongarch64|src';
/** `glibc-2.34-60.el9_2.7.x86_64`: name, version, release, architecture, and perhaps an epoch before the version. */
const packageId = new RegExp(`^(\\S+)-(?:\\d+:)?[^-\\s]+-[^-\\s]+\\.(${arches})$`);

/** What dnf and yum say beside their lists, without -q or in spite of it: headings, plugins, mirrors, `updateinfo list done`. */
const chatter =
  /^(Name\s+Type\s|Last metadata expiration check|Loaded plugins|Loading |Determining fastest mirrors|\* \S+: |Updating |Repositories loaded|This system is |No security updates needed|\S+ list( \S+)? done$)/;
/** Of dnf 5: comments, and the conditions of a lock; of yum what is only left out of updates. */
const besideLocks = /^(#|!|evr\b|arch\b)/;

/**
 * What dnf and yum have in common: `check-update` (exit code 100 = there are updates), `updateinfo list`, `rpm -qa`. Where the
 * repositories hold no advisories at all, nobody knows which updates are for security.
 * @throws OaopsError `updates-unknown`
 */
export function readRpm(sections: ReadonlyMap<string, Section>): Pending {
  const { out, exitCode } = answerTo(sections, 'updates', [0, 100]);
  const { found, running } = checkUpdate(out);
  const age = listsAge(sections);
  if ((exitCode === 100) !== found.length > 0) throw unknown('the answer of the package manager is not understood');
  // A repository that has no lists is passed over in silence where it may be missing.
  if (found.length === 0 && age === null) throw unknown('the host has no package lists', 'Fetch them with --refresh.');
  const installed = new Map(linesOf(sections, 'installed').map((line) => line.split(' ') as [string, string]));
  const { advised, odd } = adviceOf(sections);
  const { locked, odd: oddLocks } = locksOf(sections);
  const updates = found.map(({ name, available }): Update => {
    const advice = advised?.get(name);
    return {
      name,
      kind: 'package',
      installed: installed.get(name) ?? null,
      available,
      // A line that nobody understood may have been the one that speaks of it.
      security: advice?.security || (advised !== undefined && odd.length === 0) ? (advice?.security ?? false) : null,
      severity: advice?.severity ?? null,
      cves: advice?.security ? (advice.cves.size > 0 ? [...advice.cves].sort() : null) : null,
      held: false,
    };
  });
  return {
    updates,
    locked,
    reboot: running ? 'needed' : rebootOf(sections),
    listsAgeSeconds: age,
    unratedReason: odd.length > 0 ? 'its advisories are not understood' : 'its repositories have no advisories',
    notUnderstood: [...odd, ...oddLocks],
  };
}

/** Lines `name.arch  version  repository`; a long name has the rest in the next line. What follows "Obsoleting" is told already. */
function checkUpdate(out: string): { found: { name: string; available: string }[]; running: boolean } {
  const found: { name: string; available: string }[] = [];
  let running = false;
  let words: string[] = [];
  for (const line of out.split('\n')) {
    if (/^Obsoleting packages/i.test(line)) break;
    // "Security: kernel-core-... is an installed security update", and the next line names the older one that is running.
    if (/^Security: /.test(line)) {
      running = true;
      continue;
    }
    if (
      line.trim() === '' ||
      /^(Last metadata expiration check|Loaded plugins|Updating and loading|Repositories loaded)/.test(line)
    )
      continue;
    words = /^\s/.test(line) ? [...words, ...line.trim().split(/\s+/)] : [...full(words), ...line.trim().split(/\s+/)];
    if (words.length === 3) {
      const [name = '', available = ''] = words;
      if (!/\.\w+$/.test(name) || !/^(\d+:)?[^-\s]+-[^-\s]+$/.test(available)) full(words);
      found.push({ name, available });
      words = [];
    }
  }
  full(words);
  return { found, running };
}

/** Words of a line that is not whole. @throws OaopsError `updates-unknown` when there are any */
function full(words: readonly string[]): [] {
  if (words.length > 0)
    throw unknown(`the answer of the package manager is not understood: ${words.join(' ').slice(0, 100)}`);
  return [];
}

/** `advised` is undefined when there are no advisories: nothing can be told from that. `odd`: lines that are none, and no words of dnf. */
function adviceOf(sections: ReadonlyMap<string, Section>): {
  advised: ReadonlyMap<string, Advice> | undefined;
  odd: string[];
} {
  const lines = ['advisories', 'cves'].flatMap((name) => linesOf(sections, name)).filter((line) => !chatter.test(line));
  const odd = lines.filter((line) => advisory(line).length === 0);
  const rows = lines.flatMap(advisory);
  if (rows.length === 0) return { advised: undefined, odd };
  const advised = new Map<string, Advice>();
  for (const { id, type, about } of rows) {
    const advice = advised.get(about) ?? { security: false, severity: null, cves: new Set<string>() };
    advised.set(about, advice);
    const severity = severities.find((word) => type.toLowerCase().startsWith(word)) ?? null;
    if (/\/Sec\.|security/i.test(type)) {
      advice.security = true;
      if (severity !== null && rank(severity) < rank(advice.severity)) advice.severity = severity;
    }
    if (id.startsWith('CVE-')) advice.cves.add(id);
  }
  return { advised, odd };
}

/**
 * A line of `updateinfo list`: `RHSA-2023:5453 Important/Sec. glibc-2.34-60.el9_2.7.x86_64`, `RHBA-2023:1 bugfix bash-...`, with --with-cve the
 * CVE first; of dnf 5 `FEDORA-2024-1 security Important glibc-... 2024-01-01 00:00:00`. Headings are left out.
 */
function advisory(line: string): { id: string; type: string; about: string }[] {
  const words = line.split(/\s+/);
  const at = words.findIndex((word) => packageId.test(word));
  if (at < 2) return [];
  const [, name = '', arch = ''] = packageId.exec(words[at]!)!;
  const type = words.slice(1, at).join(' ');
  // dnf 5 has type and severity in columns of their own.
  const [first, second] = words.slice(1, at);
  const joined = first === 'security' && second !== undefined ? `${second}/Sec.` : type;
  return [{ id: words[0]!, type: joined, about: `${name}.${arch}` }];
}

function rank(severity: string | null): number {
  const at = severity === null ? -1 : severities.indexOf(severity);
  return at === -1 ? severities.length : at;
}

/** `glibc-0:2.34-60.el9.*`, of yum `0:glibc-2.17-1.el7.*`, of dnf 5 `Package name: glibc`. Without the plugin there is no answer. */
function locksOf(sections: ReadonlyMap<string, Section>): { locked: string[]; odd: string[] } {
  const locked = new Set<string>();
  const odd: string[] = [];
  for (const line of linesOf(sections, 'locks')) {
    const named = /^Package name: (\S+)/.exec(line) ?? /^(?:\d+:)?(\S+?)-(?:\d+:)?\d[^-\s]*-[^-\s]+$/.exec(line);
    if (named) locked.add(named[1]!);
    else if (!chatter.test(line) && !besideLocks.test(line)) odd.push(line);
  }
  return { locked: [...locked], odd };
}

/** needs-restarting ends with 1 also when it is not there: only its words count. */
function rebootOf(sections: ReadonlyMap<string, Section>): Pending['reboot'] {
  const { out = '' } = sections.get('reboot') ?? {};
  if (/Reboot is required/.test(out)) return 'needed';
  return /Reboot (should not be|is probably not) necessary/.test(out) ? 'not-needed' : 'unknown';
}
