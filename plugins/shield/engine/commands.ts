import {
  addressesIn,
  EVERYDAY,
  hostKind,
  MAY_BE_SENSITIVE,
  PERSISTENT_PATHS,
  SENSITIVE_PATHS,
  SYSTEM_ROOT,
} from './places.ts'
import type { Command } from './shell.ts'
import { type Invocation, invocations, runsText } from './unwrap.ts'

/** What a command line would do that deserves attention: the id of an action rule, and how sure it is. */
export interface Danger {
  readonly rule: string
  /** 0 to 1, of the rule's weight. */
  readonly factor: number
}

type Check = (invocation: Invocation) => Danger | null

const danger = (rule: string, factor = 1): Danger => ({ rule, factor })
const has = (args: readonly string[], flag: RegExp): boolean => args.some(arg => flag.test(arg))
const operands = (args: readonly string[]): string[] => args.filter(arg => !arg.startsWith('-'))

const removal: Check = ({ name, args }) => {
  if (name === 'shred' || name === 'wipefs' || /^mkfs(?:\.\w+)?$/.test(name) || name === 'srm')
    return danger('command.destroy-disk')
  if (name !== 'rm' && name !== 'rmdir' && name !== 'unlink') return null
  const deep = has(args, /^-\w*[rR]|^--recursive$/)
  const targets = operands(args)
  if (has(args, /^--no-preserve-root$/)) return danger('command.delete-tree')
  if (targets.some(target => SYSTEM_ROOT.test(target))) return danger('command.delete-tree', deep ? 1 : 0.6)
  if (targets.some(target => /(?:^|\/)\.git\/?$/.test(target))) return danger('command.delete-tree', 0.75)
  if (targets.every(target => EVERYDAY.test(target))) return danger('command.delete', 0.3)
  return danger('command.delete', deep ? 1 : 0.7)
}

const find: Check = ({ name, args }) =>
  name === 'find' && args.includes('-delete')
    ? danger(SYSTEM_ROOT.test(args[0] ?? '.') ? 'command.delete-tree' : 'command.delete')
    : null

const disks: Check = ({ name, args, command }) => {
  const device = /^(?:of=)?\/dev\/(?:sd|hd|nvme|vd|xvd|disk|mmcblk|mapper)/
  if (name === 'dd' && args.some(arg => arg.startsWith('of=') && device.test(arg)))
    return danger('command.destroy-disk')
  if (command.redirects.some(one => one.op.startsWith('>') && device.test(one.target)))
    return danger('command.destroy-disk')
  if (
    /^(?:fdisk|parted|sgdisk|diskutil|format)$/.test(name) &&
    operands(args).length > 0 &&
    !has(args, /^-l$|^--list$|^list$|^info$/)
  )
    return danger('command.destroy-disk', 0.8)
  return null
}

const rights: Check = ({ name, args }) => {
  if (name === 'chmod') {
    if (has(args, /^[ugoa]*\+\w*s|^[2467]\d{3}$/)) return danger('privilege.setuid')
    if (has(args, /^0?777$|^a\+rwx$|^o\+w$/))
      return danger('command.open-rights', args.some(arg => SYSTEM_ROOT.test(arg)) || has(args, /^-\w*R/) ? 1 : 0.7)
  }
  if (name === 'chown' && (has(args, /^root\b/) || args.some(arg => SYSTEM_ROOT.test(arg))))
    return danger('privilege.change', 0.8)
  return null
}

const privilege: Check = ({ name, args, wrappers }) => {
  if (
    /^(?:useradd|adduser|userdel|usermod|passwd|chpasswd|visudo|groupadd|setcap|insmod|modprobe|rmmod|nsenter|setenforce|dscl)$/.test(
      name,
    )
  )
    return danger('privilege.change')
  if (
    /^(?:docker|podman)$/.test(name) &&
    has(args, /^--privileged$|^--pid=host$|^-v$|^--volume/) &&
    has(args, /^--privileged$|^\/(?::|etc|root|var\/run\/docker)/)
  )
    return danger('privilege.change')
  if (/^(?:ufw|firewall-cmd)$/.test(name) && has(args, /^disable$|^--remove|^reset$/))
    return danger('privilege.guard-off')
  if (name === 'iptables' && has(args, /^-[FXPD]$|^--flush$/)) return danger('privilege.guard-off')
  if (name === 'systemctl' && has(args, /^(?:stop|disable|mask)$/))
    return danger(
      has(args, /firewall|ufw|auditd|apparmor|selinux|clamav|falco|fail2ban|clawnex/)
        ? 'privilege.guard-off'
        : 'privilege.service',
    )
  if (name === 'systemctl' && has(args, /^(?:enable|start|restart|daemon-reload|edit)$/))
    return danger('privilege.service')
  if (name === 'service' && has(args, /^(?:start|stop|restart)$/)) return danger('privilege.service')
  if (name === 'kubectl' && has(args, /^(?:clusterrolebinding|rolebinding|cluster-admin)/))
    return danger('privilege.change')
  if (name === 'aws' && args[0] === 'iam' && has(args, /^(?:attach|put|create|add|update|delete)-/))
    return danger('privilege.change')
  if (/^(?:mount|umount)$/.test(name) && operands(args).length > 1) return danger('privilege.change', 0.7)
  if (/^(?:sudo|su|doas)$/.test(name) || wrappers.includes('sudo') || wrappers.includes('doas'))
    return danger('privilege.sudo')
  return null
}

const stops: Check = ({ name, args }) => {
  if (/^(?:shutdown|reboot|halt|poweroff)$/.test(name) || (name === 'init' && has(args, /^[06]$/)))
    return danger('command.stop-system')
  if (/^(?:kill|killall|pkill)$/.test(name) && has(args, /^-(?:9|KILL|SIGKILL)$/))
    return danger('command.stop-system', has(args, /^-1$|^1$/) ? 1 : 0.6)
  if (
    name === 'truncate' ||
    (name === 'mv' &&
      operands(args).some((arg, at, all) => at < all.length - 1 && SYSTEM_ROOT.test(arg) && arg !== '*' && arg !== '.'))
  )
    return danger('command.delete')
  if (name === 'mv' && args.includes('/dev/null')) return danger('command.delete')
  return null
}

const git: Check = ({ name, args }) => {
  if (name !== 'git') return null
  const verb = operands(args)[0]
  if (verb === 'push' && has(args, /^-f$|^--force|^--delete$|^--mirror$|^\+|^:/))
    return danger('command.rewrite-history', has(args, /^--force-with-lease/) ? 0.6 : 1)
  if (verb === 'reset' && args.includes('--hard')) return danger('command.rewrite-history', 0.9)
  if (verb === 'clean' && has(args, /^-\w*f/) && !has(args, /^-\w*n|^--dry-run$/))
    return danger('command.rewrite-history', 0.9)
  if (verb === 'filter-branch' || verb === 'filter-repo' || (verb === 'reflog' && has(args, /^expire$|^delete$/)))
    return danger('command.rewrite-history')
  if (verb === 'branch' && has(args, /^-D$/)) return danger('command.rewrite-history', 0.7)
  if (verb === 'stash' && has(args, /^(?:clear|drop)$/)) return danger('command.rewrite-history', 0.7)
  if ((verb === 'checkout' || verb === 'restore') && has(args, /^\.$|^--$/))
    return danger('command.rewrite-history', verb === 'restore' && args.includes('--staged') ? 0.1 : 0.7)
  return null
}

const clouds: Check = ({ name, args }) => {
  const line = args.join(' ')
  if (/^(?:terraform|tofu|pulumi|cdk)$/.test(name) && has(args, /^destroy$/)) return danger('command.destroy-cloud')
  if (name === 'kubectl' && args[0] === 'delete') return danger('command.destroy-cloud')
  if (name === 'helm' && /^(?:uninstall|delete)$/.test(args[0] ?? '')) return danger('command.destroy-cloud', 0.8)
  if (name === 'aws' && /\b(?:s3 rb|s3 rm .*--recursive|(?:delete|terminate)-[\w-]+)/.test(line))
    return danger('command.destroy-cloud')
  if (/^(?:gcloud|az|heroku|fly|doctl)$/.test(name) && has(args, /^(?:delete|destroy|apps:destroy)$/))
    return danger('command.destroy-cloud')
  if (/^(?:docker|podman)$/.test(name) && /\b(?:system prune|volume (?:rm|prune)|rm -\w*f|rmi -f)/.test(line))
    return danger('command.destroy-cloud', 0.8)
  if (name === 'redis-cli' && has(args, /^flush(?:all|db)$/i)) return danger('command.destroy-data')
  if (/^(?:dropdb|mysqladmin)$/.test(name) && (name === 'dropdb' || args.includes('drop')))
    return danger('command.destroy-data')
  return null
}

const persistence: Check = ({ name, args, command }) => {
  if (name === 'crontab' && !has(args, /^-l$/)) return danger('command.persistence', has(args, /^-r$/) ? 0.8 : 1)
  const writes = command.redirects.filter(one => one.op.startsWith('>')).map(one => one.target)
  if (name === 'tee' || name === 'install') writes.push(...operands(args))
  if (/^(?:cp|mv|ln)$/.test(name)) writes.push(operands(args).at(-1) ?? '')
  if (name === 'sed' && has(args, /^-\w*i/)) writes.push(...operands(args).slice(1))
  return writes.some(target => PERSISTENT_PATHS.test(target)) ? danger('command.persistence') : null
}

const tracks: Check = ({ name, args, command }) => {
  if (name === 'history' && has(args, /^-[cw]/)) return danger('command.cover-tracks')
  if (name === 'unset' && has(args, /^HIST/)) return danger('command.cover-tracks')
  if (name === 'auditctl' && has(args, /^-[De]/)) return danger('command.cover-tracks')
  const cleared = command.redirects.some(one => one.op === '>' && /^\/var\/log\/|_history$/.test(one.target))
  if (
    cleared ||
    (/^(?:rm|shred|truncate)$/.test(name) && operands(args).some(arg => /^\/var\/log\/|_history$/.test(arg)))
  )
    return danger('command.cover-tracks')
  return null
}

const reverseShell: Check = ({ name, args, command }) => {
  const text = args.join(' ')
  if (command.redirects.some(one => /^\/dev\/(?:tcp|udp)\//.test(one.target)) || /\/dev\/(?:tcp|udp)\/\S/.test(text))
    return danger('command.reverse-shell')
  if (/^(?:nc|ncat|netcat)$/.test(name) && has(args, /^-\w*[ec]$|^--exec|^--sh-exec/))
    return danger('command.reverse-shell')
  if (name === 'socat' && /exec:|system:/i.test(text)) return danger('command.reverse-shell')
  if (/^(?:nc|ncat|netcat|socat)$/.test(name) && has(args, /^-\w*l/)) return danger('command.reverse-shell', 0.6)
  if (
    runsText(name) &&
    /socket/i.test(text) &&
    /(?:subprocess|pty\.spawn|dup2|exec\b|\/bin\/(?:ba)?sh|spawn|fsockopen|child_process)/i.test(text)
  )
    return danger('command.reverse-shell')
  if (name === 'php' && /fsockopen/.test(text)) return danger('command.reverse-shell')
  return null
}

const FETCHERS = /^(?:curl|wget|fetch|aria2c|lwp-request|GET|irm|iwr|Invoke-WebRequest|Invoke-RestMethod)$/i

/** Something fetched or decoded that is run at once. */
const pipedCode: Check = invocation => {
  const { name, args, command } = invocation
  if (/^(?:iex|Invoke-Expression)$/i.test(name)) return danger('command.pipe-to-shell')
  if (!runsText(name) && name !== 'eval') return null
  const sources = [...command.inner, ...chain(command.from)]
  const runsInput = command.from !== null && !args.some(arg => /^[\w./-]+\.\w{1,4}$/.test(arg))
  for (const source of sources) {
    const first = source.words.find(word => !/^(?:sudo|\w+=.*)$/.test(word.text))?.text.replace(/^.*\//, '') ?? ''
    const piped = chain(command.from).includes(source)
    if (piped && !runsInput) continue
    if (FETCHERS.test(first)) return danger('command.pipe-to-shell')
    if (
      /^(?:base64|xxd|openssl|uudecode|gunzip|zcat|base32)$/.test(first) &&
      source.words.some(word => /^-{1,2}(?:\w*[dDrc]|decode)/.test(word.text))
    )
      return danger('command.pipe-to-shell')
  }
  if (/(?:eval|exec|system)\W{0,3}[^\n]{0,80}?(?:urlopen|requests\.get|b64decode|fetch\()/.test(args.join(' ')))
    return danger('command.pipe-to-shell')
  return null
}

function chain(from: Command | null): Command[] {
  const all: Command[] = []
  for (let one = from; one !== null && all.length < 20; one = one.from) all.push(one)
  return all
}

const interpreters: Check = ({ name, args }) => {
  if (!runsText(name)) return null
  const text = args.join(' ')
  if (/shutil\.rmtree|rimraf|rmSync\([^)]*recursive|File\.delete|unlink\(|os\.remove/.test(text))
    return danger('command.delete', /['"](?:\/|~|\/home|\/etc)['"]/.test(text) ? 1.6 : 1)
  return null
}

const uploads: Check = invocation => {
  const { name, args, command } = invocation
  const line = [name, ...args].join(' ')
  const carries = carriesData(invocation)
  const reads = [command, ...chain(command.from), ...command.inner].some(
    one =>
      one.words.some(word => isSensitive(word.text)) || one.redirects.some(redirect => isSensitive(redirect.target)),
  )
  const dumps = [...chain(command.from), ...command.inner].some(one =>
    /^(?:env|printenv|set|history)$/.test(one.words[0]?.text ?? ''),
  )
  const kinds = [...addressesIn(line), ...bareHosts(invocation)].map(hostKind)
  const away = carries || FETCHERS.test(name)
  if (kinds.includes('metadata')) return danger('exfiltration.metadata')
  if (carries && (reads || dumps) && !kinds.every(kind => kind === 'local')) return danger('exfiltration.upload')
  if (away && kinds.includes('catch')) return danger('exfiltration.catch-host', carries ? 1 : 0.7)
  if (carries && kinds.includes('raw-ip')) return danger('exfiltration.upload', 0.85)
  if (carries && kinds.some(kind => kind === 'plain'))
    return danger('exfiltration.send', /@|--upload-file|-T\b|--post-file/.test(args.join(' ')) ? 1 : 0.5)
  if (/^(?:dig|nslookup|host|ping)$/.test(name) && command.inner.length > 0) return danger('exfiltration.dns')
  return null
}

function carriesData({ name, args, command }: Invocation): boolean {
  if (name === 'curl')
    return (
      has(args, /^(?:-\w*[dFT]$|-[dFT].|--data|--form|--upload-file|--json)/) ||
      (has(args, /^(?:-X|--request)$/) && has(args, /^(?:POST|PUT)$/) && command.from !== null)
    )
  if (name === 'wget') return has(args, /^--(?:post|body|method=P)/)
  if (/^(?:nc|ncat|netcat|socat|telnet)$/.test(name))
    return command.from !== null || command.redirects.some(one => one.op === '<')
  if (/^(?:scp|rsync|sftp|ftp|rclone)$/.test(name))
    return (
      args.some(arg => /^[\w.-]+@?[\w.-]*:|^rsync:|^\w+:/.test(arg)) &&
      !/^[\w.-]+@?[\w.-]*:/.test(operands(args)[0] ?? '')
    )
  if (name === 'aws') return /^s3 (?:cp|sync|mv) [^s]/.test(args.join(' ')) && args.some(arg => arg.startsWith('s3://'))
  if (name === 'gsutil' || name === 'azcopy') return has(args, /^(?:cp|rsync|copy)$/)
  if (/^(?:mail|mailx|sendmail|mutt)$/.test(name)) return true
  if (/^Invoke-(?:WebRequest|RestMethod)$|^i[wr][mr]$/i.test(name)) return has(args, /^-Body$|^-InFile$/i)
  return (
    runsText(name) &&
    /requests\.(?:post|put)|urlopen\([^)]*data|fetch\([^)]*method\W{1,4}POST|http\.request/.test(args.join(' '))
  )
}

function bareHosts({ name, args }: Invocation): string[] {
  if (/^(?:nc|ncat|netcat|telnet|curl|wget|socat)$/.test(name))
    return operands(args).filter(arg => /^[\w.-]+\.[a-z]{2,}|^\d+\.\d+\.\d+\.\d+/i.test(arg))
  if (/^(?:scp|rsync|sftp)$/.test(name))
    return operands(args).flatMap(arg => /^(?:[\w.-]+@)?([\w.-]+):/.exec(arg)?.[1] ?? [])
  return []
}

/** Whether a word names a place that holds keys. */
function isSensitive(text: string): boolean {
  return sensitiveWeight(text) > 0
}

export function sensitiveWeight(text: string): number {
  let weight = 0
  if (text.length > 2000 || !MAY_BE_SENSITIVE.test(text)) return 0
  for (const one of SENSITIVE_PATHS) if (one.weight > weight && one.pattern.test(text)) weight = one.weight
  return weight
}

const paths: Check = ({ name, args, command }) => {
  if (
    /^(?:ls|stat|test|\[|chmod|mkdir|touch|git|echo|file|ssh|scp|ssh-keygen|ssh-add)$/.test(name) &&
    !has(args, /shadow/)
  )
    return null
  const words = [...args, ...command.redirects.map(one => one.target)]
  const weight = Math.max(0, ...words.map(sensitiveWeight))
  return weight === 0 ? null : danger('path.sensitive', weight)
}

const CHECKS: readonly Check[] = [
  removal,
  find,
  disks,
  rights,
  privilege,
  stops,
  git,
  clouds,
  persistence,
  tracks,
  reverseShell,
  pipedCode,
  interpreters,
  uploads,
  paths,
]

const FORK_BOMB = /(\w{1,20}|:)\s{0,3}\(\s{0,3}\)\s{0,3}\{[^}]{0,40}\|[^}]{0,40}&[^}]{0,20}\}/
const SQL_LOSS =
  /\b(?:drop\s{1,3}(?:table|database|schema|user)|truncate\s{1,3}(?:table\s{1,3})?\w|delete\s{1,3}from\s{1,3}[\w."`]{1,60}\s{0,3}(?:;|$|"|'))/i
const SQL_RIGHTS = /\b(?:grant\s{1,3}(?:all|\w{1,20}\s{1,3}on)|alter\s{1,3}(?:user|role)|create\s{1,3}(?:user|role))\b/i

/** Puts plain variables of the line in place, so that `X=rm; $X -rf /` reads as what it runs. */
function expand(line: string): string {
  const spaced = line.replace(/\$\{?IFS\}?/g, ' ')
  const values = new Map<string, string>()
  for (const [, name, value] of spaced.matchAll(/(?:^|[;&\s])(\w{1,30})=["']?([\w./~-]{1,80})/g))
    values.set(name!, value!)
  if (values.size === 0) return spaced
  return spaced.replace(/\$\{?(\w{1,30})\}?/g, (whole, name: string) => values.get(name) ?? whole)
}

/** Everything dangerous in a command line, down to `depth` shells inside each other; the strongest of each rule. */
export function inspectCommand(line: string, depth?: number): readonly Danger[] {
  const found = new Map<string, number>()
  const add = (one: Danger | null) => {
    if (one !== null) found.set(one.rule, Math.max(found.get(one.rule) ?? 0, one.factor))
  }
  if (FORK_BOMB.test(line)) add(danger('command.stop-system', 1.5))
  if (SQL_LOSS.test(line)) add(danger('command.destroy-data'))
  if (SQL_RIGHTS.test(line)) add(danger('privilege.change', 0.8))
  for (const invocation of invocations(expand(line), depth)) for (const check of CHECKS) add(check(invocation))
  return [...found].map(([rule, factor]) => ({ rule, factor }))
}
