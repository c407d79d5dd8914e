import { type Access, RunError } from '../contract/index.ts'
import type { DashboardPlane, Kernel } from '../ports.ts'

/** Local commands that the CLI sends over the plane's socket. Whoever can open the socket owns the data folder. */
export function createCommands(parts: {
  kernel: Kernel
  plane: DashboardPlane
  access: () => Access | undefined
  origin: string
  version: string
}) {
  const commands: Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => unknown>> = {
    'open-link': () => openLink(parts.access(), parts.origin),
    status: () => ({
      version: parts.version,
      dashboard: parts.origin,
      plugins: parts.kernel
        .status()
        .map(({ id, version, state, generation, error }) => ({ id, version, state, generation, error })),
      gateway: parts.plane.gateway(),
    }),
    'litellm-restart': () => parts.plane.operate('litellm-restart'),
    'litellm-provision': () => parts.plane.operate('litellm-provision'),
    'plugin-list': () => parts.kernel.status(),
    'plugin-reload': args => parts.kernel.reload(String(args['plugin']), 'cli'),
  }
  return async (command: string, args: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const run = Object.hasOwn(commands, command) ? commands[command] : undefined
    if (run === undefined) throw new RunError('RUN_USAGE', { detail: `There is no command "${command}".` })
    return run(args)
  }
}

function openLink(access: Access | undefined, origin: string): { link: string; expiresAt: number } {
  if (access === undefined) {
    throw new RunError('RUN_USAGE', {
      detail: 'The rbac plugin is not active, so nobody can be let in. See "clawnex status".',
    })
  }
  const { token, expiresAt } = access.openLink()
  return { link: `${origin}/open?token=${token}`, expiresAt }
}
