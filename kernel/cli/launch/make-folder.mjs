// @ts-check
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a private folder and those above it. Not Node's own recursive call: where a folder exists and takes no new ones, as in
 * `/proc`, that one tries for ever. Throws what the system says.
 * @param {string} path
 */
export function makeFolder(path) {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    if (isFolder(path)) return
    if (code !== 'ENOENT' || isFolder(dirname(path)) || dirname(path) === path) throw error
    makeFolder(dirname(path))
    makeFolder(path)
  }
}

/** @param {string} path */
function isFolder(path) {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
