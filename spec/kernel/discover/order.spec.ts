import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Manifest } from '../../../kernel/contract/index.ts'
import type { Candidate } from '../../../kernel/discover/manifest.ts'
import { dependantsOf, orderPlugins, sortByNeeds } from '../../../kernel/discover/order.ts'
import { inRange, pinsOneMajor } from '../../../kernel/discover/range.ts'

function candidate(
  id: string,
  needs: Record<string, string> = {},
  wants: Record<string, string> = {},
  version = '1.0.0',
) {
  const manifest = { id, version, title: id, api: '^1.0.0', kind: 'feature', needs, wants } as unknown as Manifest
  return { id, folder: `/plugins/${id}`, builtin: true, manifest, error: null } satisfies Candidate
}

/** Plugins whose needs only point to earlier names: no circle, in any order of the list. */
const acyclic = fc
  .uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1, maxLength: 12 })
  .chain(ids =>
    fc
      .tuple(
        ...ids.map((id, index) =>
          fc.record(
            { needs: fc.subarray(ids.slice(0, index)), wants: fc.subarray(ids.filter(other => other !== id)) },
            { noNullPrototype: true },
          ),
        ),
      )
      .map(edges => ids.map((id, index) => candidate(id, ranges(edges[index]?.needs), ranges(edges[index]?.wants)))),
  )
  .chain(list => fc.shuffledSubarray(list, { minLength: list.length }))

const ranges = (ids: readonly string[] = []) => Object.fromEntries(ids.map(id => [id, '^1.0.0']))

describe('load order', () => {
  it('keeps every need before its dependant, whatever the wants ask for', () => {
    fc.assert(
      fc.property(acyclic, list => {
        const { ordered, failed } = orderPlugins(list)
        assert.equal(failed.size, 0)
        assert.equal(ordered.length, list.length)
        const place = new Map(ordered.map(({ id }, index) => [id, index]))
        for (const { id, manifest } of ordered) {
          for (const need of Object.keys(manifest?.needs ?? {}))
            assert.ok((place.get(need) ?? -1) < (place.get(id) ?? -1))
        }
      }),
    )
  })

  it('does not depend on the order of discovery', () => {
    fc.assert(
      fc.property(acyclic, list => {
        const names = (order: readonly Candidate[]) => order.map(({ id }) => id)
        assert.deepEqual(names(orderPlugins([...list].reverse()).ordered), names(orderPlugins(list).ordered))
      }),
    )
  })

  it('names the circle for each plugin in it, and PLG_NEED_MISSING for those behind it', () => {
    const list = [
      candidate('a', ranges(['b'])),
      candidate('b', ranges(['c'])),
      candidate('c', ranges(['a'])),
      candidate('d', ranges(['a'])),
      candidate('e'),
    ]
    const { ordered, failed } = orderPlugins(list)
    assert.deepEqual(
      ordered.map(({ id }) => id),
      ['e'],
    )
    assert.equal(failed.get('a')?.detail, 'a → b → c → a.')
    assert.equal(failed.get('c')?.detail, 'c → a → b → c.')
    assert.equal(failed.get('d')?.code, 'PLG_NEED_MISSING')
  })

  it('a circle of wants is no error', () => {
    const list = [candidate('a', {}, ranges(['b'])), candidate('b', {}, ranges(['a']))]
    assert.equal(orderPlugins(list).ordered.length, 2)
  })

  it('a need out of range names both versions', () => {
    const { failed } = orderPlugins([candidate('a', { b: '^2.0.0' }), candidate('b')])
    assert.match(failed.get('a')?.detail ?? '', /a needs b \^2\.0\.0, but 1\.0\.0 is installed/)
  })

  it('dependants are found through the whole chain', () => {
    const list = sortByNeeds([
      candidate('d', ranges(['c'])),
      candidate('c', ranges(['b'])),
      candidate('b', ranges(['a'])),
      candidate('a'),
      candidate('x', {}, ranges(['a'])),
    ])
    assert.deepEqual(dependantsOf('a', list), ['b', 'c', 'd'])
    assert.deepEqual(dependantsOf('c', list), ['d'])
  })
})

describe('ranges', () => {
  it('pin one major or not', () => {
    for (const good of ['^1.0.0', '1.x', '>=1.2 <2', '1.2.3', '^1.0.0 || ^1.4.0', '~1.3', '<=0.9 >=0.2']) {
      assert.equal(pinsOneMajor(good), true, good)
    }
    for (const bad of ['*', '', '>=1', '^1 || ^2', '^1 || ^3', '>1.2 <3', 'nonsense', '1.x || *']) {
      assert.equal(pinsOneMajor(bad), false, bad)
    }
  })

  it('prereleases count', () => {
    assert.equal(inRange('1.1.0-beta.1', '^1.0.0'), true)
    assert.equal(inRange('2.0.0', '^1.0.0'), false)
  })
})
