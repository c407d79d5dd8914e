import { navigate, Page } from 'clawnex/ui'
import { useEffect } from 'preact/hooks'
import { useSetup } from './start/setup.ts'

/** `/` leads to the guided start until the shield stopped a first call, then to the overview. */
export function HomePage() {
  const setup = useSetup()
  useEffect(() => {
    if (!setup.known) return
    navigate(setup.first !== null && setup.stopped !== null ? '/overview' : '/start', { replace: true })
  }, [setup.known, setup.first, setup.stopped])
  return (
    <Page title="ClawNex" head={false}>
      <p class="sr">Loading</p>
    </Page>
  )
}
