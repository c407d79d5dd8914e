import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { listFiles, readSource } from '../fixtures/sources.ts'

const MOST_LINES = 400

/** Files that are one long table, with what they hold. */
const LONG: Readonly<Record<string, string>> = {
  'kernel/contract/errors.ts': 'the error catalogue',
}

/** Names that their readers expect as they are. */
const FIXED_NAMES = new Set(['README.md', 'LICENSE', 'API.md', 'CHANGES.md', 'ERRORS.md', 'SKILL.md'])

const files = listFiles()
const sources = files.filter(path => /\.(ts|tsx|mjs|sh)$/.test(path) || path === 'clawnex' || path === '.ci/run')
const texts = files.filter(path => /\.(ts|tsx|mjs|sh|md|json|css|svg|html)$|^clawnex$|^\.ci\/run$|rc$/.test(path))

test('files are named in kebab-case', () => {
  const wrong = files.filter(path => {
    const name = basename(path)
    return !FIXED_NAMES.has(name) && !/^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(name)
  })
  assert.deepEqual(wrong, [])
})

test(`no source is longer than ${MOST_LINES} lines`, () => {
  const long = sources.flatMap(path => {
    const lines = readSource(path).split('\n').length - 1
    return lines > MOST_LINES && !(path in LONG) ? `${path}: ${lines}` : []
  })
  assert.deepEqual(long, [])
})

test('every catch that does nothing says why', () => {
  const silent = sources.filter(path => findSilentCatch(readSource(path)))
  assert.deepEqual(silent, [])
})

test('a silent catch is found in each of its forms', () => {
  for (const body of ['{}', '(error) {\n}', '(_) { }'].map(rest => `catch ${rest}`))
    assert.ok(findSilentCatch(`try { f() } ${body}`), body)
  assert.ok(!findSilentCatch('try { f() } catch {\n // Gone already.\n}'))
})

test('nothing names a machine, a registry or a person', () => {
  // Put together here, so that this file does not contain what it looks for.
  const forbidden = [
    ['', 'work', '(main|shared)\\b'].join('/'),
    ['', 'home', '(?!someone|user|op\\b|\\w+/)[a-z]\\w+'].join('/'),
    ['registry', 'npmjs', 'org'].join('\\.'),
    ['', 'tmp', 'team'].join('/'),
  ].map(pattern => new RegExp(pattern))
  const found = texts.flatMap(path => {
    const text = readSource(path)
    return forbidden.flatMap(pattern => (pattern.test(text) ? `${path}: ${pattern.exec(text)?.[0]}` : []))
  })
  assert.deepEqual(found, [])
})

test('work that was put off is not left in the sources', () => {
  const marks = new RegExp(`\\b(${['TO', 'FIX'].map((start, index) => start + ['DO', 'ME'][index]).join('|')})\\b`)
  assert.deepEqual(
    sources.filter(path => marks.test(readSource(path))),
    [],
  )
})

function findSilentCatch(text: string): boolean {
  return /\bcatch\s*(\([^)]*\))?\s*\{\s*\}/.test(text)
}
