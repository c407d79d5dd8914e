/** Places that hold what opens other doors, and hosts that carry things out of the house. */

export interface SensitivePath {
  readonly pattern: RegExp
  readonly title: string
  /** 0 to 1 for reading it in a tool call. */
  readonly weight: number
}

const path = (source: string, title: string, weight: number): SensitivePath => ({
  pattern: new RegExp(`(?:^|[/\\\\~'"\\s=:@])${source}`, 'i'),
  title,
  weight,
})

export const SENSITIVE_PATHS: readonly SensitivePath[] = [
  path('\\.ssh/(?:id_\\w{1,20}(?:$|[^.\\w])|[\\w-]{1,40}\\.pem|[\\w-]{0,20}key\\b)', 'SSH private key', 0.8),
  path('id_(?:rsa|dsa|ecdsa|ed25519)(?:$|[^.\\w])', 'SSH private key', 0.75),
  path('\\.ssh(?:/?$|/\\*|/authorized_keys)', 'SSH folder', 0.65),
  path('etc/(?:shadow|gshadow|sudoers|master\\.passwd)', 'System password file', 0.8),
  path('\\.aws/(?:credentials|config)?', 'AWS credentials', 0.75),
  path('\\.config/gcloud(?:/|$)|application_default_credentials\\.json', 'Google Cloud credentials', 0.75),
  path('\\.azure/', 'Azure credentials', 0.7),
  path('\\.kube/config|etc/kubernetes/admin\\.conf', 'Kubernetes credentials', 0.7),
  path('\\.docker/config\\.json', 'Docker credentials', 0.65),
  path('\\.(?:netrc|pgpass|git-credentials|pypirc|npmrc|my\\.cnf|boto|s3cfg)(?:$|[^\\w.])', 'Stored credentials', 0.65),
  path('\\.gnupg(?:/|$)', 'GnuPG keys', 0.7),
  path('\\.password-store(?:/|$)|keepass\\w{0,6}\\.kdbx|\\w{1,40}\\.kdbx', 'Password store', 0.75),
  path('library/keychains|login\\.keychain', 'Keychain', 0.8),
  path(
    '(?:google-chrome|chromium|chrome|brave-browser|edge|firefox|mozilla)/[^\\n]{0,80}?(?:login data|cookies|logins\\.json|key4\\.db|local state|web data)',
    'Browser passwords or cookies',
    0.8,
  ),
  path(
    '(?:\\.env|\\.env\\.(?:local|prod\\w{0,7}|dev\\w{0,8}|staging|secrets?))(?:$|[^\\w./-])',
    'Environment file with secrets',
    0.5,
  ),
  path('(?:wallet\\.dat|keystore/UTC--|\\.ethereum|\\.bitcoin|solana/id\\.json|metamask)', 'Wallet', 0.75),
  path('proc/(?:self|\\d{1,7})/(?:environ|mem|maps)', 'Memory or environment of a process', 0.7),
  path('(?:\\.bash_history|\\.zsh_history|\\.python_history|\\.mysql_history|\\.psql_history)', 'Shell history', 0.5),
  path('run/secrets(?:/|$)|secrets/kubernetes\\.io|var/run/docker\\.sock', 'Secrets of a container', 0.7),
  path(
    '\\.openclaw/(?:openclaw\\.json|credentials|agents/[^/\\s]{1,60}/agent/auth|identity|devices)|\\.clawnex/|\\.hermes/',
    'Identity or keys of an agent',
    0.7,
  ),
  path(
    '(?:\\w{1,40}\\.pem|\\w{1,40}\\.p12|\\w{1,40}\\.pfx|\\w{1,40}\\.jks|server\\.key|private\\.key|service[-_]account[\\w-]{0,20}\\.json|credentials\\.json|secrets?\\.ya?ml)(?:$|[^\\w])',
    'Key or credentials file',
    0.5,
  ),
]

/** One look before the list: a word every sensitive path has one of. */
export const MAY_BE_SENSITIVE =
  /ssh|id_|shadow|sudoers|passwd|\.aws|gcloud|credential|azure|kube|docker|netrc|pgpass|pypirc|npmrc|my\.cnf|boto|s3cfg|gnupg|password-store|kdbx|keychain|chrom|firefox|brave|edge|mozilla|\.env|wallet|keystore|ethereum|bitcoin|solana|metamask|proc\/|_history|secret|openclaw|clawnex|hermes|\.pem|\.p12|\.pfx|\.jks|\.key|service/i

/** Files whose change makes something run later or lets someone in. */
export const PERSISTENT_PATHS =
  /(?:^|[/~])(?:\.ssh\/authorized_keys|\.bashrc|\.bash_profile|\.profile|\.zshrc|\.zprofile|etc\/(?:cron[\w.]*|profile|rc\.local|init\.d|systemd\/system|ld\.so\.preload|sudoers|passwd|hosts|pam\.d|ssh)|\.config\/(?:systemd|autostart)|library\/launch(?:agents|daemons)|var\/spool\/cron|\.git\/hooks|\.openclaw\/(?:openclaw\.json|workspace\/(?:soul|agents|identity|tools)\.md))/i

/** Parts of a system that nobody clears on purpose. */
export const SYSTEM_ROOT =
  /^(?:\/|\/\*|~|~\/|~\/\*|\$\{?HOME\}?\/?\*?|\.\.?\/?\*?|\*|\/(?:bin|boot|dev|etc|home|lib|lib64|opt|proc|root|sbin|srv|sys|usr|var|Users|System|Library|Applications)(?:\/[^/\s]{0,40})?\/?\*?|[A-Za-z]:\\?\*?|\$\{?\w+:?-?\}?\/?\*?|\/mnt\/?\*?)$/

/** Build results and scratch space: removing them is everyday work. */
export const EVERYDAY =
  /^(?:\.\/|\$\{?(?:PWD|TMPDIR)\}?\/|\/tmp\/|\/var\/tmp\/|[\w.-]+\/)*(?:node_modules|dist|build|target|out|coverage|\.cache|__pycache__|\.pytest_cache|\.next|\.nuxt|\.turbo|\.venv|venv|tmp|temp|logs?|bin|obj|\.gradle|\.parcel-cache|[\w.-]*\.(?:log|tmp|pyc|o|bak|swp))\/?\*?$|^\/(?:var\/)?tmp\/[^\s*?]+$/

const HOSTS =
  'webhook\\.site|(?:[\\w-]{1,63}\\.)?requestbin\\.(?:com|net)|requestcatcher\\.com|requestrepo\\.com|pipedream\\.net|m\\.pipedream\\.net|hookbin\\.com|beeceptor\\.com|postb\\.in|ngrok\\.io|ngrok\\.app|ngrok-free\\.(?:app|dev)|ngrok\\.dev|loca\\.lt|localtunnel\\.me|serveo\\.net|trycloudflare\\.com|localhost\\.run|bore\\.pub|pagekite\\.me|telebit\\.io|burpcollaborator\\.net|oastify\\.com|interact\\.sh|interactsh\\.com|oast\\.(?:pro|live|site|online|fun|me)|dnslog\\.(?:cn|link)|ceye\\.io|canarytokens\\.(?:com|org)|pastebin\\.com|paste\\.ee|hastebin\\.com|ghostbin\\.com?|dpaste\\.(?:com|org)|termbin\\.com|ix\\.io|0x0\\.st|sprunge\\.us|transfer\\.sh|file\\.io|anonfiles\\.com|gofile\\.io|catbox\\.moe|bashupload\\.com|temp\\.sh|filebin\\.net|hooks\\.slack\\.com/services|discord(?:app)?\\.com/api/webhooks|api\\.telegram\\.org/bot'
/** Hosts made for catching what others send, for pasting and for tunnels. */
const CATCH_HOST = new RegExp(`^(?:[\\w-]{1,63}\\.){0,4}(?:${HOSTS})(?:[:/?#]|$)`, 'i')

/** The address where clouds hand out credentials, in every way of writing it. */
const METADATA_HOST =
  /^(?:169\.254\.169\.254|169\.254\.170\.2|\[?fd00:ec2::254\]?|metadata\.google\.internal|metadata\.azure\.(?:com|internal)|100\.100\.100\.200|0xa9fea9fe|0xa9\.0xfe\.0xa9\.0xfe|2852039166|0251\.0376\.0251\.0376)(?:[:/?#]|$)/i

const PRIVATE_IP = /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0|169\.254\.)/

/** What is odd about an address without its scheme: `host:port/path`. */
export function hostKind(address: string): 'catch' | 'metadata' | 'raw-ip' | 'local' | 'plain' {
  const bare = address.replace(/^[^/@\s]{0,80}@/, '')
  if (METADATA_HOST.test(bare)) return 'metadata'
  if (CATCH_HOST.test(bare)) return 'catch'
  if (/^(?:localhost|\[::1\]|host\.docker\.internal)(?:[:/?#]|$)/i.test(bare) || PRIVATE_IP.test(bare)) return 'local'
  if (/^(?:\d{1,3}\.){3}\d{1,3}(?:[:/?#]|$)|^0x[0-9a-f]{8}(?:[:/]|$)|^\d{8,10}(?:[:/]|$)/i.test(bare)) return 'raw-ip'
  return 'plain'
}

/** Addresses in a text, without scheme. */
export function addressesIn(text: string): string[] {
  return [...text.matchAll(/\b(?:https?|ftps?|wss?|tcp):\/\/([^\s"'`<>\\)}|]{1,300})/gi)].map(match => match[1]!)
}
