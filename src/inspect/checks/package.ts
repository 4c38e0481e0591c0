import { z } from 'zod';
import { matchesPattern } from '../../core/patterns.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.+:@-]*$/, { error: 'not a name of a package' })
      .describe('As the package manager of the host has it.'),
    installed: z.boolean().default(true).describe('false: it must not be there.'),
    versions: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Versions that are all right, with their release; * stands for anything, such as "1.24.*".'),
  })
  .refine(({ installed, versions }) => installed || versions === undefined, {
    error: 'a package that must not be there has no versions',
    path: ['versions'],
  });
type With = z.infer<typeof withSchema>;

/** Whether a package is installed, by dpkg, rpm, apk, pacman or opkg. */
export const packageCheck: HostCheckType<With> = {
  name: 'package',
  place: 'host',
  title: { en: 'Installed package', 'zh-CN': '已安装的软件包' },
  withSchema,
  // Without its database, rpm on Debian answers that nothing is installed: the manager that owns the system comes first.
  probe: `
name=$1
if has dpkg-query; then
  echo manager dpkg
  dpkg-query -W -f '\${db:Status-Status} \${Version}\\n' "$name" 2>/dev/null
elif has rpm; then
  rpm -q rpm >/dev/null 2>&1 || rpm -qa --last 2>/dev/null | head -n 1 | grep -q . || deny "rpm cannot read its database"
  echo manager rpm
  rpm -q --qf 'installed %{VERSION}-%{RELEASE}\\n' "$name" 2>/dev/null | grep '^installed '
elif has apk; then
  echo manager apk
  apk info -e "$name" >/dev/null 2>&1 && apk list --installed "$name" 2>/dev/null | while read -r full rest; do
    echo "installed \${full#"$name"-}"
  done
elif has pacman; then
  echo manager pacman
  pacman -Q "$name" 2>/dev/null | while read -r found version; do echo "installed $version"; done
elif has opkg; then
  echo manager opkg
  opkg list-installed "$name" 2>/dev/null | while read -r found dash version; do echo "installed $version"; done
else
  deny "the host has none of dpkg, rpm, apk, pacman and opkg"
fi
exit 0`,
  words: ({ name }) => [name],
  judge({ name, installed, versions }, { lines }) {
    const manager = /^manager (\S+)$/.exec(lines[0] ?? '')?.[1];
    if (manager === undefined) return { state: 'error', message: 'the host did not name its package manager' };
    const rows = lines.slice(1).map((line) => /^([a-z-]+) (\S*)$/.exec(line));
    if (rows.includes(null)) return { state: 'error', message: `${manager} said something else: ${lines[1]}` };
    // dpkg keeps rows of packages that are gone (config-files), and has others half-way.
    const half = rows.find((row) => !['installed', 'config-files', 'not-installed'].includes(row![1]!));
    if (half) return { state: 'fail', message: `${name} is ${half[1]}`, next: 'Try: dpkg --configure -a' };
    const found = rows.filter((row) => row![1] === 'installed').map((row) => row![2]!);
    if (found.length === 0)
      return installed
        ? { state: 'fail', message: `${name} is not installed` }
        : { state: 'pass', message: `${name} is not installed` };
    const shown = found.join(', ');
    if (!installed) return { state: 'fail', message: `${name} ${shown} is installed` };
    const wrong = versions && found.some((version) => !versions.some((pattern) => matchesPattern(pattern, version)));
    return wrong
      ? { state: 'fail', message: `${name} ${shown} is installed, and it should be ${versions.join(', ')}` }
      : { state: 'pass', message: `${name} ${shown} is installed` };
  },
};
