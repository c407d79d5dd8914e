// @ts-check
/** Names a build by the content of everything that goes into it. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Files that a build never reads, so that editing them keeps the build. */
const IGNORED = /(^|\/)(README\.md|decisions)$|\.lock$|~$|^\./

/**
 * @param {string} root
 * @param {readonly string[]} entries files and folders relative to root; absent ones count as empty
 * @param {string} salt what else decides about the result
 * @returns {string} 12 hexadecimal digits
 */
export function inputHash(root, entries, salt) {
  const hash = createHash('sha256').update(salt)
  for (const path of entries) addPath(hash, root, path)
  return hash.digest('hex').slice(0, 12)
}

/** @param {import('node:crypto').Hash} hash @param {string} root @param {string} path */
function addPath(hash, root, path) {
  const full = join(root, path)
  const stat = statSync(full, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (stat.isDirectory()) {
    const names = readdirSync(full).filter(name => !IGNORED.test(name))
    for (const name of names.sort()) addPath(hash, root, `${path}/${name}`)
    return
  }
  const content = readFileSync(full)
  // The length keeps "a" + "bc" apart from "ab" + "c".
  hash.update(`${path}\0${content.length}\0`).update(content)
}
