import { filesOf, type LoadOptions } from './files.ts';
import { type MergedConfig, mergeLayers } from './layers.ts';

/**
 * The settings that hold. What files need, a YAML reader and the schema, is loaded only where there is one: most machines
 * have none.
 * @throws OaopsError those of `loadConfig`
 */
export async function openConfig(options: LoadOptions): Promise<MergedConfig> {
  const files = filesOf(options);
  if (files.some((file) => file.present || file.layer === 'file'))
    return (await import('./load.ts')).loadConfig(options);
  return mergeLayers([], files, options.place.env);
}
