import type { TestContext } from 'node:test'
import type { Logger } from '../../../kernel/contract/index.ts'
import type { FileCalls } from '../../../kernel/plane/file-calls.ts'
import { createDashboardPlane, createGatewayPlane } from '../../../kernel/plane/index.ts'
import type { DashboardPlane } from '../../../kernel/ports.ts'
import { type KernelStore, openStore } from '../../../kernel/store/index.ts'

export interface Line {
  readonly level: string
  readonly fields: Record<string, unknown>
  readonly message: string
}

/** A logger that keeps what it is told. */
export function listeningLog(): { log: Logger; lines: Line[] } {
  const lines: Line[] = []
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, fields, message })
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

export interface DashboardRig {
  readonly store: KernelStore
  readonly plane: DashboardPlane
  readonly lines: Line[]
  /** Ids taken for a record key, in order. */
  taken(): string[]
  stop(): Promise<void>
}

/** A dashboard end whose handler of `demo.row@1` writes ids to a table, so that what was taken lives and dies with the transaction. */
export async function startDashboard(
  t: TestContext,
  dataDir: string,
  options: {
    handler?: boolean
    refuse?: (row: unknown) => boolean
    start?: boolean
    before?: (plane: DashboardPlane) => void
  } = {},
): Promise<DashboardRig> {
  const { log, lines } = listeningLog()
  const store = await openStore({ dataDir, log })
  store.db.exec('CREATE TABLE IF NOT EXISTS demo_taken (seq INTEGER PRIMARY KEY, id TEXT, row TEXT)')
  const insert = store.db.prepare('INSERT INTO demo_taken (id, row) VALUES (?, ?)')
  const plane = createDashboardPlane({ dataDir, store, log })
  const handler = {
    plugin: 'demo',
    take(rows: readonly { id: string; row: unknown }[]) {
      for (const { id, row } of rows) {
        if (options.refuse?.(row)) throw new Error('this row is not wanted')
        insert.run(id, JSON.stringify(row))
      }
    },
  }
  plane.setHandlers(key => (key === 'demo.row@1' && options.handler !== false ? [handler] : []))
  options.before?.(plane)
  if (options.start !== false) await plane.start()
  let running = true
  const stop = async () => {
    if (!running) return
    running = false
    await plane.stop()
    await store.close()
  }
  t.after(stop)
  return {
    store,
    plane,
    lines,
    taken: () => store.db.prepare('SELECT id FROM demo_taken ORDER BY seq').pluck().all() as string[],
    stop,
  }
}

export async function startGateway(
  t: TestContext,
  dataDir: string,
  options: { spoolLimit?: number; files?: FileCalls } = {},
) {
  const { log, lines } = listeningLog()
  const plane = createGatewayPlane({ dataDir, log, ...options })
  await plane.start()
  let running = true
  const stop = async () => {
    if (!running) return
    running = false
    await plane.stop()
  }
  t.after(stop)
  return { plane, lines, stop }
}

/** Waits until it holds. Fails with the question when it never does. */
export async function until(holds: () => boolean, what: string, ms = 20_000): Promise<void> {
  const deadline = Date.now() + ms
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
