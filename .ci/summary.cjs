// Plain Node.js of any age: prints the closing line of .ci/run from the JSON report of the test runner.
'use strict';
const { readFileSync } = require('node:fs');

const [file, status] = process.argv.slice(2);
let report;
try {
  report = JSON.parse(readFileSync(file, 'utf8'));
} catch {
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
const passed = report.numPassedTests;
const skipped = report.numPendingTests + report.numTodoTests;
// A file that could not even be loaded has no tests in it: it counts as one failure.
const brokenFiles = report.testResults.filter((result) => result.status === 'failed' && result.assertionResults.length === 0).length;
// An error outside any test (an unhandled rejection) fails the run without failing a test.
const outside = status !== '0' && report.numFailedTests + brokenFiles === 0 ? 1 : 0;
const failed = report.numFailedTests + brokenFiles + outside;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
