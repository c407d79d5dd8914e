/** A word of a command line after quoting: what it says, and whether part of it is only known when it runs. */
export interface Word {
  readonly text: string
  readonly dynamic: boolean
}

export interface Redirect {
  readonly op: string
  readonly target: string
}

/** One simple command. */
export interface Command {
  readonly words: readonly Word[]
  readonly redirects: readonly Redirect[]
  /** Commands whose output becomes part of this one's words, or is read as a file. */
  readonly inner: readonly Command[]
  /** The command whose output it reads. */
  readonly from: Command | null
  /** Text fed to its standard input: a here-document or here-string. */
  readonly input: string
}

/** Nesting of substitutions that is followed. */
const DEPTH = 6
const LONGEST = 20_000
const SEPARATORS = new Set([';', '&', '\n', '(', ')', '{', '}'])

interface Reader {
  readonly text: string
  at: number
  readonly depth: number
}

/** Reads POSIX shell far enough to see what runs: quotes, escapes, substitutions, pipes, lists, redirects, here-documents. */
export function readShell(text: string): Command[] {
  return readList({ text: text.slice(0, LONGEST), at: 0, depth: 0 }, '')
}

interface Draft {
  words: Word[]
  redirects: Redirect[]
  inner: Command[]
  from: Command | null
  input: string
}

const emptyDraft = (from: Command | null): Draft => ({ words: [], redirects: [], inner: [], from, input: '' })

function readList(reader: Reader, close: string): Command[] {
  const commands: Command[] = []
  let draft = emptyDraft(null)
  const finish = (): Command | null => {
    if (draft.words.length + draft.redirects.length + draft.inner.length === 0) return null
    const done: Command = draft
    commands.push(done)
    return done
  }
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at]!
    if (char === close && close !== '') {
      reader.at++
      break
    }
    if (char === '|' && reader.text[reader.at + 1] !== '|') {
      reader.at += reader.text[reader.at + 1] === '&' ? 2 : 1
      draft = emptyDraft(finish())
    } else if (char === '&' && reader.text[reader.at + 1] === '>') {
      reader.at++
      readRedirect(reader, draft)
    } else if (SEPARATORS.has(char) || char === '|') {
      reader.at += reader.text.startsWith(char + char, reader.at) && char !== '\n' ? 2 : 1
      finish()
      draft = emptyDraft(null)
    } else if (char === '>' || char === '<') readRedirect(reader, draft)
    else if (char === '#' && /\s|^$/.test(reader.text[reader.at - 1] ?? '')) skipLine(reader)
    else if (char === ' ' || char === '\t' || char === '\r') reader.at++
    else draft.words.push(readWord(reader, draft))
  }
  finish()
  return commands
}

function skipLine(reader: Reader): void {
  const end = reader.text.indexOf('\n', reader.at)
  reader.at = end < 0 ? reader.text.length : end
}

function readRedirect(reader: Reader, draft: Draft): void {
  const { text } = reader
  if (text.startsWith('<(', reader.at) || text.startsWith('>(', reader.at)) {
    reader.at += 2
    draft.inner.push(...readInner(reader, ')'))
    draft.words.push({ text: '/dev/fd/63', dynamic: true })
    return
  }
  const op = /^(?:<<<|<<-?|>>|>&|<&|>\||<>|>|<)/.exec(text.slice(reader.at, reader.at + 3))![0]
  reader.at += op.length
  // A number right before belongs to the redirect, not to the command.
  const last = draft.words.at(-1)
  if (last !== undefined && /^\d$/.test(last.text) && /\d/.test(text[reader.at - op.length - 1] ?? ''))
    draft.words.pop()
  while (text[reader.at] === ' ') reader.at++
  if (reader.at >= text.length) return
  const target = readWord(reader, draft)
  if (op === '<<<') draft.input += target.text
  else if (op.startsWith('<<')) draft.input += readDocument(reader, target.text)
  else draft.redirects.push({ op, target: target.text })
}

/** The body of a here-document starts on the next line; what follows on this line is left for the list. */
function readDocument(reader: Reader, mark: string): string {
  const line = reader.text.indexOf('\n', reader.at)
  if (line < 0) return ''
  const lines = reader.text.slice(line + 1).split('\n')
  const end = lines.findIndex(one => one.trim() === mark)
  return lines.slice(0, end < 0 ? lines.length : end).join('\n')
}

function readInner(reader: Reader, close: string): Command[] {
  if (reader.depth >= DEPTH) return []
  const deeper: Reader = { text: reader.text, at: reader.at, depth: reader.depth + 1 }
  const commands = readList(deeper, close)
  reader.at = deeper.at
  return commands
}

function readWord(reader: Reader, draft: Draft): Word {
  const { text } = reader
  let out = ''
  let dynamic = false
  const start = reader.at
  while (reader.at < text.length) {
    const char = text[reader.at]!
    if (/[\s;|&<>()]/.test(char) && !(char === '(' && reader.at > start && text[reader.at - 1] === '$')) break
    if (char === "'") out += readSingle(reader)
    else if (char === '"') {
      const inside = readDouble(reader, draft)
      out += inside.text
      dynamic ||= inside.dynamic
    } else if (char === '\\') {
      if (text[reader.at + 1] !== '\n') out += text[reader.at + 1] ?? ''
      reader.at += 2
    } else if (char === '$' || char === '`') {
      out += readDollar(reader, draft)
      dynamic = true
    } else {
      out += char
      reader.at++
    }
  }
  // A lone bracket must not stop the reading.
  if (reader.at === start) reader.at++
  return { text: out, dynamic }
}

function readSingle(reader: Reader): string {
  const end = reader.text.indexOf("'", reader.at + 1)
  const to = end < 0 ? reader.text.length : end
  const inside = reader.text.slice(reader.at + 1, to)
  reader.at = to + 1
  return inside
}

function readDouble(reader: Reader, draft: Draft): Word {
  let out = ''
  let dynamic = false
  reader.at++
  while (reader.at < reader.text.length && reader.text[reader.at] !== '"') {
    const char = reader.text[reader.at]!
    if (char === '\\') {
      out += reader.text[reader.at + 1] ?? ''
      reader.at += 2
    } else if (char === '$' || char === '`') {
      out += readDollar(reader, draft)
      dynamic = true
    } else {
      out += char
      reader.at++
    }
  }
  reader.at++
  return { text: out, dynamic }
}

/** `$(…)`, backticks, `${…}`, `$'…'` and `$name`; the commands inside are read, variables keep their name. */
function readDollar(reader: Reader, draft: Draft): string {
  const { text } = reader
  if (text[reader.at] === '`') {
    reader.at++
    draft.inner.push(...readInner(reader, '`'))
    return ''
  }
  const next = text[reader.at + 1]
  if (next === '(') {
    reader.at += 2
    draft.inner.push(...readInner(reader, ')'))
    return ''
  }
  if (next === "'") {
    reader.at++
    return unescapeAnsi(readSingle(reader))
  }
  const name = /^\$(?:\{[^}]{0,120}\}|\w{1,60}|[@*#?!$-])/.exec(text.slice(reader.at, reader.at + 124))?.[0] ?? '$'
  reader.at += name.length
  return /^\$\{?IFS\}?$/.test(name) ? ' ' : name
}

function unescapeAnsi(text: string): string {
  return text.replace(/\\x([0-9a-fA-F]{2})|\\([0-7]{3})/g, (_, hex: string | undefined, octal: string | undefined) =>
    String.fromCharCode(hex === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(hex, 16)),
  )
}
