/** Starts what is compared: the provider itself, a bare pass-through, our model path with the shield off and on, and Portkey's gateway. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import * as esbuild from 'esbuild'
import { ROOT } from '../../fixtures/paths.ts'

const FOLDER = join(ROOT, '.runtime', 'bench')
const PORTKEY = '1.15.2'

export interface Target {
  readonly name: string
  readonly url: string
  readonly model: string
  readonly headers: Readonly<Record<string, string>>
  /** CPU time of its process in microseconds; null where it cannot be told. */
  cpuMicros(): number | null
}

export interface Bench {
  readonly load: ChildProcess
  readonly targets: readonly Target[]
  /** Targets that could not be started, with the reason. */
  readonly skipped: readonly { readonly target: string; readonly reason: string }[]
  stop(): void
}

export async function startBench(): Promise<Bench> {
  const children: ChildProcess[] = []
  const start = async (entry: string, args: readonly string[]): Promise<{ child: ChildProcess; port: number }> => {
    const child = fork(await bundle(entry), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    children.push(child)
    const { port } = (await nextMessage(child)) as { port: number }
    return { child, port }
  }
  const upstream = await start('upstream', [])
  const base = `http://127.0.0.1:${upstream.port}/v1`
  const bare = await start('bare', [base])
  const off = await start('proxy', ['off', base])
  const on = await start('proxy', ['on', base])
  const load = await start('load', [])
  const targets = [
    target('direct', upstream, 'bench-model'),
    target('bare', bare, 'bench-model'),
    target('clawnex, shield off', off, 'bench/bench-model'),
    target('clawnex, shield on', on, 'bench/bench-model'),
  ]
  const skipped: { target: string; reason: string }[] = []
  try {
    const portkey = await startPortkey(children)
    targets.push({
      ...target('portkey', portkey, 'bench-model'),
      headers: { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': base, authorization: 'Bearer bench' },
    })
  } catch (error) {
    skipped.push({ target: 'portkey', reason: error instanceof Error ? error.message : String(error) })
  }
  return {
    load: load.child,
    targets,
    skipped,
    stop: () => {
      for (const child of children) child.kill()
    },
  }
}

function target(name: string, { child, port }: { child: ChildProcess; port: number }, model: string): Target {
  return {
    name,
    model,
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    headers: { authorization: 'Bearer cnx_bench' },
    cpuMicros: () => cpuMicrosOf(child.pid),
  }
}

/** From the scheduler's statistics, where the system has them: nanoseconds on the processor, over all threads. */
function cpuMicrosOf(pid: number | undefined): number | null {
  try {
    const folder = `/proc/${pid}/task`
    const nanos = readdirSync(folder).map(thread => readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0])
    return nanos.reduce((sum, one) => sum + Number(one), 0) / 1000
  } catch {
    // Not Linux: the column stays empty.
    return null
  }
}

async function bundle(entry: string): Promise<string> {
  const outfile = join(FOLDER, `${entry}.mjs`)
  await esbuild.build({
    entryPoints: [join(ROOT, 'spec/bench/gateway', `${entry}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    packages: 'external',
    alias: { 'clawnex/contract': join(ROOT, 'kernel/contract/index.ts') },
    logLevel: 'error',
  })
  return outfile
}

export function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a process of the bench ended with ${code}`))
    child.once('exit', ended)
    child.once('message', message => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}

/** Installed on demand beside the bench; it is no dependency of the product. */
async function startPortkey(children: ChildProcess[]): Promise<{ child: ChildProcess; port: number }> {
  const folder = join(FOLDER, 'portkey')
  const entry = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  if (!existsSync(entry)) install(folder)
  const port = await freePort()
  const child = fork(entry, [`--port=${port}`, '--headless'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' },
  })
  children.push(child)
  await untilListening(port)
  return { child, port }
}

function install(folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n')
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--save-exact',
    `@portkey-ai/gateway@${PORTKEY}`,
  ]
  const { status, error } = spawnSync('npm', args, { cwd: folder, stdio: 'ignore', timeout: 120_000 })
  if (status !== 0) throw new Error(`npm could not install it (${error?.message ?? `exit ${status}`})`)
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function untilListening(port: number): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    try {
      await fetch(`http://127.0.0.1:${port}/`)
      return
    } catch {
      // Not up yet.
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
  throw new Error('it did not start')
}
