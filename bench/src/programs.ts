// Program starts to measure rules with, as a company's Windows machines make them. The same number gives the same rows.

/** Programs that make up most of what starts, with the words their command lines are made of. */
const programs = [
  ['C:\\Windows\\System32\\svchost.exe', '-k netsvcs -p -s', 'C:\\Windows\\System32\\services.exe'],
  ['C:\\Windows\\System32\\conhost.exe', '0xffffffff -ForceV1', 'C:\\Windows\\System32\\cmd.exe'],
  [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    '--type=renderer --lang=en-US --renderer-client-id=',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ],
  ['C:\\Windows\\System32\\cmd.exe', '/c call C:\\Tools\\inventory.cmd', 'C:\\Windows\\explorer.exe'],
  [
    'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
    '-NoProfile -ExecutionPolicy Bypass -File C:\\Scripts\\collect.ps1 -Id',
    'C:\\Windows\\System32\\svchost.exe',
  ],
  [
    'C:\\Windows\\System32\\schtasks.exe',
    '/Query /TN \\Microsoft\\Windows\\Backup',
    'C:\\Windows\\System32\\cmd.exe',
  ],
  [
    'C:\\Windows\\System32\\reg.exe',
    'query HKLM\\SOFTWARE\\Vendor\\Agent /v',
    'C:\\Program Files\\Vendor\\agent.exe',
  ],
  [
    'C:\\Windows\\System32\\rundll32.exe',
    'C:\\Windows\\System32\\shell32.dll,Control_RunDLL',
    'C:\\Windows\\explorer.exe',
  ],
  ['C:\\Windows\\System32\\wbem\\WmiPrvSE.exe', '-secured -Embedding', 'C:\\Windows\\System32\\svchost.exe'],
  [
    'C:\\Program Files\\Git\\cmd\\git.exe',
    'status --porcelain --untracked-files',
    'C:\\Users\\dev\\AppData\\Local\\Code.exe',
  ],
] as const;

const text = (value: string) => `'${value.replaceAll('\\', '\\\\')}'`;
const list = (at: 0 | 1 | 2) => `[${programs.map((program) => text(program[at])).join(', ')}]`;

/**
 * One start in four has a command line of its own, the others repeat one of a few thousand.
 * Parameter `events`: how many.
 */
export const programStartsSql = `
INSERT INTO process (evidence_id, record, sensor, time, host, username, pid, parent_pid, executable, command_line, parent_executable, hashes, detail)
WITH
    cityHash64(number) AS h,
    1 + h % ${programs.length} AS which,
    if(h % 4 = 0, hex(cityHash64(number, 1)), toString(cityHash64(number, 2) % 400)) AS own
SELECT
    'e-0123456789abcdef', number + 1, 'workstations', toDateTime64(1722816000 + number / 10, 6, 'UTC'),
    concat('WS', toString(h % 500)), concat('CORP\\\\user', toString(h % 450)), 1000 + h % 30000, 500 + h % 9000,
    ${list(0)}[which], concat(${list(0)}[which], ' ', ${list(1)}[which], own), ${list(2)}[which],
    [concat('SHA256=', hex(sipHash128(which)), hex(sipHash128(which, 1)))],
    concat('{"OriginalFileName":"', splitByChar('\\\\', ${list(0)}[which])[-1], '","IntegrityLevel":"', if(h % 9 = 0, 'High', 'Medium'), '","CurrentDirectory":"C:\\\\\\\\Users\\\\\\\\user', toString(h % 450), '\\\\\\\\"}')
FROM numbers({events:UInt64})`;
