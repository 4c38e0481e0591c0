import { z } from 'zod';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_.@:-]+$/, { error: 'not a name of a service' })
    .refine((name) => !name.startsWith('-'), { error: 'not a name of a service' })
    .describe('Such as nginx, or nginx.service.'),
  state: z.enum(['running', 'stopped']).default('running').describe('What it should be.'),
  enabled: z.boolean().optional().describe('Whether it should start with the machine; absent = not looked at.'),
});
type With = z.infer<typeof withSchema>;

/** Whether a service runs, by systemd, OpenRC, or the init script's own status. */
export const service: HostCheckType<With> = {
  name: 'service',
  place: 'host',
  title: { en: 'State of a service', 'zh-CN': '服务状态' },
  withSchema,
  probe: `
name=$1
if [ -d /run/systemd/system ] && has systemctl; then
  echo manager systemd
  systemctl show --no-pager -p LoadState -p ActiveState -p SubState -p Result -p UnitFileState -- "$name" 2>&1
elif has rc-service; then
  echo manager openrc
  rc-service --exists "$name" 2>/dev/null || { echo LoadState=not-found; exit 0; }
  rc-service "$name" status >/dev/null 2>&1
  echo "status $?"
  rc-update show default 2>/dev/null | grep -q "^ *$name " && echo UnitFileState=enabled || echo UnitFileState=disabled
else
  script=
  for folder in /etc/init.d /etc/rc.d/init.d /etc/rc.d; do [ -x "$folder/$name" ] && { script=$folder/$name; break; }; done
  [ -n "$script" ] || { echo manager init; echo LoadState=not-found; exit 0; }
  echo manager init
  "$script" status >/dev/null 2>&1
  echo "status $?"
  set +f
  found=disabled
  for link in /etc/rc[2345].d/S[0-9][0-9]"$name"; do [ -e "$link" ] && found=enabled; done
  echo "UnitFileState=$found"
fi`,
  words: ({ name }) => [name],
  judge({ name, state, enabled }, { lines }) {
    const told = new Map(lines.map((line) => [line.split('=', 1)[0]!, line.slice(line.indexOf('=') + 1)]));
    const manager = lines.find((line) => line.startsWith('manager '))?.slice('manager '.length);
    const status = lines.find((line) => /^status \d+$/.test(line))?.slice('status '.length);
    if (manager === undefined)
      return { state: 'error', message: 'the host did not say which manager of services it has' };
    if (told.get('LoadState') === 'not-found')
      return { state: 'fail', message: `there is no service ${name}`, next: 'Look at its name, or install it.' };
    const active = manager === 'systemd' ? told.get('ActiveState') : undefined;
    if (manager === 'systemd' ? active === undefined : status === undefined)
      return { state: 'error', message: `${manager} did not say how ${name} is` };
    // LSB: 0 runs, 1 to 3 does not, 4 nobody knows.
    if (status !== undefined && !['0', '1', '2', '3'].includes(status))
      return { state: 'error', message: `its script does not know the status of ${name} (exit code ${status})` };
    const running = active === 'active' || status === '0';
    const word =
      active === undefined ? (running ? 'running' : 'stopped') : `${active} (${told.get('SubState') ?? 'unknown'})`;
    // What systemd is just starting again, or stopping, is not stopped.
    const stopped = active === undefined ? !running : active === 'inactive' || active === 'failed';
    const ought = state === 'running' ? running : stopped;
    const unit = told.get('UnitFileState');
    const starts = unit !== undefined && /^(enabled|static|generated|alias|indirect)/.test(unit);
    if (!ought) {
      const result = told.get('Result');
      return {
        state: 'fail',
        message: `the service ${name} is ${word}`,
        ...(result === undefined || result === 'success' ? {} : { details: [`result of its last run: ${result}`] }),
        next: `Look at its log, such as: journalctl -u ${name} -n 50`,
      };
    }
    if (enabled === true && !starts)
      return { state: 'fail', message: `the service ${name} is ${word}, and does not start with the machine` };
    if (enabled === false && starts)
      return { state: 'fail', message: `the service ${name} is ${word}, and starts with the machine` };
    return { state: 'pass', message: `the service ${name} is ${word}` };
  },
};
