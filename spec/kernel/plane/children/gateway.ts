/** A gateway end that records as fast as it may and prints each id that was accepted. */
import { writeSync } from 'node:fs'
import { createGatewayPlane } from '../../../../kernel/plane/index.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const plane = createGatewayPlane({ dataDir: process.argv[2] ?? '', log })
await plane.start()
let n = 0
setInterval(() => {
  for (let count = 0; count < 5 && plane.accepting(); count += 1) {
    const id = plane.record('demo.row@1', { n: n++, text: 'x'.repeat(n % 300) })
    writeSync(1, `${id}\n`)
  }
}, 1)
