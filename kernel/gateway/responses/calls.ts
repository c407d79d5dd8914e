/** The calls of an answer: held from their first sign, judged once they are complete, and again when they come back changed. */
import { argumentKey, CALL_KINDS } from './names.ts'
import type { SpokenCall } from './spoken.ts'
import type { TextFinder, Value } from './texts.ts'

/** Members of a call that ask for nothing: what it is, and what came of it. */
const PASSIVE_KEYS: ReadonlySet<string> = new Set(
  'id type status call_id name namespace server_label approval_request_id output outputs error created_by'.split(' '),
)

/** An item on its way: which one, and whether it is said to be complete. */
export interface ItemPlace {
  readonly group: string
  readonly final: boolean
}

export class CallFinder {
  readonly #texts: TextFinder

  constructor(texts: TextFinder) {
    this.#texts = texts
  }

  /** Pieces belong to a call by their kind, or because their item is one. */
  find(kind: string, group: string, value: Value): SpokenCall | null {
    const id = callId(kind, group, value)
    if (CALL_KINDS.has(kind)) return this.#texts.spoken.call(id) ?? this.#texts.spoken.beginCall(id, `tool:${id}`)
    return this.#texts.spoken.call(group) ?? null
  }

  done(call: SpokenCall, value: Value, kind: string, group: string): void {
    const served = kind === 'shell_call_command' ? 'shell' : call.name
    const name = typeof value['name'] === 'string' ? value['name'] : served
    const given = argumentKey(kind)
    this.#texts.each(value, (key, item) => {
      if (key === given && isSaid(item))
        this.#arguments(callId(kind, group, value), call, name, this.#texts.textOf(item), value, key)
      else this.#texts.any(item, value, key)
    })
    // A call without a name is judged with its item, which brings it.
    if (name !== '') this.#decide(call)
  }

  item(item: Value, { group, final }: ItemPlace): void {
    const call = this.#texts.spoken.call(group) ?? this.#texts.spoken.beginCall(group, `tool:${group}`)
    const name =
      typeof item['name'] === 'string' ? item['name'] : String(item['type']).replace(/_(?:call|request)$/, '')
    const given = argumentKey(String(item['type']))
    // Held even while it brings neither name nor arguments: no part of a call is shown before all of it was judged.
    this.#texts.segments.push({
      channel: call.channel,
      kind: call.decided ? 'repeat' : 'tool',
      text: '',
      holder: null,
      key: '',
    })
    if (!final) this.#named(call, name)
    else this.#actions(item, given, { group, call, name })
    this.#texts.each(item, (key, member) => {
      if (key !== given || !isSaid(member)) this.#texts.any(member, item, key)
      // What stands there at the start are the first pieces; later, and at the end, it is all that was said.
      else if (!final && call.text === '' && !call.decided) this.piece(call, this.#texts.textOf(member), item, key)
      else this.#arguments(group, call, name, this.#texts.textOf(member), item, key)
    })
    if (final) this.#endCalls(group)
  }

  /** What a call asks for beside its arguments, or instead of them: judged as the text it makes. */
  #actions(item: Value, given: string, known: { group: string; call: SpokenCall; name: string }): void {
    const { group, call, name } = known
    const said = isSaid(item[given])
    const rest = Object.fromEntries(
      Object.entries(item).filter(([key]) => !PASSIVE_KEYS.has(key) && !(said && key === given)),
    )
    if (said && Object.keys(rest).length === 0) return
    const id = said ? `${group}:rest` : group
    const own = said ? (this.#texts.spoken.call(id) ?? this.#texts.spoken.beginCall(id, `tool:${id}`)) : call
    this.#arguments(id, own, name, JSON.stringify(rest), null, '')
  }

  #named(call: SpokenCall, name: string): void {
    if (call.name !== '' || name === '') return
    call.name = name
    this.#texts.segments.push({ channel: call.channel, kind: 'tool', text: '', tool: name, holder: null, key: '' })
  }

  piece(call: SpokenCall, text: string, holder: Value, key: string): void {
    call.text += text
    this.#texts.segments.push({ channel: call.channel, kind: 'tool', text, holder, key })
  }

  /** The whole of a call's arguments: what came in pieces, once more; or else a call that has to be judged by itself. */
  #arguments(id: string, call: SpokenCall, name: string, text: string, holder: Value | null, key: string): void {
    const sameName = call.name === name || (call.name === '' && !call.decided)
    if (sameName && call.text === text) {
      this.#named(call, name)
      this.#texts.segments.push({ channel: call.channel, kind: 'repeat', text, holder, key })
      this.#decide(call)
      return
    }
    const fresh = sameName && call.text === '' && !call.decided ? call : this.#texts.spoken.beginCall(id, `tool:${id}`)
    if (fresh !== call) this.#decide(call)
    this.#named(fresh, name)
    fresh.text = text
    this.#texts.segments.push({ channel: fresh.channel, kind: 'tool', text, holder, key })
    this.#decide(fresh)
  }

  #decide(call: SpokenCall): void {
    if (call.decided) return
    call.decided = true
    this.#texts.completed.push(call.channel)
  }

  #endCalls(group: string): void {
    for (const call of this.#texts.spoken.undecided(group)) this.#decide(call)
  }
}

/** True for arguments that say something, in whatever form. */
function isSaid(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null)
}

/** One item can hold several commands. */
function callId(kind: string, group: string, value: Value): string {
  const index = value['command_index']
  return kind === 'shell_call_command' && typeof index === 'number' ? `${group}:${index}` : group
}
