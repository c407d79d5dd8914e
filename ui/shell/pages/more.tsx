import { Icon, Page, useRoute } from 'clawnex/ui'
import { ALL_AREAS, areaOf } from '../areas.ts'
import { Slot } from '../slot.tsx'
import { nextTheme } from '../status-line.tsx'

/** All places, for screens without a rail. */
export function MorePage() {
  const { path } = useRoute()
  return (
    <Page title="More">
      <nav class="more-nav pad" aria-label="All areas">
        {ALL_AREAS.map(({ area, title, icon }) => (
          <a key={area} href={`/${area}`} aria-current={areaOf(path) === area ? 'page' : undefined}>
            <Icon name={icon} />
            {title}
            {area !== 'plugins' && <Slot name={`rail.${area}`} />}
          </a>
        ))}
        <a href="/start">
          <Icon name="check" />
          Guided start
        </a>
        <a href="/help">
          <Icon name="help" />
          Help
        </a>
      </nav>
      <p class="pad list-foot">
        <button class="btn" type="button" onClick={nextTheme}>
          <Icon name="theme" small />
          Change theme
        </button>
      </p>
    </Page>
  )
}
