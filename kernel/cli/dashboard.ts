/** The running product, as a command finds it: through the status file and the plane's socket. */
import { callDashboard } from '../plane/client.ts'
import { isAlive } from './launch/process-identity.mjs'
import { readRunState } from './launch/run-state.mjs'

export type Running = NonNullable<ReturnType<typeof readRunState>>

/** The supervisor of this data folder, or undefined when none runs. */
export function findRunning(dataDir: string): Running | undefined {
  const state = readRunState(dataDir)
  return state && isAlive(state) ? state : undefined
}

/** Runs a command inside the dashboard. Rejects when it is not reachable or refuses. */
export function askDashboard(dataDir: string, command: string, args: Record<string, unknown>): Promise<unknown> {
  return callDashboard(dataDir, command, args)
}
