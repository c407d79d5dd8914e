/** The messages API as Anthropic speaks it. */
import type { DialectAdapter } from '../dialect.ts'
import { readCall } from './call.ts'
import { errorBody } from './errors.ts'
import { MessagesReader, type Shape } from './reader.ts'

const MESSAGES = '/messages'
const COUNT = '/messages/count_tokens'

export const anthropicMessages: DialectAdapter = adapter(MESSAGES, 'message')

/** How large a call is, in tokens. The call is judged all the same: its texts reach the provider. */
export const anthropicCount: DialectAdapter = adapter(COUNT, 'size')

function adapter(path: string, shape: Shape): DialectAdapter {
  return {
    dialect: 'anthropic',
    path: `/v1${path}`,
    upstreamPath: path,
    upstreamAddress: (baseUrl, query) => `${/\/v1\/*$/.test(baseUrl) ? '' : '/v1'}${path}${keptQuery(query)}`,
    readCall,
    reader: (depth, cleared) => new MessagesReader(shape, depth, cleared),
    errorBody,
  }
}

/** Of a query only what the vendor's own clients add passes, as nothing scans the rest. */
function keptQuery(query: string): string {
  return query.split('&').includes('beta=true') ? '?beta=true' : ''
}
