/**
 * What an answer has said so far. This API says everything up to four times: in pieces, when the text is done, when its item is
 * done, and when the response is. Each repeat must show what the first time showed, so it is recognised by the text itself.
 */

/** One text of the answer, as it has come so far. */
export interface Spoken {
  /** Channel of the judge. */
  readonly channel: string
  /** The item it belongs to. */
  readonly group: string
  text: string
  ended: boolean
}

/** One tool call of the answer. */
export interface SpokenCall {
  readonly channel: string
  name: string
  text: string
  decided: boolean
}

export class SpokenTexts {
  readonly #open = new Map<string, Spoken>()
  /** Finished texts by what they say. */
  readonly #finished = new Map<string, Spoken>()
  readonly #calls = new Map<string, SpokenCall>()
  readonly #groups = new Map<string, string>()
  readonly #taken = new Set<string>()
  readonly #names = new Set<string>()
  #others = 0

  /** The text of an id, begun when it is new. `label` names its channel. */
  open(id: string, group: string, label: string): Spoken {
    const known = this.#open.get(id)
    if (known) return known
    const spoken = { channel: this.uniqueName(label), group, text: '', ended: false }
    this.#open.set(id, spoken)
    return spoken
  }

  find(id: string): Spoken | undefined {
    return this.#open.get(id)
  }

  /** A finished text that says exactly this. */
  repeated(text: string): Spoken | undefined {
    return this.#finished.get(text)
  }

  finish(spoken: Spoken): void {
    spoken.ended = true
    if (spoken.text !== '' && !this.#finished.has(spoken.text)) this.#finished.set(spoken.text, spoken)
  }

  /** Texts that are not finished, of one item or of all. */
  unfinished(group: string | null): Spoken[] {
    return [...this.#open.values()].filter(spoken => !spoken.ended && (group === null || spoken.group === group))
  }

  /** A long text that stands alone and may come again, such as what only the provider can read. */
  standalone(text: string): Spoken {
    const spoken = { channel: `other:long:${this.#others++}`, group: '', text, ended: false }
    this.finish(spoken)
    return spoken
  }

  call(id: string): SpokenCall | undefined {
    return this.#calls.get(id)
  }

  /** The call of an id from now on. */
  beginCall(id: string, label: string): SpokenCall {
    const call = { channel: this.uniqueName(label), name: '', text: '', decided: false }
    this.#calls.set(id, call)
    return call
  }

  /** Calls of an item that still wait for their judgement. */
  undecided(group: string): SpokenCall[] {
    return [...this.#calls]
      .filter(([id, call]) => !call.decided && (id === group || id.startsWith(`${group}:`)))
      .map(([, call]) => call)
  }

  /** The name of an item: its position, unless another item of another id already has that. */
  noteItem(id: unknown, position: string): string {
    if (typeof id !== 'string' || id === '') return position
    const known = this.#groups.get(id)
    if (known !== undefined) return known
    let group = position
    for (let count = 2; this.#taken.has(group); count++) group = `${position}#${count}`
    this.#taken.add(group)
    this.#groups.set(id, group)
    return group
  }

  groupOf(id: unknown, position: string): string {
    return (typeof id === 'string' ? this.#groups.get(id) : undefined) ?? position
  }

  /** Two texts never share a channel, whatever positions a provider gives them. */
  uniqueName(label: string): string {
    let name = label
    for (let count = 2; this.#names.has(name); count++) name = `${label}#${count}`
    this.#names.add(name)
    return name
  }
}
