/** The addresses of the model path, and in which dialect a caller is answered. */
import type { IncomingMessage } from 'node:http'
import type { Dialect } from '../contract/index.ts'
import { anthropicCount, anthropicMessages } from './anthropic/index.ts'
import type { DialectAdapter } from './dialect.ts'
import { pathOf } from './edge.ts'
import { openAiEmbeddings } from './embeddings/index.ts'
import { openAiChat } from './openai/index.ts'
import { openAiResponses } from './responses/index.ts'

const ADAPTERS: readonly DialectAdapter[] = [
  openAiChat,
  openAiResponses,
  openAiEmbeddings,
  anthropicMessages,
  anthropicCount,
]

const SPEAKERS: Readonly<Record<Dialect, DialectAdapter>> = { openai: openAiChat, anthropic: anthropicMessages }

/** The adapter that serves a path, if one does. */
export function adapterAt(path: string): DialectAdapter | undefined {
  return ADAPTERS.find(adapter => adapter.path === path)
}

/** In which dialect to answer a caller that asks for no call, or for an address that is not served. */
export function speakerFor(request: IncomingMessage): DialectAdapter {
  const path = pathOf(request)
  const anthropic = path.startsWith(anthropicMessages.path) || request.headers['anthropic-version'] !== undefined
  return adapterAt(path) ?? SPEAKERS[anthropic ? 'anthropic' : 'openai']
}
