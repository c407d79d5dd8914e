// @ts-check
/** Runs the user's own npm, so that their registry, proxy and certificate settings apply. */
import { spawn } from 'node:child_process'
import { basename, delimiter, dirname } from 'node:path'

/**
 * @param {readonly string[]} args
 * @param {{ cwd: string, node: string }} options `node`: the Node that npm itself runs on
 * @returns {Promise<{ ok: boolean, output: string }>} output: the last lines of both streams
 */
export function runNpm(args, { cwd, node }) {
  const [command, first] = npmCommand(node, process.env)
  // The project's own log level is silent (it keeps npm's banner out of the event stream); here errors are wanted.
  const child = spawn(command, [...first, ...args, '--loglevel=error', '--no-progress'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` },
  })
  // A launcher that is told to end takes npm with it.
  const end = () => void child.kill('SIGTERM')
  process.on('exit', end)
  let output = ''
  /** @param {Buffer} chunk */
  const keep = chunk => {
    output = (output + chunk.toString('utf8')).slice(-8_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return new Promise(resolve => {
    child.on('close', () => process.off('exit', end))
    child.on('error', error => resolve({ ok: false, output: `npm could not be started: ${error.message}` }))
    child.on('close', code => resolve({ ok: code === 0, output: output.trim() }))
  })
}

/**
 * The npm that started us when there is one, else the one on PATH.
 * @param {string} node @param {NodeJS.ProcessEnv} env @returns {[string, string[]]}
 */
export function npmCommand(node, env) {
  const script = env['npm_execpath']
  return script && basename(script) === 'npm-cli.js' ? [node, [script]] : ['npm', []]
}
