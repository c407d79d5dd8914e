import { type Command, readShell } from './shell.ts'

/** A command as it will run, with what wraps it taken off. */
export interface Invocation {
  readonly name: string
  readonly args: readonly string[]
  readonly command: Command
  /** Wrappers taken off, outermost first: `sudo`, `xargs`. */
  readonly wrappers: readonly string[]
}

/** Wrappers and their options that take a value. */
const WRAPPERS: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    sudo: /^-[ugpCRTDhr]$|^--(?:user|group|prompt|chdir|host)$/,
    doas: /^-[uC]$/,
    env: /^-[uCS]$/,
    nohup: /^$/,
    setsid: /^$/,
    time: /^-[fo]$/,
    timeout: /^-[sk]$/,
    nice: /^-n$/,
    ionice: /^-[cnp]$/,
    stdbuf: /^-[ioe]$/,
    xargs: /^-[IiLlnPsdEa]$/,
    exec: /^-a$/,
    command: /^$/,
    builtin: /^$/,
    busybox: /^$/,
    chroot: /^$/,
    unshare: /^$/,
    watch: /^-n$/,
  }),
)
/** Words of the shell's own grammar that a command may follow. */
const KEYWORDS = /^(?:then|do|else|if|while|until|!)$/
const SHELLS = /^(?:ba|z|da|k|c|tc|a|fi)?sh$|^pwsh$|^powershell(?:\.exe)?$/
const DEPTH = 6
/** Commands of one line that are followed into further shells. */
const MOST = 300

/** Whether a program runs what it is given as shell or script text. */
export function runsText(name: string): boolean {
  return SHELLS.test(name) || /^(?:python[\d.]*|perl|ruby|node|php|lua|osascript|deno|bun|source|\.)$/.test(name)
}

/** Every command a line would run, wrappers taken off, inner shells opened. */
export function invocations(line: string, depth = DEPTH): Invocation[] {
  const found: Invocation[] = []
  for (const command of readShell(line)) collect(command, found, depth)
  return found
}

function collect(command: Command, found: Invocation[], depth: number): void {
  for (const inner of command.inner) collect(inner, found, depth - 1)
  const invocation = unwrap(command)
  if (invocation === null) {
    if (command.redirects.length > 0) found.push({ name: '', args: [], command, wrappers: [] })
    return
  }
  found.push(invocation)
  if (depth <= 0 || found.length > MOST) return
  for (const text of scripts(invocation)) for (const inner of readShell(text)) collect(inner, found, depth - 1)
}

function unwrap(command: Command): Invocation | null {
  const words = command.words.map(word => word.text)
  const wrappers: string[] = []
  let at = 0
  while (at < words.length) {
    const word = words[at]!
    if (/^\w+=/.test(word) || KEYWORDS.test(word)) {
      at++
      continue
    }
    const name = word.replace(/^.*\//, '')
    const valued = WRAPPERS.get(name)
    if (valued === undefined) return { name, args: words.slice(at + 1), command, wrappers }
    wrappers.push(name)
    at = skipOptions(words, at + 1, name, valued)
  }
  const last = wrappers.at(-1)
  return last === undefined ? null : { name: last, args: words.slice(1), command, wrappers: wrappers.slice(0, -1) }
}

function skipOptions(words: readonly string[], from: number, name: string, valued: RegExp): number {
  let at = from
  while (at < words.length && words[at]!.startsWith('-')) at += valued.test(words[at]!) ? 2 : 1
  // `timeout 5 rm …`, `chroot /mnt rm …`: one operand before the command.
  return name === 'timeout' || name === 'chroot' ? at + 1 : at
}

/** Shell text an invocation hands on: `sh -c`, `eval`, `ssh host …`, `su -c`, `find -exec`, here-documents. */
function scripts(invocation: Invocation): string[] {
  const { name, args, command } = invocation
  const texts: string[] = []
  if (SHELLS.test(name)) {
    const flag = args.findIndex(arg => /^-\w*c$/.test(arg) || /^-(?:Command|c)$/i.test(arg))
    if (flag >= 0 && args[flag + 1] !== undefined) texts.push(args[flag + 1]!)
    if (command.input !== '') texts.push(command.input)
  } else if (name === 'eval') texts.push(args.join(' '))
  else if (name === 'ssh')
    texts.push(
      args
        .filter(arg => !arg.startsWith('-'))
        .slice(1)
        .join(' '),
    )
  else if (name === 'su' || name === 'script' || name === 'runuser') texts.push(args[args.indexOf('-c') + 1] ?? '')
  else if (name === 'find') texts.push(...findExec(args))
  else if (name === 'docker' || name === 'podman' || name === 'kubectl') texts.push(...containerCommand(args))
  else if (name === 'crontab' || name === 'at') texts.push(command.input)
  return texts.filter(text => text.trim() !== '')
}

function findExec(args: readonly string[]): string[] {
  const texts: string[] = []
  for (const [at, arg] of args.entries()) {
    if (!/^-(?:exec|execdir|ok)$/.test(arg)) continue
    const rest = args.slice(at + 1)
    const end = rest.findIndex(one => one === ';' || one === '+')
    texts.push(
      rest
        .slice(0, end < 0 ? rest.length : end)
        .join(' ')
        .replaceAll('{}', args[0] ?? '.'),
    )
  }
  return texts
}

function containerCommand(args: readonly string[]): string[] {
  const split = args.indexOf('--')
  if (split >= 0) return [args.slice(split + 1).join(' ')]
  const shell = args.findIndex(arg => SHELLS.test(arg.replace(/^.*\//, '')))
  return shell < 0 || !/^(?:exec|run)$/.test(args[0] ?? '') ? [] : [args.slice(shell).map(quote).join(' ')]
}

const quote = (text: string): string => (/^[\w./=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)
