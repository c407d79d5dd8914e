import { join } from 'node:path'
import { makeFolder } from '../cli/launch/make-folder.mjs'
import { RunError } from '../contract/index.ts'

/** The gateway may be the first to start on a new data folder. Throws RUN_DATA_READONLY. */
export function prepareGatewayFolder(dataDir: string): void {
  process.umask(0o077)
  try {
    for (const folder of [dataDir, join(dataDir, 'run'), join(dataDir, 'spool')]) {
      makeFolder(folder)
    }
  } catch (cause) {
    throw new RunError('RUN_DATA_READONLY', { detail: `${dataDir}: ${(cause as NodeJS.ErrnoException).code}.`, cause })
  }
}
