/** Takes over lists of a run as the command does, each by NAME=FILE, and is killed before the run goes on; started by tests. */

import { openReview } from '../../src/app/accounts/review.ts';
import { importLists } from '../../src/app/accounts/review-files.ts';
import { openApp } from '../../src/app.ts';

const [run = '', ...lists] = process.argv.slice(2);
await using app = openApp({
  json: false,
  quiet: true,
  verbose: false,
  debug: false,
  color: false,
  configFile: process.env['OAOPS_CONFIG'],
} as never);
for (const list of lists) {
  const [signedBy, file = ''] = list.split('=');
  await importLists(app, await openReview(app, run), { files: [file], signedBy });
}
process.kill(process.pid, 'SIGKILL');
