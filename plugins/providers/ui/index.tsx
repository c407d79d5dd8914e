import { defineUi, navigate } from 'clawnex/ui'
import { ProvidersPage } from './providers-page.tsx'

export default defineUi({
  pages: [{ area: 'agents', title: 'Providers', permission: 'providers.read', order: 20, component: ProvidersPage }],
  commands: [
    {
      id: 'add',
      title: 'Add a provider',
      words: 'openai openrouter ollama key model',
      icon: 'plus',
      permission: 'providers.manage',
      run: () => navigate('/agents?open=new'),
    },
  ],
})
