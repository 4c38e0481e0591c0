import { z } from 'zod';
import { levelKey } from '../judging/level.ts';
import { told, toldOf } from '../reading/answer-lines.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({ level: levelKey('warn') });
type With = z.infer<typeof withSchema>;

/** Whether updates wait for a restart: by what the distribution says, and by kernels newer than the running one. */
export const reboot: HostCheckType<With> = {
  name: 'reboot',
  place: 'host',
  title: { en: 'Restart needed', 'zh-CN': '是否需要重启' },
  withSchema,
  probe: `
running=$(uname -r)
echo "running $running"
for file in /run/reboot-required /var/run/reboot-required /run/reboot-needed; do
  [ -e "$file" ] && { echo "wanted $file"; break; }
done
if [ -r /run/reboot-required.pkgs ]; then
  number=0
  while read -r package && [ "$number" -lt 20 ]; do echo "package $package"; number=$((number + 1)); done </run/reboot-required.pkgs
fi
for file in /usr/share/update-notifier/notify-reboot-required /etc/kernel/postinst.d/unattended-upgrades; do
  [ -e "$file" ] && { echo "source /run/reboot-required"; break; }
done
if has needs-restarting; then
  said=$(needs-restarting -r 2>/dev/null </dev/null)
  code=$?
  # A program that fails ends with 1 too.
  case $code.$said in 0.*|1.*"eboot is required"*) echo "needs-restarting $code" ;; esac
elif has zypper; then
  zypper --non-interactive needs-rebooting >/dev/null 2>&1
  echo "zypper $?"
fi
# In a container the kernel is that of its host.
inside=
for file in /run/.containerenv /run/systemd/container /dev/lxd/sock; do [ -e "$file" ] && inside=1; done
if [ -n "$inside" ]; then
  echo container
else
  set +f
  for file in /boot/vmlinuz-* /boot/vmlinux-* /boot/kernel-*; do [ -e "$file" ] && echo "kernel \${file#/boot/*-}"; done
  for file in /lib/modules/*/vmlinuz /usr/lib/modules/*/vmlinuz; do
    [ -e "$file" ] && { file=\${file%/vmlinuz}; echo "kernel \${file##*/}"; }
  done
  found=
  for file in /lib/modules/*/modules.dep; do [ -e "$file" ] && found=1; done
  [ -n "$found" ] && [ ! -e "/lib/modules/$running" ] && echo gone
  # Virtual machines are made of such images too.
  [ -e /.dockerenv ] && echo container
fi
exit 0`,
  words: () => [],
  judge({ level }, { lines }) {
    const facts = told(lines);
    const running = facts.get('running');
    if (running === undefined || !/^\d+\.\d+/.test(running))
      return { state: 'error', message: 'the host did not tell its kernel' };
    const next = 'Restart it in a maintenance window.';
    const wanted = facts.get('wanted');
    if (wanted !== undefined) {
      const packages = toldOf(lines, 'package').filter((name) => /^[\w.+-]+$/.test(name));
      return { state: level, message: `a restart is needed: ${wanted} is there`, details: packages, next };
    }
    const { sources, needed } = asked(facts);
    if (needed !== undefined) return { state: level, message: `a restart is needed, says ${needed}`, next };
    const kernels = toldOf(lines, 'kernel').filter((version) => flavour(version) === flavour(running));
    const newest = kernels.reduce<string | undefined>(
      (best, version) => (best === undefined || compareVersions(version, best) > 0 ? version : best),
      undefined,
    );
    if (newest !== undefined && compareVersions(newest, running) > 0)
      return { state: level, message: `kernel ${newest} is installed and ${running} runs`, next };
    if (facts.has('gone'))
      return {
        state: level,
        message: `the modules of the running kernel ${running} are gone: another one was installed`,
        next,
      };
    if (newest !== undefined) sources.push('the kernels in /boot');
    if (sources.length === 0)
      return facts.has('container')
        ? { state: 'not-applicable', message: 'a container runs the kernel of its host' }
        : { state: 'error', message: 'nothing on the host tells whether a restart is needed' };
    return { state: 'pass', message: `no restart is needed, by ${sources.join(', ')}` };
  },
};

function asked(facts: ReadonlyMap<string, string>): { sources: string[]; needed?: string } {
  const sources = facts.has('source') ? [facts.get('source')!] : [];
  const restarting = facts.get('needs-restarting');
  if (restarting === '1') return { sources, needed: 'needs-restarting -r' };
  if (restarting === '0') sources.push('needs-restarting -r');
  const zypper = facts.get('zypper');
  if (zypper === '102') return { sources, needed: 'zypper needs-rebooting' };
  if (zypper === '0') sources.push('zypper needs-rebooting');
  return { sources };
}

/** What a version is besides its numbers: a kernel for clouds is not a newer one of those for metal. */
function flavour(version: string): string {
  const words = version.toLowerCase().match(/[a-z]+/g) ?? [];
  return words.filter((word) => !['bpo', 'deb', 'u', 'rc'].includes(word)).join(' ');
}

/** Numbers by size, the rest by its letters; a release candidate stands before its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [x, y] = [left[index], right[index]];
    if (x === y) continue;
    if (x === '~' || y === '~') return x === '~' ? -1 : 1;
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const [numberX, numberY] = [/^\d/.test(x), /^\d/.test(y)];
    if (numberX && numberY) {
      if (Number(x) !== Number(y)) return Number(x) - Number(y);
    } else if (numberX !== numberY) return numberX ? 1 : -1;
    else return x < y ? -1 : 1;
  }
  return 0;
}

function partsOf(version: string): string[] {
  return version.replaceAll(/[-.]?rc(?=\d)/g, '~').match(/\d+|[a-z]+|~/gi) ?? [];
}
