import type { DialectAdapter } from '../dialect.ts'
import { readCall } from './call.ts'
import { errorBody } from './errors.ts'
import { OpenAiReader } from './reader.ts'

/** Chat completions as OpenAI speaks them. */
export const openAiChat: DialectAdapter = {
  dialect: 'openai',
  path: '/v1/chat/completions',
  upstreamPath: '/chat/completions',
  readCall,
  reader: (depth, cleared) => new OpenAiReader(depth, cleared),
  errorBody,
}
