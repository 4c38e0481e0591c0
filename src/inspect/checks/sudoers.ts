import { z } from 'zod';
import { sudoersFilesOf, sudoersWalk } from '../../core/sudoers-files.ts';
import { readSudoers, type SudoRule } from '../../core/sudoers-rules.ts';
import { inFull, inShort } from '../judging/in-short.ts';
import { levelKey } from '../judging/level.ts';
import type { HostCheckType } from '../types.ts';

const whoSchema = z.array(z.string().min(1)).max(500).describe('Names, %groups and #ids as sudoers has them.');
const withSchema = z.strictObject({
  withoutPassword: whoSchema
    .default([])
    .describe('Who may run something without a password (NOPASSWD, !authenticate); names, %groups, #ids.'),
  all: whoSchema
    .default(['root', '%root', '%sudo', '%wheel', '%admin'])
    .describe('Who may run every command; names, %groups, #ids.'),
  level: levelKey('fail'),
});
type With = z.infer<typeof withSchema>;

/** Who may become root by sudo, and without which password. */
export const sudoers: HostCheckType<With> = {
  name: 'sudoers',
  place: 'host',
  title: { en: 'Rights by sudo', 'zh-CN': 'sudo 权限' },
  withSchema,
  probe: `
main=
for file in /etc/sudoers /usr/local/etc/sudoers; do [ -e "$file" ] && { main=$file; break; }; done
[ -n "$main" ] || none "the host has no sudo"
[ -r "$main" ] || deny "$main cannot be read: it needs root"
if has visudo; then
  said=$(visudo -c 2>&1)
  echo "visudo $?"
  printf '%s\\n' "$said" | grep -v -i 'parsed OK' | head -n 5 | sed 's/^/said /'
fi
grep -i '^[[:space:]]*sudoers[[:space:]]*:' /etc/nsswitch.conf 2>/dev/null | head -n 1 | sed 's/^/source /'
${sudoersWalk}echo end`,
  words: () => [],
  judge({ withoutPassword, all, level }, { lines, truncated }) {
    const said = lines.filter((line) => line !== '');
    const files = sudoersFilesOf(said);
    const unread = said.flatMap((line) => (line.startsWith('unread ') ? [line.slice(7)] : []));
    const visudo = said.find((line) => /^visudo \d+$/.test(line));
    if (said.at(-1) !== 'end' || files.length === 0 || truncated)
      return { state: 'error', message: 'the host did not tell its sudoers files' };
    const { rules, unasked, strange } = readSudoers(files);
    if (visudo !== undefined && visudo !== 'visudo 0') {
      const why = said.flatMap((line) => (line.startsWith('said ') ? [line.slice(5)] : []));
      return {
        state: 'fail',
        message: why.length === 0 ? 'the sudoers files are not valid' : `the sudoers files are not valid: ${why[0]}`,
        details: inFull(why),
        next: 'Correct them with visudo: sudo may refuse to run at all.',
      };
    }
    if (strange.length > 0 || unread.length > 0) {
      const unknown = [
        ...unread.map((file) => `${file} could not be read`),
        ...strange.map((line) => `not understood: ${line}`),
      ];
      return { state: 'error', message: inShort(unknown), details: inFull(unknown) };
    }
    const open = rules.filter((rule) => !rule.commands.every((command) => command.startsWith('!')));
    const wrong = [
      ...open
        .filter((rule) => rule.withoutPassword && !withoutPassword.includes(rule.who))
        .map((rule) => `${rule.who} may run ${shortened(rule)} without a password`),
      ...unasked
        .filter(({ who }) => !withoutPassword.includes(who))
        .map(({ who, file }) => `${who} is never asked for a password (${file})`),
      ...open
        .filter((rule) => rule.commands.includes('ALL') && becomesRoot(rule) && !all.includes(rule.who))
        .filter((rule) => !(rule.withoutPassword && !withoutPassword.includes(rule.who)))
        .map((rule) => `${rule.who} may run every command`),
    ];
    const from = said
      .find((line) => line.startsWith('source '))
      ?.slice(7)
      .replace(/^\s*sudoers\s*:\s*/i, '');
    const elsewhere = (from?.match(/\b(ldap|sss)\b/g) ?? []).map(
      (source) => `rules also come from ${source}, which is not looked at`,
    );
    const list = open.map((rule) => ruleText(rule));
    return wrong.length === 0
      ? {
          state: 'pass',
          message: `rights by sudo as they should be: ${open.length} rules`,
          details: [...elsewhere, ...list],
        }
      : {
          state: level,
          message: inShort(wrong),
          details: [...inFull(wrong), ...elsewhere],
          next: 'Take the rule away with visudo, or name who may in the check.',
        };
  },
};

function becomesRoot({ runAs }: SudoRule): boolean {
  return runAs
    .split(/[:,]/)
    .map((name) => name.trim())
    .some((name) => ['ALL', 'root', '#0', ''].includes(name));
}

function shortened({ commands }: SudoRule): string {
  return commands.length > 3 ? `${commands.slice(0, 3).join(', ')}, ...` : commands.join(', ');
}

function ruleText(rule: SudoRule): string {
  return `${rule.who} ${rule.hosts.join(',')} = (${rule.runAs}) ${rule.withoutPassword ? 'NOPASSWD: ' : ''}${shortened(rule)}`;
}
