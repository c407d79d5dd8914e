/** Composition of the data plane: plane, kernel and model path. It holds no database and starts without the dashboard. */
import { join } from 'node:path'
import { LITELLM, type LiteLlmStatus, type RunOptions, tokenKey } from '../contract/index.ts'
import { createGateway } from '../gateway/index.ts'
import { LiteLlmManager } from '../gateway/litellm/index.ts'
import { createLogger } from '../log/index.ts'
import { createGatewayPlane } from '../plane/index.ts'
import type { GatewayPlane, Kernel } from '../ports.ts'
import { openSecrets } from '../secrets/index.ts'
import { createKernel } from '../transaction/kernel.ts'
import { handleFaults } from './faults.ts'
import type { ProcessOptions } from './options.ts'
import { type Plane, tellFailure, tellSupervisor } from './process.ts'

/** It holds no state and no call by then. */
const LITELLM_STOP_MS = 2_000
const LITELLM_LOOK_MS = 500
/** How long the dashboard may take before LiteLLM starts without it. */
const LITELLM_WAIT_MS = 15_000

export async function start(options: ProcessOptions): Promise<Plane> {
  const { run, root } = options
  const log = createLogger({ name: 'clawnex', level: options.logLevel, plane: 'gateway' })
  let kernel: Kernel | undefined
  handleFaults(log, () => kernel)

  const plane = createGatewayPlane({ dataDir: run.dataDir, log: log.child({ part: 'plane' }) })
  const litellm = new LiteLlmManager({
    mode: run.litellm,
    dataDir: run.dataDir,
    locksDir: join(root, 'plugins', 'providers', 'litellm', 'locks'),
    log: log.child({ part: 'litellm' }),
    inFlight: origin => gateway.inFlight(origin),
    onStatus: tellLiteLlm,
  })
  const gateway = createGateway({
    kernel: () => kernel,
    plane,
    log: log.child({ part: 'gateway' }),
    run,
    litellm,
  })
  const { port } = await gateway.listen(run.modelPort)
  await plane.start()
  kernel = createKernel({
    plane: 'gateway',
    builtinDir: join(root, 'plugins'),
    extraDir: join(run.dataDir, 'plugins'),
    buildDir: join(run.dataDir, 'build'),
    log,
    run,
    secrets: openSecrets(run.dataDir),
    gatewayPlane: plane,
    watch: false,
    without: options.without,
    services: new Map([[tokenKey(LITELLM), litellm]]),
  })
  const ready = kernel
  plane.setStager((plugin, by) => ready.stage(plugin, by))
  plane.setOperator(order => (order === 'litellm-restart' ? litellm.restart() : litellm.provision()))
  plane.setStatus(() => ({
    plugins: describePlugins(ready),
    calls: gateway.calls(),
    ready: litellm.gap() === null,
    port,
    litellm: litellm.status(),
  }))
  kernel.onTransaction(tellFailure)
  await kernel.start()
  await firstSnapshot(plane)
  await beginLiteLlm(litellm, plane, run.litellm)

  return {
    ready: { role: 'gateway', port },
    async stop(deadlineMs) {
      await gateway.close(deadlineMs)
      await Promise.all([ready.stop(deadlineMs), litellm.stop(LITELLM_STOP_MS)])
      await plane.stop()
    },
  }
}

/** With `required` nothing is ready before it is; otherwise it must not delay either plane, so it waits for both. */
async function beginLiteLlm(litellm: LiteLlmManager, plane: GatewayPlane, mode: RunOptions['litellm']): Promise<void> {
  if (mode === 'required') {
    litellm.begin()
    return litellm.ready()
  }
  const startedAt = Date.now()
  const timer = setInterval(() => {
    if (!plane.connected() && Date.now() - startedAt < LITELLM_WAIT_MS) return
    clearInterval(timer)
    litellm.begin()
  }, LITELLM_LOOK_MS)
  timer.unref()
}

/** Changes of the state for the supervisor's listeners. */
function tellLiteLlm({ state, swapping, detail, version, progress, port, addedMs }: LiteLlmStatus): void {
  tellSupervisor({
    type: 'event',
    event: { event: 'litellm', state, swapping, detail, version, ...(progress ?? {}), port, addedMs },
  })
}

/** Keys and providers come with the first snapshot; without one every call would be refused. */
function firstSnapshot(plane: GatewayPlane): Promise<void> {
  if (plane.version() > 0) return Promise.resolve()
  return new Promise(resolve => {
    const release = plane.onValues(() => {
      void release()
      resolve()
    })
  })
}

function describePlugins(kernel: Kernel) {
  return kernel.status().map(({ id, version, generation, state, error }) => ({ id, version, generation, state, error }))
}
