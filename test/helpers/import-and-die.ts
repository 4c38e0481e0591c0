/** Takes over lists of a run as the command does, and is killed before the run goes on; started by tests. */

import { openReview } from '../../src/app/accounts/review.ts';
import { importLists } from '../../src/app/accounts/review-files.ts';
import { openApp } from '../../src/app.ts';

const [run = '', ...files] = process.argv.slice(2);
await using app = openApp({
  json: false,
  quiet: true,
  verbose: false,
  debug: false,
  color: false,
  configFile: process.env['OAOPS_CONFIG'],
} as never);
await importLists(app, await openReview(app, run), { files });
process.kill(process.pid, 'SIGKILL');
