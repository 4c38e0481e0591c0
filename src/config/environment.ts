import { resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment variables that stand for a key of the configuration. OAOPS_RUNBOOK_PATH is none of them: its folders are
 * looked into before those of `runbooks`, not instead of them.
 */
export const configVariables = {
  OAOPS_LANG: 'lang',
  OAOPS_INVENTORY: 'inventory',
  OAOPS_RECORD_URL: 'record.url',
  OAOPS_ALLOWED_SIGNERS: 'approvals.allowedSigners',
  OAOPS_SIGNING_KEY: 'signing.key',
} as const;

export interface EnvironmentSetting {
  key: string;
  value: unknown;
  variable: string;
}

/**
 * The settings given by the environment; empty variables count as not set. The record's URL holds a password, so it is
 * given on as the reference `env:OAOPS_RECORD_URL`, not as its value.
 */
export function fromEnvironment(env: Environment): EnvironmentSetting[] {
  return Object.entries(configVariables).flatMap(([variable, key]): EnvironmentSetting[] => {
    const value = env[variable];
    return value ? [{ key, value: settingOf(key, variable, value), variable }] : [];
  });
}

function settingOf(key: string, variable: string, value: string): unknown {
  if (key === 'record.url') return `env:${variable}`;
  if (key === 'lang') return /^zh/i.test(value) ? 'zh-CN' : 'en';
  return resolve(value);
}
