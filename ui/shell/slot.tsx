import type { Slot as SlotName } from 'clawnex/ui'
import { Boundary } from './boundary.tsx'
import { panelsOf } from './registry.ts'

/** All panels of a slot, each held by its own boundary. */
export function Slot({ name }: { name: SlotName }) {
  return (
    <>
      {panelsOf(name).map(({ source, component: Panel }, index) => (
        <Boundary key={`${source.plugin} ${source.hash} ${index}`} source={source} what="panel">
          <Panel />
        </Boundary>
      ))}
    </>
  )
}
