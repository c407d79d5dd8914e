import type { DialectAdapter } from '../dialect.ts'
import { errorBody } from '../openai/errors.ts'
import { readCall } from './call.ts'
import { EmbeddingsReader } from './reader.ts'

/** Embeddings as OpenAI speaks them. */
export const openAiEmbeddings: DialectAdapter = {
  dialect: 'openai',
  path: '/v1/embeddings',
  upstreamPath: '/embeddings',
  readCall,
  reader: depth => new EmbeddingsReader(depth),
  errorBody,
}
