/** Lines that send a first call; of the API that the provider behind the model speaks, because nothing is translated. */
export const EXAMPLES = [
  { value: 'curl', label: 'curl' },
  { value: 'python', label: 'Python' },
  { value: 'node', label: 'Node' },
] as const

export type ExampleKind = (typeof EXAMPLES)[number]['value']

export interface ExampleTarget {
  readonly model: string
  readonly dialect: 'openai' | 'anthropic'
}

export function exampleOf(kind: ExampleKind, base: string, key: string, { model, dialect }: ExampleTarget): string {
  return (dialect === 'openai' ? OPENAI : ANTHROPIC)[kind](base, key, model).join('\n')
}

type Lines = Readonly<Record<ExampleKind, (base: string, key: string, model: string) => string[]>>

const OPENAI: Lines = {
  curl: (base, key, model) => [
    `curl ${base}/v1/chat/completions \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`,
  ],
  python: (base, key, model) => [
    'from openai import OpenAI',
    `client = OpenAI(base_url="${base}/v1", api_key="${key}")`,
    'answer = client.chat.completions.create(',
    `    model="${model}", messages=[{"role": "user", "content": "Hello"}])`,
    'print(answer.choices[0].message.content)',
  ],
  node: (base, key, model) => [
    "import OpenAI from 'openai'",
    `const client = new OpenAI({ baseURL: '${base}/v1', apiKey: '${key}' })`,
    'const answer = await client.chat.completions.create({',
    `  model: '${model}', messages: [{ role: 'user', content: 'Hello' }] })`,
    'console.log(answer.choices[0].message.content)',
  ],
}

const ANTHROPIC: Lines = {
  curl: (base, key, model) => [
    `curl ${base}/v1/messages \\`,
    `  -H "x-api-key: ${key}" \\`,
    '  -H "anthropic-version: 2023-06-01" \\',
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"model":"${model}","max_tokens":256,"messages":[{"role":"user","content":"Hello"}]}'`,
  ],
  python: (base, key, model) => [
    'from anthropic import Anthropic',
    `client = Anthropic(base_url="${base}", api_key="${key}")`,
    'answer = client.messages.create(',
    `    model="${model}", max_tokens=256, messages=[{"role": "user", "content": "Hello"}])`,
    'print(answer.content[0].text)',
  ],
  node: (base, key, model) => [
    "import Anthropic from '@anthropic-ai/sdk'",
    `const client = new Anthropic({ baseURL: '${base}', apiKey: '${key}' })`,
    'const answer = await client.messages.create({',
    `  model: '${model}', max_tokens: 256, messages: [{ role: 'user', content: 'Hello' }] })`,
    'console.log(answer.content[0].text)',
  ],
}
