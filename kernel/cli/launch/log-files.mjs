// @ts-check
/** `DATA/logs/<role>.log`: what the planes wrote, bounded to two files of 8 MB each. */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const LIMIT = 8 * 1024 * 1024

/** @param {string} data @param {(why: string) => void} onTrouble told once for each spell of failing writes */
export function createLogFiles(data, onTrouble) {
  const folder = join(data, 'logs')
  /** @type {Map<string, { fd: number, size: number }>} */
  const open = new Map()
  let failing = false

  /** @param {string} role */
  function fileOf(role) {
    const found = open.get(role)
    if (found && found.size < LIMIT) return found
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, `${role}.log`)
    if (found) {
      closeSync(found.fd)
      open.delete(role)
      renameSync(path, `${path}.1`)
    }
    const fd = openSync(path, 'a', 0o600)
    const file = { fd, size: fstatSync(fd).size }
    open.set(role, file)
    return file
  }

  return {
    /** Never throws: a full disk must not take the planes down with it. @param {string} role @param {string} text */
    write(role, text) {
      try {
        const file = fileOf(role)
        file.size += writeSync(file.fd, text)
        failing = false
      } catch (error) {
        if (!failing) onTrouble(`log lines are lost: ${error instanceof Error ? error.message : error}`)
        failing = true
      }
    },
    close() {
      for (const { fd } of open.values()) closeSync(fd)
      open.clear()
    },
  }
}
