import { existsSync, mkdirSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { PluginError } from '../contract/index.ts'

const DEBOUNCE_MS = 80

export interface WatchOptions {
  readonly dirs: readonly string[]
  /** Called with the ids of plugins whose files changed, after things went quiet. */
  readonly changed: (plugins: ReadonlySet<string>) => Promise<void>
  readonly failed: (error: unknown) => void
}

/** Watches the folders of plugins and makes those that are missing. Returns the function that ends it. */
export async function watchPlugins({ dirs, changed, failed }: WatchOptions): Promise<() => Promise<void>> {
  // Loaded here: only development watches.
  const { watch } = await import('chokidar')
  // A folder that comes later would not be seen, and with it the first plugin of an installation.
  for (const dir of dirs) mkdirSync(dir, { recursive: true, mode: 0o700 })
  const watcher = watch([...dirs], { ignoreInitial: true, ignored: path => isNoise(dirs, path) })
  let pending = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    const plugins = pending
    pending = new Set()
    changed(plugins).catch(failed)
  }
  watcher.on('all', (_event, path) => {
    const plugin = pluginOf(dirs, path)
    if (plugin === undefined) return
    pending.add(plugin)
    clearTimeout(timer)
    timer = setTimeout(flush, DEBOUNCE_MS).unref()
  })
  watcher.on('error', failed)
  await new Promise<void>(resolve => watcher.once('ready', () => resolve()))
  return async () => {
    clearTimeout(timer)
    await watcher.close()
  }
}

function pluginOf(dirs: readonly string[], path: string): string | undefined {
  for (const dir of dirs) {
    const [first, ...rest] = relative(dir, path).split(sep)
    if (first === undefined || first === '' || first === '..') continue
    // A new empty folder is no plugin yet; its manifest will come with an event of its own.
    return rest.length > 0 || !existsSync(path) ? first : undefined
  }
  return undefined
}

function isNoise(dirs: readonly string[], path: string): boolean {
  const dir = dirs.find(candidate => path.startsWith(candidate))
  if (dir === undefined) return false
  return relative(dir, path)
    .split(sep)
    .some(part => part === 'node_modules' || (part.startsWith('.') && part !== '..' && part !== '.'))
}

/** A change of several plugins at once is one save of a developer: each is tried, none stops the others. */
export async function reloadAll(
  plugins: readonly string[],
  reload: (plugin: string) => Promise<unknown>,
): Promise<void> {
  for (const plugin of plugins) {
    try {
      await reload(plugin)
    } catch (error) {
      // Reported by the transaction itself; the old generation serves.
      if (!(error instanceof PluginError)) throw error
    }
  }
}
