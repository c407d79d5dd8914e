/** A dashboard end that writes the id of every record to a table without a uniqueness rule. */
import { createDashboardPlane } from '../../../../kernel/plane/index.ts'
import { openStore } from '../../../../kernel/store/index.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const dataDir = process.argv[2] ?? ''
const store = await openStore({ dataDir, log })
store.db.exec('CREATE TABLE IF NOT EXISTS demo_taken (seq INTEGER PRIMARY KEY, id TEXT, row TEXT)')
const insert = store.db.prepare('INSERT INTO demo_taken (id) VALUES (?)')
const plane = createDashboardPlane({ dataDir, store, log })
plane.setHandlers(() => [{ plugin: 'demo', take: rows => rows.forEach(({ id }) => void insert.run(id)) }])
await plane.start()
setInterval(() => undefined, 1000)
