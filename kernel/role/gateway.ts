/** Composition of the data plane: plane, kernel and model path. It holds no database and starts without the dashboard. */
import { join } from 'node:path'
import { createGateway } from '../gateway/index.ts'
import { createLogger } from '../log/index.ts'
import { createGatewayPlane } from '../plane/index.ts'
import type { GatewayPlane, Kernel } from '../ports.ts'
import { openSecrets } from '../secrets/index.ts'
import { createKernel } from '../transaction/kernel.ts'
import { handleFaults } from './faults.ts'
import type { ProcessOptions } from './options.ts'
import { type Plane, tellFailure } from './process.ts'

export async function start(options: ProcessOptions): Promise<Plane> {
  const { run, root } = options
  const log = createLogger({ name: 'clawnex', level: options.logLevel, plane: 'gateway' })
  let kernel: Kernel | undefined
  handleFaults(log, () => kernel)

  const plane = createGatewayPlane({ dataDir: run.dataDir, log: log.child({ part: 'plane' }) })
  const gateway = createGateway({ kernel: () => kernel, plane, log: log.child({ part: 'gateway' }), run })
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
  })
  const ready = kernel
  plane.setStager((plugin, by) => ready.stage(plugin, by))
  plane.setStatus(() => ({ plugins: describePlugins(ready), calls: gateway.calls(), ready: true, port }))
  kernel.onTransaction(tellFailure)
  await kernel.start()
  await firstSnapshot(plane)

  return {
    ready: { role: 'gateway', port },
    async stop(deadlineMs) {
      await gateway.close(deadlineMs)
      await ready.stop(deadlineMs)
      await plane.stop()
    },
  }
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
