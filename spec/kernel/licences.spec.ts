import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runtimePackages } from '../fixtures/lock-file.ts'
import { readSource } from '../fixtures/sources.ts'

const ALLOWED = new Set(['MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'Unlicense'])

/** One of several alternatives is enough: `(MIT OR CC0-1.0)`. */
function isAllowed(licence: string): boolean {
  return licence
    .replace(/^\(|\)$/g, '')
    .split(' OR ')
    .some(choice => ALLOWED.has(choice))
}

test('every package of the runtime has a licence that may be shipped with the product', () => {
  const wrong = runtimePackages()
    .filter(({ license = 'none' }) => !isAllowed(license))
    .map(({ path, license }) => `${path}: ${license ?? 'no licence'}`)
  assert.deepEqual(wrong, [])
})

test('a licence outside the list is refused, a choice with an allowed one is not', () => {
  for (const licence of ['GPL-3.0', 'MPL-2.0', '(GPL-2.0 OR AGPL-3.0)', 'SEE LICENSE IN x', ''])
    assert.ok(!isAllowed(licence), licence)
  assert.ok(isAllowed('(MIT OR CC0-1.0)'))
})

test('the product itself is Apache-2.0', () => {
  assert.equal(JSON.parse(readSource('package.json')).license, 'Apache-2.0')
  assert.match(readSource('LICENSE'), /Apache License\s+Version 2\.0/)
})
