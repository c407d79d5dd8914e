/** The catalogue, its page and the specs say the same: every code is described, raised somewhere and provoked somewhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  API_ERRORS,
  CataloguedError,
  ERRORS,
  type ErrorCode,
  type ErrorEntry,
  GATEWAY_ERRORS,
  isCatalogued,
  PLUGIN_ERRORS,
  RUN_ERRORS,
} from '../../../kernel/contract/index.ts'
import { checkReport } from '../../fixtures/report.ts'
import { listFiles, readSource } from '../../fixtures/sources.ts'

type Catalogue = Readonly<Record<string, ErrorEntry>>

const GROUPS: readonly (readonly [title: string, about: string, entries: Catalogue])[] = [
  ['Plugins', 'Loading a plugin and running it. While a load fails, the old generation serves.', PLUGIN_ERRORS],
  ['API', 'The dashboard answers them as problem details (RFC 9457) with this `code`.', API_ERRORS],
  ['Model path', "Told to the caller in its own dialect, with the code in the error's `code`.", GATEWAY_ERRORS],
  ['Processes', 'Start, data folder, database, snapshot and spool.', RUN_ERRORS],
]

const CODES = Object.keys(ERRORS) as ErrorCode[]
const WORD = /\b(?:PLG|API|GW|RUN)_[A-Z]+(?:_[A-Z]+)*\b/g
const LITERAL = new RegExp(`'(${WORD.source})'`, 'g')

/** Places that describe codes without raising them. */
const DESCRIBING = new Set(['kernel/http/openapi.ts', 'kernel/cli/launch/errors.mjs'])
const isSource = (path: string): boolean => /\.(ts|tsx|mjs)$/.test(path)

function describeErrors(): string {
  const groups = GROUPS.map(([title, about, entries]) => {
    const rows = Object.entries(entries).map(
      ([code, { status, advice, title: what, action }]) =>
        `| \`${code}\` | ${status} | ${advice} | ${what} | ${action} |`,
    )
    return [
      `## ${title}`,
      '',
      about,
      '',
      '| Code | Status | Remedy | What happened | What to do |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n')
  })
  return `# Errors

Made from \`errors.ts\`; a spec compares. A code keeps its meaning within a major version of the contract. \`Status\` is the HTTP
status where the error reaches a caller, \`Remedy\` the class of what helps: \`retry\`, \`fix-request\` (the caller), \`fix-config\`
and \`operator\` (whoever runs ClawNex), \`fix-code\` (the author of the plugin), \`restart\`.

${groups.join('\n\n')}
`
}

/** Codes that stand in a text as literals, comments and the lists of routes left out. */
function codesRaised(text: string): string[] {
  const code = text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\berrors: \[[^\]]*\]/g, '')
  return [...code.matchAll(LITERAL)].map(([, word]) => word as string)
}

test('the page of errors is what the catalogue says', () => {
  checkReport('kernel/contract/ERRORS.md', describeErrors())
})

test('every error says what happened and what to do, in sentences of their own', () => {
  const titles = new Map<string, string>()
  for (const [code, { status, title, action }] of Object.entries<ErrorEntry>(ERRORS)) {
    assert.ok(status >= 200 && status <= 599, code)
    assert.match(title, /^[A-Z].*\.$|^setup\(\) .*\.$|^carry\(\) .*\.$|^plugin\.json .*\.$/, code)
    assert.match(action, /\.$|…$/, code)
    const group = code.slice(0, code.indexOf('_'))
    const twin = titles.get(`${group} ${title}`)
    assert.equal(twin, undefined, `${code} and ${twin} say the same`)
    titles.set(`${group} ${title}`, code)
  }
})

test('every code is provoked by a spec', () => {
  const specs = listFiles('spec').filter(
    path => /\.spec\.tsx?$/.test(path) && path !== 'spec/kernel/contract/errors.spec.ts',
  )
  const named = new Set(specs.flatMap(path => readSource(path).match(WORD) ?? []))
  assert.deepEqual(
    CODES.filter(code => !named.has(code)),
    [],
  )
})

test('every code can be raised, and nothing raises one that is not in the catalogue', () => {
  const sources = [...listFiles('kernel'), ...listFiles('plugins')].filter(
    path => isSource(path) && !path.startsWith('kernel/contract/') && !DESCRIBING.has(path),
  )
  const raised = new Set(sources.flatMap(path => codesRaised(readSource(path))))
  assert.deepEqual(
    CODES.filter(code => !raised.has(code)),
    [],
  )
  assert.deepEqual(
    [...raised].filter(word => !CODES.some(code => code === word || code.startsWith(`${word}_`))),
    [],
  )
})

test('an error is known by its code, whichever bundle its class comes from', () => {
  const error = new CataloguedError('API_INVALID', { detail: 'why', cause: 1 })
  assert.deepEqual([error.status, error.advice, error.message], [400, 'fix-request', `${ERRORS.API_INVALID.title} why`])
  assert.ok(isCatalogued(Object.assign(new Error('x'), { code: 'GW_HOST' })))
  for (const other of [new Error('x'), Object.assign(new Error('x'), { code: 'ENOENT' }), { code: 'GW_HOST' }, null]) {
    assert.equal(isCatalogued(other), false)
  }
})
