import { userInfo } from 'node:os';
import type { App } from '../app.ts';
import type { Host, HostDoor, Target } from '../engine/ports.ts';

/** Local and ssh hosts behind one door; the ssh part is loaded with the first target that needs it. */
export function hostDoor(app: App, warn: (message: string) => void): HostDoor {
  let ssh: Promise<HostDoor> | undefined;
  const openSsh = async (): Promise<HostDoor> => {
    const { SshDoor } = await import('../connectors/ssh/ssh-door.ts');
    const { settings } = await app.config();
    return new SshDoor({
      env: app.env,
      home: app.place.home,
      localUser: localUser(app.env),
      secrets: await app.secrets(),
      warn,
      clock: app.clock,
      random: app.random,
      ...(settings.ssh?.configFile ? { configFiles: [settings.ssh.configFile] } : {}),
      ...(settings.ssh?.knownHosts ? { knownHostsFiles: settings.ssh.knownHosts } : {}),
    });
  };
  const openLocal = async (target: Target): Promise<Host> => {
    const { LocalHost } = await import('../connectors/process/local-host.ts');
    const { stateDir, env, clock, random } = app;
    return new LocalHost(target, { stateDir, env, clock, random, secrets: await app.secrets(), cwd: process.cwd() });
  };
  return {
    async open(target, signal) {
      if (target.connection === 'local') return openLocal(target);
      ssh ??= openSsh();
      return (await ssh).open(target, signal);
    },
    async closeAll() {
      if (ssh) await (await ssh).closeAll();
    },
  };
}

/** Who logs in where nothing names a user; a user id without an account, as containers use them, has only what the environment says. */
function localUser(env: App['env']): string {
  try {
    return userInfo().username;
  } catch {
    return env['LOGNAME'] || env['USER'] || String(process.geteuid?.() ?? '');
  }
}
