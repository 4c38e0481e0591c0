import type {
  Host,
  ProcessRequest,
  ProcessResult,
  Recovered,
  StreamRequest,
  StreamResult,
  Target,
} from '../../engine/ports.ts';
import type { BecomeSpec } from '../../runbook/types.ts';

export interface FileOptions {
  /** Permission bits such as 0o640; default: those of the file that is replaced, else 0o644. */
  mode?: number;
  become?: BecomeSpec;
}

export type Run = (request: ProcessRequest, signal: AbortSignal) => Promise<ProcessResult>;

export interface FileDigest {
  sha256: string;
  sizeBytes: number;
}

export interface OwnedFileOptions extends FileOptions {
  owner?: string;
}

/** How a host stores and reads files. */
export interface HostFiles {
  writeFile(path: string, data: Uint8Array, options: OwnedFileOptions, signal: AbortSignal): Promise<void>;
  upload(localPath: string, path: string, options: OwnedFileOptions, signal: AbortSignal): Promise<FileDigest>;
  hashFile(path: string, signal: AbortSignal, become?: BecomeSpec): Promise<FileDigest | null>;
  readFile(path: string, maxBytes: number, signal: AbortSignal, become?: BecomeSpec): Promise<Uint8Array | null>;
}

/** A host whose files are handled by a `HostFiles`; the local machine and ssh hosts differ in commands only. */
export abstract class FiledHost implements Host {
  readonly target: Target;
  protected abstract readonly files: HostFiles;

  constructor(target: Target) {
    this.target = target;
  }

  abstract run(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult>;
  abstract stream(request: StreamRequest, signal: AbortSignal): Promise<StreamResult>;
  abstract ping(signal: AbortSignal): Promise<void>;
  abstract recover(key: string): Promise<Recovered>;
  abstract forget(key: string): Promise<void>;

  writeFile(path: string, data: Uint8Array, options: OwnedFileOptions, signal: AbortSignal): Promise<void> {
    return this.files.writeFile(path, data, options, signal);
  }

  upload(localPath: string, path: string, options: OwnedFileOptions, signal: AbortSignal): Promise<FileDigest> {
    return this.files.upload(localPath, path, options, signal);
  }

  hashFile(path: string, signal: AbortSignal, become?: BecomeSpec): Promise<FileDigest | null> {
    return this.files.hashFile(path, signal, become);
  }

  readFile(path: string, maxBytes: number, signal: AbortSignal, become?: BecomeSpec): Promise<Uint8Array | null> {
    return this.files.readFile(path, maxBytes, signal, become);
  }
}
