/**
 * Tells whether a migration's statements only add. It reads SQL after comments and texts are blanked, statement by statement;
 * what it does not know it refuses, so that a new kind of statement is a decision and not an accident.
 */
export function findNotAdditive(sql: string, prefix: string): string | undefined {
  for (const statement of splitStatements(sql)) {
    const why = judge(statement, prefix)
    if (why !== undefined) return `${why}: ${shorten(statement)}`
  }
  return undefined
}

const NAME = String.raw`(?:(?:main|temp)\s*\.\s*)?["\x60[]?(\w+)["\x60\]]?`
const CREATE_TABLE = new RegExp(String.raw`^create\s+(?:virtual\s+)?table\s+(?:if\s+not\s+exists\s+)?${NAME}`, 'i')
const CREATE_INDEX = new RegExp(
  String.raw`^create\s+(?:unique\s+)?index\s+(?:if\s+not\s+exists\s+)?${NAME}\s+on\s+${NAME}`,
  'i',
)
const CREATE_VIEW = new RegExp(String.raw`^create\s+view\s+(?:if\s+not\s+exists\s+)?${NAME}`, 'i')
const CREATE_TRIGGER = new RegExp(
  String.raw`^create\s+trigger\s+(?:if\s+not\s+exists\s+)?${NAME}[\s\S]*?\son\s+${NAME}`,
  'i',
)
const ALTER = new RegExp(String.raw`^alter\s+table\s+${NAME}\s+(\w+)`, 'i')
const INSERT = new RegExp(String.raw`^(?:insert\s+(?:or\s+\w+\s+)?|replace\s+)into\s+${NAME}`, 'i')
const UPDATE = new RegExp(String.raw`^update\s+(?:or\s+\w+\s+)?${NAME}`, 'i')
const DELETE = new RegExp(String.raw`^delete\s+from\s+${NAME}`, 'i')

function judge(statement: string, prefix: string): string | undefined {
  const alter = ALTER.exec(statement)
  if (alter !== null) {
    if ((alter[2] ?? '').toLowerCase() !== 'add') return 'alters other than by adding a column'
    return owned([alter[1]], prefix)
  }
  for (const pattern of [CREATE_TABLE, CREATE_INDEX, CREATE_VIEW, CREATE_TRIGGER, INSERT, UPDATE, DELETE]) {
    const found = pattern.exec(statement)
    if (found !== null) return owned(found.slice(1), prefix)
  }
  if (/^(?:select|values|analyze)\b/i.test(statement)) return undefined
  if (/^with\b/i.test(statement)) return judge(afterWith(statement), prefix)
  if (/^drop\b/i.test(statement)) return 'drops something'
  return 'is not a statement that only adds'
}

function owned(names: readonly (string | undefined)[], prefix: string): string | undefined {
  const foreign = names.find(name => !(name ?? '').toLowerCase().startsWith(prefix))
  return foreign === undefined ? undefined : `"${foreign}" lacks the prefix "${prefix}"`
}

/** The statement behind the common table expressions: the first of its verbs outside brackets. */
function afterWith(statement: string): string {
  let depth = 0
  for (let at = 0; at < statement.length; at += 1) {
    if (statement[at] === '(') depth += 1
    else if (statement[at] === ')') depth -= 1
    else if (depth === 0 && /^(?:select|values|insert|update|delete|replace)\b/i.test(statement.slice(at, at + 8))) {
      return statement.slice(at)
    }
  }
  return ''
}

/** Cuts at semicolons outside triggers. Comments go, texts become '' and keep their quotes. */
function splitStatements(sql: string): string[] {
  const bare = sql.replace(/'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, part =>
    part.startsWith("'") ? "''" : ' ',
  )
  const statements: string[] = []
  let current = ''
  for (const piece of bare.split(';')) {
    current = current === '' ? piece : `${current};${piece}`
    if (isOpenTrigger(current)) continue
    if (current.trim() !== '') statements.push(current.trim())
    current = ''
  }
  if (current.trim() !== '') statements.push(current.trim())
  return statements
}

/** A trigger's body has semicolons of its own and ends with END; CASE … END inside counts on its own. */
function isOpenTrigger(text: string): boolean {
  if (!/^\s*create\s+(?:temp\s+|temporary\s+)?trigger\b/i.test(text)) return false
  const opened = (text.match(/\b(?:begin|case)\b/gi) ?? []).length
  const closed = (text.match(/\bend\b/gi) ?? []).length
  return opened === 0 || closed < opened
}

function shorten(statement: string): string {
  const line = statement.replaceAll(/\s+/g, ' ')
  return line.length > 120 ? `${line.slice(0, 120)}…` : line
}
