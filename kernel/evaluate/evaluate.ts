import { createRequire } from 'node:module'
import { sep } from 'node:path'
import { CONTRACT_VERSION, definitionTag, PluginError } from '../contract/index.ts'
import type { NamedMigration } from '../ports.ts'

/** Any definition, seen from the kernel: the types of its config and needs are the plugin's own affair. */
export interface Definition {
  readonly needs?: Readonly<Record<string, { readonly id: string; readonly major: number }>>
  configMigrate?(from: string, value: unknown): unknown
  readonly setupTimeout?: number
  readonly setupAfterMigrate?: boolean
  setup(host: unknown, needs: unknown, carried: unknown): unknown
}

export interface Evaluated {
  readonly definition: Definition
  readonly migrations: readonly NamedMigration[]
}

/**
 * Runs a bundle and takes it out of Node's module cache at once. The parent module made by a fresh `createRequire` is the
 * only other holder and is garbage when this returns, so code of a retired generation can be collected.
 */
export function requireFresh(file: string): Record<string, unknown> {
  const require = createRequire(file)
  const key = require.resolve(file)
  delete require.cache[key]
  try {
    return require(key) as Record<string, unknown>
  } finally {
    delete require.cache[key]
  }
}

/** Evaluates the server or gateway bundle of a plugin. Throws PLG_EVAL_FAILED, PLG_NOT_A_PLUGIN, PLG_API_RANGE. */
export function evaluateBundle(plugin: string, plane: 'dashboard' | 'gateway', file: string): Evaluated {
  const where = { phase: 'evaluate', plugin } as const
  const exported = run(plugin, file)
  const { definition, migrations } = exported as { definition?: unknown; migrations?: NamedMigration[] }
  const tag = definitionTag(definition)
  if (tag === undefined || typeof (definition as Definition).setup !== 'function') {
    throw new PluginError('PLG_NOT_A_PLUGIN', where)
  }
  if (tag.plane !== plane) {
    const detail = `The ${plane} entry exports a definition for the ${tag.plane}.`
    throw new PluginError('PLG_NOT_A_PLUGIN', where, { detail })
  }
  if (tag.contract.split('.')[0] !== CONTRACT_VERSION.split('.')[0]) {
    throw new PluginError('PLG_API_RANGE', where, { detail: `The definition was made for contract ${tag.contract}.` })
  }
  checkMigrations(plugin, migrations ?? [])
  return { definition: definition as Definition, migrations: migrations ?? [] }
}

function run(plugin: string, file: string): Record<string, unknown> {
  try {
    return requireFresh(file)
  } catch (cause) {
    const place = placeOf(cause, plugin)
    const message = cause instanceof Error ? cause.message : String(cause)
    const detail = place === undefined ? message : `${place} ${message}`
    throw new PluginError('PLG_EVAL_FAILED', { phase: 'evaluate', plugin }, { detail, cause })
  }
}

function checkMigrations(plugin: string, migrations: readonly NamedMigration[]): void {
  for (const { name, migration } of migrations) {
    if (/^\d{4}-[a-z0-9-]+$/.test(name) && typeof migration?.up === 'function') continue
    const detail = `Migration ${name} must be named NNNN-word and export default defineMigration({ up }).`
    throw new PluginError('PLG_NOT_A_PLUGIN', { phase: 'evaluate', plugin }, { detail })
  }
}

/** `server.ts:12:3` of the first stack frame inside the plugin's folder. Source maps have already put TypeScript lines there. */
export function placeOf(error: unknown, plugin: string): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined
  const folder = `${sep}${plugin}${sep}`
  for (const line of error.stack.split('\n').slice(1)) {
    const match = /\(?(?:file:\/\/)?([^()\s]+:\d+:\d+)\)?$/.exec(line.trim())
    const at = match?.[1]?.lastIndexOf(folder) ?? -1
    if (at >= 0 && match?.[1] !== undefined) return match[1].slice(at + folder.length)
  }
  return undefined
}
