/** What of this machine LiteLLM can be installed with. */
import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Python {
  readonly path: string
  /** Major and minor: `3.12`. */
  readonly minor: string
  /** Whether `venv` can make an environment with pip in it; Debian and Ubuntu ship that apart. */
  readonly makesVenv: boolean
}

const NAMES = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3']
const QUESTION =
  "import sys, importlib.util as u; print('%d.%d' % sys.version_info[:2], all(u.find_spec(n) for n in ('venv', 'ensurepip')))"
const ANSWER_MS = 10_000

/**
 * The newest Python of one of these minors, or null. With `needsVenv` one that makes environments comes before those that do not.
 */
export async function findPython(
  minors: readonly string[],
  env: NodeJS.ProcessEnv,
  needsVenv: boolean,
): Promise<Python | null> {
  let bare: Python | null = null
  for (const path of NAMES.flatMap(name => whereIs(name, env))) {
    const found = await ask(path, env)
    if (found === null || !minors.includes(found.minor)) continue
    if (found.makesVenv || !needsVenv) return found
    bare ??= found
  }
  return bare
}

/** All programs of this name on the PATH, in its order. */
export function whereIs(name: string, env: NodeJS.ProcessEnv): string[] {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter(folder => folder !== '')
    .map(folder => join(folder, name))
    .filter(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // Not there, or not to be run by this user.
    return false
  }
}

/** Null for what does not run, such as the shim of a version manager without a version. */
function ask(path: string, env: NodeJS.ProcessEnv): Promise<Python | null> {
  return new Promise(resolve => {
    execFile(path, ['-c', QUESTION], { env, timeout: ANSWER_MS, encoding: 'utf8' }, (error, stdout) => {
      const [minor, makesVenv] = stdout.trim().split(' ')
      resolve(error || !minor ? null : { path, minor, makesVenv: makesVenv === 'True' })
    })
  })
}
