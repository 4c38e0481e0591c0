import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { packagesMissing } from './needs.ts';
import { type OaHost, startOaHost, writePrograms } from './oa-host.ts';
import { type LdapServer, startSlapd, suffix } from './slapd.ts';

/**
 * The real case of a rollout: people in an OpenLDAP directory, and an application that nginx serves on several hosts behind sshd. The test of rollouts
 * and `npm run demo:rollout` work on it.
 */
export interface OaSite {
  /** A folder of its own: home, state and runbooks. */
  dir: string;
  directory: LdapServer;
  /** Where the people are in it. */
  base: string;
  hosts: OaHost[];
  /** Programs of the application on the hosts. */
  programs: ReturnType<typeof writePrograms>;
  /** For oaops: nothing of the user's own. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** What keeps the site from being started: Debian packages to install, or not being root, without which sshd lets nobody in. */
export function siteMissing(): string | undefined {
  const packages = packagesMissing('sshd', 'ssh-keygen', 'slapd', 'slapadd', 'ldapsearch', 'nginx');
  if (packages.length > 0) return `install ${packages.join(', ')} ("bin/test-setup" does it as root on Debian)`;
  return process.getuid?.() === 0 ? undefined : 'run it as root: its sshd and nginx are started by root';
}

export async function startSite(people: number, names = ['web1', 'web2', 'web3']): Promise<OaSite> {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-site-'));
  const [directory, ...hosts] = await Promise.all([
    startSlapd(people),
    ...names.map((name) => startOaHost(name, join(dir, 'hosts', name))),
  ]);
  const programs = writePrograms(dir);
  mkdirSync(join(dir, '.ssh'), { mode: 0o700 });
  writeFileSync(join(dir, '.ssh/known_hosts'), hosts.map(({ sshd }) => sshd.knownHosts()).join(''));
  const inventory = hosts.map(
    ({ name, sshd }) =>
      `${name} ansible_host=127.0.0.1 ansible_port=${sshd.port} ansible_user=${userInfo().username} ansible_ssh_private_key_file=${sshd.keyFile}\n`,
  );
  writeFileSync(join(dir, 'hosts.ini'), `[web]\n${inventory.join('')}`);
  writeFileSync(join(dir, 'bad.pkg'), '2.0\nbad\n');
  writeFileSync(join(dir, 'good.pkg'), '2.0\ngood\n');
  return {
    dir,
    directory,
    base: `ou=people,${suffix}`,
    hosts,
    programs,
    env: { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') },
    stop: async () => {
      await Promise.all([directory.stop(), ...hosts.map((host) => host.stop())]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Writes `hotfix.yaml` into the site's folder: a rollout in batches of 5, 50 and 500, with a gate on the nginx of every host. */
export function writeHotfix({ dir, directory, base, hosts, programs }: OaSite): void {
  const gates = hosts.map(
    ({ name, url }) => `    - {id: health-${name}, uses: http.request, with: {url: "${url}/health"}, samples: 1}\n`,
  );
  writeFileSync(
    join(dir, 'hotfix.yaml'),
    `apiVersion: oaops/v1
kind: Rollout
metadata: {name: hotfix, version: 2.0.0, title: Hotfix of the OA system, owner: operations, procedures: [UP-06]}
spec:
  inventory: hosts.ini
  inputs: {package: {type: file, required: true}}
  population:
    from: ldap
    url: ${directory.url}
    base: ${base}
    filter: (objectClass=inetOrgPerson)
  batches: {sizes: [5, 50, 500]}
  preconditions: [{what: package, artefact: "\${{ inputs.package }}"}]
  before:
    - id: upload
      uses: ssh.upload
      targets: group:web
      parallel: 3
      with: {source: "\${{ inputs.package }}", path: "\${{ '${dir}/package-' + target.name }}"}
      undo:
        uses: ssh.exec
        with: {argv: [rm, -f, "\${{ '${dir}/package-' + target.name }}"]}
  steps:
    - id: enable
      uses: ssh.exec
      targets: group:web
      parallel: 3
      with: {argv: [${programs['switch-on']}, "\${{ '${dir}/package-' + target.name }}"], stdin: "\${{ batch.lines }}"}
      undo:
        uses: ssh.exec
        with: {argv: [${programs['switch-off']}], stdin: "\${{ batch.lines }}"}
  gates:
${gates.join('')}`,
  );
}

/** Users to how often each was given the new version on a host: everybody once is what a rollout must come to. */
export function countsOf({ applied }: OaHost): Map<string, number> {
  const counts = new Map<string, number>();
  for (const user of applied()) counts.set(user, (counts.get(user) ?? 0) + 1);
  return counts;
}
