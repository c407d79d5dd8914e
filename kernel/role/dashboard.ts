/** Composition of the control plane: store, plane, kernel, HTTP and UI host, in the order in which they need each other. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ACCESS,
  type Access,
  LITELLM_CONTROL,
  type LiteLlmControl,
  type LiteLlmStatus,
  MODEL_PATH,
  PERMISSIONS,
  tokenKey,
} from '../contract/index.ts'
import { createHttp } from '../http/server.ts'
import { createLogger } from '../log/index.ts'
import { createDashboardPlane } from '../plane/index.ts'
import type { DashboardPlane, Kernel } from '../ports.ts'
import { openSecrets } from '../secrets/index.ts'
import { openStore, prepareDataFolder } from '../store/index.ts'
import { createKernel } from '../transaction/kernel.ts'
import { createUiHost } from '../uihost/index.ts'
import { createCommands } from './commands.ts'
import { handleFaults } from './faults.ts'
import type { ProcessOptions } from './options.ts'
import { createPermissions } from './permissions.ts'
import { type Plane, tellFailure } from './process.ts'

export async function start(options: ProcessOptions): Promise<Plane> {
  const { run, root } = options
  const log = createLogger({ name: 'clawnex', level: options.logLevel, plane: 'dashboard' })
  const startedAt = Date.now()
  const buildDir = join(run.dataDir, 'build')
  let kernel: Kernel | undefined
  let started = false
  handleFaults(log, () => kernel)

  const access = (): Access | undefined => kernel?.snapshot().services.get(tokenKey(ACCESS)) as Access | undefined
  const uiHost = createUiHost({
    uiDir: options.uiDir,
    pluginAsset: name => readAsset(join(buildDir, name)),
    version: run.version,
  })
  const http = createHttp({
    kernel: () => kernel,
    access,
    uiHost: () => uiHost,
    log: log.child({ part: 'http' }),
    run,
    health: () => ({ status: 'ok', version: run.version, plane: 'dashboard', uptimeMs: Date.now() - startedAt }),
    ready: () => (started ? { ready: true } : { ready: false, why: 'plugins are starting' }),
    // Asked by routes only, and those answer once the kernel is there, which comes after both.
    gateway: () => plane.gateway(),
    store: () => store,
  })

  const { port } = await http.listen(run.dashboardPort)
  prepareDataFolder(run.dataDir)
  // Before the store makes the database: beside one, a missing key file is a loss and not a first start.
  const secrets = openSecrets(run.dataDir)
  const store = await openStore({ dataDir: run.dataDir, log: log.child({ part: 'store' }) })
  const plane = createDashboardPlane({ dataDir: run.dataDir, store, log: log.child({ part: 'plane' }) })
  kernel = createKernel({
    plane: 'dashboard',
    builtinDir: join(root, 'plugins'),
    extraDir: join(run.dataDir, 'plugins'),
    buildDir,
    log,
    run: { ...run, dashboardPort: port },
    secrets,
    store,
    compileRoutes: http.compileRoutes,
    dashboardPlane: plane,
    watch: options.watch,
    services: new Map<string, unknown>([
      [tokenKey(MODEL_PATH), { url: () => `http://127.0.0.1:${plane.gateway().port ?? run.modelPort}` }],
      [tokenKey(LITELLM_CONTROL), controlLiteLlm(plane)],
      [tokenKey(PERMISSIONS), createPermissions(() => kernel)],
    ]),
    without: options.without,
  })
  plane.setCommands(createCommands({ kernel, plane, access, origin: `http://127.0.0.1:${port}`, version: run.version }))
  kernel.onTransaction(tellFailure)
  await kernel.start()
  await plane.start()
  started = true
  const ready = kernel

  return {
    ready: { role: 'dashboard', port, ...firstAccess(access(), `http://127.0.0.1:${port}`) },
    async stop(deadlineMs) {
      await http.close(deadlineMs)
      await ready.stop(deadlineMs)
      await plane.stop()
      await store.close()
    },
  }
}

function controlLiteLlm(plane: DashboardPlane): LiteLlmControl {
  return {
    status: () => plane.gateway().litellm,
    restart: async () => (await plane.operate('litellm-restart')) as LiteLlmStatus,
    provision: async () => (await plane.operate('litellm-provision')) as LiteLlmStatus,
  }
}

/** A built plugin UI module, or null when the build folder has none of that name. */
function readAsset(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** The link and, on a new data folder, the first keys. Nothing of it exists while the access plugin is absent. */
function firstAccess(access: Access | undefined, origin: string) {
  if (access === undefined) return {}
  const link = `${origin}/open?token=${access.openLink().token}`
  return { link, ...(access.takeFirstKeys() ?? {}) }
}
