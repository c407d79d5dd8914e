import { type Actor, ApiError, defineRoute, holds, isCatalogued, type RouteSpec, reply } from 'clawnex/contract'
import { Type } from 'typebox'
import { compileQuery } from '../query/compile.ts'
import { readCursor, writeCursor } from '../query/cursor.ts'
import { placeMarks } from '../query/marks.ts'
import type { Reader, StoredText } from '../query/reader.ts'
import { DetailSchema, ItemSchema } from './schemas.ts'

const DEFAULT_LIMIT = 50

export function callRoutes(reader: Reader, now: () => number): RouteSpec[] {
  const list = defineRoute({
    method: 'GET',
    path: '',
    summary: 'Lists calls, newest first.',
    permission: 'traffic.read',
    query: Type.Object({
      q: Type.Optional(
        Type.String({
          maxLength: 2000,
          description: 'verdict:block model:… key:… rule:… severity:>=high status:>=400 since:24h stream:true "text"',
        }),
      ),
      after: Type.Optional(Type.String({ maxLength: 200, description: 'The `next` of the page before.' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: DEFAULT_LIMIT })),
    }),
    reply: Type.Object({
      items: Type.Array(ItemSchema),
      next: Type.Union([Type.String(), Type.Null()], {
        description: 'Cursor of the next page. A page may be short and still have one.',
      }),
    }),
    probe: true,
    async handle({ query, actor, signal }) {
      const options = { now: now(), texts: holds(actor as Actor, 'traffic.text') }
      const condition = compileQuery(query.q ?? '', options)
      const after = query.after === undefined ? null : readCursor(query.after)
      const page = await reader.page(condition, after, query.limit ?? DEFAULT_LIMIT, signal)
      const next = page.next === null ? null : writeCursor(page.next)
      return reply(200, { items: page.items.map(mutable), next }, linkTo(next, query))
    },
  })

  const detail = defineRoute({
    method: 'GET',
    path: '/:id',
    summary: 'Shows one call; its texts for those who may read them.',
    permission: 'traffic.read',
    params: Type.Object({ id: Type.String({ maxLength: 40 }) }),
    reply: DetailSchema,
    errors: ['API_NOT_FOUND'],
    handle({ params, actor }) {
      const item = reader.get(params.id)
      if (item === undefined)
        throw new ApiError('API_NOT_FOUND', { detail: `There is no call "${params.id}" on record.` })
      const { texts, state } = readTexts(reader, params.id, actor as Actor)
      return {
        ...mutable(item),
        textState: state,
        texts:
          texts?.map(text => ({
            ...text,
            removed: text.removed.map(span => ({ ...span })),
            marks: placeMarks(text, item.findings),
          })) ?? null,
      }
    },
  })

  return [list, detail]
}

type TextState = 'stored' | 'none' | 'denied' | 'unreadable'

function readTexts(reader: Reader, id: string, actor: Actor): { texts: StoredText[] | null; state: TextState } {
  if (!holds(actor, 'traffic.text')) return { texts: null, state: 'denied' }
  try {
    const texts = reader.texts(id)
    return texts.length === 0 ? { texts: null, state: 'none' } : { texts, state: 'stored' }
  } catch (error) {
    // The rest of the call stays readable when the key file was lost.
    if (isCatalogued(error) && error.code === 'RUN_SECRET_UNREADABLE') return { texts: null, state: 'unreadable' }
    throw error
  }
}

function linkTo(next: string | null, query: { q?: string; limit?: number }): Record<string, string> {
  if (next === null) return {}
  const params = new URLSearchParams({ after: next })
  if (query.q !== undefined) params.set('q', query.q)
  if (query.limit !== undefined) params.set('limit', String(query.limit))
  return { link: `</api/v1/traffic?${params}>; rel="next"` }
}

function mutable<T extends { findings: readonly unknown[] }>(item: T) {
  return { ...item, findings: [...item.findings] as T['findings'][number][] }
}
