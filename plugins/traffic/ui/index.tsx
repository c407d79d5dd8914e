import { defineUi, navigate } from 'clawnex/ui'
import { CallsPage } from './calls-page.tsx'
import {
  CallsStat,
  CostStat,
  LatencyStat,
  LatestCalls,
  OverviewSentence,
  StoppedStat,
  TopRules,
  VerdictStrip,
} from './overview.tsx'
import { RecordingSettings } from './recording-settings.tsx'

const permission = 'traffic.read'

export default defineUi({
  pages: [{ area: 'traffic', title: 'Calls', permission, order: 10, component: CallsPage }],
  panels: [
    { slot: 'overview.sentence', order: 20, permission, component: OverviewSentence },
    { slot: 'overview.stats', order: 10, permission, component: CallsStat },
    { slot: 'overview.stats', order: 20, permission, component: StoppedStat },
    { slot: 'overview.stats', order: 30, permission, component: CostStat },
    { slot: 'overview.stats', order: 40, permission, component: LatencyStat },
    { slot: 'overview.main', order: 10, permission, component: VerdictStrip },
    { slot: 'overview.main', order: 20, permission, component: TopRules },
    { slot: 'overview.main', order: 30, permission, component: LatestCalls },
    { slot: 'settings.sections', title: 'Recording', order: 30, permission, component: RecordingSettings },
  ],
  commands: [
    {
      id: 'blocked-today',
      title: 'Show calls stopped in 24 h',
      words: 'blocked traffic verdict',
      icon: 'block',
      permission,
      run: () => navigate('/traffic?q=verdict:block%20since:24h'),
    },
  ],
})
