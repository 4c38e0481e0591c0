import type { CheckType } from '../types.ts';
import { disk } from './disk.ts';
import { service } from './service.ts';
import { tcp } from './tcp.ts';

/** Every check that an inspection can name, in the order of the reference page. A file imports no heavy library at its top. */
export const checkTypes: readonly CheckType[] = [disk, service, tcp] as readonly unknown[] as readonly CheckType[];

export const checkTypesByName: ReadonlyMap<string, CheckType> = new Map(checkTypes.map((type) => [type.name, type]));
