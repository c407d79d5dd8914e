import type { DialectAdapter } from '../dialect.ts'
import { errorBody } from '../openai/errors.ts'
import { readCall } from './call.ts'
import { ResponsesReader } from './reader.ts'

/** The Responses API of OpenAI. */
export const openAiResponses: DialectAdapter = {
  dialect: 'openai',
  path: '/v1/responses',
  upstreamPath: '/responses',
  readCall,
  reader: (depth, cleared, call) => new ResponsesReader(depth, cleared, call),
  errorBody,
}
