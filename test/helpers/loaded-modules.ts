/** Preloaded (`--import`) into a process under test: writes every module that it loads to the file named in OAOPS_TEST_MODULES. */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const file = process.env['OAOPS_TEST_MODULES'];
registerHooks({
  load(url, context, next) {
    if (file !== undefined) appendFileSync(file, `${url}\n`);
    return next(url, context);
  },
});
