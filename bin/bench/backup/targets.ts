import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Requests } from './access-log.ts';
import { sizeOfTree } from './corpora.ts';
import { startS3Server } from './s3-server.ts';

/** Where one tool keeps one repository, with a home of its own for caches, state and temporary files. */
export interface Place {
  home: string;
  env: NodeJS.ProcessEnv;
  repository: { folder: string } | { endpoint: string; bucket: string };
  storedBytes(): Promise<number>;
  remove(): Promise<void>;
}

/** A kind of place. */
export interface Target {
  /** Empty; `name` is used once only. */
  newPlace(name: string): Promise<Place>;
  /** Requests that came in since the last call; none where there is no server. */
  takeRequests(): Promise<Requests | undefined>;
  close(): Promise<void>;
}

/** Repositories are folders below `dir`. */
export function directoryTarget(dir: string): Target {
  return {
    newPlace: async (name) => {
      const home = makeHome(dir, name);
      const folder = join(home, 'store', 'repo');
      mkdirSync(join(home, 'store'));
      return {
        home,
        env: environment(home),
        repository: { folder },
        storedBytes: async () => sizeOfTree(join(home, 'store')).bytes,
        remove: async () => rmSync(home, { recursive: true, force: true }),
      };
    },
    takeRequests: async () => undefined,
    close: async () => {},
  };
}

/** Repositories are buckets of a gateway that is started for it; homes lie below `dir`. */
export async function s3Target(dir: string): Promise<Target> {
  const server = await startS3Server();
  return {
    newPlace: async (name) => {
      const home = makeHome(dir, name);
      const bucket = `bench-${name}`;
      await server.makeBucket(bucket);
      return {
        home,
        env: { ...environment(home), ...server.env },
        repository: { endpoint: server.endpoint, bucket },
        storedBytes: () => server.storedBytes(bucket),
        remove: async () => {
          await server.removeBucket(bucket);
          rmSync(home, { recursive: true, force: true });
        },
      };
    },
    takeRequests: () => server.takeRequests(),
    close: () => server.close(),
  };
}

function makeHome(dir: string, name: string): string {
  const home = join(dir, name);
  mkdirSync(join(home, 'tmp'), { recursive: true });
  return home;
}

/** Everything a tool writes beside the repository lies in its home, in the same file system for all of them. */
function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    OAOPS_STATE_DIR: join(home, 'state'),
    OAOPS_CACHE_DIR: join(home, 'cache'),
    BORG_BASE_DIR: home,
  };
}
