import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { RunError, type Secrets } from '../contract/index.ts'
import { createSecrets } from './envelope.ts'
import { createPrivateFile, readPrivateFile } from './key-file.ts'

const MASTER_BYTES = 32
const CREDENTIAL = 'clawnex-master'

/**
 * The secrets of a data folder. The master key is a systemd credential when the service was given one, else
 * `DATA/keys/master.key`, made at the first start. Both planes may open it at once. Throws RUN_KEYFILE_UNSAFE.
 */
export function openSecrets(dataDir: string, env: NodeJS.ProcessEnv = process.env): Secrets {
  const credentials = env['CREDENTIALS_DIRECTORY']
  const credential = credentials ? readPrivateFile(join(credentials, CREDENTIAL)) : undefined
  const path = join(dataDir, 'keys', 'master.key')
  const master = credential ?? readPrivateFile(path) ?? createPrivateFile(path, randomBytes(MASTER_BYTES))
  if (master.length !== MASTER_BYTES) {
    const where = credential === undefined ? path : `credential ${CREDENTIAL}`
    throw new RunError('RUN_KEYFILE_UNSAFE', {
      detail: `${where}: it holds ${master.length} bytes, not ${MASTER_BYTES}.`,
    })
  }
  return createSecrets(master)
}

export { createPrivateFile, readPrivateFile, syncFolder } from './key-file.ts'
