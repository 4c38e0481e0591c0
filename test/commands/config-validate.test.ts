import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runOaops } from '../helpers/oaops.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-config-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it("looks at the company's file that the configuration names, and tells everything that is wrong there", async () => {
  const [config, company] = [join(dir, 'config.yaml'), join(dir, 'accounts.yaml')];
  writeFileSync(config, 'accounts: accounts.yaml\n');
  const validate = () =>
    runOaops(['config', 'validate', '--config', config], { env: { HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') } });
  writeFileSync(company, 'sources:\n  - {id: hr, type: csv, file: hr.csv}\ncaps: {refuse: 5%}\n');
  const valid = await validate();
  expect(valid.exitCode).toBe(0);
  expect(valid.stdout).toContain(`${company}:3:16 warning account-figure`);
  expect(valid.stdout).toContain(`valid: ${config}, ${company}`);
  writeFileSync(company, 'sources:\n  - {id: hr, type: csv, file: hr.csv}\ncaps: {count: -1}\nprotect: []\n');
  const wrong = await validate();
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stdout).toContain(`${company}:3:15 error value-invalid`);
  expect(wrong.stdout).toContain(`${company}:4:1 error key-unknown`);
}, 60_000);
