import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, truncateSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError, type Logger } from '../contract/index.ts'
import { FILE_CALLS, type FileCalls, replaceFile, syncFolder, writeAll } from './file-calls.ts'
import { encodeLine, measureSegment, type SpooledRecord, scanLines } from './segment.ts'
import { createUlid } from './ulid.ts'

const DEFAULT_LIMIT = 64 * 1024 * 1024
const SEGMENT_BYTES = 4 * 1024 * 1024
const MAX_RECORD = 8 * 1024 * 1024
/** Later than this after its write, a record is on its way to the disk. */
const SYNC_MS = 10
const RECOVER_MS = 500
const BATCH_RECORDS = 256
const BATCH_BYTES = 1024 * 1024

interface Segment {
  readonly name: string
  /** Bytes of whole records; the file may be longer after a failed write. */
  size: number
  records: number
  /** Byte up to which the dashboard has it. */
  acked: number
  ackedRecords: number
  /** A write or fsync failed: what lies in the file must be written anew before it counts as durable. */
  doubtful: boolean
}

export interface Batch {
  readonly segment: string
  /** Byte behind the last line looked at. */
  readonly to: number
  /** JSON texts of the records, and where each ends. */
  readonly rows: readonly string[]
  readonly ends: readonly number[]
}

export interface SpoolOptions {
  readonly dataDir: string
  readonly log: Logger
  /** Bytes on disk, default 64 MiB. */
  readonly limit?: number
  readonly files?: FileCalls
  /** Something was lost or repaired. */
  readonly onReport?: (code: 'RUN_SPOOL_DAMAGED' | 'RUN_SPOOL_FULL', detail: string) => void
}

/**
 * The gateway's records on their way to the dashboard. A record is written to the file before `append` returns, so the end of
 * this process loses nothing; it is fsynced in a group within 20 ms, which bounds what a power cut can take.
 * Every start begins a new segment, and a segment keeps its name and positions for life: the dashboard's cursor relies on it.
 */
export class Spool {
  readonly #folder: string
  readonly #files: FileCalls
  readonly #options: SpoolOptions
  readonly #limit: number
  readonly #segmentBytes: number
  readonly #ulid = createUlid()
  readonly #segments: Segment[] = []
  #open: { segment: Segment; fd: number } | undefined
  #syncTimer: NodeJS.Timeout | undefined
  #recoverTimer: NodeJS.Timeout | undefined
  /** Descriptor of the fsync under way. */
  #syncing: number | undefined
  #unsynced = false
  #bytes = 0
  #dropped = 0
  #trouble = false
  #onAppend: () => void = () => undefined

  constructor(options: SpoolOptions) {
    this.#options = options
    this.#folder = join(options.dataDir, 'spool')
    this.#files = options.files ?? FILE_CALLS
    this.#limit = options.limit ?? DEFAULT_LIMIT
    this.#segmentBytes = Math.min(SEGMENT_BYTES, Math.ceil(this.#limit / 8))
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(this.#folder).sort()) this.#adopt(name)
  }

  /** Called after each append; used to push without polling. */
  onAppend(listener: () => void): void {
    this.#onAppend = listener
  }

  /** False while trouble lasts or the last part of the room is reserved for calls that already run. */
  accepting(): boolean {
    return !this.#trouble && this.#bytes < this.#limit - Math.min(this.#segmentBytes, this.#limit / 8)
  }

  status(): { pending: number; bytes: number; limit: number; dropped: number } {
    const pending = this.#segments.reduce((sum, segment) => sum + segment.records - segment.ackedRecords, 0)
    return { pending, bytes: this.#bytes, limit: this.#limit, dropped: this.#dropped }
  }

  /** Throws GW_RECORDS_FULL, and counts the record as dropped. */
  append(record: SpooledRecord): void {
    const line = encodeLine(record)
    if (line.length > MAX_RECORD) throw this.#drop(`The record has ${line.length} bytes, the limit is ${MAX_RECORD}`)
    if (this.#trouble) throw this.#drop('The spool cannot be written')
    if (this.#bytes + line.length > this.#limit)
      throw this.#drop(`The spool holds ${this.#bytes} of ${this.#limit} bytes`)
    try {
      this.#write(line)
    } catch (cause) {
      throw this.#drop('The spool cannot be written', cause)
    }
    this.#syncSoon()
    this.#onAppend()
  }

  /** The next records that the dashboard does not have, or undefined. Damaged lines are skipped and counted. */
  nextBatch(): Batch | undefined {
    for (const segment of this.#segments) {
      if (segment.acked < segment.size) return this.#readBatch(segment)
    }
    return undefined
  }

  /** The dashboard committed everything of the segment up to `to`. */
  acknowledge(name: string, to: number, records: number): void {
    const segment = this.#segments.find(item => item.name === name)
    if (segment === undefined || to <= segment.acked) return
    segment.acked = Math.min(to, segment.size)
    segment.ackedRecords = Math.min(segment.records, segment.ackedRecords + records)
    this.#sweep()
  }

  close(): void {
    clearTimeout(this.#syncTimer)
    clearTimeout(this.#recoverTimer)
    if (this.#open === undefined) return
    try {
      this.#files.fsync(this.#open.fd)
    } catch (error) {
      this.#options.log.error({ error }, 'the last records may not survive a power cut')
    }
    this.#retire()
  }

  #adopt(name: string): void {
    if (!/^[0-9A-HJKMNP-TV-Z]{26}\.ndjson$/.test(name)) return
    const path = join(this.#folder, name)
    let bytes: Buffer
    try {
      bytes = readFileSync(path)
    } catch (error) {
      this.#options.log.error({ error, file: name }, 'a spool file cannot be read and was left alone')
      return
    }
    const { end, records, damaged } = measureSegment(bytes)
    if (end < bytes.length) {
      truncateSync(path, end)
      this.#report('RUN_SPOOL_DAMAGED', `${name}: ${bytes.length - end} bytes behind the last whole record were cut.`)
    }
    if (damaged > 0) this.#report('RUN_SPOOL_DAMAGED', `${name}: ${damaged} damaged lines are skipped.`)
    if (records === 0) unlinkSync(path)
    else this.#add({ name, size: end, records, acked: 0, ackedRecords: 0, doubtful: false })
  }

  #add(segment: Segment): Segment {
    this.#segments.push(segment)
    this.#bytes += segment.size
    return segment
  }

  #write(line: Buffer): void {
    const open = this.#openSegment()
    try {
      writeAll(this.#files, open.fd, line)
    } catch (error) {
      this.#fail(error)
      throw error
    }
    open.segment.size += line.length
    open.segment.records += 1
    this.#bytes += line.length
  }

  #openSegment(): { segment: Segment; fd: number } {
    if (this.#open !== undefined && this.#open.segment.size < this.#segmentBytes) return this.#open
    try {
      // An fsync of the full segment must not be forgotten when a new one takes its place.
      if (this.#open !== undefined && this.#unsynced) this.#files.fsync(this.#open.fd)
      this.#retire()
      const name = `${this.#ulid()}.ndjson`
      const fd = this.#files.open(join(this.#folder, name), 'ax')
      const segment = this.#add({ name, size: 0, records: 0, acked: 0, ackedRecords: 0, doubtful: false })
      this.#open = { segment, fd }
      syncFolder(this.#files, this.#folder)
      return this.#open
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  #retire(): void {
    const open = this.#open
    this.#open = undefined
    this.#unsynced = false
    // An fsync under way still needs the descriptor; its end closes it.
    if (open !== undefined && this.#syncing !== open.fd) closeSync(open.fd)
  }

  #syncSoon(): void {
    this.#unsynced = true
    if (this.#syncTimer !== undefined || this.#syncing !== undefined) return
    this.#syncTimer = setTimeout(() => this.#sync(), SYNC_MS)
  }

  #sync(): void {
    this.#syncTimer = undefined
    const open = this.#open
    if (open === undefined) return
    this.#syncing = open.fd
    this.#unsynced = false
    this.#files.fsyncLater(open.fd, error => {
      this.#syncing = undefined
      if (this.#open !== open) closeSync(open.fd)
      if (error !== null) this.#fail(error, open.segment)
      else if (this.#unsynced) this.#syncSoon()
    })
  }

  /** No more records until what is in doubt lies in a file that was written and fsynced whole. */
  #fail(error: unknown, segment = this.#open?.segment): void {
    if (segment !== undefined) segment.doubtful = true
    if (this.#open?.segment === segment) this.#retire()
    if (!this.#trouble) {
      this.#options.log.error({ error }, 'the spool cannot be written; no new calls are accepted')
      this.#report('RUN_SPOOL_FULL', `Writing failed: ${error instanceof Error ? error.message : String(error)}.`)
    }
    this.#trouble = true
    this.#recoverSoon()
  }

  #recoverSoon(): void {
    if (this.#recoverTimer !== undefined) return
    this.#recoverTimer = setTimeout(() => this.#recover(), RECOVER_MS)
    this.#recoverTimer.unref()
  }

  /** Same name and same positions, so nothing the dashboard already took is offered under another address. */
  #recover(): void {
    this.#recoverTimer = undefined
    try {
      for (const segment of this.#segments.filter(item => item.doubtful)) {
        const bytes = readFileSync(join(this.#folder, segment.name)).subarray(0, segment.size)
        replaceFile(this.#files, join(this.#folder, segment.name), this.#folder, bytes)
        segment.doubtful = false
      }
      this.#sweep()
      this.#openSegment()
      this.#trouble = false
      this.#options.log.info({}, 'the spool can be written again')
    } catch (error) {
      this.#options.log.debug({ error }, 'the spool still cannot be written')
      this.#recoverSoon()
    }
  }

  #readBatch(segment: Segment): Batch {
    const rows: string[] = []
    const ends: number[] = []
    let to = segment.acked
    for (const line of scanLines(this.#readPiece(segment), segment.acked)) {
      to = line.end
      if (line.json !== undefined) {
        rows.push(line.json)
        ends.push(line.end)
      }
      if (rows.length === BATCH_RECORDS) break
    }
    // No newline in the whole piece: garbage to the end of the segment. It is passed over like any damaged line.
    if (to === segment.acked) to = segment.size
    return { segment: segment.name, to, rows, ends }
  }

  /** At most a batch's bytes, but always at least one whole line. */
  #readPiece(segment: Segment): Buffer {
    const fd = openSync(join(this.#folder, segment.name), 'r')
    try {
      const rest = segment.size - segment.acked
      const piece = readAt(fd, segment.acked, Math.min(rest, BATCH_BYTES))
      return piece.length < rest && !piece.includes(0x0a) ? readAt(fd, segment.acked, rest) : piece
    } finally {
      closeSync(fd)
    }
  }

  /** Segments that the dashboard has whole go; the open one only once it is full. */
  #sweep(): void {
    for (const segment of [...this.#segments]) {
      const open = this.#open?.segment === segment
      if (segment.acked < segment.size || (open && segment.size < this.#segmentBytes)) continue
      if (open) this.#retire()
      this.#segments.splice(this.#segments.indexOf(segment), 1)
      this.#bytes -= segment.size
      try {
        unlinkSync(join(this.#folder, segment.name))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#options.log.warn({ error }, 'a spool file stays')
      }
    }
  }

  #drop(why: string, cause?: unknown): GatewayError {
    this.#dropped += 1
    if (this.#dropped === 1 || this.#dropped % 1000 === 0) {
      this.#report('RUN_SPOOL_FULL', `${why}; ${this.#dropped} records were dropped.`)
    }
    return new GatewayError('GW_RECORDS_FULL', { detail: `${why}.`, cause })
  }

  #report(code: 'RUN_SPOOL_DAMAGED' | 'RUN_SPOOL_FULL', detail: string): void {
    this.#options.log.warn({ code, detail }, 'spool')
    this.#options.onReport?.(code, detail)
  }
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let read = 0
  while (read < length) {
    const got = readSync(fd, bytes, read, length - read, position + read)
    if (got === 0) break
    read += got
  }
  return bytes.subarray(0, read)
}
