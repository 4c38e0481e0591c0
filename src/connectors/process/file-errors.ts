import { errnoOf, OaopsError } from '../../core/errors.ts';

export function notRegular(path: string): OaopsError {
  return new OaopsError('file-irregular', `${path} is not a regular file`, {
    next: 'Name a file, not a folder or a device.',
  });
}

/** A rename would put a file in the link's place, and leave what it leads to as it was. */
export function isLink(path: string): OaopsError {
  return new OaopsError('file-link', `${path} is a symbolic link`, {
    next: 'Name the file that it leads to, or remove the link first.',
  });
}

export function tooLarge(path: string, sizeBytes: number, maxBytes: number): OaopsError {
  return new OaopsError('file-too-large', `${path} has ${sizeBytes} bytes, more than the ${maxBytes} that are read`);
}

export function changedWhileCopied(path: string): OaopsError {
  return new OaopsError('upload-mismatch', `${path} arrived with another sha256 than it was sent with`, {
    next: 'Copy it again when nothing writes to it; if it happens again, check the disks and the network.',
  });
}

export function fileError(what: 'read' | 'write', path: string, error: unknown): unknown {
  if (error instanceof OaopsError) return error;
  const errno = errnoOf(error);
  if (errno === undefined || errno === 'ABORT_ERR') return error;
  const reason =
    {
      ENOENT: 'its folder does not exist',
      EACCES: 'no permission',
      EROFS: 'the file system is read-only',
      ENOSPC: 'the disk is full',
      EISDIR: 'it is a folder',
    }[errno] ?? errno;
  return new OaopsError(`file-${what}`, `${path} cannot be ${what === 'read' ? 'read' : 'written'}: ${reason}`, {
    cause: error,
  });
}
