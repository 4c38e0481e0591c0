import type { BecomeSpec } from '../runbook/types.ts';

/** A machine a step can act on: one entry of the inventory, or the local machine. */
export interface Target {
  /** Inventory name; `localhost` for the local machine. */
  name: string;
  connection: 'local' | 'ssh';
  host: string;
  port?: number;
  user?: string;
  identityFile?: string;
  /** Secret reference of the login password; keys and the agent are tried first. */
  password?: string;
  /** Jump host as in ssh_config(5) ProxyJump: `user@host:port,...`. */
  proxyJump?: string;
  groups: string[];
  vars: Record<string, unknown>;
  become?: BecomeSpec;
}

/** The inventory as stored in a plan: hosts resolved, files named with their digests. Passwords are references. */
export interface Inventory {
  sources: { file: string; sha256: string }[];
  hosts: Target[];
}

/** Output of a process: capped, with the whole counted and hashed. Bytes are decoded as UTF-8 with replacement. */
export interface CapturedOutput {
  head: string;
  tail: string;
  /** True when the middle is missing (head + tail is not the whole). */
  truncated: boolean;
  totalBytes: number;
  sha256: string;
}

export interface ProcessRequest {
  /** Program and arguments; reach the process unchanged, whatever they contain. */
  argv: string[];
  /** Only when the runbook says `shell: true`: `argv[0]` is then a script for /bin/sh and the rest its $1 ... */
  shell?: boolean;
  cwd?: string;
  env?: Record<string, string>;
  stdin?: string;
  /** Bytes for stdin, after `stdin`. A stream that fails must not end: abort the signal, so that no half input is taken for a whole one. */
  stdinSource?: () => NodeJS.ReadableStream;
  timeoutMs?: number;
  become?: BecomeSpec;
  /** Name of the unit; its supervisor's marker (pid, start time, exit code) lies in a folder of this name. */
  supervise?: { key: string };
  /** A line, without its end; `goesOn` when it was too long for one call and the next one brings more of it. */
  onOutput?: (stream: 'stdout' | 'stderr', text: string, goesOn: boolean) => void;
}

export interface ProcessResult {
  /** As a shell counts it: 128 + n when ended by signal n. null only when the time was over and no code was written. */
  exitCode: number | null;
  /** Name of the signal that `exitCode` stands for (`SIGKILL` for 137), else null. */
  signal: string | null;
  timedOut: boolean;
  stdout: CapturedOutput;
  stderr: CapturedOutput;
  durationMs: number;
}

/** A command whose stdout is handed on as it comes: it is never whole in memory, nor in a file on its way. */
export interface StreamRequest {
  argv: string[];
  cwd?: string;
  env?: Record<string, string>;
  stdin?: string;
  timeoutMs?: number;
  become?: BecomeSpec;
  /**
   * A piece of stdout, which is the receiver's until the promise is kept; meanwhile the command is held back. What it throws
   * ends the command and is thrown by `stream`.
   */
  onData: (chunk: Uint8Array) => void | Promise<void>;
}

/** All of stdout has been handed on, and this is how the command ended: a session that was lost is an error instead. */
export type StreamResult = Omit<ProcessResult, 'stdout'> & { stdoutBytes: number };

/** What the supervisor's marker tells after a crash of oaops. */
export type Recovered =
  | { state: 'exited'; result: ProcessResult }
  /** Still running: `wait` attaches and gives its result. */
  | { state: 'alive'; wait(signal: AbortSignal): Promise<ProcessResult> }
  /**
   * The supervisor had not claimed the attempt, and never can any more: `recover` itself took the claim (an exclusively
   * created marker), so a supervisor that comes late finds it taken and starts nothing. Safe to run again.
   */
  | { state: 'not-started' }
  /** A marker of a process that is gone without an exit code, or nothing that tells. */
  | { state: 'unknown' };

/** A machine with an open connection. Local and ssh hosts behave the same. */
export interface Host {
  readonly target: Target;
  /** Ends the whole process tree on timeout or abort. Throws only when the process could not be started or watched. */
  run(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult>;
  /**
   * As `run`, for output of any size. Ends with oaops: it cannot be attached to again.
   * @throws OaopsError `session-lost` when the end of the output has not come, and as `run`
   */
  stream(request: StreamRequest, signal: AbortSignal): Promise<StreamResult>;
  /** Runs `true` by /bin/sh, and nothing else: no marker, no other program. @throws OaopsError as `run` */
  ping(signal: AbortSignal): Promise<void>;
  recover(key: string): Promise<Recovered>;
  /** Removes the marker of a finished unit. */
  forget(key: string): Promise<void>;
  /** Writes by temporary name and rename; mode such as 0o600. */
  writeFile(
    path: string,
    data: Uint8Array,
    options: { mode?: number; owner?: string; become?: BecomeSpec },
    signal: AbortSignal,
  ): Promise<void>;
  /** Copies a local file to the host, by temporary name and rename, and compares sha256. */
  upload(
    localPath: string,
    remotePath: string,
    options: { mode?: number; owner?: string; become?: BecomeSpec },
    signal: AbortSignal,
  ): Promise<{ sha256: string; sizeBytes: number }>;
  /** sha256 and size of a regular file, or null when there is none. */
  hashFile(
    path: string,
    signal: AbortSignal,
    become?: BecomeSpec,
  ): Promise<{ sha256: string; sizeBytes: number } | null>;
  /** Content of a small file (at most `maxBytes`), or null when there is none. */
  readFile(path: string, maxBytes: number, signal: AbortSignal, become?: BecomeSpec): Promise<Uint8Array | null>;
}

export interface HostDoor {
  /** Opens or reuses a connection. Unreachable, refused and unverified hosts are OaopsErrors with codes of their own. */
  open(target: Target, signal: AbortSignal): Promise<Host>;
  closeAll(): Promise<void>;
}

export interface HttpRequest {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs?: number;
  /** PEM file of an extra certificate authority. */
  caFile?: string;
  followRedirects?: boolean;
  maxBodyBytes?: number;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
  bodyTruncated: boolean;
  durationMs: number;
}

export interface HttpDoor {
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}

/** Resolves secret references at the moment of use and registers them for redaction. */
export interface SecretDoor {
  resolve(ref: string): Promise<string>;
}

/** SSH signatures over text (ssh-keygen(1) -Y, format in OpenSSH's PROTOCOL.sshsig). Keys may live in an agent. */
export interface SignatureDoor {
  /** `keyFile`: a private key, or a public key whose private half an agent holds. Gives the armored signature. */
  sign(keyFile: string, namespace: string, data: string): Promise<string>;
  /**
   * Who signed, according to the allowed-signers file at the time `atMs`; `principals` are all names the key has there.
   * @throws OaopsError `signature-invalid`, `signer-unknown` (exit 4)
   */
  verify(request: {
    data: string | Uint8Array;
    signature: string;
    namespace: string;
    allowedSigners: string;
    atMs: number;
  }): Promise<{ principal: string; principals?: string[]; keyFingerprint: string }>;
  /** Path, digest and owner of the file that names who may sign. @throws OaopsError `allowed-signers-missing`, `allowed-signers-unsafe` (exit 4) */
  allowedSigners(path: string): Promise<{ path: string; sha256: string }>;
  /** Names of those who may sign for a purpose by that file. @throws OaopsError `allowed-signers-missing` (exit 4) */
  signers(path: string, namespace: string): Promise<string[]>;
}
