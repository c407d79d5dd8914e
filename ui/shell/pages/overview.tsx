import { AreaBox, Icon, Page, Time } from 'clawnex/ui'
import { isUiKnown, panelsOf } from '../registry.ts'
import { Slot } from '../slot.tsx'
import { type Setup, useSetup } from './start/setup.ts'

/** Sentence, numbers, strips, latest calls: all of it comes from plugins; what none brings is said, not invented. */
export function OverviewPage() {
  const setup = useSetup()
  const hasStats = panelsOf('overview.stats').length > 0
  const hasMain = panelsOf('overview.main').length > 0
  return (
    <Page title="Overview" area="overview" head={false}>
      <section class="area" aria-labelledby="overview-h">
        <div class="row hero">
          <h1 class="sentence" id="overview-h">
            <Sentence setup={setup} />
          </h1>
          {setup.at !== null && (
            <p class="quiet small hero-note">
              Read from this machine
              <br />
              <Time at={setup.at} />
            </p>
          )}
        </div>
      </section>
      {hasStats && (
        <dl class="stats">
          <Slot name="overview.stats" />
        </dl>
      )}
      <div class="areas">
        <Slot name="overview.main" />
        <SetupBox setup={setup} />
      </div>
      {isUiKnown.value && !hasStats && !hasMain && (
        <p class="pad list-foot quiet small">
          Numbers and calls come with the plugin traffic, which brings none here now.{' '}
          <a class="link" data-inline="" href="/plugins">
            See the plugins
          </a>
        </p>
      )}
    </Page>
  )
}

function Sentence({ setup }: { setup: Setup }) {
  if (!setup.known) return <>Reading this installation.</>
  if (setup.first === null && setup.agent === null && !setup.missing.has('traffic')) {
    return (
      <>
        No call came through yet. <a href="/start">Send a first prompt.</a>
      </>
    )
  }
  if (panelsOf('overview.sentence').length > 0) return <Slot name="overview.sentence" />
  return (
    <>
      Traffic says nothing now. <a href="/plugins">See the plugins.</a>
    </>
  )
}

function SetupBox({ setup }: { setup: Setup }) {
  const steps = [
    { title: 'Send a first prompt', fact: setup.first, note: setup.first && <Time at={setup.first.at} /> },
    { title: 'See a hostile one blocked', fact: setup.stopped, note: setup.stopped && <Time at={setup.stopped.at} /> },
    { title: 'Add a provider', fact: setup.provider, note: setup.provider?.title },
    { title: 'Connect an agent', fact: setup.agent, note: setup.agent?.key?.label },
  ]
  const done = steps.filter(step => step.fact !== null).length
  if (!setup.known || done === steps.length) return null
  return (
    <AreaBox
      title="Setup"
      width={12}
      first
      end={
        <a class="link" href="/start">
          {done} of 4 done
        </a>
      }
    >
      <ol class="setup">
        {steps
          .toSorted((a, b) => Number(a.fact !== null) - Number(b.fact !== null))
          .map(step => (
            <li key={step.title}>
              {step.fact === null ? (
                <a href="/start">
                  <Icon name="circle" />
                  <span class="strong">{step.title}</span>
                </a>
              ) : (
                <>
                  <Icon name="check" />
                  <span>
                    {step.title}
                    {step.note && <span class="sub">{step.note}</span>}
                  </span>
                </>
              )}
            </li>
          ))}
      </ol>
    </AreaBox>
  )
}
