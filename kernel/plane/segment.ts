import { crc32 } from 'node:zlib'

/** A record as it lies in the spool and travels to the dashboard. */
export interface SpooledRecord {
  readonly id: string
  readonly at: number
  readonly key: string
  readonly row: unknown
}

const NEWLINE = 0x0a
const CRC_LENGTH = 8
/** CRC, blank, and the shortest JSON. */
const MIN_LINE = CRC_LENGTH + 3

/** `<crc32, 8 hex digits> <JSON>\n`. */
export function encodeLine(record: SpooledRecord): Buffer {
  const json = JSON.stringify(record)
  const line = Buffer.allocUnsafe(CRC_LENGTH + 1 + Buffer.byteLength(json) + 1)
  line.write(json, CRC_LENGTH + 1, 'utf8')
  line[line.length - 1] = NEWLINE
  const crc = crc32(line.subarray(CRC_LENGTH + 1, line.length - 1))
  line.write(`${crc.toString(16).padStart(CRC_LENGTH, '0')} `, 0, 'latin1')
  return line
}

/** The JSON of a line without its newline, or undefined when it is damaged. */
export function decodeLine(line: Buffer): string | undefined {
  if (line.length < MIN_LINE || line[CRC_LENGTH] !== 0x20) return undefined
  const json = line.subarray(CRC_LENGTH + 1)
  return line.toString('latin1', 0, CRC_LENGTH) === crc32(json).toString(16).padStart(CRC_LENGTH, '0')
    ? json.toString('utf8')
    : undefined
}

export interface ScannedLine {
  /** Undefined for a damaged line. */
  readonly json: string | undefined
  /** Byte behind the newline. */
  readonly end: number
}

/** Whole lines of a piece of a segment that begins at byte `base`. What follows the last newline is left out. */
export function* scanLines(bytes: Buffer, base = 0): Generator<ScannedLine> {
  for (let start = 0; ; ) {
    const at = bytes.indexOf(NEWLINE, start)
    if (at < 0) return
    yield { json: decodeLine(bytes.subarray(start, at)), end: base + at + 1 }
    start = at + 1
  }
}

/** Where the last whole record ends, how many there are, and how many damaged lines lie before it. */
export function measureSegment(bytes: Buffer): { end: number; records: number; damaged: number } {
  let end = 0
  let records = 0
  let damaged = 0
  let bad = 0
  for (const line of scanLines(bytes)) {
    if (line.json === undefined) {
      bad += 1
      continue
    }
    records += 1
    damaged += bad
    bad = 0
    end = line.end
  }
  return { end, records, damaged }
}
