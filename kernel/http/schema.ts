/** Validation of what comes in, and in specs of what goes out, by the schemas of a route. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { ApiError } from '../contract/index.ts'

type Json = Readonly<Record<string, unknown>>

export interface FieldError {
  readonly pointer: string
  readonly message: string
}

/** Takes a value apart by its schema. Gives it back with defaults filled in, or throws API_INVALID. */
export type Check = (value: unknown) => unknown

export interface Checkers {
  /** Values from the address: text is turned into the type of the schema. `prefix` says where the pointers start. */
  forText(schema: object | undefined, prefix: string): Check
  forBody(schema: object): Check
  forReply(schema: object): (value: unknown) => readonly FieldError[]
}

/**
 * Schemas themselves are checked by `META`, once: an instance that carries the meta-schema compiles it anew for every
 * generation, which was half of the time a start took.
 */
const OPTIONS = { allErrors: true, strict: false, useDefaults: true, meta: false, validateSchema: false } as const

const META = new Ajv2020({ strict: false })

/** One pair of instances a generation, so that nothing of an old one is kept and `$id`s may repeat. */
export function createCheckers(): Checkers {
  const bodies = withFormats(new Ajv2020(OPTIONS))
  const texts = withFormats(new Ajv2020({ ...OPTIONS, coerceTypes: true }))
  const compileText = compileOnce(texts)
  const compileBody = compileOnce(bodies)
  return {
    forText: (schema, prefix) => checkWith(compileText(closeObjects(schema ?? NOTHING)), prefix),
    forBody: schema => checkWith(compileBody(closeObjects(schema)), ''),
    forReply(schema) {
      const shape = assertSchema(plain(schema))
      // Replies are many and seldom checked: compiled at the first one.
      let validate: ValidateFunction | undefined
      return value => {
        validate ??= bodies.compile(shape)
        return validate(value) ? [] : describe(validate.errors ?? [], '')
      }
    },
  }
}

/** Many routes take the same values, above all none at all; equal schemas are compiled once. */
function compileOnce(ajv: Ajv2020): (schema: Json) => ValidateFunction {
  const known = new Map<string, ValidateFunction>()
  return schema => {
    const text = JSON.stringify(schema)
    const validate = known.get(text) ?? ajv.compile(assertSchema(schema))
    known.set(text, validate)
    return validate
  }
}

/** Throws when the schema is no schema. */
function assertSchema(schema: Json): Json {
  if (!META.validateSchema(schema)) throw new Error(`schema is invalid: ${META.errorsText()}`)
  return schema
}

const NOTHING = { type: 'object', properties: {} }

function withFormats(ajv: Ajv2020): Ajv2020 {
  addFormats.default(ajv)
  return ajv
}

function checkWith(validate: ValidateFunction, prefix: string): Check {
  return value => {
    if (validate(value)) return value
    throw new ApiError('API_INVALID', { errors: describe(validate.errors ?? [], prefix) })
  }
}

const MAX_ERRORS = 50

function describe(errors: readonly ErrorObject[], prefix: string): FieldError[] {
  return errors.slice(0, MAX_ERRORS).map(error => {
    const { missingProperty, additionalProperty, unevaluatedProperty } = error.params as Record<string, unknown>
    const extra = additionalProperty ?? unevaluatedProperty
    const member = missingProperty ?? extra
    const pointer = prefix + error.instancePath + (typeof member === 'string' ? `/${escapePointer(member)}` : '')
    if (missingProperty !== undefined) return { pointer, message: 'is required' }
    if (extra !== undefined) return { pointer, message: 'is not a member of this schema' }
    return { pointer, message: error.message ?? 'is invalid' }
  })
}

function escapePointer(name: string): string {
  return name.slice(0, 200).replace(/~/g, '~0').replace(/\//g, '~1')
}

/** The schema as plain JSON, free of what the schema library keeps beside it. */
export function plain(schema: object): Json {
  return JSON.parse(JSON.stringify(schema)) as Json
}

/**
 * The schema with every object closed to members it does not name, unless it says otherwise. Parts of an intersection are
 * closed together, or each would refuse the members of the others.
 */
export function closeObjects(schema: object): Json {
  return close(plain(schema), false) as Json
}

function close(node: unknown, isPart: boolean): unknown {
  if (Array.isArray(node)) return node.map(item => close(item, isPart))
  if (typeof node !== 'object' || node === null) return node
  const source = node as Json
  const result: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(source)) result[key] = closeKeyword(key, value, isPart)
  if (isPart || !needsClosing(source)) return result
  return { ...result, [source['allOf'] === undefined ? 'additionalProperties' : 'unevaluatedProperties']: false }
}

function needsClosing(schema: Json): boolean {
  if ('additionalProperties' in schema || 'patternProperties' in schema || 'unevaluatedProperties' in schema)
    return false
  return schema['properties'] !== undefined || (Array.isArray(schema['allOf']) && schema['type'] === undefined)
}

/** Keywords whose value is a map of schemas, a list of schemas, or one schema. Everything else is data and stays. */
function closeKeyword(key: string, value: unknown, isPart: boolean): unknown {
  switch (key) {
    case 'properties':
    case 'patternProperties':
    case '$defs':
    case 'dependentSchemas':
      return Object.fromEntries(Object.entries(value as Json).map(([name, item]) => [name, close(item, false)]))
    case 'allOf':
      return close(value, true)
    case 'anyOf':
    case 'oneOf':
      return close(value, isPart)
    case 'items':
    case 'prefixItems':
    case 'additionalProperties':
    case 'not':
      return close(value, key === 'not')
    default:
      return value
  }
}
