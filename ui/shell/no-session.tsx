import { Button, Icon } from 'clawnex/ui'
import { readSession } from './session.ts'

/** In place of everything once the session is gone: nothing shown before counts as current. */
export function NoSession() {
  return (
    <div class="login">
      <main id="main">
        <div class="stack">
          <span class="brand">
            <Icon name="claw" />
            <span>ClawNex</span>
          </span>
        </div>
        <div>
          <h1 class="login-h">The session ended</h1>
          <p class="quiet">It expired or was ended elsewhere. A one-time link from the terminal opens a new one.</p>
        </div>
        <div class="form">
          <div class="field">
            <span class="label">In the folder of ClawNex, as the user who runs it</span>
            <div class="code cmd">
              <pre>./clawnex open</pre>
            </div>
            <p class="help">Works once, within 15 min. Open the link in this browser.</p>
          </div>
          <Button onClick={() => readSession().then(() => undefined)}>Look again</Button>
        </div>
      </main>
      <footer class="statusline">
        <span>Dashboard on this machine</span>
        <span class="push">{document.documentElement.dataset['version']}</span>
      </footer>
    </div>
  )
}
