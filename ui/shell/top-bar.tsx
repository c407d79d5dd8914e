import { Icon, prefs, shell, useQuery } from 'clawnex/ui'
import { openPalette } from './palette-state.ts'
import { QueryBar } from './query-bar.tsx'
import { RANGES, rangeLabel } from './time-ranges.ts'

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** Query, time range, Live, commands. */
export function TopBar() {
  const { placeholder, hasLive, hasRange } = shell.pageFacts.value
  const { since } = useQuery()
  const range = rangeLabel(since)
  return (
    <section class="topbar" aria-label="Query and time">
      <QueryBar placeholder={placeholder} />
      {hasRange && (
        <>
          <button class="btn wide-only" type="button" popovertarget="ranges" title="Time range (t)" data-range="">
            <Icon name="clock" small />
            {range.label}
            <Icon name="chev" small />
          </button>
          <button class="btn narrow-only" type="button" popovertarget="sheet" aria-label={`${range.short}, time`}>
            <Icon name="clock" small />
            <span aria-hidden="true">{range.short}</span>
          </button>
          <RangeMenu />
        </>
      )}
      {hasLive && <LiveButton />}
      <button class="btn wide-only" type="button" onClick={() => openPalette()}>
        Commands
        <span class="keys">
          <kbd>{isMac ? '⌘' : 'Ctrl'}</kbd>
          <kbd>K</kbd>
        </span>
      </button>
      <button class="btn narrow-only" data-icon="" type="button" aria-label="Commands" onClick={() => openPalette()}>
        <Icon name="cmd" small />
      </button>
    </section>
  )
}

export function toggleLive(): void {
  prefs.live.value = prefs.live.peek() === 'on' ? 'off' : 'on'
}

function LiveButton() {
  const isLive = prefs.live.value === 'on'
  return (
    <button class="btn live wide-only" type="button" aria-pressed={isLive} title="Live (l)" onClick={toggleLive}>
      <span class="dot" />
      Live
    </button>
  )
}

function RangeMenu() {
  const { since, setSince } = useQuery()
  const pick = (value: string | null): void => {
    document.getElementById('ranges')?.hidePopover()
    setSince(value)
  }
  return (
    <div class="popover under-bar" id="ranges" popover="auto">
      <ul aria-label="Time range">
        {RANGES.map(range => (
          <li key={range.label}>
            <button type="button" aria-pressed={range.since === since} onClick={() => pick(range.since)}>
              {range.label}
              {range.since === since && (
                <span class="end">
                  <Icon name="check" small />
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
