import { exampleOf, type FormatRule } from '../../../plugins/shield/rules/format.ts'
import { RULES } from '../../../plugins/shield/rules/index.ts'

/** A repeatable source of numbers, so that a failure can be repeated. */
export function picker(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Rules whose secrets are made up at test time. */
export const FORMATS: readonly FormatRule[] = RULES.filter((rule): rule is FormatRule => 'format' in rule)

/** A secret of a rule; no secret-looking text is stored. */
export function secretOf(id: string, seed = 7): string {
  const rule = FORMATS.find(one => one.id === id)
  if (rule === undefined) throw new Error(`no format for ${id}`)
  return exampleOf(rule.format, picker(seed))
}

/** A key block with random content. */
export function keyBlock(lines = 20, seed = 3): string {
  const pick = picker(seed)
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const line = () => Array.from({ length: 64 }, () => letters[pick(64)]).join('')
  const kind = ['RSA', 'PRIVATE', 'KEY'].join(' ')
  return `-----BEGIN ${kind}-----\n${Array.from({ length: lines }, line).join('\n')}\n-----END ${kind}-----`
}
