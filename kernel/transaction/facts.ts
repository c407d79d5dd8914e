import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../bundle/index-file.ts'
import type { Logger } from '../contract/index.ts'
import type { Store } from '../ports.ts'

/** Small durable facts of the kernel. The dashboard keeps them in its database, the gateway in a file. */
export interface Facts {
  read(name: string): unknown
  write(name: string, value: unknown): void
}

export function storeFacts(store: Store): Facts {
  return {
    read: name => store.readFact(`kernel.${name}`),
    write: (name, value) => store.writeFact(`kernel.${name}`, value),
  }
}

/** A damaged file counts as empty: facts only save work and spare the operator a repeated failure. */
export function fileFacts(buildDir: string, plane: string): Facts {
  const path = join(buildDir, `facts-${plane}.json`)
  const facts = readFacts(path)
  return {
    read: name => facts[name],
    write(name, value) {
      if (value === null || value === undefined) delete facts[name]
      else facts[name] = value
      writeAtomic(path, JSON.stringify(facts))
    },
  }
}

function readFacts(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/**
 * Facts only save work and spare the operator a repeated failure. A disk that refuses them must not look like a plugin that
 * does not load, so what fails here is logged and taken as unknown.
 */
export function guardFacts(facts: Facts, log: Logger): Facts {
  const guard = <T>(name: string, work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      log.error({ err: error, fact: name }, 'a fact of the kernel could not be read or written')
      return undefined
    }
  }
  return {
    read: name => guard(name, () => facts.read(name)),
    write: (name, value) => guard(name, () => facts.write(name, value)),
  }
}
