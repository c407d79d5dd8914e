/** What of an address goes on record. Callers put keys, names and whole questions into addresses that nobody serves. */
import { adapterAt } from '../adapters.ts'

/** Words of the model APIs in use, so that the record of a refused call tells what its program was looking for. */
const WORDS = new Set(
  `api v1 v1beta v2 openai anthropic chat completions completion complete responses messages batches count_tokens embeddings
  models images generations edits variations audio speech transcriptions translations files uploads assistants threads runs
  moderations fine_tuning jobs vector_stores realtime sessions rerank generate tags version health beta engines`.split(
    /\s+/,
  ),
)
const SEGMENTS = 6

/** Served addresses as they are; of others the known words, and how long the address was. */
export function recordedPath(path: string): string {
  if (adapterAt(path)) return path
  const segments = path.split('/').slice(1)
  const kept = segments.slice(0, SEGMENTS).map(segment => (WORDS.has(segment) ? segment : '…'))
  const told = `/${kept.join('/')}`
  return told === path ? path : `${told} (${path.length} characters)`
}
