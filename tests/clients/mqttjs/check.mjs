// Runs every check at each of the given URLs and prints a JSON line for each.
// Usage: node check.mjs mqtt://localhost:1883 ws://localhost:8080/mqtt

import { randomUUID } from 'node:crypto'
import { both, five } from './checks.mjs'

const urls = process.argv.slice(2)
if (urls.length === 0) {
  console.error('usage: node check.mjs URL...')
  process.exit(2)
}

const counts = { passed: 0, failed: 0 }
for (const url of urls) {
  for (const version of [4, 5]) {
    const checks = version === 5 ? { ...both, ...five } : both
    for (const [name, check] of Object.entries(checks)) await run(url, version, name, check)
  }
}
console.log(JSON.stringify(counts))
process.exitCode = counts.failed || !counts.passed ? 1 : 0

async function run(url, version, name, check) {
  const prefix = `check/${randomUUID().slice(0, 8)}`
  const broker = { url, version, opened: new Set(), topic: (rest) => `${prefix}/${rest}` }
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
