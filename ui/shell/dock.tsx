import { Icon, prefs, Switch, shell, useQuery, useRoute } from 'clawnex/ui'
import { areaOf } from './areas.ts'
import { Slot } from './slot.tsx'
import { RANGES } from './time-ranges.ts'

const SHORT = ['inbox', 'traffic', 'agents'] as const
const TITLES = { inbox: 'Inbox', traffic: 'Traffic', agents: 'Agents' } as const

/** Below 760 px the rail becomes four places at the thumb. */
export function Dock() {
  const { path } = useRoute()
  const current = areaOf(path)
  const isMore = !SHORT.some(area => area === current)
  return (
    <nav class="dock" aria-label="Main">
      {SHORT.map(area => (
        <a key={area} href={`/${area}`} aria-current={area === current ? 'page' : undefined}>
          <Icon name={area} />
          {TITLES[area]}
          <Slot name={`rail.${area}`} />
        </a>
      ))}
      <a href="/more" aria-current={isMore ? 'page' : undefined}>
        <Icon name="menu" />
        More
      </a>
    </nav>
  )
}

/** Time range and Live below 760 px; applies at once. */
export function Sheet() {
  const { hasLive, hasRange } = shell.pageFacts.value
  const { since, setSince } = useQuery()
  if (!hasRange) return null
  return (
    <form class="sheet" id="sheet" popover="auto" aria-labelledby="sheet-h" onSubmit={event => event.preventDefault()}>
      <div class="row sheet-head">
        <h2 id="sheet-h">Time</h2>
        <button
          class="btn end"
          data-kind="quiet"
          data-icon=""
          type="button"
          popovertarget="sheet"
          popovertargetaction="hide"
          aria-label="Close"
        >
          <Icon name="x" small />
        </button>
      </div>
      <fieldset class="picks" data-grid="">
        <legend>Time</legend>
        {RANGES.map(range => (
          <label key={range.label}>
            <input type="radio" name="range" checked={range.since === since} onChange={() => setSince(range.since)} />
            <span class="strong">{range.label}</span>
          </label>
        ))}
      </fieldset>
      {hasLive && (
        // biome-ignore lint/a11y/noLabelWithoutControl: the switch inside is the control.
        <label class="sheet-live">
          <span>
            <span class="strong">Live</span>
            <span class="sub">new rows wait until you ask for them</span>
          </span>
          <span class="end">
            <Switch
              checked={prefs.live.value === 'on'}
              onChange={checked => {
                prefs.live.value = checked ? 'on' : 'off'
              }}
            />
          </span>
        </label>
      )}
      <div class="row sheet-foot">
        <span class="quiet small">Applies to this page at once.</span>
        <button class="btn end" data-kind="primary" type="button" popovertarget="sheet" popovertargetaction="hide">
          Show page
        </button>
      </div>
    </form>
  )
}
