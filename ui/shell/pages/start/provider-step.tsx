import { can, Icon, link } from 'clawnex/ui'
import type { Setup } from './setup.ts'

export function ProviderStep({ setup, isNow }: { setup: Setup; isNow: boolean }) {
  const { provider } = setup
  if (provider !== null) {
    return (
      <>
        <p class="quiet">
          <span class="strong">{provider.title}</span> at <code>{provider.baseUrl}</code>
          {provider.keyLast4 !== null && `, key sealed, ends in ${provider.keyLast4}`}
          {provider.source === 'run' && ', for this run only'}
        </p>
        <p class="prov mt-2">
          {provider.serves ? 'Calls reach it' : 'Calls do not reach it yet'}, <a href="/agents">Agents</a>
        </p>
      </>
    )
  }
  return (
    <>
      <p class={isNow ? undefined : 'quiet'}>
        Then agents get real answers. Your key is sealed on this host; agents only ever hold a ClawNex key.
      </p>
      <div class="row mt-3" data-wrap="">
        {can('providers.manage') ? (
          <a class="btn" data-kind={isNow ? 'primary' : undefined} href={link({ open: 'add-provider' })}>
            <Icon name="plus" small />
            Add a provider
          </a>
        ) : (
          <span class="quiet small">Needs the right providers.manage.</span>
        )}
      </div>
    </>
  )
}
