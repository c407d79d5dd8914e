import { lookup as resolve } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { hostOf, mayConnect } from './rules.ts'

const LIMIT_MS = 10_000
const LIMIT_BYTES = 1024 * 1024

export interface FetchedModels {
  readonly ok: boolean
  readonly status: number | null
  /** Model names, at most 500; null when the answer was no model list. */
  readonly models: readonly string[] | null
  /** What went wrong, for people. Never contains the answer's text. */
  readonly problem: string | null
  readonly ms: number
}

/** Refuses forbidden addresses at the moment of connecting, whatever the name resolved to before. */
const checkedLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, [])
    const allowed = addresses.filter(({ address }) => mayConnect(address))
    if (allowed.length < addresses.length || allowed.length === 0) {
      return callback(Object.assign(new Error('address refused'), { code: 'EREFUSED_ADDRESS' }), [])
    }
    callback(null, options.all ? allowed : (allowed[0]?.address ?? ''), allowed[0]?.family)
  })
}

/** Asks a provider for its models: no redirects, ten seconds, one mebibyte. Never throws. */
export async function fetchModels(
  provider: { readonly baseUrl: string; readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<FetchedModels> {
  const started = performance.now()
  const done = (part: Omit<FetchedModels, 'ms' | 'ok'>): FetchedModels => ({
    ...part,
    ok: part.problem === null,
    ms: Math.round(performance.now() - started),
  })
  const url = new URL(`${provider.baseUrl}/models`)
  if (isIP(hostOf(url)) !== 0 && !mayConnect(hostOf(url))) {
    return done({ status: null, models: null, problem: 'The address is refused.' })
  }
  // Loaded when it is first needed: it takes a noticeable part of the start and of the memory of an idle dashboard.
  const { Agent, request } = await import('undici')
  const agent = new Agent({ connect: { lookup: checkedLookup, timeout: LIMIT_MS } })
  try {
    const answer = await request(url, {
      dispatcher: agent,
      headers: { ...provider.headers, accept: 'application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    })
    const text = await readCapped(answer.body)
    if (answer.statusCode !== 200) {
      return done({ status: answer.statusCode, models: null, problem: describeStatus(answer.statusCode) })
    }
    const models = text === null ? null : readModels(text)
    const problem = models === null ? 'It answered, but not with a list of models.' : null
    return done({ status: 200, models, problem })
  } catch (error) {
    return done({ status: null, models: null, problem: describeError(error) })
  } finally {
    await agent.destroy()
  }
}

/** The body, or null when it exceeds the limit. */
async function readCapped(body: AsyncIterable<Buffer>): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > LIMIT_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readModels(text: string): string[] | null {
  try {
    const list = (JSON.parse(text) as { data?: unknown } | null)?.data
    if (!Array.isArray(list)) return null
    return list
      .map((entry: unknown) => (typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : null))
      .filter((id): id is string => typeof id === 'string' && id !== '' && id.length <= 200)
      .slice(0, 500)
  } catch {
    // Not JSON: told to the operator as "not a list of models".
    return null
  }
}

function describeStatus(status: number): string {
  if (status === 401 || status === 403) return `It refused the key (HTTP ${status}).`
  if (status === 404) return 'It has no model list at this address (HTTP 404). The base address often ends in /v1.'
  if (status >= 300 && status < 400) return `It redirects (HTTP ${status}); redirects are not followed.`
  return `It answered HTTP ${status}.`
}

function describeError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const name = error instanceof Error ? error.name : ''
  if (code === 'EREFUSED_ADDRESS') return 'The name leads to an address that is refused.'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'The name cannot be resolved.'
  if (code === 'ECONNREFUSED') return 'Nothing answers at this address.'
  if (name === 'TimeoutError' || code.includes('TIMEOUT')) return `It did not answer within ${LIMIT_MS / 1000} s.`
  return `The connection failed${code === '' ? '' : ` (${code})`}.`
}
