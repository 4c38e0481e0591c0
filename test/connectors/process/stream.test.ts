import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import type { Host, StreamRequest, StreamResult } from '../../../src/engine/ports.ts';
import { eventually } from '../../helpers/eventually.ts';
import { localTarget, startHosts, type TestHosts } from '../../helpers/hosts.ts';
import { processesWith } from '../../helpers/processes.ts';
import { sshdAvailable } from '../../helpers/sshd.ts';

const never = new AbortController().signal;

/** A time limit of so many ms is over when the test says so: how long a start takes is nobody's to say. */
const limitMs = 3_600_000;
let limit = Promise.withResolvers<void>();
const clock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => (ms === limitMs ? limit.promise : systemClock.sleep(ms, signal)),
};

describe.skipIf(!sshdAvailable)('output of any size, handed on as it comes', () => {
  let hosts: TestHosts;
  beforeAll(async () => {
    hosts = await startHosts({ clock });
  }, 60_000);
  afterAll(() => hosts?.stop());

  describe.each(['local', 'ssh'] as const)('%s', (kind) => {
    const host = (): Promise<Host> => hosts.open(kind === 'local' ? localTarget : hosts.far, never);
    const collect = async (request: Omit<StreamRequest, 'onData'>): Promise<StreamResult & { text: string }> => {
      const chunks: Buffer[] = [];
      const onData = (chunk: Uint8Array) => void chunks.push(Buffer.from(chunk));
      const result = await (await host()).stream({ ...request, onData }, never);
      return { ...result, text: Buffer.concat(chunks).toString('latin1') };
    };

    it('hands every byte on, whatever it is', async () => {
      const script = 'dd if=/dev/urandom bs=65536 count=160 2>/dev/null | tee /dev/fd/3 3>&1 >/dev/null';
      const hash = createHash('sha256');
      let bytes = 0;
      const result = await (await host()).stream(
        {
          argv: ['/bin/sh', '-c', `${script} | { tee /dev/fd/4 | sha256sum >&2; } 4>&1`],
          onData: (chunk) => {
            hash.update(chunk);
            bytes += chunk.length;
          },
        },
        never,
      );
      expect(result.exitCode).toBe(0);
      expect(bytes).toBe(160 * 65536);
      expect(result.stdoutBytes).toBe(bytes);
      expect(result.stderr.head.slice(0, 64)).toBe(hash.digest('hex'));
    });

    it('gives the exit code, the signal and the errors of the command', async () => {
      expect(await collect({ argv: ['/bin/sh', '-c', 'echo half; echo why >&2; exit 7'] })).toMatchObject({
        exitCode: 7,
        text: 'half\n',
        stderr: { head: 'why\n' },
      });
      expect(await collect({ argv: ['/bin/sh', '-c', 'echo half; kill -9 $$'] })).toMatchObject({
        exitCode: 137,
        signal: 'SIGKILL',
      });
      expect(await collect({ argv: ['true'] })).toMatchObject({ exitCode: 0, text: '', stdoutBytes: 0 });
    });

    it('hands environment and stdin on, and shows neither in a list of processes', async () => {
      const seen = await collect({
        argv: ['/bin/sh', '-c', 'printf "%s|" "$SECRET"; cat; tr "\\0" " " </proc/$PPID/cmdline >&2; ps -eo args >&2'],
        env: { SECRET: "it's hidden-in-env" },
        stdin: 'hidden-on-stdin\n',
      });
      expect(seen.text).toBe("it's hidden-in-env|hidden-on-stdin\n");
      expect(seen.stderr.head + seen.stderr.tail).not.toContain('hidden-');
    });

    it('names a program that is not there', async () => {
      await expect(collect({ argv: ['no-such-program-oaops'] })).rejects.toMatchObject({ code: 'command-not-found' });
    });

    it('holds a command back that is faster than its receiver', async () => {
      let taken = 0;
      const gate = Promise.withResolvers<void>();
      const stop = new AbortController();
      const mark = `sleep 30${Math.floor(performance.now())}`;
      const streaming = (await host()).stream(
        {
          argv: ['/bin/sh', '-c', `yes & exec ${mark}`],
          onData: (chunk) => {
            taken += chunk.length;
            return gate.promise;
          },
        },
        stop.signal,
      );
      streaming.catch(() => undefined);
      await eventually(() => taken > 0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      // One piece was taken, and no more are handed on before it is done with.
      expect(taken).toBeLessThan(256 * 1024);
      stop.abort(new Error('enough'));
      gate.resolve();
      await expect(streaming).rejects.toThrow('enough');
      expect(processesWith(mark)).toEqual([]);
    });

    it('ends a command whose receiver fails, and throws what that threw', async () => {
      const broken = (await host()).stream(
        {
          argv: ['yes', `receiver-${kind}-fails`],
          onData: () => {
            throw new Error('the spool is full');
          },
        },
        never,
      );
      await expect(broken).rejects.toThrow('the spool is full');
      expect(processesWith(`receiver-${kind}-fails`)).toEqual([]);
    });

    it('ends a command when its time is over', async () => {
      limit = Promise.withResolvers();
      let text = '';
      const mark = `sleep 31${Math.floor(performance.now())}`;
      const result = await (await host()).stream(
        {
          argv: ['/bin/sh', '-c', `echo first; ${mark}; echo second`],
          timeoutMs: limitMs,
          onData: (chunk) => {
            text += Buffer.from(chunk).toString();
            limit.resolve();
          },
        },
        never,
      );
      expect(result.timedOut).toBe(true);
      expect(text).toBe('first\n');
      expect(processesWith(mark)).toEqual([]);
    });

    it('leaves nothing behind', () => {
      expect(readdirSync('/var/lib/oaops/units').filter((name) => name.startsWith('stream.'))).toEqual([]);
    });
  });

  it('a connection that is lost is never a short success', async () => {
    const host = await hosts.open(hosts.far, never);
    let bytes = 0;
    const streaming = host.stream(
      {
        argv: ['/bin/sh', '-c', 'while :; do echo lost-session-oaops; sleep 0.01; done'],
        onData: (chunk) => {
          bytes += chunk.length;
        },
      },
      never,
    );
    streaming.catch(() => undefined);
    await eventually(() => bytes > 100);
    hosts.sshd.dropConnections();
    await expect(streaming).rejects.toMatchObject({ code: 'session-lost' });
    // The command gets to know by its next write.
    await eventually(() => processesWith('lost-session-oaops').length === 0);
    await eventually(() => readdirSync('/var/lib/oaops/units').every((name) => !name.startsWith('stream.')));
  });
});
