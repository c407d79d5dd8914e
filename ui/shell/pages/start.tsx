import { Guide, type GuideStep, Page, Time, useInspector } from 'clawnex/ui'
import { AddProvider } from './start/add-provider.tsx'
import { ConnectStep } from './start/connect.tsx'
import { ProviderStep } from './start/provider-step.tsx'
import { FirstStep, StoppedStep } from './start/sample-steps.tsx'
import { type Setup, useSetup } from './start/setup.ts'

/** Four steps from nothing to an agent behind the shield. Each is done when it happened. */
export function StartPage() {
  const setup = useSetup()
  const { id } = useInspector()
  const done = [setup.first, setup.stopped, setup.provider, setup.agent].map(fact => fact !== null)
  const now = done.indexOf(false)
  const stateOf = (index: number): GuideStep['state'] => (done[index] ? 'done' : index === now ? 'now' : 'next')
  const endOf = (index: number, at: number | null | undefined) =>
    done[index] && at ? <Time at={at} as="when" /> : done[index] ? 'done' : stateOf(index)
  return (
    <Page title="Start" head={false} inspector={id === 'add-provider' ? <AddProvider presets={setup.presets} /> : null}>
      <section class="area start-head" aria-labelledby="start-h">
        <h1 class="sentence" id="start-h">
          <Sentence setup={setup} />
        </h1>
        <p class="quiet small">
          4 steps, read from this machine
          {setup.at !== null && (
            <>
              {' '}
              <Time at={setup.at} />
            </>
          )}
          . A step is done when it happened, not when you click it away.
        </p>
      </section>
      <Guide
        steps={[
          {
            key: 'first',
            state: stateOf(0),
            title: 'Send a first prompt',
            end: endOf(0, setup.first?.at),
            body: <FirstStep setup={setup} />,
          },
          {
            key: 'stopped',
            state: stateOf(1),
            title: 'See a hostile one blocked',
            end: endOf(1, setup.stopped?.at),
            body: <StoppedStep setup={setup} isNow={now === 1} />,
          },
          {
            key: 'provider',
            state: stateOf(2),
            title: 'Add a provider',
            end: endOf(2, setup.provider?.createdAt),
            body: <ProviderStep setup={setup} isNow={now === 2} />,
          },
          {
            key: 'agent',
            state: stateOf(3),
            title: 'Connect an agent',
            end: endOf(3, setup.agent?.at),
            body: <ConnectStep setup={setup} isNow={now === 3} />,
          },
        ]}
      />
      <p class="pad list-foot quiet small">
        <a class="link" data-inline="" href="/overview">
          Skip to the overview
        </a>{' '}
        The steps stay here until they are true.
      </p>
    </Page>
  )
}

function Sentence({ setup }: { setup: Setup }) {
  if (!setup.known) return <>Reading how far this installation is.</>
  if (setup.first === null) {
    return (
      <>
        No call came through yet. <a href="#step-1">Send a first prompt.</a>
      </>
    )
  }
  if (setup.stopped === null) {
    return (
      <>
        The first call came through. <a href="#step-2">See one stopped.</a>
      </>
    )
  }
  if (setup.provider === null) {
    return (
      <>
        The shield stopped its first call. <a href="#step-3">A provider is missing.</a>
      </>
    )
  }
  if (setup.agent === null) {
    return (
      <>
        {setup.provider.title} is ready. <a href="#step-4">Connect an agent.</a>
      </>
    )
  }
  return (
    <>
      Everything is set up. <a href="/traffic">Calls are on record.</a>
    </>
  )
}
