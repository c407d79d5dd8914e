import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RunError, type Secrets } from '../contract/index.ts'
import { createSecrets } from './envelope.ts'
import { createPrivateFile, readPrivateFile } from './key-file.ts'

const MASTER_BYTES = 32
const CREDENTIAL = 'clawnex-master'

/**
 * The secrets of a data folder. The master key is a systemd credential when the service was given one, else
 * `DATA/keys/master.key`, made at the first start. Both planes may open it at once, and whoever makes the database opens its
 * secrets before: where there is a database there was a key. Throws RUN_KEYFILE_UNSAFE or RUN_KEYFILE_MISSING.
 */
export function openSecrets(dataDir: string, env: NodeJS.ProcessEnv = process.env): Secrets {
  const credentials = env['CREDENTIALS_DIRECTORY']
  const credential = credentials ? readPrivateFile(join(credentials, CREDENTIAL)) : undefined
  const path = join(dataDir, 'keys', 'master.key')
  // Looked at before the key is: of a plane that is just making both, nobody may see the database and miss the key.
  const inUse = existsSync(join(dataDir, 'clawnex.db'))
  const master = credential ?? readPrivateFile(path) ?? createMaster(path, inUse)
  if (master.length !== MASTER_BYTES) {
    const where = credential === undefined ? path : `credential ${CREDENTIAL}`
    throw new RunError('RUN_KEYFILE_UNSAFE', {
      detail: `${where}: it holds ${master.length} bytes, not ${MASTER_BYTES}.`,
    })
  }
  return createSecrets(master)
}

function createMaster(path: string, inUse: boolean): Buffer {
  if (inUse) throw new RunError('RUN_KEYFILE_MISSING', { detail: `There is no ${path}.` })
  return createPrivateFile(path, randomBytes(MASTER_BYTES))
}

export { createPrivateFile, readPrivateFile, syncFolder } from './key-file.ts'
