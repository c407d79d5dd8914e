// @ts-check
import { spawn } from 'node:child_process'

/** Opens a link in the user's browser when there is a screen. The link was printed as well, so failing to is no error. @param {string} link */
export function openBrowser(link) {
  const command = browserCommand(process.platform, process.env)
  if (command === undefined) return false
  const child = spawn(command, [link], { stdio: 'ignore', detached: true })
  // No such program: the printed link does.
  child.on('error', () => {})
  child.unref()
  return true
}

/** @param {string} platform @param {NodeJS.ProcessEnv} env */
function browserCommand(platform, env) {
  if (env['CI']) return undefined
  if (platform === 'darwin') return 'open'
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? 'xdg-open' : undefined
}
