// Runs every check at each of the given URLs and prints a JSON line for each.
// Usage: node check.mjs mqtt://localhost:1883 ws://localhost:8080/mqtt
//
// With the name and password of an account that may use check/# and nothing else, and a token that
// does for its password, what concerns accounts is checked, and nothing else:
// node check.mjs --account press:secret --token TOKEN ws://localhost:8080/mqtt

import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { accounts } from './accounts.mjs'
import { both, five } from './checks.mjs'

const options = { account: { type: 'string' }, token: { type: 'string' } }
const { values: given, positionals: urls } = parseArgs({ options, allowPositionals: true })
if (urls.length === 0) {
  console.error('usage: node check.mjs [--account NAME:PASSWORD --token TOKEN] URL...')
  process.exit(2)
}
const [, username, password] = /^([^:]*):(.*)$/.exec(given.account ?? '') ?? []

const counts = { passed: 0, failed: 0 }
for (const url of urls) {
  for (const version of [4, 5]) {
    const whole = version === 5 ? { ...both, ...five } : both
    const checks = given.account ? accounts : whole
    for (const [name, check] of Object.entries(checks)) await run(url, version, name, check)
  }
}
console.log(JSON.stringify(counts))
process.exitCode = counts.failed || !counts.passed ? 1 : 0

async function run(url, version, name, check) {
  const prefix = `check/${randomUUID().slice(0, 8)}`
  const broker = {
    url,
    version,
    opened: new Set(),
    topic: (rest) => `${prefix}/${rest}`,
    account: given.account && { username, password },
    token: given.token,
  }
  const began = performance.now()
  const line = { check: name, url, version: version === 5 ? '5.0' : '3.1.1', ok: true }
  try {
    await check(broker)
  } catch (error) {
    line.ok = false
    line.error = `${error.name}: ${error.message}`
  }
  for (const peer of broker.opened) peer.client.end(true)
  line.ms = Math.round(performance.now() - began)
  counts[line.ok ? 'passed' : 'failed'] += 1
  console.log(JSON.stringify(line))
}
