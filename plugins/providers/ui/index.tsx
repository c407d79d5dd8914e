import { defineUi, navigate } from 'clawnex/ui'
import { LiteLlmState } from './litellm.tsx'
import { ProvidersPage } from './providers-page.tsx'

export default defineUi({
  pages: [{ area: 'agents', title: 'Providers', permission: 'providers.read', order: 20, component: ProvidersPage }],
  panels: [{ slot: 'status', order: 20, permission: 'providers.read', component: LiteLlmState }],
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
