/** Finds whose code an error came from that nobody caught. */
import { realpathSync } from 'node:fs'
import { findSourceMap } from 'node:module'
import { basename, sep } from 'node:path'
import type { Slot } from './core.ts'

export interface Blamed {
  readonly plugin: string
  /** Name of the bundle in the build folder; null when the stack was already told in terms of the sources. */
  readonly bundle: string | null
}

const DEPTH = 5

/** The innermost third-party plugin in the stacks of the error and its causes, since a plugin of the product only serves it. */
export function blame(error: unknown, slots: Iterable<Slot>): Blamed | undefined {
  const others = [...slots].filter(slot => !(slot.candidate?.builtin ?? slot.serving?.builtin ?? true))
  let cause = error
  for (let depth = 0; cause instanceof Error && depth < DEPTH; depth++) {
    for (const file of filesOf(cause)) {
      const slot = others.find(({ id }) => isBundleOf(file, id) || isSourceOf(file, others, id))
      if (slot !== undefined) return { plugin: slot.id, bundle: isBundleOf(file, slot.id) ? basename(file) : null }
    }
    cause = cause.cause
  }
  return undefined
}

function isBundleOf(file: string, id: string): boolean {
  const name = basename(file)
  const rest = name.slice(id.length)
  return name.startsWith(`${id}-`) && /^-(?:server|gateway)-[0-9a-f]{20}\.cjs$/.test(rest)
}

function isSourceOf(file: string, slots: readonly Slot[], id: string): boolean {
  const folder = slots.find(slot => slot.id === id)?.candidate?.folder
  return folder !== undefined && [folder, real(folder)].some(path => file.startsWith(path + sep))
}

function real(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    // Removed in the meantime; its own path was compared already.
    return folder
  }
}

/**
 * Files of the frames, innermost first. Until a stack is read for the first time it knows the bundles, and so the exact
 * generation; read the ordinary way it is told by the source map, which all versions of a plugin share.
 */
function filesOf(error: Error): string[] {
  const before = Error.prepareStackTrace
  let files: string[] | undefined
  Error.prepareStackTrace = (thrown, sites) => {
    files = sites.map(site => site.getFileName() ?? '')
    return [String(thrown), ...sites.map(site => `    at ${mapped(site)}`)].join('\n')
  }
  try {
    const { stack } = error
    return (
      files ?? [...String(stack).matchAll(/\(?(?:file:\/\/)?(\/[^():]+):\d+:\d+\)?$/gm)].map(([, file]) => file ?? '')
    )
  } finally {
    Error.prepareStackTrace = before
  }
}

function mapped(site: NodeJS.CallSite): string {
  const file = site.getFileName()
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()]
  if (file === null || file === undefined || line === null || column === null) return String(site)
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1)
  if (entry === undefined || !('originalSource' in entry)) return String(site)
  const place = `${entry.originalSource.replace(/^file:\/\//, '')}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  const name = site.getFunctionName()
  return name === null ? place : `${name} (${place})`
}
