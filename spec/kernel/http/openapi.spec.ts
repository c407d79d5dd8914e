import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Type } from 'typebox'
import { defineRoute } from '../../../kernel/contract/index.ts'
import { bearer, createRig } from './rig.ts'

const rig = createRig({
  specs: [
    defineRoute({
      method: 'PATCH',
      path: '/items/:id/parts/:part',
      summary: 'Changes a part.',
      permission: 'demo.write',
      audit: 'demo.part.changed',
      params: Type.Object({ id: Type.Integer(), part: Type.String() }),
      query: Type.Object({ dry: Type.Optional(Type.Boolean({ description: 'Only tell.' })) }),
      body: Type.Object({ name: Type.String(), size: Type.Union([Type.Integer(), Type.Null()]) }),
      reply: Type.Object({ name: Type.String() }),
      errors: ['API_CONFLICT', 'API_PRECONDITION'],
      example: { name: 'wheel' },
      handle: () => ({ name: 'wheel' }),
    }),
  ],
})

test('the document is valid OpenAPI 3.1 and names every live route', async () => {
  const answer = await rig.http.inject({ path: '/api/v1/openapi.json', headers: bearer(rig.key('kernel.read')) })
  assert.equal(answer.status, 200)
  const document = answer.json()
  const result = await new Validator().validate(document)
  assert.ok(result.valid, JSON.stringify('errors' in result ? result.errors : null))
  assert.equal(document.openapi, '3.1.0')
  assert.equal(document.info.version, '9.9.9')
  const operation = document.paths['/api/v1/demo/items/{id}/parts/{part}'].patch
  assert.deepEqual(
    operation.parameters.map((item: { in: string; name: string }) => `${item.in} ${item.name}`),
    ['path id', 'path part', 'query dry'],
  )
  assert.deepEqual([operation['x-permission'], operation['x-audit']], ['demo.write', 'demo.part.changed'])
  assert.equal(operation.requestBody.content['application/json'].schema.additionalProperties, false)
  assert.deepEqual(operation.responses['200'].content['application/json'].example, { name: 'wheel' })
  assert.match(operation.responses['409'].description, /API_CONFLICT/)
  assert.match(operation.responses['412'].description, /API_PRECONDITION/)
  assert.equal(document.components.securitySchemes.session.name, 'clawnex_session')
  assert.deepEqual(operation.security, [{ session: [] }, { bearer: [] }, { apiKey: [] }])
  for (const path of ['/api/health', '/api/ready', '/api/v1/events', '/api/v1/kernel/plugins/{id}/reload']) {
    assert.ok(document.paths[path], path)
  }
  const ids = Object.values(document.paths as Record<string, Record<string, { operationId: string }>>).flatMap(item =>
    Object.values(item).map(({ operationId }) => operationId),
  )
  assert.equal(new Set(ids).size, ids.length, 'each operation has an id of its own')
})

test('the session cookie carries the number of any port but the default one', async t => {
  const { port } = await rig.http.listen(0)
  t.after(() => rig.http.close(0))
  const answer = await rig.http.inject({ path: '/api/v1/openapi.json', headers: bearer(rig.key('kernel.read')) })
  assert.equal(answer.json().components.securitySchemes.session.name, `clawnex_session_${port}`)
})
