import { bytes, can, Empty, Facts, Failed, num, Sect, span, Time, useResource } from 'clawnex/ui'
import type { GatewayStatus } from '../../../../kernel/contract/index.ts'
import type { KernelStatus } from '../../kernel-api.ts'

/** Versions and the state of both processes. */
export function SystemSection() {
  const status = useResource<KernelStatus>(can('kernel.read') ? 'kernel/status' : null, { every: 5000 })
  return (
    <>
      <header class="gen-head">
        <h2>System</h2>
        <p class="quiet small">
          Read from both processes
          {status.at !== null && (
            <>
              , <Time at={status.at} />
            </>
          )}
          .
        </p>
      </header>
      {!can('kernel.read') && (
        <Empty kind="denied" title="You cannot see the state of the system">
          This needs the right <b>kernel.read</b>.
        </Empty>
      )}
      {status.error && <Failed problem={status.error} what="the state of the system" retry={status.reload} />}
      {status.data && (
        <>
          <Sect title="Dashboard">
            <Facts
              items={[
                ['Version', status.data.version],
                ['Address', <code key="a">127.0.0.1:{status.data.dashboard.port}</code>],
                ['Up for', span(status.data.uptimeMs)],
              ]}
            />
          </Sect>
          <Sect title="Model path">
            <Gateway gateway={status.data.gateway} url={status.data.modelUrl} shield={status.data.shield} />
          </Sect>
        </>
      )}
    </>
  )
}

function Gateway({
  gateway,
  url,
  shield,
}: {
  gateway: GatewayStatus | null
  url: string | null
  shield: KernelStatus['shield']
}) {
  if (gateway === null || !gateway.connected) {
    return (
      <p>The gateway is not connected. Agents see a refused connection, or calls that wait on record in its spool.</p>
    )
  }
  const { spool, calls } = gateway
  return (
    <Facts
      items={[
        ['State', gateway.ready ? 'ready' : 'not ready'],
        ['Address', url === null ? 'unknown' : <code>{url}/v1</code>],
        ['Shield', shield.version === null ? shield.state : `${shield.state}, ${shield.version}`],
        ['Connected', gateway.since === null ? 'unknown' : <Time at={gateway.since} />],
        ['Calls', calls === null ? 'unknown' : `${num(calls.total)} since start, ${num(calls.active)} in flight`],
        [
          'Records waiting',
          spool === null ? 'unknown' : `${num(spool.pending)}, ${bytes(spool.bytes)} of ${bytes(spool.limit)}`,
        ],
        ['Records lost', spool === null ? 'unknown' : num(spool.dropped)],
      ]}
    />
  )
}
