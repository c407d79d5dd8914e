import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileRules } from '../../../plugins/shield/engine/ruleset.ts'
import { scanText } from '../../../plugins/shield/engine/scan.ts'
import { exampleOf } from '../../../plugins/shield/rules/format.ts'
import { RULES } from '../../../plugins/shield/rules/index.ts'
import { FORMATS, picker } from './samples.ts'

const set = compileRules(RULES)
const found = (text: string): string[] => [
  ...new Set(scanText(set, text).matches.map(match => set.rules[match.rule]!.rule.id)),
]

describe('the rules', () => {
  it('have unique ids that begin with their category', () => {
    const ids = RULES.map(rule => rule.id)
    assert.equal(new Set(ids).size, ids.length)
    for (const rule of RULES) assert.ok(rule.id.startsWith(`${rule.category}.`), rule.id)
  })

  it('know at least sixty secret formats', () => {
    assert.ok(RULES.filter(rule => rule.category === 'secret').length >= 60)
  })

  it('are bounded: no pattern repeats without limit, looks around or refers back', () => {
    for (const { id, match } of RULES) {
      if (match === undefined) continue
      const bare = match.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x')
      assert.ok(!/[*+]/.test(bare) && !/\{\d+,\}/.test(bare), `${id} repeats without limit`)
      assert.ok(!/\(\?[=!<]|\\[1-9]/.test(match), `${id} looks around or refers back`)
    }
  })

  for (const rule of RULES) {
    if (rule.examples.must.length + rule.examples.not.length === 0) continue
    it(`${rule.id} fires on its examples and not on their harmless twins`, () => {
      for (const text of rule.examples.must) assert.ok(found(text).includes(rule.id), `must match: ${text}`)
      for (const text of rule.examples.not) assert.ok(!found(text).includes(rule.id), `must not match: ${text}`)
    })
  }

  it('find a made-up secret of every format, in prose, code and configuration', () => {
    for (const rule of FORMATS)
      for (const seed of [3, 11]) {
        const secret = exampleOf(rule.format, picker(seed))
        const held = rule.match?.startsWith('[') ? secret : undefined
        for (const text of held
          ? [held, `x\n${held}\n`]
          : [`use ${secret} please`, `key: "${secret}"`, `{"k":"${secret}"}`]) {
          const ids = found(text)
          assert.ok(
            ids.some(id => id.startsWith('secret.')),
            `${rule.id}: ${text}`,
          )
        }
      }
  })

  it('leave placeholders and repeated letters alone', () => {
    for (const rule of FORMATS) {
      const dull = exampleOf(rule.format, () => 0)
      if (!/(.)\1{11}/.test(dull)) continue
      assert.ok(!found(`token ${dull} end`).includes(rule.id) || rule.entropy === 0, rule.id)
    }
  })

  it('refuse a malformed rule by name', () => {
    const good = RULES.find(rule => rule.id === 'secret.jwt')!
    assert.throws(() => compileRules([{ ...good, keywords: ['UPPER'] }]), /secret\.jwt/)
    const { match: _, ...bare } = good
    assert.throws(() => compileRules([bare]), /secret\.jwt/)
  })
})
