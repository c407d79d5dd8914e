import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineUi, definitionFault, UI_VERSION } from '../../ui/sdk/define.ts'

const component = (): null => null

describe('UI definitions', () => {
  test('what defineUi makes is accepted', () => {
    const ui = defineUi({
      pages: [{ area: 'traffic', title: 'Calls', component }],
      panels: [{ slot: 'overview.main', component }],
      commands: [{ id: 'new', title: 'Make one', run() {} }],
    })
    assert.equal(definitionFault(ui), null)
    assert.equal(definitionFault(defineUi({})), null)
  })

  test('anything else is refused with the reason', () => {
    assert.match(definitionFault(undefined) ?? '', /no default export/)
    assert.match(definitionFault({}) ?? '', /UI version unknown/)
    assert.match(definitionFault({ clawnexUi: UI_VERSION + 1 }) ?? '', new RegExp(`not ${UI_VERSION}`))
    const broken = (part: object): string => definitionFault({ clawnexUi: UI_VERSION, ...part }) ?? ''
    assert.match(broken({ pages: {} }), /must be lists/)
    assert.match(broken({ pages: [{ area: 'traffic', title: 'Calls' }] }), /page lacks/)
    assert.match(broken({ panels: [{ component }] }), /panel lacks/)
    assert.match(broken({ commands: [null] }), /command lacks/)
  })
})
