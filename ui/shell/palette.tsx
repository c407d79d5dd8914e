import { can, Icon, type IconName, navigate, now, prefs, queryState, toast } from 'clawnex/ui'
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { ALL_AREAS } from './areas.ts'
import { isKeysOpen, paletteText } from './palette-state.ts'
import { commands, pagePath, pages } from './registry.ts'
import { nextTheme } from './status-line.tsx'
import { toggleLive } from './top-bar.tsx'

interface Entry {
  readonly id: string
  readonly group: 'Do' | 'Go' | 'Find'
  readonly title: string
  readonly words: string
  readonly note: string
  readonly icon: IconName
  readonly keys: readonly string[]
  /** False: shown, with the right it needs, and not run. */
  readonly allowed: boolean
  run(): void | Promise<void>
}

const entry = (part: Partial<Entry> & Pick<Entry, 'id' | 'group' | 'title' | 'run'>): Entry => ({
  words: '',
  note: '',
  icon: 'cmd',
  keys: [],
  allowed: true,
  ...part,
})

function houseCommands(): Entry[] {
  return [
    entry({
      id: 'theme',
      group: 'Do',
      title: 'Change theme',
      words: 'dark light contrast',
      note: prefs.theme.value,
      icon: 'theme',
      keys: ['⇧', 'D'],
      run: nextTheme,
    }),
    entry({
      id: 'live',
      group: 'Do',
      title: prefs.live.value === 'on' ? 'Pause live rows' : 'Show live rows',
      icon: 'pause',
      keys: ['l'],
      run: toggleLive,
    }),
    entry({
      id: 'start',
      group: 'Go',
      title: 'Guided start',
      words: 'first prompt setup connect',
      icon: 'check',
      run: () => navigate('/start'),
    }),
    entry({
      id: 'keys',
      group: 'Go',
      title: 'Keys of this page',
      words: 'shortcuts help',
      icon: 'help',
      keys: ['?'],
      run: () => {
        isKeysOpen.value = true
      },
    }),
  ]
}

function allEntries(text: string): Entry[] {
  const contributed = commands.value.map(({ source, ...command }) =>
    entry({
      id: `${source.plugin}.${command.id}`,
      group: 'Do',
      title: command.title,
      words: `${command.words ?? ''} ${source.plugin}`,
      note: can(command.permission) ? (command.note ?? '') : `needs ${command.permission}`,
      icon: can(command.permission) ? ((command.icon as IconName | undefined) ?? 'cmd') : 'lock',
      allowed: can(command.permission),
      run: () => command.run(),
    }),
  )
  const areas = ALL_AREAS.map(({ area, title, icon, key }) =>
    entry({ id: `go.${area}`, group: 'Go', title, icon, keys: ['g', key], run: () => navigate(`/${area}`) }),
  )
  const more = pages.value
    .filter(
      page => page.tab !== false && (page.path ?? '') !== '' && !pagePath(page).includes(':') && can(page.permission),
    )
    .map(page =>
      entry({
        id: `go${pagePath(page)}`,
        group: 'Go',
        title: page.title,
        note: page.area,
        icon: 'full',
        run: () => navigate(pagePath(page)),
      }),
    )
  const search =
    text.trim() === '' || !pages.value.some(page => page.area === 'traffic')
      ? []
      : [
          entry({
            id: 'find.traffic',
            group: 'Find',
            title: `Calls with ${text.trim()}`,
            words: text,
            note: 'Traffic',
            icon: 'traffic',
            run: () => findCalls(text),
          }),
        ]
  return [...contributed, ...houseCommands(), ...areas, ...more, ...search]
}

function findCalls(text: string): void {
  queryState('', q => navigate(`/traffic?q=${encodeURIComponent(q)}`)).add(text)
}

/** Every word of the text must begin a word of the entry. */
function matches(found: Entry, text: string): boolean {
  const words = `${found.title} ${found.words}`.toLowerCase().split(/[\s.:/]+/)
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every(part => words.some(word => word.startsWith(part)))
}

/** Commands: do, go, find. What the person may not do is shown with the right it needs. */
export function Palette() {
  const text = paletteText.value
  return text === null ? null : <OpenPalette first={text} />
}

function close(): void {
  paletteText.value = null
}

function OpenPalette({ first }: { first: string }) {
  const [text, setText] = useState(first)
  const [at, setAt] = useState(0)
  const dialog = useRef<HTMLDialogElement>(null)
  const list = useRef<HTMLDivElement>(null)
  // Before the browser paints, so that the next key already lands inside.
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    // Closing hands the focus back to where it was; a modal dialog that is only taken out of the page drops it.
    return () => element?.close()
  }, [])
  const found = useMemo(
    () => allEntries(text).filter(item => item.group === 'Find' || matches(item, text)),
    [text, now.value],
  )
  const chosen = Math.min(at, found.length - 1)
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen, text])

  const run = (item: Entry | undefined): void => {
    if (item === undefined || !item.allowed) return
    close()
    const result = item.run()
    if (result instanceof Promise) result.catch((error: unknown) => toast(`${item.title} failed: ${String(error)}`))
  }
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      setAt((chosen + step + found.length) % Math.max(found.length, 1))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(found[chosen])
    }
  }

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click is on the backdrop; Esc does the same by nature of a dialog.
    <dialog
      class="palette"
      ref={dialog}
      aria-label="Commands"
      onClose={close}
      onClick={event => event.target === dialog.current && close()}
    >
      <div class="ask">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found.length > 0 ? `palette-${chosen}` : undefined}
          aria-autocomplete="list"
          aria-label="Do, go or find"
          placeholder="Do, go or find"
          autoComplete="off"
          spellcheck={false}
          value={text}
          onInput={event => {
            setText(event.currentTarget.value)
            setAt(0)
          }}
          onKeyDown={onKey}
        />
        <span class="keys">
          <kbd>Esc</kbd>
        </span>
      </div>
      <div class="results" ref={list} id="palette-list" role="listbox" aria-label="Results" tabIndex={-1}>
        {(['Do', 'Go', 'Find'] as const).map(group => (
          <Group key={group} group={group} found={found} chosen={chosen} text={text} run={run} />
        ))}
      </div>
      {found.length === 0 && <p class="none">No command and no page has these words.</p>}
      <footer class="keybar">
        <span>
          <span class="keys">
            <kbd>↑</kbd>
            <kbd>↓</kbd>
          </span>
          move
        </span>
        <span>
          <span class="keys">
            <kbd>↵</kbd>
          </span>
          run
        </span>
      </footer>
    </dialog>
  )
}

interface GroupProps {
  readonly group: Entry['group']
  readonly found: readonly Entry[]
  readonly chosen: number
  readonly text: string
  run(item: Entry): void
}

function Group({ group, found, chosen, text, run }: GroupProps) {
  const own = found.map((item, index) => ({ item, index })).filter(({ item }) => item.group === group)
  if (own.length === 0) return null
  return (
    // biome-ignore lint/a11y/useSemanticElements: groups of options, which a fieldset may not hold.
    <div role="group" aria-labelledby={`palette-${group}`}>
      <div role="presentation" class="group-label" id={`palette-${group}`}>
        {group}
      </div>
      {own.map(({ item, index }) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: focus and keys stay in the combobox, which names the active option.
        <div
          key={item.id}
          class="opt"
          role="option"
          id={`palette-${index}`}
          aria-selected={index === chosen}
          aria-disabled={item.allowed ? undefined : true}
          onClick={() => run(item)}
        >
          <Icon name={item.icon} />
          <span class="trunc">{highlight(item.title, text)}</span>
          {item.note && <span class="quiet small">{item.note}</span>}
          {item.keys.length > 0 && (
            <span class="keys">
              {item.keys.map(key => (
                <kbd key={key}>{key}</kbd>
              ))}
            </span>
          )}
        </div>
      ))}
    </div>
  )
}

function highlight(title: string, text: string): ComponentChildren {
  const word = text.trim().split(/\s+/)[0] ?? ''
  const at = word === '' ? -1 : title.toLowerCase().indexOf(word.toLowerCase())
  if (at < 0) return title
  return (
    <>
      {title.slice(0, at)}
      <b>{title.slice(at, at + word.length)}</b>
      {title.slice(at + word.length)}
    </>
  )
}
