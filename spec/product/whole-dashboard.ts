/** The dashboard plane as its role composes it, in this process: real plugins, store and HTTP; only the gateway is away. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ACCESS,
  type Access,
  CALLS,
  type CallRecord,
  type GatewayStatus,
  LITELLM_CONTROL,
  type LiteLlmControl,
  type LiteLlmStatus,
  MODEL_PATH,
  PERMISSIONS,
  tokenKey,
} from '../../kernel/contract/index.ts'
import { createHttp, type Http } from '../../kernel/http/server.ts'
import type { Kernel } from '../../kernel/ports.ts'
import { createPermissions } from '../../kernel/role/permissions.ts'
import { openStore } from '../../kernel/store/index.ts'
import { memoryDashboard } from '../../kernel/testing/planes.ts'
import { createKernel } from '../../kernel/transaction/kernel.ts'
import { ROOT, temporaryFolder } from '../fixtures/paths.ts'
import { memorySecrets, quiet, SPEC_RUN } from '../fixtures/plugin-host.ts'
import { recorded } from '../plugins/traffic/start.ts'

const PLENTY = { burst: 100_000, perSecond: 100_000 }

const LITELLM_STATUS: LiteLlmStatus = {
  state: 'provisioning',
  swapping: false,
  detail: null,
  version: null,
  progress: { packages: 12, total: 120, megabytes: 34 },
  pid: null,
  port: null,
  since: null,
  switches: 0,
  crashes: 0,
  addedMs: null,
}

const LITELLM_OF_SPEC: LiteLlmControl = {
  status: () => LITELLM_STATUS,
  restart: async () => LITELLM_STATUS,
  provision: async () => LITELLM_STATUS,
}

const GATEWAY: GatewayStatus = {
  connected: true,
  since: 1,
  pid: 2,
  snapshotVersion: 3,
  spool: { pending: 0, bytes: 0, limit: 1e9, dropped: 0 },
  plugins: [{ id: 'shield', version: '0.1.0', generation: 1, state: 'active', error: null }],
  calls: { active: 0, total: 0 },
  ready: true,
  port: 4001,
  litellm: LITELLM_STATUS,
}

/** A plugin of the operator with a configuration; none of the product's own has one. */
const TUNED = {
  'plugin.json': JSON.stringify({
    id: 'tuned',
    version: '1.0.0',
    title: 'Tuned',
    api: '^1.0.0',
    kind: 'feature',
    entries: { server: 'server.ts' },
    config: { version: '1.0', schema: { type: 'object', properties: { size: { type: 'integer' } } } },
  }),
  'server.ts': "import { definePlugin } from 'clawnex/contract'\nexport default definePlugin({ setup() {} })\n",
}

export interface WholeDashboard {
  readonly http: Http
  readonly kernel: Kernel
  readonly access: Access
  /** The first API key: every permission. */
  readonly apiKey: string
  /** Puts calls on record as the gateway would. */
  record(...calls: CallRecord[]): void
}

/** `modelUrl` is where the dashboard finds the model path. */
export async function startWholeDashboard(
  t: { after(fn: () => unknown): void },
  modelUrl: string,
): Promise<WholeDashboard> {
  const dataDir = temporaryFolder(t)
  const tuned = join(dataDir, 'plugins', 'tuned')
  mkdirSync(tuned, { recursive: true })
  for (const [name, text] of Object.entries(TUNED)) writeFileSync(join(tuned, name), text)
  const run = { ...SPEC_RUN, dashboardPort: 5001, modelPort: 4001, dataDir }
  const plane = memoryDashboard()
  const store = await openStore({ dataDir, log: quiet })
  const access = () => kernel.snapshot().services.get(tokenKey(ACCESS)) as Access | undefined
  const http = createHttp({
    kernel: () => kernel,
    access,
    uiHost: () => undefined,
    // A reply that breaks its schema is a 500 whose reason stands in the log alone.
    log: { ...quiet, error: (fields, message) => console.error(message, fields['err']) },
    run,
    health: () => ({ status: 'ok', version: '0.0.0', plane: 'dashboard', uptimeMs: 1 }),
    ready: () => ({ ready: true }),
    gateway: () => GATEWAY,
    store: () => store,
    checkReplies: true,
    rates: { read: PLENTY, write: PLENTY, expensive: PLENTY, public: PLENTY, failed: PLENTY },
  })
  const kernel: Kernel = createKernel({
    plane: 'dashboard',
    builtinDir: join(ROOT, 'plugins'),
    extraDir: join(dataDir, 'plugins'),
    buildDir: join(dataDir, 'build'),
    log: quiet,
    run,
    secrets: memorySecrets(),
    store,
    compileRoutes: http.compileRoutes,
    dashboardPlane: plane.plane,
    watch: false,
    services: new Map<string, unknown>([
      [tokenKey(MODEL_PATH), { url: () => modelUrl }],
      [tokenKey(LITELLM_CONTROL), LITELLM_OF_SPEC],
      [tokenKey(PERMISSIONS), createPermissions(() => kernel)],
    ]),
  })
  t.after(async () => {
    await http.close(0)
    await kernel.stop(0)
    await store.close()
  })
  await kernel.start()
  const broken = kernel.status().filter(({ error }) => error !== null)
  if (broken.length > 0) throw new Error(JSON.stringify(broken.map(({ id, error }) => ({ id, error }))))
  const given = access() as Access
  return {
    http,
    kernel,
    access: given,
    apiKey: given.takeFirstKeys()?.apiKey ?? '',
    record: (...calls) => store.db.transaction(() => plane.deliver(tokenKey(CALLS as never), calls.map(recorded)))(),
  }
}
