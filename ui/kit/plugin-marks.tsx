import type { ComponentChildren } from 'preact'

export interface GenerationMark {
  readonly generation: number
  readonly state: 'on' | 'drain' | 'bad' | 'old'
}

const WORDS = { on: 'active', drain: 'draining', bad: 'failed', old: 'retired' } as const

/** Generations of a plugin: active solid, draining dashed, failed struck. */
export function Gens({ items }: { items: readonly GenerationMark[] }) {
  return (
    <span class="gens">
      {items.map(item => (
        <span key={item.generation} data-g={item.state}>
          {item.generation}
          <span class="sr"> {WORDS[item.state]}</span>
        </span>
      ))}
    </span>
  )
}

export interface TxnStep {
  readonly key: string
  readonly name: string
  readonly state: 'ok' | 'fail' | 'skip'
  readonly note: ComponentChildren
}

/** The ten steps of a reload; names the one that stopped. */
export function Txn({ steps }: { steps: readonly TxnStep[] }) {
  return (
    <ol class="txn">
      {steps.map(step => (
        <li key={step.key} data-s={step.state} aria-current={step.state === 'fail' ? 'step' : undefined}>
          <span class="bar-cell" />
          <span class="strong">{step.name}</span>
          <span class="small quiet">{step.note}</span>
        </li>
      ))}
    </ol>
  )
}
