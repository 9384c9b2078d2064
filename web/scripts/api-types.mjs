// Writes src/lib/api/schema.d.ts from the server's OpenAPI document; with --check it only says
// whether the committed file is current.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../../openapi/openapi.json', import.meta.url);
const target = new URL('../src/lib/api/schema.d.ts', import.meta.url);

const generated =
  '// Generated from openapi/openapi.json by `npm run api-types`. Do not edit.\n' +
  astToString(await openapiTS(source));
if (!process.argv.includes('--check')) {
  writeFileSync(target, generated);
} else if (!existsSync(target) || readFileSync(target, 'utf8') !== generated) {
  console.error('src/lib/api/schema.d.ts is not current: run `npm run api-types` and commit it.');
  process.exit(1);
}
