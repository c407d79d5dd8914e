import { defineUi, navigate } from 'clawnex/ui'
import { KeysSection } from './keys-section.tsx'
import { SessionsSection } from './sessions-section.tsx'

export default defineUi({
  panels: [
    { slot: 'settings.sections', title: 'API keys', order: 10, permission: 'rbac.read', component: KeysSection },
    { slot: 'settings.sections', title: 'Sessions', order: 20, permission: 'rbac.read', component: SessionsSection },
  ],
  commands: [
    {
      id: 'new-key',
      title: 'Make a key',
      words: 'api token agent',
      icon: 'plus',
      permission: 'rbac.keys',
      run: () => navigate('/settings?section=api-keys'),
    },
  ],
})
