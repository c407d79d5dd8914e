/** What an answer needs of the call it belongs to. */
import type { CataloguedError } from '../../contract/index.ts'
import type { AnswerReader, Usage } from '../dialect.ts'
import type { Limits } from '../limits.ts'
import type { AnswerSession } from './session.ts'

export interface AnswerOutlet {
  readonly limits: Limits
  readonly reader: AnswerReader
  readonly session: AnswerSession
  readonly callId: string
  /** True once a byte of the answer has been given to the caller. */
  readonly started: boolean
  setUsage(usage: Usage): void
  /** Notes bytes that pass unread. */
  addUnscanned(bytes: number): void
  /** Ends the provider's side at once. */
  abort(): void
  /** Sends part of a stream, with the head of the response before the first. */
  write(bytes: Buffer): void
  /** Puts the call on record, then sends the last bytes of a stream. */
  finish(bytes: Buffer): void
  /** The same for a stream that ends early because of `error`; `last` makes it well formed. */
  cut(error: CataloguedError, bytes: Buffer, last: Buffer): void
  /** Puts the call on record, then sends a whole answer. */
  reply(status: number, body: Buffer): void
  /** Puts the call on record, then answers with an error instead. Only before anything was sent. */
  refuse(error: CataloguedError): void
}
