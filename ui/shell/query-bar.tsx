import { formatQuery, Icon, type QueryState, type Term, useQuery } from 'clawnex/ui'
import { useEffect, useRef, useState } from 'preact/hooks'
import { openPalette } from './palette-state.ts'

/** Filters of the page as chips, and one input that writes the same state. Without a filterable page it finds commands. */
export function QueryBar({ placeholder }: { placeholder: string | null }) {
  const query = useQuery()
  const [text, setText] = useState('')
  const input = useRef<HTMLInputElement>(null)
  // A new page starts with nothing half written.
  useEffect(() => setText(''), [placeholder])

  const submit = (event: Event): void => {
    event.preventDefault()
    if (placeholder === null) openPalette(text)
    else query.add(text)
    setText('')
  }

  /** Takes a chip back into the input, to be changed. */
  const edit = (term: Term): void => {
    query.remove(term)
    setText(formatQuery([term]))
    input.current?.focus()
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: one element is both, the form and the search landmark.
    <form class="query" role="search" aria-label={placeholder === null ? 'Find' : 'Filter this page'} onSubmit={submit}>
      <Icon name={placeholder === null ? 'search' : 'filter'} small />
      {placeholder !== null && query.filters.length > 0 && <Chips query={query} onEdit={edit} />}
      <input
        ref={input}
        aria-label="Query"
        placeholder={hint(placeholder, query)}
        autoComplete="off"
        spellcheck={false}
        value={text}
        onInput={event => setText(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Escape') input.current?.blur()
          const last = query.filters.at(-1)
          if (event.key === 'Backspace' && text === '' && placeholder !== null && last !== undefined) {
            event.preventDefault()
            edit(last)
          }
        }}
      />
      <kbd class="wide-only">/</kbd>
    </form>
  )
}

function hint(placeholder: string | null, query: QueryState): string {
  if (placeholder === null) return 'Find a command or a page'
  return query.filters.length === 0 ? placeholder : ''
}

function Chips({ query, onEdit }: { query: QueryState; onEdit(term: Term): void }) {
  return (
    <span class="qchips">
      {query.filters.map(term => {
        const text = formatQuery([term])
        const colon = term.field === '' ? -1 : text.indexOf(':')
        return (
          <span class="qchip" key={text}>
            <button class="qchip-text" type="button" aria-label={`Change ${text}`} onClick={() => onEdit(term)}>
              {colon > 0 && <span class="quiet">{text.slice(0, colon + 1)}</span>}
              {text.slice(colon + 1)}
            </button>
            <button type="button" aria-label={`Remove ${text}`} onClick={() => query.remove(term)}>
              <Icon name="x" small />
            </button>
          </span>
        )
      })}
    </span>
  )
}
