/** Collects the units of a call: every string of its body, with where it came from. What is common to all dialects. */
import { GatewayError, type Origin, type Unit } from '../../contract/index.ts'
import { isObject } from '../json.ts'
import { readMedia } from './media.ts'

/** Where a unit's text stands in the parsed body; null when it has no single place that could be rewritten. */
export type Site = { readonly holder: Record<string, unknown>; readonly key: string } | null

export interface Collected {
  readonly units: readonly Unit[]
  /** Parallel to `units`. */
  readonly sites: readonly Site[]
  /** Members of all objects, for comparison with the text. */
  readonly members: number
  readonly unscannedBytes: number
}

/** What a dialect says about its members. */
export interface Layout {
  /** Words of the dialect itself. They say nothing of the caller's, so they are not worth a unit. */
  readonly words: ReadonlySet<string>
  /** Members whose short strings are names rather than prose. */
  readonly ids: ReadonlySet<string>
  /** True for texts that belong to the conversation rather than to the settings of the call. */
  conversation(path: string): boolean
  /** True for parts whose content is a file or an address rather than prose. */
  media(path: string): boolean
}

/** Path of the unit that joins names, ids and numbers. */
export const NAMES_PATH = '/#names'

const ID_CHARS = 128
/** In schemas, strings up to this length are names rather than prose. */
const NAME_CHARS = 24
/** Shorter numbers cannot hold an account or card number. */
const LONG_NUMBER = 1e8

interface Found {
  readonly unit: Omit<Unit, 'id'>
  readonly site: Site
}

/** Units of the conversation come last, its newest text at the very end: what a judge takes for the new part of the call. */
export class UnitCollector {
  /** Tool names by the id of the call, to name the results. */
  protected readonly tools = new Map<string, string>()
  readonly #layout: Layout
  readonly #settings: Found[] = []
  readonly #conversation: Found[] = []
  readonly #names = new Set<string>()
  #members = 0
  #unscanned = 0

  constructor(layout: Layout) {
    this.#layout = layout
  }

  finish(): Collected {
    if (this.#names.size > 0) this.add('user', NAMES_PATH, [...this.#names].join('\n'), null)
    const found = [...this.#settings, ...this.#conversation]
    return {
      units: found.map(({ unit }, id) => ({ id, ...unit })),
      sites: found.map(({ site }) => site),
      members: this.#members,
      unscannedBytes: this.#unscanned,
    }
  }

  /** Visits the members of an object, their names noted. Every object of a body must pass here exactly once. */
  each(value: Readonly<Record<string, unknown>>, visit: (key: string, value: unknown, holder: object) => void): void {
    for (const key of Object.keys(value)) {
      if (key === '__proto__') throw new GatewayError('GW_BODY', { detail: 'A member may not be named "__proto__".' })
      this.#members++
      this.name(key)
      visit(key, value[key], value)
    }
  }

  /** A value of any layout: each string in it is a unit. */
  any(value: unknown, path: string, origin: Origin, holder: object, key: string | number, tool?: string): void {
    if (typeof value === 'string') this.#string(value, path, origin, holder, key, tool)
    else if (typeof value === 'number') this.#number(value)
    else if (Array.isArray(value))
      for (const [at, item] of value.entries()) this.any(item, `${path}/${at}`, origin, value, at, tool)
    else if (isObject(value))
      this.each(value, (name, item, owner) => this.any(item, joinPath(path, name), origin, owner, name, tool))
  }

  /** Tools and answer formats: prose becomes units, names are joined. */
  schema(value: unknown, path: string, holder: object, key: string | number): void {
    if (typeof value === 'string') {
      if (value.length <= NAME_CHARS) this.name(value)
      else this.add('developer', path, value, siteOf(holder, key))
    } else if (typeof value === 'number') this.#number(value)
    else if (Array.isArray(value))
      for (const [at, item] of value.entries()) this.schema(item, `${path}/${at}`, value, at)
    else if (isObject(value))
      this.each(value, (name, item, owner) => this.schema(item, joinPath(path, name), owner, name))
  }

  /** An address or a base64 part. Throws GW_UNSCANNABLE for what no rule can read. */
  media(text: string, path: string, origin: Origin, holder: object, key: string | number): void {
    const media = readMedia(text, path)
    if (media.kind === 'picture') this.#unscanned += media.unscanned
    const site = media.kind === 'text' ? siteOf(holder, key) : null
    this.add(media.kind === 'decoded' ? 'file' : origin, path, media.text, site)
  }

  /** A name or an id: joined with the others to one unit. */
  name(text: string): void {
    if (text !== '' && !this.#layout.words.has(text)) this.#names.add(text)
  }

  add(origin: Origin, path: string, text: string, site: Site, tool?: string): void {
    const unit = { origin, direction: 'inbound' as const, path, text, ...(tool === undefined ? {} : { tool }) }
    const list = this.#layout.conversation(path) ? this.#conversation : this.#settings
    list.push({ unit, site })
  }

  #string(text: string, path: string, origin: Origin, holder: object, key: string | number, tool?: string): void {
    if (text === '') return
    if (this.#layout.ids.has(String(key)) && text.length <= ID_CHARS) this.name(text)
    else if (this.#layout.media(path)) this.media(text, path, origin, holder, key)
    else this.add(origin, path, text, siteOf(holder, key), tool)
  }

  #number(value: number): void {
    if (value >= LONG_NUMBER || value <= -LONG_NUMBER) this.#names.add(String(value))
  }
}

export function siteOf(holder: object, key: string | number): Site {
  return { holder: holder as Record<string, unknown>, key: String(key) }
}

/** A JSON pointer with one more step. */
export function joinPath(path: string, key: string): string {
  return `${path}/${key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key}`
}
