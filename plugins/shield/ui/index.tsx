import { defineUi, navigate } from 'clawnex/ui'
import { LabPage } from './lab-page.tsx'
import { ModeStatus } from './mode.tsx'
import { RulesPage } from './rules-page.tsx'

export default defineUi({
  pages: [
    { area: 'detections', title: 'Rules', permission: 'shield.read', order: 10, component: RulesPage },
    { area: 'detections', path: 'lab', title: 'Lab', permission: 'shield.scan', order: 20, component: LabPage },
  ],
  panels: [{ slot: 'status', order: 10, permission: 'shield.read', component: ModeStatus }],
  commands: [
    {
      id: 'try',
      title: 'Try a text on the shield',
      words: 'lab scan prompt test injection secret',
      icon: 'detections',
      permission: 'shield.scan',
      run: () => navigate('/detections/lab'),
    },
    {
      id: 'mode',
      title: 'Change the mode of the shield',
      words: 'observe block',
      note: 'asks first',
      icon: 'detections',
      permission: 'shield.mode',
      run: () => navigate('/detections?mode=ask'),
    },
  ],
})
