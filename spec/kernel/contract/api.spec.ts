/** The surface that plugins of others build on changes only on purpose: the checked-in report, and CHANGES.md beside it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import * as contract from '../../../kernel/contract/index.ts'
import { ROOT, temporaryFolder } from '../../fixtures/paths.ts'
import { checkReport } from '../../fixtures/report.ts'
import { listFiles, readSource } from '../../fixtures/sources.ts'

const FOLDER = 'kernel/contract'

/** Declarations as the compiler sees them, by file. */
function declare(t: TestContext): Map<string, string> {
  const out = temporaryFolder(t)
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const flags = ['--ignoreConfig', '--declaration', '--emitDeclarationOnly', '--removeComments', '--outDir', out]
  const target = ['--target', 'es2023', '--module', 'nodenext', '--allowImportingTsExtensions', '--strict']
  const entry = join(ROOT, FOLDER, 'index.ts')
  execFileSync(process.execPath, [tsc, ...flags, ...target, '--skipLibCheck', '--types', 'node', entry], { cwd: ROOT })
  const exported = [...readSource(`${FOLDER}/index.ts`).matchAll(/from '\.\/([\w-]+)\.ts'/g)].map(
    ([, name]) => name as string,
  )
  return new Map(exported.sort().map(name => [name, readFileSync(join(out, `${name}.d.ts`), 'utf8')]))
}

/** Exported declarations, without the imports between files. */
function surfaceOf(text: string): string {
  return text
    .split('\n')
    .filter(line => !/^import /.test(line) && line !== 'export {};' && line.trim() !== '')
    .join('\n')
}

test('the report of the contract is what the compiler declares', t => {
  const files = [...declare(t)].map(([name, text]) => `## ${name}.ts\n\n\`\`\`ts\n${surfaceOf(text)}\n\`\`\``)
  const about = `Everything that \`clawnex/contract\` exports, in the compiler's words; a spec compares. A difference here is a change for
plugin authors: it belongs into \`CHANGES.md\` and into the version (\`CONTRACT_VERSION\`).`
  checkReport(`${FOLDER}/API.md`, `# Contract ${contract.CONTRACT_VERSION}\n\n${about}\n\n${files.join('\n\n')}\n`)
})

test('the contract exports each of its files as a whole', () => {
  const files = listFiles(FOLDER).filter(path => path.endsWith('.ts') && !path.endsWith('index.ts'))
  const index = readSource(`${FOLDER}/index.ts`).trim().split('\n')
  assert.deepEqual(
    index,
    files.map(path => `export * from './${path.slice(FOLDER.length + 1)}'`),
  )
})

test('the version in force has its entry in CHANGES.md, on top', () => {
  const [first] = readSource(`${FOLDER}/CHANGES.md`).match(/^## .+$/m) ?? []
  assert.equal(first, `## ${contract.CONTRACT_VERSION}`)
})

test('every export stands under a comment', () => {
  const bare = listFiles(FOLDER).flatMap(path => (path.endsWith('.ts') ? undocumented(readSource(path)) : []))
  assert.deepEqual(bare, [])
})

/** Names of exported declarations without a doc comment directly before them; a lint note may stand between. */
function undocumented(text: string): string[] {
  const lines = text.split('\n').filter(line => !line.startsWith('// biome-ignore'))
  return lines.flatMap((line, at) => {
    const name = /^export (?:interface|function|class|const|type) (\w+)/.exec(line)?.[1]
    return name === undefined || /\*\/\s*$/.test(lines[at - 1] ?? '') ? [] : [name]
  })
}
