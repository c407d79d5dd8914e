/**
 * The live stream of the browsers, `GET /api/v1/events`: server-sent events with ids, filtered by permission.
 *
 * A client that was away too long, or too slow, gets one event `reset` and reads everything again. A stream ends within a
 * second after its session or key: by the call of the access service, at the next event, and at the latest by the sweep,
 * which also notices that the access service itself was replaced.
 */
import type { ServerResponse } from 'node:http'
import type { Context } from 'koa'
import { type Access, type Actor, ApiError, holds, type Logger, type Release } from '../contract/index.ts'
import type { Kernel } from '../ports.ts'
import { EventRing, type LiveEvent } from './ring.ts'

const SWEEP_MS = 400
const MAX_STREAMS = 200
const MAX_STREAMS_OF_ONE = 20
/** Unsent bytes past which a client counts as too slow. */
const MAX_WAITING = 262_144
const LAST_WORDS_MS = 5000

interface Stream {
  readonly actor: Actor
  readonly response: ServerResponse
  isSlow: boolean
}

export interface Events {
  /** Feeds from this kernel's hub from now on. Further calls with the same kernel do nothing. */
  attach(kernel: Kernel): void
  open(ctx: Context, actor: Actor): void
  count(): number
  close(): void
}

export function createEvents(options: {
  readonly access: () => Access | undefined
  readonly log: Logger
  readonly heartbeatMs: number
}): Events {
  const ring = new EventRing()
  const streams = new Set<Stream>()
  let attached: Kernel | undefined
  let untap: Release | undefined
  let heard: Access | undefined
  let unhear: Release | undefined
  let timers: NodeJS.Timeout[] = []

  function listenToAccess(): Access | undefined {
    const access = options.access()
    if (access === heard) return access
    void unhear?.()
    heard = access
    unhear = access?.onRevoked(actorId => {
      for (const stream of streams) if (stream.actor.id === actorId) end(stream)
    })
    return access
  }

  function isAllowed(stream: Stream): boolean {
    try {
      return listenToAccess()?.isCurrent(stream.actor) ?? false
    } catch (error) {
      options.log.error({ err: error }, 'the access service failed; a live stream was closed')
      return false
    }
  }

  function end(stream: Stream): void {
    if (!streams.delete(stream)) return
    stream.response.end()
    if (streams.size === 0) stopTimers()
  }

  function publish(event: LiveEvent): void {
    for (const stream of streams) {
      if (!isAllowed(stream)) end(stream)
      else send(stream, event)
    }
  }

  function send(stream: Stream, event: LiveEvent): void {
    if (stream.isSlow || !holds(stream.actor, event.permission)) return
    stream.response.write(event.text)
    if (stream.response.writableLength > MAX_WAITING) dropSlow(stream)
  }

  /** Nothing more is queued for it; once it caught up it is told to start over. */
  function dropSlow(stream: Stream): void {
    stream.isSlow = true
    const timer = setTimeout(() => stream.response.destroy(), LAST_WORDS_MS)
    stream.response.once('close', () => clearTimeout(timer))
    stream.response.once('drain', () => {
      stream.response.write(resetText())
      end(stream)
    })
  }

  function resetText(): string {
    return `id: ${ring.lastId}\nevent: reset\ndata: {}\n\n`
  }

  function sweep(): void {
    for (const stream of streams) if (!isAllowed(stream)) end(stream)
  }

  function beat(): void {
    for (const stream of streams) if (!stream.isSlow) stream.response.write(': alive\n\n')
  }

  function startTimers(): void {
    if (timers.length > 0) return
    timers = [setInterval(sweep, SWEEP_MS), setInterval(beat, options.heartbeatMs)]
    for (const timer of timers) timer.unref()
  }

  function stopTimers(): void {
    for (const timer of timers) clearInterval(timer)
    timers = []
  }

  return {
    count: () => streams.size,

    attach(kernel) {
      if (attached === kernel) return
      void untap?.()
      attached = kernel
      untap = kernel.events.tap(event => publish(ring.add(event)))
    },

    open(ctx, actor) {
      const own = [...streams].filter(stream => stream.actor.id === actor.id).length
      if (streams.size >= MAX_STREAMS || own >= MAX_STREAMS_OF_ONE) {
        throw new ApiError('API_RATE', { detail: 'Too many live streams are open.', extra: { retryAfter: 5 } })
      }
      const since = ctx.req.headers['last-event-id']
      ctx.respond = false
      const { res } = ctx
      for (const [name, value] of Object.entries(ctx.response.headers))
        if (value !== undefined) res.setHeader(name, value)
      res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
      res.flushHeaders()
      const stream: Stream = { actor, response: res, isSlow: false }
      res.on('error', error => options.log.debug({ err: error }, 'a live stream broke'))
      res.once('close', () => end(stream))
      streams.add(stream)
      startTimers()
      listenToAccess()
      res.write('retry: 1000\n\n')
      if (typeof since !== 'string' || since === '') {
        res.write(`id: ${ring.lastId}\nevent: hello\ndata: {}\n\n`)
        return
      }
      const missed = ring.since(since)
      if (missed === null) res.write(resetText())
      else for (const event of missed) send(stream, event)
    },

    close() {
      for (const stream of [...streams]) end(stream)
      stopTimers()
      void untap?.()
      void unhear?.()
      attached = undefined
      heard = undefined
    },
  }
}
