import type { Dialect } from 'clawnex/contract'

export interface Preset {
  readonly id: string
  readonly title: string
  readonly dialect: Dialect
  readonly baseUrl: string
  /** False for local servers, which take none. */
  readonly needsKey: boolean
  /** What to know before choosing it. */
  readonly note: string | null
}

/** Providers whose address is known. Anything else that speaks the OpenAI chat API can be entered by hand. */
export const PRESETS: readonly Preset[] = [
  {
    id: 'openai',
    title: 'OpenAI',
    dialect: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    needsKey: true,
    note: null,
  },
  {
    id: 'openrouter',
    title: 'OpenRouter',
    dialect: 'openai',
    baseUrl: 'https://openrouter.ai/api/v1',
    needsKey: true,
    note: null,
  },
  {
    id: 'anthropic',
    title: 'Anthropic',
    dialect: 'anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    needsKey: true,
    note: 'Reached by clients of the Anthropic API, at /v1/messages.',
  },
  {
    id: 'nvidia',
    title: 'NVIDIA NIM',
    dialect: 'openai',
    baseUrl: 'https://integrate.api.nvidia.com/v1',
    needsKey: true,
    note: null,
  },
  {
    id: 'ollama',
    title: 'Ollama',
    dialect: 'openai',
    baseUrl: 'http://127.0.0.1:11434/v1',
    needsKey: false,
    note: 'On this machine. Start it first.',
  },
  {
    id: 'lmstudio',
    title: 'LM Studio',
    dialect: 'openai',
    baseUrl: 'http://127.0.0.1:1234/v1',
    needsKey: false,
    note: 'On this machine. Start its server first.',
  },
]
