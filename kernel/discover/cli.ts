import { join } from 'node:path'
import { installBridge } from '../bundle/bridge.ts'
import { bundleEntry } from '../bundle/bundle.ts'
import { stopBundler } from '../bundle/esbuild.ts'
import { type CliCommand, PluginError } from '../contract/index.ts'
import { requireFresh } from '../evaluate/evaluate.ts'
import { discover } from './discover.ts'
import type { Candidate } from './manifest.ts'

export interface CliPlaces {
  readonly builtinDir: string
  readonly extraDir: string
  /** Folder of the command line's own bundles. */
  readonly buildDir: string
}

/**
 * Commands of all plugins with a CLI entry, by plugin id. They run in this process, without a server. A plugin whose entry
 * does not load is told to `failed` and keeps nobody else's command from running.
 */
export async function loadCliCommands(
  places: CliPlaces,
  failed: (error: PluginError) => void = error => void process.stderr.write(`${error.plugin}: ${error.message}\n`),
): Promise<readonly CliCommand[]> {
  installBridge()
  const all = discover(places)
  const commands: CliCommand[] = []
  for (const candidate of all) {
    if (candidate.manifest?.entries.cli === undefined) continue
    try {
      commands.push(...(await loadEntry(candidate, all, places.buildDir)))
    } catch (error) {
      if (!(error instanceof PluginError)) throw error
      failed(error)
    }
  }
  await stopBundler()
  return commands
}

async function loadEntry(
  candidate: Candidate,
  all: readonly Candidate[],
  buildDir: string,
): Promise<readonly CliCommand[]> {
  const manifest = candidate.manifest as NonNullable<Candidate['manifest']>
  const folderOf = (id: string) => all.find(other => other.id === id)?.folder
  const source = { id: candidate.id, folder: candidate.folder, manifest, folderOf }
  const { file } = await bundleEntry(source, 'cli', buildDir)
  const where = { phase: 'evaluate', plugin: candidate.id } as const
  let commands: unknown
  try {
    commands = requireFresh(join(buildDir, file))['definition']
  } catch (cause) {
    throw new PluginError('PLG_EVAL_FAILED', where, { detail: cause instanceof Error ? cause.message : '', cause })
  }
  if (Array.isArray(commands)) return commands as CliCommand[]
  throw new PluginError('PLG_NOT_A_PLUGIN', where, { detail: 'The CLI entry must export default defineCli([…]).' })
}
