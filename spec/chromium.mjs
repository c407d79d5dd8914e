// @ts-check
/** Finds the Chromium that browser specs drive; installs it through apt where that is allowed. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
/** A page without any font draws nothing to look at. */
const PACKAGES = ['chromium', 'fonts-dejavu-core', 'fonts-liberation']

/** @returns {{ path: string, version: string } | { missing: string }} */
export function provideChromium() {
  const found = findChromium()
  if (found) return found
  if (process.getuid?.() !== 0) return { missing: 'chromium is missing, and only root can install it' }
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).error)
    return { missing: 'chromium is missing, and there is no apt-get' }
  process.stderr.write('· installing Chromium for the browser specs (once)\n')
  const failure = apt(['update', '-qq']) ?? apt(['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES])
  if (failure) return { missing: `chromium is missing, and apt-get failed: ${failure}` }
  return findChromium() ?? { missing: 'chromium is missing: the installed package does not start' }
}

function findChromium() {
  const candidates = [process.env['CLAWNEX_CHROMIUM'] ?? '', ...NAMES.map(onPath)]
  for (const path of candidates.filter(Boolean)) {
    // Started once: on some systems the name is a stub that only points to another installer.
    const answer = spawnSync(path, ['--version'], {
      encoding: 'utf8',
      timeout: 30_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    if (answer.status === 0) return { path, version: answer.stdout.trim() }
  }
  return undefined
}

/** @param {string} name */
function onPath(name) {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map(folder => join(folder, name)).find(isExecutable) ?? ''
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Absent or not executable: not a candidate.
    return false
  }
}

/** @param {readonly string[]} args @returns {string | undefined} what went wrong */
function apt(args) {
  const { status, error, stderr } = spawnSync('apt-get', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return status === 0 ? undefined : (error?.message ?? stderr.trim().split('\n').slice(-3).join(' '))
}
