// @ts-check
import { join } from 'node:path'

/**
 * The folder the user stood in: relative paths on the command line start there. npm moves to the project's root first and
 * leaves the place in INIT_CWD; under another project's npm that variable says nothing about us.
 * @param {string} root @param {NodeJS.ProcessEnv} env @param {string} cwd
 * @returns {string}
 */
export function callerFolder(root, env, cwd) {
  return (env['npm_package_json'] === join(root, 'package.json') && env['INIT_CWD']) || cwd
}
