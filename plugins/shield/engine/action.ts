import { inspectCommand, sensitiveWeight } from './commands.ts'
import { addressesIn, hostKind, PERSISTENT_PATHS } from './places.ts'
import type { RuleSet } from './ruleset.ts'
import type { Match } from './types.ts'

/** A text inside the arguments of a tool call. */
interface Leaf {
  readonly key: string
  readonly text: string
}

const MOST_LEAVES = 200
const RUNS = /^(?:command|cmd|script|code|shell|bash|exec|run|input|args?|argv|query|sql|statement|source|program)$/i
const SHELL_TOOL = /bash|shell|terminal|exec|command|run|process|powershell|console|sql|query|database|python|repl/i
const SENDING_TOOL = /send|post|upload|email|mail|message|publish|http|request|fetch|webhook|share|slack|tweet/i
const WRITING_TOOL = /write|edit|create|append|save|patch|replace|put|update/i
const DELETING_TOOL = /delete|remove|destroy|drop|purge|wipe|terminate|truncate|erase/i
const READING_TOOL = /^(?:read|get|list|search|view|find|grep|ls|cat|describe|show|stat|glob)/i
const PAYLOAD = /^(?:body|data|content|text|message|payload|attachments?|file|files|html|json|params)$/i

/** What a tool call is about to do: shell text, paths, addresses, and what the tool's name promises. */
export function inspectAction(set: RuleSet, tool: string, text: string): readonly Match[] {
  const call = readCall(tool, text)
  const found = new Map<string, number>()
  const add = (rule: string, factor: number) => found.set(rule, Math.max(found.get(rule) ?? 0, factor))
  for (const leaf of call.leaves) inspectLeaf(call.tool, leaf, add)
  inspectWhole(call.tool, call.leaves, add)
  return [...found].flatMap(([id, factor]) => {
    const rule = set.rules.find(one => one.rule.id === id)
    if (rule === undefined) return []
    return [{ rule: rule.index, start: 0, end: text.length, view: 'action', factor, severity: undefined }]
  })
}

/** Reads JSON arguments, `Tool({…})`, `tool(name=value)` and bare command lines. */
function readCall(tool: string, text: string): { tool: string; leaves: readonly Leaf[] } {
  const trimmed = text.trim()
  const direct = tryJson(trimmed)
  if (direct !== undefined) return { tool, leaves: leavesOf(direct, '') }
  const call =
    /^([\w.:-]{1,60})\s{0,2}\(([\s\S]*)\)$/.exec(trimmed) ?? /^([\w.-]{1,60}):?\s{1,3}(\{[\s\S]*\})$/.exec(trimmed)
  if (call !== null) {
    const inner = tryJson(call[2]!)
    if (inner !== undefined) return { tool: call[1]!, leaves: leavesOf(inner, '') }
    const named = [
      ...call[2]!.matchAll(/(\w{1,40})\s{0,2}[=:]\s{0,2}(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^,"']{1,400}))/g),
    ]
    if (named.length > 0)
      return {
        tool: call[1]!,
        leaves: named.map(one => ({ key: one[1]!, text: (one[2] ?? one[3] ?? one[4]!).replace(/\\(["'\\])/g, '$1') })),
      }
    return { tool: call[1]!, leaves: [{ key: 'command', text: call[2]!.replace(/^["']|["']$/g, '') }] }
  }
  return { tool, leaves: [{ key: 'command', text: trimmed }] }
}

function tryJson(text: string): unknown {
  if (!/^[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Not JSON: read as text by the caller.
    return undefined
  }
}

function leavesOf(value: unknown, key: string): Leaf[] {
  const leaves: Leaf[] = []
  const walk = (item: unknown, name: string, depth: number) => {
    if (leaves.length >= MOST_LEAVES || depth > 12) return
    if (typeof item === 'string') leaves.push({ key: name, text: item })
    else if (Array.isArray(item)) {
      const words = item.every(one => typeof one === 'string')
      if (words && RUNS.test(name)) leaves.push({ key: name, text: item.join(' ') })
      else for (const one of item) walk(one, name, depth + 1)
    } else if (typeof item === 'object' && item !== null)
      for (const [inner, one] of Object.entries(item)) walk(one, inner, depth + 1)
  }
  walk(value, key, 0)
  return leaves
}

type Add = (rule: string, factor: number) => void

function inspectLeaf(tool: string, { key, text }: Leaf, add: Add): void {
  if (RUNS.test(key) || (SHELL_TOOL.test(tool) && text.length < 4000)) {
    for (const { rule, factor } of inspectCommand(text)) add(rule, factor)
    return
  }
  if (PAYLOAD.test(key)) return
  const weight = sensitiveWeight(text)
  if (weight > 0 && text.length < 400) add('path.sensitive', weight)
  for (const address of addressesIn(text)) {
    const kind = hostKind(address)
    if (kind === 'metadata') add('exfiltration.metadata', 1)
    if (kind === 'catch') add('exfiltration.catch-host', 0.8)
  }
  if (WRITING_TOOL.test(tool) && /path|file|target|dest/i.test(key) && PERSISTENT_PATHS.test(text))
    add('command.persistence', 1)
}

function inspectWhole(tool: string, leaves: readonly Leaf[], add: Add): void {
  const payload = leaves
    .filter(leaf => PAYLOAD.test(leaf.key))
    .map(leaf => leaf.text)
    .join('\n')
  const sends = SENDING_TOOL.test(tool) && !READING_TOOL.test(tool)
  if (
    sends &&
    payload !== '' &&
    /passwords?|secret|token|api[ _-]?key|credential|ssn|private key|BEGIN [A-Z ]*KEY/i.test(payload)
  )
    add('exfiltration.upload', 0.75)
  if (sends && leaves.some(leaf => sensitiveWeight(leaf.text) > 0)) add('exfiltration.upload', 1)
  if (DELETING_TOOL.test(tool)) add('command.delete', 1)
}
