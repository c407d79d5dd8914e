// @ts-check
/** Keeps one process per plane running: starts them together, brings back what dies, ends all of them on request. */
import { createBackoff } from './backoff.mjs'

/**
 * @typedef {'gateway' | 'dashboard'} Role
 * @typedef {import('node:child_process').ChildProcess} ChildProcess
 * @typedef {{ type: 'ready', role: Role, port: number, link?: string, modelKey?: string, apiKey?: string }} ReadyMessage
 * @typedef {{ code: string, message: string, action: string, role: Role }} Fatal
 * @typedef {'starting' | 'ready' | 'exited' | 'waiting' | 'stopped'} ChildState
 */

/**
 * @typedef {object} Listener
 * @property {(role: Role, state: ChildState, details: Record<string, unknown>) => void} child
 * @property {(ready: Record<Role, ReadyMessage>) => void} ready called once, when every plane answers
 * @property {(text: string) => void} progress
 * @property {(event: Record<string, unknown>) => void} event
 * @property {(fatal: Fatal) => void} fatal a plane says that it cannot start
 */

/** Past the drain, how long a process may take to release files and locks before it is killed. */
const RELEASE_MS = 4_000
/** How long a replaced process may take until it answers. */
const READY_MS = 30_000
const KEPT_STDERR = 4_000

/**
 * @param {object} options
 * @param {readonly Role[]} options.roles
 * @param {(role: Role, port: number | undefined) => ChildProcess} options.spawn `port`: the one it had before, if any
 * @param {Listener} options.listener
 */
export function createSupervisor({ roles, spawn, listener }) {
  /** @type {Map<Role, ReturnType<typeof createKeeper>>} */
  const keepers = new Map()
  /** @type {(outcome: { fatal?: Fatal }) => void} */
  let finish = () => {}
  /** @type {Promise<{ fatal?: Fatal }>} */
  const ended = new Promise(resolve => {
    finish = resolve
  })
  let announced = false
  /** @type {Promise<void> | undefined} */
  let stopping

  function announce() {
    const ready = [...keepers.values()].map(keeper => keeper.firstReady())
    if (announced || ready.some(message => message === undefined)) return
    announced = true
    listener.ready(
      /** @type {Record<Role, ReadyMessage>} */ (Object.fromEntries(ready.map(message => [message?.role, message]))),
    )
  }

  /** @param {Fatal} fatal */
  function giveUp(fatal) {
    listener.fatal(fatal)
    void stop(2_000, fatal)
  }

  /** @param {number} deadlineMs @param {Fatal} [fatal] */
  function stop(deadlineMs, fatal) {
    stopping ??= Promise.all([...keepers.values()].map(keeper => keeper.stop(deadlineMs))).then(() =>
      finish(fatal ? { fatal } : {}),
    )
    return stopping
  }

  return {
    /** Starts all planes. */
    start() {
      for (const role of roles)
        keepers.set(role, createKeeper({ role, spawn, listener, onReady: announce, onFatal: giveUp }))
      for (const keeper of keepers.values()) keeper.start()
    },
    /** Asks every plane to drain and end; kills what is left after the deadline. @param {number} deadlineMs */
    stop: deadlineMs => stop(deadlineMs),
    /** Ends every process at once. */
    kill() {
      for (const keeper of keepers.values()) keeper.kill()
    },
    /** Replaces the processes one after the other, each once the one before answers again. @param {number} deadlineMs */
    async restart(deadlineMs) {
      for (const keeper of keepers.values()) await keeper.restart(deadlineMs)
    },
    /** Resolves when all processes are gone for good; with `fatal` when a plane could not start at all. */
    ended,
    /** What each plane is doing, for the status file. */
    states: () => Object.fromEntries([...keepers].map(([role, keeper]) => [role, keeper.state()])),
  }
}

/**
 * @param {object} options
 * @param {Role} options.role
 * @param {(role: Role, port: number | undefined) => ChildProcess} options.spawn
 * @param {Listener} options.listener
 * @param {() => void} options.onReady
 * @param {(fatal: Fatal) => void} options.onFatal
 */
function createKeeper({ role, spawn, listener, onReady, onFatal }) {
  const backoff = createBackoff()
  /** @type {ChildProcess | undefined} */
  let child
  /** @type {ReadyMessage | undefined} */
  let first
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  /** @type {ChildState} */
  let state = 'starting'
  let restarts = 0
  let stopped = false
  /** Set while an end is wanted and a new process shall follow at once; it then counts for nothing. */
  let replacing = false
  /** @type {Set<() => void>} */
  const waiters = new Set()

  /** @param {ChildState} next @param {Record<string, unknown>} [details] */
  function become(next, details = {}) {
    state = next
    listener.child(role, next, details)
    for (const wake of waiters) wake()
  }

  function start() {
    timer = undefined
    const started = spawn(role, first?.port)
    child = started
    /** @type {Fatal | undefined} */
    let fatal
    let stderr = ''
    become('starting', { pid: started.pid })
    started.stderr?.on('data', chunk => {
      stderr = (stderr + String(chunk)).slice(-KEPT_STDERR)
    })
    started.on('message', message => {
      const told = /** @type {{ type?: string } & Record<string, any>} */ (message)
      if (told.type === 'ready') takeReady(/** @type {ReadyMessage} */ (told))
      else if (told.type === 'progress') listener.progress(String(told['text']))
      else if (told.type === 'event') listener.event(told['event'])
      else if (told.type === 'fatal')
        fatal = { code: told['code'], message: told['message'], action: told['action'], role }
    })
    started.on('error', error => {
      stderr += error.message
      // A process that never came to be has no "exit"; one that did reports it itself.
      if (started.pid === undefined) onExit(null, null, fatal, stderr)
    })
    // "close" comes after the last message and the last line of output, so nothing that explains the end is missed.
    started.on('close', (code, signal) => onExit(code, signal, fatal, stderr))
  }

  /** @param {ReadyMessage} message */
  function takeReady(message) {
    first ??= message
    become('ready', { pid: child?.pid, port: message.port })
    onReady()
  }

  /** @param {number | null} code @param {NodeJS.Signals | null} signal @param {Fatal | undefined} fatal @param {string} stderr */
  function onExit(code, signal, fatal, stderr) {
    child = undefined
    if (stopped) {
      become('stopped', { code, signal })
      return
    }
    if (replacing) {
      start()
      return
    }
    if (fatal && first === undefined) {
      stopped = true
      become('stopped', { code, signal })
      onFatal(fatal)
      return
    }
    if (fatal) listener.fatal(fatal)
    const { delayMs, exits } = backoff.next(Date.now())
    if (first === undefined && exits >= 5) {
      stopped = true
      become('stopped', { code, signal })
      onFatal(failing(role, stderr))
      return
    }
    restarts += 1
    become(delayMs > 1_000 ? 'waiting' : 'exited', { code, signal, backInMs: delayMs })
    timer = setTimeout(start, delayMs)
  }

  /** @param {() => boolean} done */
  function until(done) {
    /** @type {Promise<void>} */
    const reached = new Promise(resolve => {
      const look = () => {
        if (!done()) return
        waiters.delete(look)
        resolve()
      }
      waiters.add(look)
      look()
    })
    return reached
  }

  /** @param {number} deadlineMs */
  async function endChild(deadlineMs) {
    const ending = child
    if (ending === undefined) return
    const killer = setTimeout(() => ending.kill('SIGKILL'), deadlineMs + RELEASE_MS)
    // Before it is ready a plane has nothing to drain and does not listen yet.
    if (ending.connected && state === 'ready')
      ending.send({ type: 'stop', deadlineMs }, error => error && ending.kill('SIGTERM'))
    else ending.kill('SIGTERM')
    await until(() => child !== ending)
    clearTimeout(killer)
  }

  return {
    start,
    firstReady: () => first,
    state: () => ({ state, pid: child?.pid ?? null, restarts }),
    kill: () => child?.kill('SIGKILL'),
    /** @param {number} deadlineMs */
    async stop(deadlineMs) {
      stopped = true
      clearTimeout(timer)
      await endChild(deadlineMs)
    },
    /** @param {number} deadlineMs */
    async restart(deadlineMs) {
      if (stopped || child === undefined) return
      const before = child.pid
      replacing = true
      await endChild(deadlineMs)
      replacing = false
      let late = false
      const limit = setTimeout(() => {
        late = true
        for (const wake of waiters) wake()
      }, READY_MS)
      await until(() => (state === 'ready' && child?.pid !== before) || stopped || late)
      clearTimeout(limit)
      if (late) throw new Error(`the ${role} process did not answer within ${READY_MS / 1000} s`)
    },
  }
}

/** @param {Role} role @param {string} stderr @returns {Fatal} */
function failing(role, stderr) {
  const last = stderr.trim().split('\n').slice(-15).join('\n')
  return {
    code: 'RUN_CHILD_FAILING',
    role,
    message: `The ${role} process ends again and again before it is ready.${last === '' ? '' : ` It said:\n${last}`}`,
    action: 'Correct the cause and start again.',
  }
}
