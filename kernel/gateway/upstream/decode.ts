/** Decodes an answer that came compressed although identity was asked for. */
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, constants as zlib } from 'node:zlib'
import { GatewayError } from '../../contract/index.ts'

/** Takes bytes of an answer. */
export interface AnswerSink {
  data(bytes: Buffer): void
  end(): void
  fail(error: GatewayError): void
}

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip({ flush: zlib.Z_SYNC_FLUSH, finishFlush: zlib.Z_SYNC_FLUSH }),
  'x-gzip': () => createGunzip({ flush: zlib.Z_SYNC_FLUSH, finishFlush: zlib.Z_SYNC_FLUSH }),
  deflate: () => createInflate({ flush: zlib.Z_SYNC_FLUSH, finishFlush: zlib.Z_SYNC_FLUSH }),
  br: () => createBrotliDecompress({ flush: zlib.BROTLI_OPERATION_FLUSH }),
}

/**
 * Puts a decoder before a sink. The sink bounds what comes out; `flow` keeps what goes in from piling up. Throws
 * GW_UPSTREAM_BROKEN for an encoding that cannot be undone, because what cannot be read cannot be judged.
 */
export function decodeInto(encoding: string, sink: AnswerSink, flow: { pause(): void; resume(): void }): AnswerSink {
  const name = encoding.trim().toLowerCase()
  if (name === '' || name === 'identity') return sink
  const create = DECODERS[name]
  if (!create) throw new GatewayError('GW_UPSTREAM_BROKEN', { detail: 'It used an unknown content encoding.' })
  const decoder = create()
  let over = false
  const fail = (error: GatewayError): void => {
    if (over) return
    over = true
    decoder.destroy()
    sink.fail(error)
  }
  // Called by the decoder, where a throw would end the process.
  const guarded = (run: () => void) => (): void => {
    try {
      if (!over) run()
    } catch (cause) {
      fail(new GatewayError('GW_INTERNAL', { cause }))
    }
  }
  decoder.on('data', (bytes: Buffer) => guarded(() => sink.data(bytes))())
  decoder.on('drain', () => flow.resume())
  decoder.on(
    'end',
    guarded(() => sink.end()),
  )
  decoder.on('error', cause =>
    fail(new GatewayError('GW_UPSTREAM_BROKEN', { detail: 'Its content encoding is damaged.', cause })),
  )
  return {
    data: bytes => {
      if (!decoder.write(bytes)) flow.pause()
    },
    end: () => decoder.end(),
    fail,
  }
}
