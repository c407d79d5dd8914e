import { can, clock, Icon, num, prefs, shell, stream, useResource } from 'clawnex/ui'
import { useRef } from 'preact/hooks'
import type { GatewayStatus, PluginStatus } from '../../kernel/contract/index.ts'
import type { Items, KernelStatus } from './kernel-api.ts'
import { updateFaults } from './registry.ts'
import { Slot } from './slot.tsx'

const POLL_MS = 5000

/** One line of state; each item leads to where it can be changed. */
export function StatusLine() {
  const mayRead = can('kernel.read')
  const status = useResource<KernelStatus>(mayRead ? 'kernel/status' : null, { every: POLL_MS })
  const plugins = useResource<Items<PluginStatus>>(mayRead ? 'kernel/plugins' : null, { live: ['kernel.transaction'] })
  return (
    <footer class="statusline">
      <ShieldState shield={status.data?.shield} />
      <StreamState />
      <Rate gateway={status.data?.gateway ?? null} />
      {status.data && <GatewayState gateway={status.data.gateway} />}
      <PluginState plugins={plugins.data?.items} />
      <button class="wide-only" type="button" title="Change theme (Shift+D)" onClick={nextTheme}>
        <Icon name="theme" small />
        Theme {prefs.theme.value}
      </button>
      <a class="wide-only" href="/settings?section=system">
        {document.documentElement.dataset['version']}
      </a>
    </footer>
  )
}

export function nextTheme(): void {
  const at = shell.THEMES.indexOf(prefs.theme.peek())
  prefs.theme.value = shell.THEMES[(at + 1) % shell.THEMES.length] ?? 'system'
}

/** The shield says its mode itself; that it is not at work only the kernel can say. */
function ShieldState({ shield }: { shield: KernelStatus['shield'] | undefined }) {
  const isOut = shield?.state === 'absent' || shield?.state === 'failed'
  return (
    <>
      {isOut && (
        <a href="/plugins?open=shield">
          <span data-tone="bad">{shield.state === 'absent' ? 'No shield in the model path' : 'Shield failed'}</span>
        </a>
      )}
      <Slot name="status" />
    </>
  )
}

function StreamState() {
  const { state, since } = stream.value
  if (state === 'live') {
    return (
      <a class="wide-only" href="/traffic" title="Event stream">
        Stream live
      </a>
    )
  }
  return (
    <a href="/traffic" title="Event stream">
      <span data-tone={state === 'lost' ? 'warn' : 'work'}>
        {state === 'lost' ? `Stream lost at ${clock(since)}, reconnecting` : 'Stream connecting'}
      </span>
    </a>
  )
}

/** Calls a second between two readings of the gateway's counter. */
function Rate({ gateway }: { gateway: GatewayStatus | null }) {
  const before = useRef<{ total: number; at: number } | null>(null)
  const rate = useRef<number | null>(null)
  const total = gateway?.calls?.total
  if (total === undefined) return null
  if (before.current === null || total < before.current.total) before.current = { total, at: Date.now() }
  const seconds = (Date.now() - before.current.at) / 1000
  if (seconds >= 1) {
    rate.current = (total - before.current.total) / seconds
    before.current = { total, at: Date.now() }
  }
  if (rate.current === null) return null
  return <a href="/traffic">{num(rate.current, 1)} calls/s</a>
}

function GatewayState({ gateway }: { gateway: GatewayStatus | null }) {
  if (gateway === null || !gateway.connected) {
    return (
      <a href="/plugins">
        <span data-tone="bad">Gateway down, calls are refused</span>
      </a>
    )
  }
  const active = gateway.calls?.active ?? 0
  const dropped = gateway.spool?.dropped ?? 0
  return (
    <a class={gateway.ready && dropped === 0 ? 'wide-only' : undefined} href="/agents" title="Model path">
      Gateway {gateway.port ?? ''}
      {!gateway.ready && <span data-tone="warn">, not ready</span>}
      {dropped > 0 && <span data-tone="bad">, {num(dropped)} records lost</span>}
      {gateway.ready && active > 0 && `, ${num(active)} in flight`}
    </a>
  )
}

function PluginState({ plugins }: { plugins: readonly PluginStatus[] | undefined }) {
  const failed = plugins?.filter(plugin => plugin.error !== null).length ?? 0
  const updates = updateFaults.value.size
  return (
    <a class={failed + updates > 0 ? 'push' : 'push wide-only'} href="/plugins">
      {failed > 0 && <span data-tone="warn">{failed === 1 ? '1 plugin failed' : `${failed} plugins failed`}</span>}
      {failed === 0 && updates > 0 && <span data-tone="warn">{updates} page update failed</span>}
      {failed === 0 && updates === 0 && plugins && `${plugins.length} plugins`}
    </a>
  )
}
