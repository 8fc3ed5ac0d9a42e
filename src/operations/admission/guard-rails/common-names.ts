/** Folders in which most files of some kind are: a fragment that is such a name hides all of them. */
const POSIX_FOLDERS: readonly string[] = [
  ...['bin', 'boot', 'cache', 'dev', 'etc', 'home', 'lib', 'lib32', 'lib64', 'libexec', 'libx32', 'local'],
  ...['log', 'media', 'mnt', 'opt', 'proc', 'root', 'run', 'sbin', 'share', 'shm', 'srv', 'sys', 'tmp'],
  ...['usr', 'var'],
];
const WINDOWS_FOLDERS: readonly string[] = [
  ...['appdata', 'common files', 'desktop', 'documents', 'downloads', 'drivers', 'local', 'locallow'],
  ...['program files', 'program files (x86)', 'programdata', 'public', 'roaming', 'system32', 'syswow64'],
  ...['temp', 'users', 'windows', 'winsxs'],
];

/** Programs that run what they are given: to whitelist one of them is to whitelist everything that it runs. */
const RUNNERS: ReadonlySet<string> = new Set([
  ...['ash', 'awk', 'bash', 'busybox', 'chroot', 'csh', 'curl', 'dash', 'doas', 'env', 'expect', 'find'],
  ...['fish', 'flock', 'gawk', 'gdb', 'ionice', 'java', 'ksh', 'lua', 'mawk', 'nc', 'nc.openbsd'],
  ...['nc.traditional', 'ncat', 'nice', 'node', 'nodejs', 'nohup', 'nsenter', 'parallel', 'perl', 'php'],
  ...['pkexec', 'python', 'ruby', 'runuser', 'script', 'setsid', 'sh', 'socat', 'ssh', 'stdbuf', 'strace'],
  ...['su', 'sudo', 'systemd-run', 'taskset', 'tclsh', 'tcsh', 'time', 'timeout', 'unshare', 'watch'],
  ...['wget', 'xargs', 'zsh'],
  ...['bitsadmin', 'certutil', 'cmd', 'conhost', 'cscript', 'explorer', 'forfiles', 'installutil'],
  ...['msbuild', 'mshta', 'msiexec', 'powershell', 'powershell_ise', 'pwsh', 'regasm', 'regsvcs'],
  ...['regsvr32', 'rundll32', 'schtasks', 'svchost', 'wmic', 'wscript', 'wsl'],
]);
/** The loader of programs is one too: `/lib64/ld-linux-x86-64.so.2`. */
const LOADER = /^ld(?:-[\w.-]+)?\.so(?:\.\d+)*$/;

/** Where they usually are. */
const PROGRAMS: readonly string[] = [
  ...[...RUNNERS].flatMap((name) => [
    ...[`/usr/local/bin/${name}`, `/usr/sbin/${name}`, `c:/windows/system32/${name}.exe`],
    `c:/windows/syswow64/windowspowershell/v1.0/${name}.exe`,
  ]),
  ...['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1', '/lib/ld-musl-x86_64.so.1'],
];

/** The account that most processes run as, in full. */
const SUPERUSERS: readonly string[] = [
  ...['0', 'root', 'admin', 'administrator', 'builtin/administrators', 'localsystem', 'local system'],
  ...['nt authority/system', 'nt authority/local service', 'nt authority/network service'],
];
const SUPERUSER_NAMES: ReadonlySet<string> = new Set(
  SUPERUSERS.flatMap((name) => [name, ...name.split('/')]),
);
/** Their identifiers on Windows: the system, its services, any administrator. */
const SUPERUSER_SID = /^s-1-5-(?:18|19|20|32-544|21-.*-500)$/;

/** Keys in which most of a registry is. */
const KEYS: readonly string[] = [
  ...['computer/hkey_local_machine', 'hklm', 'registry/machine'],
  ...['computer/hkey_current_user', 'hkcu', 'computer/hkey_users/.default', 'hku/.default'],
].flatMap((hive) =>
  [
    ...['software/microsoft/windows/currentversion/', 'software/microsoft/windows nt/currentversion/'],
    ...['software/wow6432node/microsoft/windows/currentversion/', 'software/policies/microsoft/windows/'],
    ...['software/classes/clsid/', 'system/currentcontrolset/services/', 'system/currentcontrolset/control/'],
  ].map((key) => `${hive}/${key}`),
);

/** The end of a fragment with fewer letters and digits than this begins any number of names. */
const SHORT = 3;

/** A path, a key or a user in lower case, its names parted by one slash each. */
export function folded(value: string): string {
  return value
    .toLowerCase()
    .replaceAll('\\', '/')
    .replace(/\/(?:\.?\/)+/g, '/');
}

export function namesIn(value: string): string[] {
  return folded(value)
    .split('/')
    .filter((name) => name !== '' && name !== '.');
}

export function lettersIn(value: string): number {
  return value.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}

/** Whether a fragment is nothing but usual folders. What is cut off of a name matches more than the name does. */
export function isPartOfFolders(fragment: string): boolean {
  const known = [...POSIX_FOLDERS, ...WINDOWS_FOLDERS];
  const isPosix = fragment.startsWith('/') && !fragment.includes('\\');
  const likely = isPosix ? POSIX_FOLDERS : known;
  const names = folded(fragment).split('/');
  return names.every((name, index) => {
    if (lettersIn(name) === 0 || /^[a-z]:$/.test(name) || known.includes(name)) return true;
    const isLast = index === names.length - 1;
    if (isLast && index > 0 && lettersIn(name) < SHORT) return true;
    return likely.some((folder) => isCutFrom(name, folder, { atStart: index === 0, atEnd: isLast }));
  });
}

function isCutFrom(part: string, whole: string, { atStart, atEnd }: { atStart: boolean; atEnd: boolean }) {
  if (atStart && atEnd) return whole.includes(part);
  return (atStart && whole.endsWith(part)) || (atEnd && whole.startsWith(part));
}

/** Whether a program, with or without its folder and version, runs what it is given. */
export function runsAnything(program: string): boolean {
  const name = (namesIn(program).at(-1) ?? '').replace(/\.exe$/, '');
  return RUNNERS.has(name) || RUNNERS.has(unversioned(name)) || LOADER.test(name);
}

/** Whether a fragment is found in where such a program is, or its last name is the start of one. */
export function isPartOfRunner(fragment: string): boolean {
  const text = unversioned(folded(fragment));
  const start = /\/([^/]{3,})$/.exec(text)?.[1];
  return (
    (lettersIn(text) > 0 && PROGRAMS.some((program) => program.includes(text))) ||
    (start !== undefined && [...RUNNERS].some((name) => name.startsWith(start)))
  );
}

/** Whether such a program's name ends so, where no folder is named. */
export function endsRunner(fragment: string): boolean {
  const text = unversioned(fragment.toLowerCase().replace(/\.exe$/, ''));
  return text !== '' && [...RUNNERS].some((name) => name.endsWith(text));
}

/** `python3.11` is `python`. */
function unversioned(name: string): string {
  return name.replace(/(?<=[a-z])[\d.]+$/, '');
}

export function isSuperuser(user: string): boolean {
  const text = folded(user).replace(/@.*$/, '');
  const name = namesIn(text).at(-1) ?? '';
  return SUPERUSER_NAMES.has(name) || SUPERUSER_SID.test(name);
}

export function isPartOfSuperuser(fragment: string): boolean {
  const text = folded(fragment);
  const start = /\/([^/]{3,})$/.exec(text)?.[1];
  return (
    isSuperuser(fragment) ||
    SUPERUSERS.some((name) => name.includes(text)) ||
    (start !== undefined && [...SUPERUSER_NAMES].some((name) => name.startsWith(start)))
  );
}

/** Whether a fragment is in the names of the keys that hold most others, or is nothing but a hive and a key of it. */
export function isPartOfKeys(fragment: string): boolean {
  const text = folded(fragment);
  const [, rest = '', last = ''] = /^(.*\/)([^/]*)$/s.exec(text) ?? [];
  const known = rest !== '' && lettersIn(last) < SHORT ? rest : text;
  return namesIn(known).length <= 2 || KEYS.some((key) => key.includes(known));
}
