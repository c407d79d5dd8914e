import { type DemoCall, type DemoTool, estimateTokens, isRecord } from './read.ts'

export interface DemoReply {
  /** Pieces in which a stream shows the text. */
  readonly pieces: readonly string[]
  readonly toolCall: { readonly name: string; readonly arguments: string } | null
  readonly finish: 'stop' | 'length' | 'tool_calls'
  readonly completionTokens: number
}

const MARK = 'demo model: '
const HELLO = ['Hello', 'from', 'your', 'local', 'shield,', 'ready', 'to', 'watch', 'every', 'call']
const NUMBERS: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
}

export function composeReply(call: DemoCall): DemoReply {
  const tool = call.toolResult === null ? chooseTool(call) : undefined
  return tool === undefined ? textReply(MARK + composeText(call), call.maxTokens) : toolReply(tool, call.prompt)
}

function textReply(text: string, maxTokens: number): DemoReply {
  const pieces = text.match(/\S+\s*/g) ?? [text]
  const kept = Number.isFinite(maxTokens) ? takeTokens(pieces, maxTokens) : pieces
  return {
    pieces: kept,
    toolCall: null,
    finish: kept.length < pieces.length ? 'length' : 'stop',
    completionTokens: estimateTokens(kept.join('')),
  }
}

function takeTokens(pieces: readonly string[], limit: number): string[] {
  const kept: string[] = []
  for (const piece of pieces) {
    if (estimateTokens(kept.join('') + piece) > limit) break
    kept.push(piece)
  }
  return kept
}

function toolReply(tool: DemoTool, prompt: string): DemoReply {
  const text = JSON.stringify(fillArguments(tool.parameters, prompt))
  return {
    pieces: [],
    toolCall: { name: tool.name, arguments: text },
    finish: 'tool_calls',
    completionTokens: estimateTokens(tool.name + text),
  }
}

/** A tool that the caller insists on, or that the prompt names, or the only one when the prompt asks for "the tool". */
function chooseTool(call: DemoCall): DemoTool | undefined {
  if (call.forcedTool === '*') return call.tools[0]
  if (call.forcedTool !== null) return call.tools.find(tool => tool.name === call.forcedTool)
  const prompt = call.prompt.toLowerCase()
  const named = call.tools.find(tool => prompt.includes(tool.name.toLowerCase()))
  return named ?? (/\b(?:use|call|run) (?:the |a |your )?tool\b/.test(prompt) ? call.tools[0] : undefined)
}

function composeText(call: DemoCall): string {
  if (call.toolResult !== null) return `The tool answered: ${shorten(call.toolResult)}`
  return sayHello(call.prompt) ?? repeatAfter(call.prompt) ?? calculate(call.prompt) ?? describe(call.prompt)
}

function sayHello(prompt: string): string | null {
  if (!/\b(?:hello|hi)\b/i.test(prompt) || prompt.length > 80) return null
  const match = /\bin (\w+) words?\b/i.exec(prompt)
  const wanted = match === null ? 5 : (NUMBERS[(match[1] as string).toLowerCase()] ?? Number(match[1]))
  const count = Number.isInteger(wanted) ? Math.min(Math.max(wanted, 1), HELLO.length) : 5
  return `${HELLO.slice(0, count).join(' ').replace(/,$/, '')}.`
}

/** Lets a person see how the shield treats an answer: the model says what it was told to say. */
function repeatAfter(prompt: string): string | null {
  const match = /^\s*(?:repeat(?: after me)?|say):\s*(.+)$/is.exec(prompt)
  return match === null ? null : (match[1] as string)
}

function calculate(prompt: string): string | null {
  const match = /(-?\d{1,9}(?:\.\d{1,6})?)\s*([+*/x×÷-])\s*(-?\d{1,9}(?:\.\d{1,6})?)/.exec(prompt)
  if (match === null || !/\b(?:what|how|calculate|compute)\b|=|\?/i.test(prompt)) return null
  const [, a, sign, b] = match as unknown as [string, string, string, string]
  const result = apply(Number(a), sign, Number(b))
  return Number.isFinite(result) ? `${a} ${sign} ${b} = ${Number(result.toPrecision(12))}` : 'That has no result.'
}

function apply(a: number, sign: string, b: number): number {
  if (sign === '+') return a + b
  if (sign === '-') return a - b
  return sign === '/' || sign === '÷' ? a / b : a * b
}

function describe(prompt: string): string {
  const words = prompt.split(/\s+/).filter(word => word !== '').length
  const about = words === 0 ? 'an empty message' : `${words} ${words === 1 ? 'word' : 'words'}: “${shorten(prompt)}”`
  return `I read ${about} I am a fixed stand-in on this machine; add a provider for real answers.`
}

function shorten(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim()
  return flat.length <= 120 ? flat : `${flat.slice(0, 119).trimEnd()}…`
}

/** One value for each required property, from the prompt where a type allows it. */
function fillArguments(schema: Readonly<Record<string, unknown>>, prompt: string): Record<string, unknown> {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'] : Object.keys(properties).slice(0, 1)
  const filled = required
    .filter((name): name is string => typeof name === 'string' && Object.hasOwn(properties, name))
    .map(name => [name, fillValue(properties[name], prompt)] as const)
  return Object.fromEntries(filled)
}

function fillValue(schema: unknown, prompt: string): unknown {
  const { type, enum: options } = isRecord(schema) ? schema : {}
  if (Array.isArray(options)) return options[0]
  if (type === 'number' || type === 'integer') return Number(/-?\d{1,9}/.exec(prompt)?.[0] ?? 0)
  if (type === 'boolean') return true
  if (type === 'array') return []
  if (type === 'object') return {}
  return /["“]([^"”]{1,200})["”]/.exec(prompt)?.[1] ?? /(\S+?)[.?!]*\s*$/.exec(prompt)?.[1] ?? ''
}
