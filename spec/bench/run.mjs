// @ts-check
// Bundles one bench and runs it. Usage: npm run bench -- NAME [arguments]; the names are those of spec/bench/<NAME>.bench.ts

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundle } from '../bundle.mjs'

const root = resolve(import.meta.dirname, '../..')
const [name = '', ...args] = process.argv.slice(2)
const source = join(root, 'spec/bench', `${name}.bench.ts`)
if (name === '' || !existsSync(source)) {
  const names = readdirSync(join(root, 'spec/bench')).flatMap(file => /^(.+)\.bench\.ts$/.exec(file)?.[1] ?? [])
  process.stderr.write(`Usage: npm run bench -- NAME\nNames: ${names.join(', ')}\n`)
  process.exit(2)
}

const out = join(root, '.runtime', 'bench-run', String(process.pid))
mkdirSync(out, { recursive: true })
process.on('exit', () => rmSync(out, { recursive: true, force: true }))
await bundle(root, [{ in: source, out: name }], out)
const entry = join(out, 'entry.mjs')
writeFileSync(entry, `const { run } = await import('./${name}.mjs')\nawait run(process.argv.slice(2))\n`)
const child = spawn(process.execPath, ['--enable-source-maps', '--expose-gc', entry, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, CLAWNEX_ROOT: root },
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
process.exitCode = await new Promise(done => child.on('exit', (code, signal) => done(signal ? 1 : (code ?? 1))))
