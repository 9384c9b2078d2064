// Fails when the first load is over its budget: the page, and every script and style that it or
// a static import names. What is only loaded on demand does not count.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const BUDGET_BYTES = 100_000;
const dist = new URL('../dist/', import.meta.url).pathname;

const seen = new Map();
function visit(path) {
  if (seen.has(path)) return;
  const bytes = readFileSync(join(dist, path));
  seen.set(path, gzipSync(bytes, { level: 9 }).length);
  const source = bytes.toString();
  if (path.endsWith('.html')) {
    for (const [, asset] of source.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)) visit(asset);
  } else if (path.endsWith('.js')) {
    for (const [, name] of source.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
      visit(`assets/${name}`);
    }
  }
}
visit('index.html');

let total = 0;
for (const [path, bytes] of seen) {
  total += bytes;
  console.log(`${(bytes / 1000).toFixed(1).padStart(7)} kB  ${path}`);
}
console.log(
  `${(total / 1000).toFixed(1).padStart(7)} kB  first load, gzip (budget ${BUDGET_BYTES / 1000} kB)`,
);
if (total > BUDGET_BYTES) {
  console.error('The first load is over its budget.');
  process.exit(1);
}
