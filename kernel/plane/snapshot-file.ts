import type { KeyObject } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RunError } from '../contract/index.ts'
import { FILE_CALLS, type FileCalls, replaceFile } from './file-calls.ts'
import { isSigned, signText } from './signing.ts'

/** What the dashboard publishes: all values by `tokenKey`. */
export interface SnapshotContent {
  readonly version: number
  readonly at: number
  readonly values: Readonly<Record<string, unknown>>
}

/** The signature covers `JSON.stringify(snapshot)`, which parsing and writing again gives back unchanged. */
export function sealSnapshot(key: KeyObject, content: SnapshotContent): string {
  const text = JSON.stringify(content)
  return `{"signature":${JSON.stringify(signText(key, text))},"snapshot":${text}}\n`
}

/** Checks signature and shape. Throws RUN_SNAPSHOT_INVALID. */
export function openSnapshot(key: KeyObject | undefined, text: string): SnapshotContent {
  if (key === undefined) throw invalid('There is no key to check it with')
  let file: { signature?: unknown; snapshot?: unknown }
  try {
    file = JSON.parse(text)
  } catch (cause) {
    throw invalid('It is not JSON', cause)
  }
  if (typeof file !== 'object' || file === null || typeof file.signature !== 'string') throw invalid('It is not signed')
  if (!isSigned(key, JSON.stringify(file.snapshot) ?? '', file.signature)) throw invalid('The signature does not fit')
  if (!isContent(file.snapshot)) throw invalid('It has not the shape of a snapshot')
  return file.snapshot
}

function isContent(value: unknown): value is SnapshotContent {
  if (typeof value !== 'object' || value === null) return false
  const { version, at, values } = value as Record<string, unknown>
  const counted = Number.isSafeInteger(version) && (version as number) > 0 && Number.isSafeInteger(at)
  return counted && typeof values === 'object' && values !== null && !Array.isArray(values)
}

const current = (dataDir: string) => join(dataDir, 'plane', 'snapshot.json')
const previous = (dataDir: string) => join(dataDir, 'plane', 'snapshot.previous.json')

/** Writes the snapshot durably; the one before stays as `snapshot.previous.json`. */
export function writeSnapshot(dataDir: string, text: string, files: FileCalls = FILE_CALLS): void {
  const folder = join(dataDir, 'plane')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  keepPrevious(dataDir)
  replaceFile(files, current(dataDir), folder, Buffer.from(text))
}

/** A copy and not a rename: `snapshot.json` must never be absent in between. */
function keepPrevious(dataDir: string): void {
  try {
    copyFileSync(current(dataDir), `${previous(dataDir)}.new`)
    FILE_CALLS.rename(`${previous(dataDir)}.new`, previous(dataDir))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** The newest good snapshot on disk, or undefined. Each bad one is told with its error. */
export function loadSnapshot(
  dataDir: string,
  key: KeyObject | undefined,
  onBad: (error: Error, path: string) => void,
): { content: SnapshotContent; text: string } | undefined {
  for (const path of [current(dataDir), previous(dataDir)]) {
    const text = readText(path)
    if (text === undefined) continue
    try {
      return { content: openSnapshot(key, text), text }
    } catch (error) {
      onBad(error as Error, path)
    }
  }
  return undefined
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function invalid(why: string, cause?: unknown): RunError {
  return new RunError('RUN_SNAPSHOT_INVALID', { detail: `${why}.`, cause })
}
