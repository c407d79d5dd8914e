// @ts-check
/** What `start` says: lines for people, or one JSON object a line for programs. Logs of the planes never mix with the events. */

/**
 * @typedef {object} Output
 * @property {(text: string) => void} progress
 * @property {(event: Record<string, unknown> & { event: string }) => void} event
 * @property {(error: { code: string, message: string, action: string }) => void} error
 * @property {(role: string, line: string) => void} log one line a plane wrote
 */

/** @param {{ json: boolean, stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream }} options @returns {Output} */
export function createOutput({ json, stdout, stderr }) {
  for (const stream of [stdout, stderr]) {
    stream.on('error', error => {
      // A reader that went away must not end the product.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error
    })
  }
  /** @param {Record<string, unknown>} event */
  const emit = event => stdout.write(`${JSON.stringify(event)}\n`)
  if (json) {
    return {
      progress: text => emit({ event: 'progress', text }),
      event: emit,
      error: error => emit({ event: 'error', ...error }),
      log: (_role, line) => stderr.write(`${line}\n`),
    }
  }
  return {
    progress: text => stdout.write(`· ${text}\n`),
    event: event => stdout.write(describeEvent(event)),
    error: error =>
      stderr.write(`\n${error.code}: ${error.message}\n${error.action === '' ? '' : `→ ${error.action}\n`}`),
    log: (role, line) => stderr.write(formatLog(role, line)),
  }
}

const LEVELS = /** @type {const} */ ([
  [50, 'error'],
  [40, 'warn'],
])

/**
 * Warnings and errors as one line; everything below stays in the log file.
 * @param {string} role @param {string} line bunyan's JSON, or plain text
 */
export function formatLog(role, line) {
  const entry = parseLine(line)
  if (entry === undefined) return `${line}\n`
  const level = LEVELS.find(([from]) => Number(entry['level']) >= from)?.[1]
  if (level === undefined) return ''
  const { plugin, code, detail, advice } = entry
  const details = [code && `[${code}]`, detail, advice && `→ ${advice}`].filter(Boolean).join(' ')
  const cause = /** @type {{ message?: string } | undefined} */ (entry['err'])?.message
  return `${level} ${role}${plugin ? ` ${plugin}` : ''}: ${entry['msg']}${details ? ` ${details}` : ''}${cause ? ` (${cause})` : ''}\n`
}

/** @param {string} line @returns {Record<string, unknown> | undefined} */
function parseLine(line) {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    // Not JSON after all: shown as it is.
    return undefined
  }
}

/** @param {Record<string, any>} event */
export function describeEvent(event) {
  switch (event['event']) {
    case 'ready':
      return describeReady(event)
    case 'litellm':
      return describeLiteLlm(event)
    case 'child':
      return describeChild(event)
    case 'stopped':
      return 'stopped\n'
    case 'plugin':
      return event['error']
        ? `! plugin ${event['plugin']} ${event['result']}: ${event['error'].code} ${event['error'].message ?? ''}\n${event['error'].detail ? `  ${event['error'].detail}\n` : ''}`
        : `· plugin ${event['plugin']} ${event['result']}\n`
    default:
      return ''
  }
}

/** @param {Record<string, any>} event */
function describeReady(event) {
  const lines = [
    '',
    `ClawNex is running.`,
    '',
    `  Dashboard   ${event['link'] ?? event['dashboard']}`,
    `  Model path  ${event['model']}/v1`,
    ...(event['modelKey'] ? [`  Model key   ${event['modelKey']}   (shown once)`] : []),
    ...(event['apiKey'] ? [`  API key     ${event['apiKey']}   (shown once)`] : []),
    '',
    '  Ctrl+C ends it. A new link: ./clawnex open',
    '',
  ]
  return `${lines.join('\n')}\n`
}

/** Every state as one line; of the progress of an installation only each tenth package. @param {Record<string, any>} event */
function describeLiteLlm({ state, detail, packages, total, megabytes, version, port, swapping }) {
  if (state === 'provisioning') {
    if (!total) return '· LiteLLM: looking for what it needs\n'
    return packages % 10 === 0 ? `· LiteLLM: ${packages} of ${total} packages, ${megabytes} MB downloaded\n` : ''
  }
  if (state === 'ready') {
    if (detail) return `! LiteLLM: ${detail}\n`
    return swapping ? '· LiteLLM: a replacement starts\n' : `· LiteLLM ${version} is ready on port ${port}\n`
  }
  if (state === 'absent' || state === 'failed') return `! LiteLLM ${state}: ${detail}\n`
  return state === 'starting' ? `· LiteLLM starts${detail ? `: ${detail}` : ''}\n` : ''
}

/** Starting and stopping are expected and told otherwise; a process that died is news. @param {Record<string, any>} event */
function describeChild(event) {
  if (event['state'] === 'exited' || event['state'] === 'waiting') {
    const how = event['signal'] ? `by ${event['signal']}` : `with code ${event['code']}`
    return `! the ${event['role']} process ended ${how}; it comes back in ${event['backInMs'] / 1000} s\n`
  }
  return ''
}
