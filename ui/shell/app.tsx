import { reloadResources, session, shell, useEvents, useRoute } from 'clawnex/ui'
import { useEffect, useRef } from 'preact/hooks'
import { LocationProvider } from 'preact-iso'
import { Dock, Sheet } from './dock.tsx'
import { KeysDialog } from './keys-dialog.tsx'
import { NoSession } from './no-session.tsx'
import { Outlet } from './outlet.tsx'
import { Palette } from './palette.tsx'
import { Rail } from './rail.tsx'
import { syncUi } from './registry.ts'
import { StatusLine } from './status-line.tsx'
import { Toasts } from './toasts.tsx'
import { TopBar } from './top-bar.tsx'

/** Addresses of the shell; the API, assets and one-time links belong to the server. */
const SCOPE = /^\/(?!api\/|assets\/|open\?)/

export function App() {
  return (
    <LocationProvider scope={SCOPE}>
      <Frame />
    </LocationProvider>
  )
}

function Frame() {
  const { state } = session.value
  if (state === 'none') return <NoSession />
  if (state === 'loading') return <p class="sr">Loading</p>
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Follow />
      <div class="app">
        <Rail />
        <TopBar />
        <Outlet />
        <StatusLine />
        <Dock />
      </div>
      <Sheet />
      <Palette />
      <KeysDialog />
      <Toasts />
    </>
  )
}

/** What follows the address and the kernel, without anything to see. */
function Follow() {
  const { path } = useRoute()
  const { title } = shell.pageFacts.value
  const shown = useRef(path)
  useEffect(() => {
    document.title = title === '' ? 'ClawNex' : `${title} · ClawNex`
  }, [title])
  useEffect(() => {
    if (shown.current === path) return
    shown.current = path
    // Screen readers and the keyboard go on from the new page, not from the link that led to it.
    document.getElementById('main')?.focus({ preventScroll: true })
  }, [path])
  useEvents('kernel.ui', () => void syncUi())
  useEvents('kernel.transaction', () => reloadResources('kernel/'))
  return null
}
