import { asNotBegun } from '../../../core/errors.ts';
import { statusOf } from './members.ts';

/** Results of RFC 4511 by which a change may have been made all the same: a server that stands for another one lost that one's answer. */
const unsure: readonly number[] = [3, 52, 80];

/** Work that comes before the first request that changes something: its errors are marked by `asNotBegun`. */
export async function beforeChange<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw marked(error);
  }
}

/** The first request that changes something. It does so wholly or not at all: its refusal is marked by `asNotBegun`. */
export async function firstRequest(request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (error) {
    const status = statusOf(error);
    throw status === undefined || unsure.includes(status) ? error : marked(error);
  }
}

function marked(error: unknown): unknown {
  return error instanceof Error ? asNotBegun(error) : error;
}
