import { session, shell } from 'clawnex/ui'
import { render } from 'preact'
import { App } from './app.tsx'
import { startKeyboard } from './keyboard.ts'
import { followTabs, syncUi } from './registry.ts'
import { readSession } from './session.ts'

const RETRY_MS = 1500

shell.applyPrefs(document.documentElement)
shell.startClock()
startKeyboard()
followTabs()
shell.beforeReopen(readSession)
shell.followVisibility()

// A session opens the stream and brings the plugins' parts; its end closes the stream.
session.subscribe(({ state }) => {
  if (state === 'open') {
    shell.openStream()
    void syncUi()
  } else if (state === 'none') {
    shell.closeStream()
  }
})

const root = document.getElementById('root')
if (root !== null) render(<App />, root)

/** The server may be starting: ask until it answers, then its answer holds. */
async function begin(): Promise<void> {
  await readSession()
  if (session.peek().state === 'loading') setTimeout(() => void begin(), RETRY_MS)
}
void begin()
