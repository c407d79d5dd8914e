// @ts-check
/** Errors of the launcher: the same codes and words as the catalogue in `kernel/contract/errors.ts` (a spec compares them). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @type {Readonly<Record<string, { title: string, action: string, exit: string }>>} */
export const LAUNCH_ERRORS = Object.freeze({
  RUN_USAGE: { title: 'The command line has an unknown flag or value.', action: 'See clawnex help.', exit: 'usage' },
  RUN_DATA_READONLY: {
    title: 'The data folder cannot be written.',
    action: 'Make it writable or choose another with --data.',
    exit: 'refused',
  },
  RUN_DATA_LOCKED: {
    title: 'Another ClawNex uses this data folder.',
    action: 'Stop it, or choose another folder with --data.',
    exit: 'refused',
  },
  RUN_NODE_UNAVAILABLE: {
    title: 'A Node.js that ClawNex can run on could not be provided.',
    action: 'Install Node.js 22.22 or newer of that line (or 24) and start again.',
    exit: 'refused',
  },
  RUN_PACKAGES_FAILED: {
    title: 'The locked packages could not be installed.',
    action: 'Check the network and the npm registry settings ("npm ping"), then start again.',
    exit: 'failed',
  },
  RUN_BUILD_FAILED: {
    title: 'The product could not be bundled.',
    action: 'Correct the line named in the detail.',
    exit: 'failed',
  },
  RUN_CHILD_FAILING: {
    title: 'A process of ClawNex ends again and again before it is ready.',
    action: 'Read its last lines in the detail, correct the cause and start again.',
    exit: 'failed',
  },
})

export class LaunchError extends Error {
  /**
   * @param {string} code a key of LAUNCH_ERRORS
   * @param {string} [detail] what happened here, with the names of the things involved
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, detail = '', options = {}) {
    const entry = LAUNCH_ERRORS[code]
    super(detail === '' ? (entry?.title ?? code) : `${entry?.title ?? code} ${detail}`, options)
    this.name = 'LaunchError'
    this.code = code
    this.detail = detail
    this.action = entry?.action ?? ''
    this.exit = entry?.exit ?? 'failed'
  }
}

/** Exit codes by name, from the one table. @param {string} root @returns {(name: string) => number} */
export function readExitCodes(root) {
  /** @type {Record<string, { code: number }>} */
  const table = JSON.parse(readFileSync(join(root, 'kernel/cli/exit-codes.json'), 'utf8'))
  return name => table[name]?.code ?? 1
}

/** Exit code name of a fatal message of a child, by its error code. @param {string} code */
export function exitNameOf(code) {
  if (code === 'RUN_USAGE') return 'usage'
  return /^RUN_(PORT_TAKEN|DATA_|DATABASE_|KEYFILE_)/.test(code) ? 'refused' : 'failed'
}
