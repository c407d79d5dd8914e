/** Puts LiteLLM into a private Python environment, from a file that names every package with its hash. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { RunError } from '../../contract/index.ts'
import { findPython, type Python, whereIs } from './python.ts'
import { RUNNER } from './runner.ts'

/** An installed LiteLLM. */
export interface Installation {
  /** Program and first arguments; LiteLLM's own follow. */
  readonly command: readonly string[]
  readonly version: string
}

export interface Progress {
  readonly packages: number
  readonly total: number
  readonly megabytes: number
}

export interface InstallOptions {
  /** Folder of `python-3.X.txt`, the locked requirements by Python minor. */
  readonly locksDir: string
  /** `DATA/litellm`. */
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

/** Written last: an environment without it was never finished. */
const COMPLETE = 'clawnex-complete.json'
const LOOK_MS = 1_000
const KEPT_OUTPUT = 4_000
/** What installers may know of the operator's environment: where packages come from, and how to get there. */
const PASSED =
  /^(PATH|HOME|LANG|LC_ALL|TMPDIR|USER|(https?|all|no)_proxy|PIP_.*|UV_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|XDG_.*)$/i

/** Returns at once when it is installed already. Rejects with RUN_LITELLM when this machine lacks what it takes. */
export async function install(options: InstallOptions): Promise<Installation> {
  const { locksDir, folder, signal } = options
  const env = installerEnv(options.env)
  const locks = readLocks(locksDir)
  const uv = whereIs('uv', env)[0]
  const python = await findPython([...locks.keys()], env, uv === undefined)
  if (python === null)
    throw absent('No Python of version 3.10 to 3.13 was found. Install the package "python3" (with "python3-venv").')
  const lock = locks.get(python.minor) as Lock
  const venv = join(folder, `venv-${hashOf(lock.text, python.minor)}`)
  if (!isComplete(venv)) {
    if (uv === undefined && !python.makesVenv) {
      throw absent(
        `Python ${python.minor} at ${python.path} lacks venv. Install the package "python${python.minor}-venv" or "uv".`,
      )
    }
    await build({ venv, python, uv, lock, env, signal, onProgress: options.onProgress })
  }
  return { command: [pythonOf(venv), '-c', RUNNER], version: lock.version }
}

/** Removes environments of other locks, once the current one serves. */
export function removeOthers(folder: string, installation: Installation): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (name.startsWith('venv-') && installation.command[0] !== pythonOf(path))
      rmSync(path, { recursive: true, force: true })
  }
}

interface Lock {
  readonly path: string
  readonly text: string
  readonly version: string
  readonly packages: number
}

function readLocks(folder: string): ReadonlyMap<string, Lock> {
  const locks = new Map<string, Lock>()
  for (const name of readdirSync(folder)) {
    const minor = /^python-(\d+\.\d+)\.txt$/.exec(name)?.[1]
    if (minor === undefined) continue
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const version = /^litellm==(\S+)/m.exec(text)?.[1] ?? ''
    locks.set(minor, { path, text, version, packages: text.match(/^[a-z0-9][\w.-]*==/gim)?.length ?? 0 })
  }
  return locks
}

/** Changes with everything that makes an environment unfit: the packages, the Python, the machine. */
export function hashOf(lockText: string, minor: string): string {
  const parts = [lockText, minor, process.platform, process.arch].join('\n')
  return createHash('sha256').update(parts).digest('hex').slice(0, 12)
}

function isComplete(venv: string): boolean {
  return existsSync(join(venv, COMPLETE)) && existsSync(pythonOf(venv))
}

function pythonOf(venv: string): string {
  return join(venv, 'bin', 'python')
}

interface Build {
  readonly venv: string
  readonly python: Python
  readonly uv: string | undefined
  readonly lock: Lock
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

/** Made in its place, because environments do not move; the mark of completeness makes it one step for everyone else. */
async function build(parts: Build): Promise<void> {
  const { venv, python, uv, lock, env, signal, onProgress } = parts
  rmSync(venv, { recursive: true, force: true })
  mkdirSync(join(venv, '..'), { recursive: true, mode: 0o700 })
  const progress = watchProgress(venv, lock.packages, onProgress)
  const locked = ['--require-hashes', '-r', lock.path]
  const run = (command: string, args: readonly string[]) =>
    runQuietly(command, args, { env, signal, onLine: progress.line })
  try {
    if (uv === undefined) {
      await run(python.path, ['-m', 'venv', venv])
      await run(pythonOf(venv), ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', ...locked])
    } else {
      await run(uv, ['venv', '--python', python.path, venv])
      await run(uv, ['pip', 'install', '--python', pythonOf(venv), '--compile-bytecode', ...locked])
    }
    // Proves that it starts, and that no package is missing, before anything relies on it.
    await runQuietly(pythonOf(venv), ['-c', 'import litellm.proxy.proxy_cli, prisma'], {
      env: { ...env, LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_MODE: 'PRODUCTION' },
      signal,
      onLine: progress.line,
    })
  } finally {
    progress.stop()
  }
  writeFileSync(join(venv, COMPLETE), JSON.stringify({ litellm: lock.version, python: python.minor }), { flush: true })
}

/** Counts packages as they become installed or are begun, and adds up what the installer says it downloads. */
function watchProgress(venv: string, total: number, onProgress: Build['onProgress']) {
  let begun = 0
  let megabytes = 0
  const tell = (): void => {
    onProgress({
      packages: Math.min(total, Math.max(begun, countInstalled(venv))),
      total,
      megabytes: Math.round(megabytes),
    })
  }
  tell()
  const timer = setInterval(tell, LOOK_MS)
  return {
    line(text: string): void {
      if (text.startsWith('Collecting ')) begun += 1
      const size = /Downloading \S+ \(([\d.]+) ?(k|M)i?B\)/i.exec(text)
      if (size) megabytes += Number(size[1]) * (size[2]?.toLowerCase() === 'k' ? 0.001 : 1)
    },
    stop(): void {
      clearInterval(timer)
      tell()
    },
  }
}

function countInstalled(venv: string): number {
  try {
    const lib = join(venv, 'lib')
    return readdirSync(lib)
      .flatMap(name => readdirSync(join(lib, name, 'site-packages')))
      .filter(name => name.endsWith('.dist-info')).length
  } catch {
    // Not made yet.
    return 0
  }
}

interface RunOptions {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  onLine(line: string): void
}

/** Runs at the lowest priority, so that calls come first. Rejects with the last words of a program that fails. */
function runQuietly(command: string, args: readonly string[], { env, signal, onLine }: RunOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, signal, stdio: ['ignore', 'pipe', 'pipe'] })
    if (child.pid !== undefined) lower(child.pid)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', line => {
        onLine(line.trim())
        output = `${output}${line}\n`.slice(-KEPT_OUTPUT)
      })
    }
    child.on('error', reject)
    child.on('close', code => {
      if (code === 0) resolve()
      else reject(new Error(`${command} ended with ${code}: ${output.trim().split('\n').slice(-6).join('\n')}`))
    })
  })
}

function lower(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
  } catch {
    // It ended already; its exit code tells.
  }
}

function installerEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.test(name)))
}

function absent(detail: string): RunError {
  return new RunError('RUN_LITELLM', { detail })
}
