/** What the demo model looks at in a call. Everything else is accepted and ignored, as providers do. */
export interface DemoCall {
  readonly stream: boolean
  readonly includeUsage: boolean
  /** Text of the last user message. */
  readonly prompt: string
  /** Text of the last message when it is a tool result. */
  readonly toolResult: string | null
  /** Rough size of the whole request, for `usage`. */
  readonly promptTokens: number
  readonly maxTokens: number
  readonly tools: readonly DemoTool[]
  /** Name of a tool the caller insists on, `*` for any, null for free choice. */
  readonly forcedTool: string | null
}

export interface DemoTool {
  readonly name: string
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface DemoProblem {
  readonly problem: string
  readonly param: string
}

interface Message {
  readonly role: string
  readonly text: string
}

export function readCall(body: Readonly<Record<string, unknown>>): DemoCall | DemoProblem {
  const messages = readMessages(body['messages'])
  if (messages === null) return { problem: "'messages' must be a non-empty list of messages.", param: 'messages' }
  const n = body['n'] ?? 1
  if (n !== 1) return { problem: "The demo model gives one choice: 'n' must be 1.", param: 'n' }
  const last = messages.at(-1) as Message
  const choice = body['tool_choice']
  return {
    stream: body['stream'] === true,
    includeUsage: isRecord(body['stream_options']) && body['stream_options']['include_usage'] === true,
    prompt: messages.findLast(message => message.role === 'user')?.text ?? last.text,
    toolResult: last.role === 'tool' ? last.text : null,
    promptTokens: messages.reduce((sum, message) => sum + estimateTokens(message.text) + 4, 0),
    maxTokens: readLimit(body['max_completion_tokens'] ?? body['max_tokens']),
    tools: choice === 'none' ? [] : readTools(body['tools']),
    forcedTool: readForced(choice),
  }
}

/** About four characters a token, as for English text. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

function readMessages(value: unknown): Message[] | null {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isRecord)) return null
  return value.map(message => ({
    role: typeof message['role'] === 'string' ? message['role'] : '',
    text: readContent(message['content']),
  }))
}

/** A string, or the text parts of a list of parts. */
function readContent(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  return value
    .filter(isRecord)
    .map(part => (typeof part['text'] === 'string' ? part['text'] : ''))
    .filter(text => text !== '')
    .join('\n')
}

function readLimit(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : Number.POSITIVE_INFINITY
}

function readTools(value: unknown): DemoTool[] {
  if (!Array.isArray(value)) return []
  return value
    .filter(isRecord)
    .map(tool => tool['function'])
    .filter(isRecord)
    .filter(tool => typeof tool['name'] === 'string')
    .map(tool => ({
      name: tool['name'] as string,
      parameters: isRecord(tool['parameters']) ? tool['parameters'] : {},
    }))
}

function readForced(choice: unknown): string | null {
  if (choice === 'required') return '*'
  const named = isRecord(choice) && isRecord(choice['function']) ? choice['function']['name'] : undefined
  return typeof named === 'string' ? named : null
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
